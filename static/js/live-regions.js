// Parts of a page that are fetched anew when what they show has changed (live.js says when).
//
//   <div id="..." data-live="booking:ID guest">     by these topics, of one row or of any; needs an id
//   <div id="..." data-live="..." data-live-url>    from an address of its own instead of the page's
//   <form data-live-form="booking:ID">              is never touched: the person is told instead
//
// Nothing is exchanged under somebody's hands: not while they type in it, hold a menu or dialog open there, or
// have chosen something they have not sent.

const SOON = 200;
const JITTER = 250;
const AGAIN = 800;
const AFTER_FAILURE = 5000;
const PATIENCE = 6;

const due = new Set();
let timer;
let isFetching = false;
let rounds = 0;

const wants = (topics, { topic, ids }) =>
  topics.split(" ").some((wanted) => {
    const [name, id] = wanted.split(":");
    return name === topic && (!id || !ids || ids.includes(id));
  });

const later = (wait) => {
  clearTimeout(timer);
  timer = setTimeout(refresh, wait);
};

const soon = () => later(SOON + Math.random() * JITTER);

// --- What must be left alone -----------------------------------------------------------------------------------

const isChanged = (field) => {
  if (field.matches(".bulk-tick input, [type=hidden], [type=submit], [type=button]")) return false;
  if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
  if (field.tagName === "SELECT") return [...field.options].some((option) => option.selected !== option.defaultSelected);
  return field.value !== field.defaultValue;
};

const holdsInput = (region) => [...region.querySelectorAll("input, textarea, select")].some(isChanged);

const isBusy = (region) => {
  const typing = document.activeElement?.matches("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");
  if (typing && region.contains(document.activeElement)) return true;
  if (region.querySelector("dialog[open], details.menu[open], form[data-sent], .htmx-request")) return true;
  return region.matches(".htmx-request") || holdsInput(region);
};

// --- Exchanging a part -----------------------------------------------------------------------------------------

// The same control in the new part: what has no id is known by where it leads or what it says.
function counterpart(part, control) {
  if (control.id) return document.getElementById(control.id);
  const same = (one) =>
    one.getAttribute("href") === control.getAttribute("href") &&
    one.getAttribute("value") === control.getAttribute("value") &&
    one.textContent.trim() === control.textContent.trim();
  return [...part.querySelectorAll(control.tagName)].find(same);
}

function exchange(old, fresh) {
  const held = old.contains(document.activeElement) && document.activeElement !== old ? document.activeElement : null;
  const ticked = [...old.querySelectorAll("[data-tick]:checked")].map((box) => box.value);
  const folds = [...old.querySelectorAll("details:not(.menu)")].map((fold) => fold.open);
  const scrolled = [...old.querySelectorAll(".table-scroll")].map((one) => one.scrollLeft);
  const part = document.importNode(fresh, true);
  old.replaceWith(part);
  window.htmx?.process(part);
  for (const [n, fold] of part.querySelectorAll("details:not(.menu)").entries()) fold.open = folds[n] ?? fold.open;
  for (const [n, one] of part.querySelectorAll(".table-scroll").entries()) one.scrollLeft = scrolled[n] ?? 0;
  if (held) counterpart(part, held)?.focus({ preventScroll: true });
  if (ticked.length) {
    // When the script that counts them has seen the new boxes.
    setTimeout(() => {
      const boxes = [...part.querySelectorAll("[data-tick]")].filter((box) => ticked.includes(box.value));
      for (const box of boxes) box.checked = true;
      boxes[0]?.dispatchEvent(new Event("change", { bubbles: true }));
    });
  }
  document.dispatchEvent(new CustomEvent("live:exchanged", { detail: part }));
}

// --- Fetching --------------------------------------------------------------------------------------------------

async function pageAt(url) {
  // The header keeps the page's toasts for whoever reads them.
  const answer = await fetch(url, { headers: { "X-Live": "part" }, redirect: "manual" });
  if (answer.status >= 500) throw new Error(String(answer.status));
  if (answer.status === 404) sayChanged();
  return answer.ok ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
}

async function refresh() {
  if (document.hidden || isFetching) return;
  const byUrl = new Map();
  let isWaiting = false;
  let holdsSomething = false;
  let hasFailed = false;
  for (const id of due) {
    const region = document.getElementById(id);
    if (!region) due.delete(id);
    else if (isBusy(region)) {
      isWaiting = true;
      holdsSomething ||= holdsInput(region);
    } else {
      const url = region.dataset.liveUrl ?? "";
      byUrl.set(url, [...(byUrl.get(url) ?? []), id]);
    }
  }
  // What was typed or chosen and is not sent may stand for long: then the person is told.
  rounds = isWaiting ? rounds + 1 : 0;
  if (holdsSomething && rounds > PATIENCE) sayChanged();
  isFetching = true;
  for (const [url, ids] of byUrl) {
    for (const id of ids) due.delete(id);
    try {
      const page = await pageAt(url || location.href);
      for (const id of ids) {
        const [old, fresh] = [document.getElementById(id), page?.getElementById(id)];
        // Somebody may have begun to type while it was on its way.
        if (old && fresh && isBusy(old)) due.add(id);
        else if (old && fresh) exchange(old, fresh);
      }
    } catch {
      // The line is down, or the server restarts.
      for (const id of ids) due.add(id);
      hasFailed = true;
    }
  }
  isFetching = false;
  if (due.size) later(hasFailed ? AFTER_FAILURE : AGAIN);
}

// --- What is heard ---------------------------------------------------------------------------------------------

const note = document.querySelector("[data-live-changed]");

function sayChanged() {
  if (note) note.hidden = false;
}

document.addEventListener("live:change", ({ detail }) => {
  for (const region of document.querySelectorAll("[data-live]")) if (region.id && wants(region.dataset.live, detail)) due.add(region.id);
  for (const form of document.querySelectorAll("[data-live-form]")) {
    if (wants(form.dataset.liveForm, detail) && !form.hasAttribute("data-sent")) sayChanged();
  }
  if (due.size) soon();
});

document.addEventListener("live:resync", () => {
  for (const region of document.querySelectorAll("[data-live][id]")) due.add(region.id);
  if (due.size) soon();
});

document.addEventListener("visibilitychange", () => {
  if (!document.hidden && due.size) later(0);
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-live-reload]")) location.reload();
});
