// One place in the grid has the focus: a bar, or an empty cell, which exists only while it is there.

import { write } from "./dates.js";
import { say } from "./words.js";

export class Keyboard {
  constructor(chart) {
    this.chart = chart;
    this.at = null;
    // Two cells take turns, so that each move is a focus of its own and is read out.
    this.cells = [0, 1].map(() => {
      const cell = document.createElement("div");
      cell.className = "tape-cell";
      cell.setAttribute("role", "gridcell");
      cell.tabIndex = -1;
      return cell;
    });
    chart.grid.addEventListener("keydown", (event) => this.press(event));
    chart.grid.addEventListener("pointerdown", () => {
      this.isByPointer = true;
      setTimeout(() => {
        this.isByPointer = false;
      });
    });
    chart.grid.addEventListener("focusin", (event) => this.enter(event));
    chart.grid.addEventListener("focusout", () => {
      chart.grid.tabIndex = 0;
    });
  }

  enter(event) {
    const { grid } = this.chart;
    if (event.target === grid && !this.isByPointer) this.show();
    else if (event.target !== grid) grid.tabIndex = -1;
  }

  // The row and day of the cursor; at first the first unit, on the first day in sight.
  place() {
    const { layout, renderer } = this.chart;
    const row = this.at && layout.rows.find((one) => one.key === this.at.row.key);
    if (row) this.at.row = row;
    else this.at = { row: layout.rows.find((one) => one.kind === "unit") ?? layout.rows[0], day: renderer.firstDay() + 1 };
    return this.at;
  }

  barAt({ row, day }) {
    if (row.kind === "property") return null;
    const list =
      row.kind === "unit" ? this.chart.store.between(row.unit.id, day, day + 1) : row.waiting.bars;
    // On a turnover day the arriving guest has the cell.
    return list.findLast((bar) => bar.first <= day && bar.last > day) ?? null;
  }

  moveTo(row, day, withFocus = true) {
    this.at = { row, day };
    this.chart.renderer.reveal(row, day);
    this.show(withFocus);
  }

  // To where somebody's bar lies now; if it is gone, to where it was.
  follow(id) {
    const { store, layout } = this.chart;
    const [bar] = [...store.bars.values()].filter((one) => one.id === id).sort((a, b) => a.first - b.first);
    const row = bar && layout.rowOf(bar);
    if (row) this.moveTo(row, bar.first);
    else this.show();
  }

  show(withFocus = true) {
    if (!this.chart.layout.rows.length) return;
    const { row, day } = this.place();
    const { renderer, layout } = this.chart;
    renderer.reveal(row, day);
    const bar = this.barAt({ row, day });
    let node = bar && renderer.nodeOf(bar);
    const [cell, other] = this.cells;
    this.cells.reverse();
    if (node) cell.remove();
    else {
      node = cell;
      renderer.rowNode(row)?.append(cell);
      cell.style.left = `${layout.x(day)}px`;
      cell.style.width = `${layout.day}px`;
      cell.setAttribute("aria-colindex", day - layout.origin + 2);
      cell.setAttribute("aria-label", this.labelOf(row, day));
    }
    if (withFocus) node.focus({ preventScroll: true });
    other.remove();
    this.chart.grid.querySelector(".is-cursor")?.classList.remove("is-cursor");
    if (!withFocus) node.classList.add("is-cursor");
  }

  labelOf(row, day) {
    const where = row.kind === "unit" ? `${row.property.name}, ${row.unit.name}` : row.property.name;
    return say(row.kind === "unit" ? "freeCell" : "plainCell", { where, day: write(day, "full") });
  }

  press(event) {
    if (event.target.closest("[data-fold]") && (event.key === "Enter" || event.key === " ")) return;
    if (event.key === "z" && (event.ctrlKey || event.metaKey) && !event.shiftKey) {
      const done = this.chart.actions.done.at(-1);
      if (done) this.chart.actions.undo(done, true);
      event.preventDefault();
      return;
    }
    const action = KEYS[event.key];
    if (!action || event.altKey || event.metaKey) return;
    event.preventDefault();
    if (document.activeElement === this.chart.grid) this.show();
    else action(this, event);
  }

  step(rows, days) {
    const { layout } = this.chart;
    const { row, day } = this.place();
    const bar = this.barAt({ row, day });
    let next = day + days;
    // From a bar one goes on beside it, not through each of its nights.
    if (bar && days > 0) next = bar.last;
    if (bar && days < 0) next = bar.first - 1;
    const target = layout.rows[Math.min(Math.max(row.index + rows, 0), layout.rows.length - 1)];
    this.moveTo(target, Math.min(Math.max(next, layout.origin), layout.origin + layout.days - 1));
  }

  use() {
    const { chart } = this;
    const { row, day } = this.place();
    if (row.kind === "property") {
      chart.fold(row.property.id);
      this.show();
      return;
    }
    const bar = this.barAt({ row, day });
    if (bar) chart.cards.open(bar, chart.renderer.nodeOf(bar));
    else if (chart.mayWrite && row.kind === "unit") {
      chart.cards.create({ unit: row.unit, first: day, last: day + 1 }, document.activeElement);
    }
  }
}

const KEYS = {
  ArrowRight: (keyboard) => keyboard.step(0, 1),
  ArrowLeft: (keyboard) => keyboard.step(0, -1),
  ArrowDown: (keyboard) => keyboard.step(1, 0),
  ArrowUp: (keyboard) => keyboard.step(-1, 0),
  PageDown: (keyboard, event) => (event.shiftKey ? keyboard.step(0, 30) : keyboard.step(0, 7)),
  PageUp: (keyboard, event) => (event.shiftKey ? keyboard.step(0, -30) : keyboard.step(0, -7)),
  Home: (keyboard, event) => keyboard.step(event.ctrlKey ? -Infinity : 0, -keyboard.place().day + keyboard.chart.renderer.firstDay()),
  End: (keyboard) => keyboard.step(Infinity, 0),
  Enter: (keyboard) => keyboard.use(),
  " ": (keyboard) => keyboard.use(),
  ContextMenu: (keyboard) => keyboard.use(),
};
