// The analytics page: a list of boxes to tick that can be searched, and what a cell of the heat map stands for.

// Typing in `data-narrows` hides the choices beside it that do not contain the words; ticked ones stay.
document.addEventListener("input", (event) => {
  if (!event.target.matches("[data-narrows]")) return;
  const words = event.target.value.trim().toLocaleLowerCase();
  for (const choice of event.target.closest("fieldset").querySelectorAll("label.tick")) {
    const isTicked = choice.querySelector("input").checked;
    choice.hidden = !isTicked && !choice.textContent.toLocaleLowerCase().includes(words);
  }
});

// Enter in the search would send the form before anything is chosen.
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.matches("[data-narrows]")) event.preventDefault();
});

// Property, day and rate of the cell under the pointer, as the heads of its row and column have them.
document.addEventListener("pointerover", (event) => {
  const cell = event.target.closest?.("[data-heat] td");
  if (!cell || cell.title || !cell.parentElement.querySelector("th[scope=row]")) return;
  const columns = cell.closest("table").querySelectorAll("th[scope=col]");
  const day = columns[cell.cellIndex - 1].getAttribute("aria-label");
  const unit = cell.matches("[class]") ? " %" : "";
  cell.title = `${cell.parentElement.cells[0].textContent}, ${day}: ${cell.textContent}${unit}`;
});
