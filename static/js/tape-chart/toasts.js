// What the chart has to say: a toast that can be seen and is read out, with one thing to press.

import { say } from "./words.js";

const LASTS = 7000;
const UNDO_LASTS = 12_000;

export const toast = (sentence, { isBad = false, undo = null } = {}) => {
  const list = document.querySelector("[data-chart-toasts]");
  const node = document.createElement("div");
  node.className = `tape-toast${isBad ? " is-refusal" : ""}`;
  const words = node.appendChild(document.createElement("span"));
  words.textContent = sentence;
  const away = () => {
    if (!node.contains(document.activeElement)) node.remove();
  };
  if (undo) {
    const button = node.appendChild(document.createElement("button"));
    button.type = "button";
    button.className = "tape-toast-undo";
    button.textContent = say("undo");
    button.addEventListener("click", (event) => {
      node.remove();
      undo(event.detail === 0);
    });
  }
  const close = node.appendChild(document.createElement("button"));
  close.type = "button";
  close.className = "tape-toast-close";
  close.setAttribute("aria-label", say("close"));
  close.textContent = "×";
  close.addEventListener("click", () => node.remove());
  while (list.children.length > 2) list.firstChild.remove();
  list.append(node);
  setTimeout(away, undo ? UNDO_LASTS : LASTS);
  return node;
};
