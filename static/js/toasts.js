// Other modules say something with document.dispatchEvent(new CustomEvent("toast", { detail: { text, level,
// undo } })); undo is a function. When a toast goes away again is its own affair (local-state.js).

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
}

document.addEventListener("toast", (event) => say(event.detail));
