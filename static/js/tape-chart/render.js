// Draws what is in sight and a little more, and nothing else: rows, bars, figures and days are pooled
// nodes at absolute places. Scrolling itself is the browser's.

import { drawBar, makeBar, nameBar, parkBar } from "./bars.js";
import { dayOfMonth, firstOfMonth, firstOfNextMonth, toIso, weekdayOf, write } from "./dates.js";
import { money, say } from "./words.js";

const ROWS_AROUND = 2;
const STEP = 130; // Days come and go by so many pixels at once: most frames of a scroll draw nothing.
const ROWS_A_FRAME = 6; // Filled with days that are not in sight yet; those in sight are filled at once.
const SETTLED = 90; // Milliseconds without scrolling.
const ROOM_FOR_A_NAME = 24;

const make = (className, role) => {
  const node = document.createElement("div");
  node.className = className;
  if (role) node.setAttribute("role", role);
  return node;
};

const text = (node, value) => {
  if (!node.firstChild) node.textContent = value;
  else if (node.firstChild.data !== value) node.firstChild.data = value;
};

const look = (node, classes) => {
  if (node.className !== classes) node.className = classes;
};

const place = (node, left, width) => {
  const box = `${left} ${width}`;
  if (node.box === box) return;
  node.box = box;
  node.style.left = `${left}px`;
  node.style.width = `${width}px`;
};

const nameOf = (row) =>
  row.kind === "lane" ? say("unassigned") : row.kind === "unit" ? row.unit.name : row.property.name;

// A row of figures and a row of bars are made of other nodes.
const poolOf = (row) => (row.kind === "property" ? "figures" : "bars");

export class Renderer {
  constructor(grid, store, layout, view) {
    Object.assign(this, { grid, store, layout, view });
    this.canvas = grid.querySelector("[data-canvas]");
    this.head = grid.querySelector("[data-head]");
    this.rows = new Map();
    this.spareRows = { figures: [], bars: [] };
    this.names = this.canvas.appendChild(make("tape-names"));
    this.names.setAttribute("aria-hidden", "true");
    this.days = new Map();
    this.spareDays = [];
    this.months = new Map();
    grid.addEventListener("scroll", () => this.soon(), { passive: true });
  }

  // At most one drawing a frame; names follow when the hand rests.
  soon() {
    clearTimeout(this.rest);
    this.rest = setTimeout(() => this.shiftNames(), SETTLED);
    this.drawSoon();
  }

