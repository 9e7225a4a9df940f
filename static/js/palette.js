// The command palette: a combobox over a list of links that the server finds as one types.
const palette = document.querySelector("[data-palette]");
const input = palette?.querySelector("[data-palette-input]");
const list = palette?.querySelector("[data-palette-options]");

const options = () => [...list.querySelectorAll("a[role=option]")];
const current = () => list.querySelector("[aria-selected=true]");

function choose(option) {
  current()?.setAttribute("aria-selected", "false");
  if (!option) {
    input.removeAttribute("aria-activedescendant");
    return;
  }
  option.setAttribute("aria-selected", "true");
  option.scrollIntoView({ block: "nearest" });
  input.setAttribute("aria-activedescendant", option.id);
}

function step(by) {
  const all = options();
  if (all.length) choose(all[(all.indexOf(current()) + by + all.length) % all.length]);
}

function open() {
  if (palette.open) return;
  for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
  palette.showModal();
  input.value = "";
  input.focus();
  window.htmx.trigger(input, "palette-open");
}

document.addEventListener("keydown", (event) => {
  if (!palette || event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey)) return;
  if (event.shiftKey || event.altKey) return;
  event.preventDefault();
  if (palette.open) palette.close();
  else open();
});

document.addEventListener("click", (event) => {
  if (!palette) return;
  const opener = event.target.closest("[data-palette-open]");
  // A click with a key held opens the search page in a tab of its own, as any link does.
  if (opener && !(event.ctrlKey || event.metaKey || event.shiftKey)) {
    event.preventDefault();
    open();
  }
});

document.addEventListener("palette", open);

input?.addEventListener("keydown", (event) => {
  const steps = { ArrowDown: 1, ArrowUp: -1 };
  if (event.key in steps) {
    event.preventDefault();
    step(steps[event.key]);
  } else if (event.key === "Enter") {
    event.preventDefault();
    // What was typed a moment ago may not be found yet: go when the list is about these words.
    if (list.dataset.about === input.value) current()?.click();
    else list.dataset.go = "";
  }
});

list?.addEventListener("pointermove", (event) => {
  const option = event.target.closest("a[role=option]");
  if (option && option !== current()) choose(option);
});

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.target !== list) return;
  const asked = new URL(event.detail.xhr.responseURL).searchParams.get("q") ?? "";
  list.dataset.about = asked;
  list.scrollTop = 0;
  choose(options()[0]);
  if ("go" in list.dataset && asked === input.value) {
    delete list.dataset.go;
    current()?.click();
  }
});

palette?.addEventListener("close", () => {
  delete list.dataset.go;
  list.replaceChildren();
});
