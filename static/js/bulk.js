// The boxes of a list: tick all of them, and how many are ticked. Without it they are plain boxes.

const boxesOf = (form) => [...form.querySelectorAll("[data-bulk-one]")];

const tell = (form) => {
  const boxes = boxesOf(form);
  const ticked = boxes.filter((box) => box.checked).length;
  const all = form.querySelector("[data-bulk-all]");
  all.checked = ticked > 0 && ticked === boxes.length;
  all.indeterminate = ticked > 0 && ticked < boxes.length;
  const count = form.querySelector("[data-bulk-count]");
  count.textContent = ticked === 1 ? count.dataset.one : count.dataset.many.replace("{n}", ticked);
};

document.addEventListener("change", (event) => {
  const form = event.target.closest("[data-bulk]");
  if (!form) return;
  if (event.target.matches("[data-bulk-all]")) {
    for (const box of boxesOf(form)) box.checked = event.target.checked;
  }
  tell(form);
});

// A download leaves the page where it is, so its form must not count as on its way for ever.
document.addEventListener("submit", (event) => {
  if (!event.submitter?.matches("[data-bulk-download]")) return;
  setTimeout(() => {
    event.target.removeAttribute("data-sent");
    for (const button of event.target.querySelectorAll("[aria-disabled]")) button.removeAttribute("aria-disabled");
  });
});
