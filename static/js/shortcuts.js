// Single keys: links say which keys lead to them (data-shortcut="g t"). They can be switched off in the
// sheet, because who dictates to the computer types letters without meaning them.
const STORED = "shortcuts";
const PATIENCE = 1200;
let before = "";
let timer;

const areOn = () => {
  try {
    return localStorage.getItem(STORED) !== "off";
  } catch {
    return true;
  }
};

const isTyping = (element) =>
  element.isContentEditable || element.matches("input:not([type=checkbox],[type=radio]), textarea, select");

function search() {
  const field = document.querySelector("main input[type=search]");
  if (field) field.select();
  else document.dispatchEvent(new CustomEvent("palette"));
  field?.focus();
}

function press(key) {
  const sheet = document.querySelector("[data-shortcut-sheet]");
  if (key === "?") sheet?.showModal();
  else if (key === "/") search();
  else {
    const link = document.querySelector(`[data-shortcut="${CSS.escape(before ? `${before} ${key}` : key)}"]`);
    if (!link) return false;
    link.click();
  }
  return true;
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.key.length !== 1 || isTyping(event.target) || !areOn()) return;
  if (document.querySelector("dialog[open]")) return;
  clearTimeout(timer);
  const key = event.key.toLowerCase();
  if (press(key)) {
    event.preventDefault();
    before = "";
  } else {
    before = before ? "" : key;
    timer = setTimeout(() => {
      before = "";
    }, PATIENCE);
  }
});

document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-shortcut-switch]")) return;
  try {
    localStorage.setItem(STORED, event.target.checked ? "on" : "off");
  } catch {
    // Storage is switched off: nothing to remember.
  }
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-shortcut-open]")) document.querySelector("[data-shortcut-sheet]").showModal();
});

for (const box of document.querySelectorAll("[data-shortcut-switch]")) box.checked = areOn();
