// Says that the house is at work when an answer takes longer than 300 ms, warns before typed things are
// lost, and brings the focus to the first error of a form that was swapped in.
const SOON = 300;
const bar = document.querySelector("[data-working]");
let running = 0;
let timer;

function begin() {
  running += 1;
  if (running > 1) return;
  timer = setTimeout(() => {
    bar.hidden = false;
  }, SOON);
}

function end() {
  running = Math.max(0, running - 1);
  if (running) return;
  clearTimeout(timer);
  bar.hidden = true;
}

if (bar) {
  document.addEventListener("htmx:beforeSend", begin);
  document.addEventListener("htmx:afterRequest", end);
  // A download leaves the page where it is, and so does a person who is asked whether to go and stays.
  let isDownload = false;
  document.addEventListener("submit", (event) => {
    isDownload = Boolean(event.submitter?.hasAttribute("data-download"));
  });
  window.addEventListener("beforeunload", (event) => {
    const stays = isDownload;
    isDownload = false;
    setTimeout(() => {
      if (!stays && !event.defaultPrevented) begin();
    });
  });
  window.addEventListener("pageshow", () => {
    running = 1;
    end();
  });
}

// A form with data-guard: changed, and not sent. One shown again with errors holds unsaved things already.
const changed = new Set();
document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-guard]");
  if (form) changed.add(form);
});
document.addEventListener("submit", (event) => {
  if (!event.defaultPrevented) changed.delete(event.target);
});
for (const form of document.querySelectorAll("form[data-guard]")) {
  if (form.querySelector("[aria-invalid=true]")) changed.add(form);
}
window.addEventListener("beforeunload", (event) => {
  if ([...changed].some((form) => form.isConnected)) event.preventDefault();
});

document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.xhr?.status === 422) event.target.querySelector?.("[aria-invalid=true]")?.focus();
});

// What failed is said; what was typed stays where it is.
for (const name of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
  document.addEventListener(name, () => {
    const text = bar?.dataset.failed;
    if (text) document.dispatchEvent(new CustomEvent("toast", { detail: { text, level: "error" } }));
  });
}