  drawSoon() {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.draw(false);
    });
  }

  sight() {
    const { layout, grid } = this;
    const first = layout.dayAt(grid.scrollLeft + layout.gutter);
    return [first, layout.dayAt(grid.scrollLeft + grid.clientWidth) + 1];
  }

  // Sizes have changed: everything is placed anew.
  resize() {
    const { layout, canvas } = this;
    canvas.style.width = `${layout.width()}px`;
    canvas.style.height = `${layout.head + layout.height}px`;
    this.names.style.height = `${layout.height}px`;
    canvas.style.setProperty("--day", `${layout.day}px`);
    this.grid.dataset.density = layout.day >= 40 ? "roomy" : layout.day >= 20 ? "close" : "tight";
    this.grid.setAttribute("aria-rowcount", layout.rows.length + 1);
    this.grid.setAttribute("aria-colcount", layout.days + 1);
    this.draw(true);
  }

  draw(all) {
    const { layout, grid } = this;
    const [from, to] = this.sight();
    const step = Math.ceil(STEP / layout.day);
    const first = Math.floor(from / step) * step - step;
    const last = Math.ceil(to / step) * step + step;
    const top = grid.scrollTop;
    const upper = Math.max((layout.rowAt(Math.max(top, 0))?.index ?? 0) - ROWS_AROUND, 0);
    const lower = (layout.rowAt(top + grid.clientHeight - layout.head)?.index ?? -1) + ROWS_AROUND;
    const days = `${first} ${last}`;
    const rows = `${upper} ${lower}`;
    if (!all && !this.isBehind && days === this.drawnDays && rows === this.drawnRows) return;
    const newDays = all || days !== this.drawnDays;
    this.drawnDays = days;
    this.drawnRows = rows;
    const active = document.activeElement;
    Object.assign(this, { from, to, first, last, focus: this.canvas.contains(active) ? active : null });
    if (newDays) this.drawHead();
    this.drawRows(upper, lower, all);
    if (this.isBehind) this.drawSoon();
    if (all) this.shiftNames();
    grid.dispatchEvent(new CustomEvent("chart:drawn", { detail: { from, to } }));
    // What had the focus is no more: the grid knows the place.
    if (this.focus && !this.focus.closest("[data-row]")) grid.focus({ preventScroll: true });
    else if (this.focus?.words && !this.focus.bar) grid.focus({ preventScroll: true });
  }

  drawHead() {
    const { layout, first, last, spareDays } = this;
    const isWeekly = layout.day < 20;
    const today = this.store.properties[0]?.todayDay;
    const wanted = new Set();
    for (let day = first; day < last; day += 1) if (!isWeekly || weekdayOf(day) === 0) wanted.add(day);
    for (const [day, node] of this.days) {
      if (wanted.has(day)) continue;
      this.days.delete(day);
      spareDays.push(node);
    }
    for (const day of wanted) {
      let node = this.days.get(day);
      if (!node) {
        node = spareDays.pop() ?? this.makeDay();
        this.days.set(day, node);
        node.setAttribute("aria-label", write(day, "full"));
        node.setAttribute("aria-colindex", day - layout.origin + 2);
        node.dataset.weekday = write(day, "weekday");
        text(node, String(dayOfMonth(day)));
      }
      const weekend = weekdayOf(day) > 4 ? " is-weekend" : "";
      look(node, `tape-day${weekend}${day === today ? " is-today" : ""}`);
      look(node.column, `tape-column${isWeekly ? " is-week" : weekend}`);
      for (const one of [node, node.column]) place(one, layout.x(day), layout.day * (isWeekly ? 7 : 1));
    }
    for (const node of spareDays) for (const one of [node, node.column]) look(one, "tape-day is-parked");
    this.drawMonths();
  }

  // A day's head, and the plain column behind the rows: a pattern on every row costs twice the frame.
  makeDay() {
    const node = this.head.appendChild(make("tape-day", "columnheader"));
    node.column = make("tape-column");
    node.column.setAttribute("aria-hidden", "true");
    this.canvas.prepend(node.column);
    return node;
  }

  drawMonths() {
    const { layout, first, last } = this;
    const months = new Map();
    for (let day = firstOfMonth(first); day < last; day = firstOfNextMonth(day)) months.set(day, firstOfNextMonth(day));
    for (const [day, node] of this.months) {
      if (months.has(day)) continue;
      node.remove();
      this.months.delete(day);
    }
    for (const [day, next] of months) {
      let node = this.months.get(day);
      if (!node) {
        node = this.head.appendChild(make("tape-month"));
        node.setAttribute("aria-hidden", "true");
        node.appendChild(make("tape-month-name")).textContent = write(day, "month");
        this.months.set(day, node);
      }
      place(node, layout.x(day), (next - day) * layout.day);
    }
  }

  // A step of days is new in every row at once. What of it is not in sight yet is filled row by row
  // in the next frames, so that no frame has to do it all.
  drawRows(upper, lower, all) {
    const wanted = new Map();
    for (const row of this.layout.rows.slice(upper, lower + 1)) wanted.set(row.key, row);
    const focused = this.focusedRow();
    if (focused) wanted.set(focused.key, focused);
    const spare = this.spareRows;
    for (const [key, drawn] of this.rows) {
      if (wanted.has(key)) continue;
      this.rows.delete(key);
      spare[poolOf(drawn.row)].push(drawn);
    }
    let early = 0;
    this.isBehind = false;
    for (const [key, row] of wanted) {
      let drawn = this.rows.get(key);
      const isNew = !drawn;
      if (isNew) {
        drawn = spare[poolOf(row)].pop() ?? this.makeRow();
        this.rows.set(key, drawn);
      }
      if (isNew || all) this.nameRow(drawn, row);
      else if (drawn.first === this.first && drawn.last === this.last) continue;
      else if (drawn.first <= this.from && drawn.last >= this.to && (early += 1) > ROWS_A_FRAME) {
        this.isBehind = true;
        continue;
      }
      this.fillRow(drawn, row, all);
      Object.assign(drawn, { first: this.first, last: this.last });
    }
    for (const drawn of [...spare.figures, ...spare.bars]) this.parkRow(drawn);
  }

  // The row that has the focus stays, wherever one scrolls: else the focus would be nowhere.
  focusedRow() {
    const key = this.focus?.closest("[data-row]")?.dataset.row;
    return key && this.layout.rows.find((row) => row.key === key);
  }

  makeRow() {
    const node = this.canvas.appendChild(make("tape-row", "row"));
    // Said by the row, seen in the column of names: a sticky name on each row is a layer for each.
    const header = node.appendChild(make("tape-header", "rowheader"));
    const name = this.names.appendChild(make("tape-name"));
    return { node, header, name, bars: new Map(), figures: new Map(), free: [] };
  }

  parkRow(drawn) {
    if (drawn.isParked) return;
    drawn.isParked = true;
    drawn.node.className = "tape-row is-parked";
    drawn.name.className = "tape-name is-parked";
    delete drawn.node.dataset.row;
    for (const node of drawn.bars.values()) parkBar(node);
    drawn.free.push(...drawn.bars.values());
    drawn.bars.clear();
  }

  nameRow(drawn, row) {
    const { layout } = this;
    const { node, name, header } = drawn;
    drawn.row = row;
    drawn.isParked = false;
    const isRetired = row.unit && row.unit.status !== "active";
    const kind = `is-${row.kind}${isRetired ? " is-retired" : ""}`;
    look(node, `tape-row ${kind}`);
    look(name, `tape-name ${kind}`);
    node.dataset.row = row.key;
    node.setAttribute("aria-rowindex", row.index + 2);
    node.style.top = `${layout.head + row.top}px`;
    name.style.top = `${row.top}px`;
    node.style.height = name.style.height = `${row.height}px`;
    const today = `${layout.x(row.property.todayDay)}px`;
    if (drawn.today !== today) node.style.setProperty("--today", today);
    drawn.today = today;
    const label = `${row.kind} ${row.property.id} ${nameOf(row)} ${layout.collapsed.has(row.property.id)}`;
    if (drawn.label === label) return;
    drawn.label = label;
    if (row.kind === "property") for (const one of [name, header]) this.fold(one, row.property);
    else {
      text(name, nameOf(row));
      text(header, nameOf(row));
    }
  }

  fold(holder, property) {
    const fold = holder.querySelector("button") ?? holder.appendChild(document.createElement("button"));
    fold.type = "button";
    fold.className = "tape-fold";
    fold.tabIndex = -1;
    fold.dataset.fold = property.id;
    fold.setAttribute("aria-expanded", String(!this.layout.collapsed.has(property.id)));
    text(fold, property.name);
  }

  fillRow(drawn, row, all) {
    if (row.kind === "property") {
      this.drawFigures(drawn, row);
      return;
    }
    const { first, last } = this;
    const wanted = new Map();
    const list =
      row.kind === "unit"
        ? this.store.between(row.unit.id, first, last)
        : row.waiting.bars.filter((bar) => bar.first < last && bar.last > first);
    for (const bar of list) wanted.set(bar.key, bar);
    // So does the bar.
    const held = drawn.node.contains(this.focus) && this.focus.bar && this.store.bars.get(this.focus.bar.key);
    if (held) wanted.set(held.key, held);
    for (const [key, node] of drawn.bars) {
      if (wanted.has(key)) continue;
      drawn.bars.delete(key);
      drawn.free.push(node);
    }
    for (const bar of wanted.values()) {
      const old = drawn.bars.get(bar.key);
      if (old && !all && old.bar === bar) continue;
      const node = old ?? drawn.free.pop() ?? drawn.node.appendChild(makeBar());
      if (!old) drawn.bars.set(bar.key, node);
      drawBar(node, bar, row, this);
    }
    for (const node of drawn.free) parkBar(node);
  }

  // The name of a bar that begins further left is written where the bar comes into sight.
  shiftNames() {
    const edge = this.grid.scrollLeft + this.layout.gutter;
    for (const { bars } of this.rows.values()) {
      for (const node of bars.values()) {
        const isCut = node.left < edge && node.left + node.width > edge + ROOM_FOR_A_NAME;
        nameBar(node, isCut ? Math.round(edge - node.left) : 0);
      }
    }
  }

  // Price and occupancy: by the day where there is room for it, by the week where there is not.
  drawFigures(drawn, row) {
    const { layout, first, last } = this;
    const span = layout.day >= 30 ? 1 : 7;
    const from = span === 1 ? first : first - weekdayOf(first);
    const { free, figures } = drawn;
    for (const [day, node] of figures) {
      if (day >= from && day < last && (day - from) % span === 0) continue;
      figures.delete(day);
      free.push(node);
    }
    for (let day = from; day < last; day += span) {
      const node = figures.get(day) ?? free.pop() ?? drawn.node.appendChild(make("", "gridcell"));
      figures.set(day, node);
      this.drawFigure(node, row.property, day, span);
    }
    for (const node of free) if (node.shown) this.parkFigure(node);
  }

  drawFigure(node, property, day, span) {
    place(node, this.layout.x(day), this.layout.day * span);
    let taken = 0;
    for (let n = 0; n < span; n += 1) taken += this.store.takenOn(property, day + n);
    const all = property.units.length * span;
    const share = all ? Math.round((100 * taken) / all) : 0;
    const shown = `${property.id} ${day} ${span} ${share}`;
    if (node.shown === shown) return;
    node.shown = shown;
    const price = property.base_price === null ? "" : String(Math.round(Number(property.base_price)));
    node.className = "tape-figure";
    node.dataset.price = span === 1 ? price : "";
    node.style.setProperty("--share", `${share}%`);
    node.setAttribute("aria-colindex", day - this.layout.origin + 2);
    text(node, `${share}%`);
    const label = [write(day), say("occupied", { share })];
    if (price) label.push(say("basePrice", { price: money(property.base_price, property.currency) }));
    node.setAttribute("aria-label", label.join(", "));
  }

  parkFigure(node) {
    node.shown = "";
    node.className = "tape-figure is-parked";
  }

  nodeOf(bar) {
    const row = this.layout.rowOf(bar);
    return row && this.rows.get(row.key)?.bars.get(bar.key);
  }

  rowNode(row) {
    return this.rows.get(row.key)?.node;
  }

  scrollToDay(day, behavior = "instant") {
    this.grid.scrollTo({ left: (day - this.layout.origin) * this.layout.day, behavior });
  }

  firstDay() {
    return this.layout.origin + Math.round(this.grid.scrollLeft / this.layout.day);
  }

  // Bring a cell into sight, clear of the names and the head.
  reveal(row, day) {
    const { grid, layout } = this;
    const left = layout.x(day) - layout.gutter;
    const top = row.top;
    const right = left + layout.day - (grid.clientWidth - layout.gutter);
    const bottom = top + row.height - (grid.clientHeight - layout.head);
    if (grid.scrollLeft > left) grid.scrollLeft = left;
    else if (grid.scrollLeft < right) grid.scrollLeft = right + layout.day;
    if (grid.scrollTop > top) grid.scrollTop = top;
    else if (grid.scrollTop < bottom) grid.scrollTop = bottom;
    this.draw(false);
  }
}

export const addressOf = (view, layout, start) => {
  const query = new URLSearchParams({ start: toIso(start), zoom: layout.zoom });
  if (view.query) query.set("q", view.query);
  if (view.property) query.set("property", view.property);
  return `${location.pathname}?${query}`;
};
