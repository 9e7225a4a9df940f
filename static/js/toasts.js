// Toasts go away by themselves, unless they are bad news or being read. Other modules say something with
// document.dispatchEvent(new CustomEvent("toast", { detail: { text, level, undo } })); undo is a function.
const SHORT = 6000;
const LONG = 12000;

function leaveLater(toast) {
  if (toast.dataset.toast === "timed" || toast.classList.contains("is-bad")) return;
  toast.dataset.toast = "timed";
  const stay = toast.querySelector(".toast-undo:not([hidden])") ? LONG : SHORT;
  let timer;
  const wait = () => {
    timer = setTimeout(() => toast.remove(), stay);
  };
  const hold = () => clearTimeout(timer);
  for (const name of ["pointerenter", "focusin"]) toast.addEventListener(name, hold);
  for (const name of ["pointerleave", "focusout"]) toast.addEventListener(name, wait);
  wait();
}

function say({ text, level = "success", undo = null }) {
  const list = document.querySelector("[data-toasts]");
  const toast = document.querySelector("[data-toast-template]").content.firstElementChild.cloneNode(true);
  toast.classList.add(level === "error" ? "is-bad" : "is-good");
  toast.querySelector(".toast-text").textContent = text;
  if (undo) {
    const button = toast.querySelector("[data-toast-undo]");
    button.hidden = false;
    button.addEventListener("click", () => {
      toast.remove();
      undo();
    });
  }
  list.append(toast);
  leaveLater(toast);
}

const watch = () => {
  for (const toast of document.querySelectorAll("[data-toast='']")) leaveLater(toast);
};

document.addEventListener("toast", (event) => say(event.detail));
document.addEventListener("click", (event) => {
  event.target.closest("[data-toast-close]")?.closest("[data-toast]").remove();
});
document.addEventListener("htmx:afterSettle", watch);
watch();
