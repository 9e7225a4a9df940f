// Draws what is in sight and a little more, and nothing else: rows, bars, figures and days are pooled
// nodes at absolute places. Scrolling itself is the browser's.

import { dayOfMonth, firstOfMonth, firstOfNextMonth, toIso, weekdayOf, write } from "./dates.js";
import { kindOf, money, nights, say } from "./words.js";

const ROWS_AROUND = 3;
const STEP = 4; // Days come and go by fours, so that most frames of a scroll draw nothing.

const make = (className, role) => {
  const node = document.createElement("div");
  node.className = className;
  if (role) node.setAttribute("role", role);
  return node;
};

const text = (node, value) => {
  if (node.textContent !== value) node.textContent = value;
};

const place = (node, left, width) => {
  const box = `${left} ${width}`;
  if (node.box === box) return;
  node.box = box;
  node.style.left = `${left}px`;
  node.style.width = `${width}px`;
};

export const describe = (bar, where) =>
  say("barLabel", {
    name: bar.name || kindOf(bar),
    kind: kindOf(bar),
    from: write(bar.first),
    to: write(bar.last),
    nights: nights(bar.last - bar.first),
    where,
  });

export class Renderer {
  constructor(grid, store, layout, view) {
    Object.assign(this, { grid, store, layout, view });
    this.canvas = grid.querySelector("[data-canvas]");
    this.head = grid.querySelector("[data-head]");
    this.rows = new Map();
    this.spareRows = [];
    this.spareBars = [];
    this.spareFigures = [];
    this.days = new Map();
    this.months = new Map();
    grid.addEventListener("scroll", () => this.soon(), { passive: true });
  }

  // At most one drawing a frame.
  soon() {
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
    canvas.style.setProperty("--day", `${layout.day}px`);
    this.grid.dataset.density = layout.day >= 40 ? "roomy" : layout.day >= 20 ? "close" : "tight";
    this.grid.setAttribute("aria-rowcount", layout.rows.length + 1);
    this.grid.setAttribute("aria-colcount", layout.days + 1);
    this.draw(true);
  }

  draw(all) {
    const { layout, grid } = this;
    const [from, to] = this.sight();
    const first = Math.floor(from / STEP) * STEP - STEP;
    const last = Math.ceil(to / STEP) * STEP + STEP;
    const top = grid.scrollTop;
    const upper = Math.max((layout.rowAt(Math.max(top, 0))?.index ?? 0) - ROWS_AROUND, 0);
    const lower = (layout.rowAt(top + grid.clientHeight - layout.head)?.index ?? -1) + ROWS_AROUND;
    const days = `${first} ${last}`;
    const rows = `${upper} ${lower}`;
    if (!all && days === this.drawnDays && rows === this.drawnRows) return;
    const newDays = all || days !== this.drawnDays;
    this.drawnDays = days;
    this.drawnRows = rows;
    Object.assign(this, { first, last, from });
    if (newDays) this.drawHead();
    this.drawRows(upper, lower, newDays);
    grid.dispatchEvent(new CustomEvent("chart:drawn", { detail: { from, to } }));
  }

  drawHead() {
    const { layout, first, last } = this;
    const isWeekly = layout.day < 20;
    const today = this.store.properties[0]?.todayDay;
    const wanted = new Set();
    for (let day = first; day < last; day += 1) if (!isWeekly || weekdayOf(day) === 0) wanted.add(day);
    const free = [];
    for (const [day, node] of this.days) {
      if (wanted.has(day)) continue;
      this.days.delete(day);
      free.push(node);
    }
    for (const day of wanted) {
      let node = this.days.get(day);
      if (!node) {
        node = free.pop() ?? this.makeDay();
        this.days.set(day, node);
        node.setAttribute("aria-label", write(day, "full"));
        node.setAttribute("aria-colindex", day - layout.origin + 2);
        node.dataset.weekday = write(day, "weekday");
        text(node, String(dayOfMonth(day)));
      }
      node.classList.toggle("is-today", day === today);
      node.classList.toggle("is-weekend", weekdayOf(day) > 4);
      place(node, layout.x(day), layout.day * (isWeekly ? 7 : 1));
      node.column.className = `tape-column${isWeekly ? " is-week" : weekdayOf(day) > 4 ? " is-weekend" : ""}`;
      place(node.column, layout.x(day), layout.day * (isWeekly ? 7 : 1));
    }
    for (const node of free) {
      node.column.remove();
      node.remove();
    }
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

  drawRows(upper, lower, newDays) {
    const wanted = new Map();
    for (const row of this.layout.rows.slice(upper, lower + 1)) wanted.set(row.key, row);
    for (const [key, drawn] of this.rows) {
      if (wanted.has(key)) continue;
      this.rows.delete(key);
      this.empty(drawn);
      drawn.node.remove();
      this.spareRows.push(drawn);
    }
    for (const [key, row] of wanted) {
      let drawn = this.rows.get(key);
      if (!drawn) {
        drawn = this.spareRows.pop() ?? this.makeRow();
        this.rows.set(key, drawn);
        this.canvas.append(drawn.node);
        this.nameRow(drawn, row);
        this.fillRow(drawn, row);
      } else if (newDays) {
        this.nameRow(drawn, row);
        this.fillRow(drawn, row);
      }
    }
  }

  makeRow() {
    const node = make("tape-row", "row");
    const name = node.appendChild(make("tape-name", "rowheader"));
    return { node, name, bars: new Map(), figures: new Map() };
  }

  nameRow(drawn, row) {
    const { layout } = this;
    const { node, name } = drawn;
    drawn.row = row;
    const isRetired = row.unit && row.unit.status !== "active";
    node.className = `tape-row is-${row.kind}${isRetired ? " is-retired" : ""}`;
    node.dataset.row = row.key;
    node.setAttribute("aria-rowindex", row.index + 2);
    node.style.top = `${layout.head + row.top}px`;
    node.style.height = `${row.height}px`;
    node.style.setProperty("--today", `${layout.x(row.property.todayDay)}px`);
    const label = this.labelOf(row);
    if (name.dataset.label === label) return;
    name.dataset.label = label;
    name.replaceChildren();
    if (row.kind !== "property") {
      const words = name.appendChild(document.createElement("span"));
      words.className = "tape-name-text";
      words.textContent = row.kind === "lane" ? say("unassigned") : row.unit.name;
      return;
    }
    const fold = name.appendChild(document.createElement("button"));
    fold.type = "button";
    fold.className = "tape-fold";
    fold.tabIndex = -1;
    fold.dataset.fold = row.property.id;
    fold.setAttribute("aria-expanded", String(!layout.collapsed.has(row.property.id)));
    fold.textContent = row.property.name;
  }

  labelOf(row) {
    return `${row.key} ${row.unit?.name ?? row.property.name} ${this.layout.collapsed.has(row.property.id)}`;
  }

  fillRow(drawn, row) {
    if (row.kind === "property") {
      this.drawFigures(drawn, row);
      return;
    }
    const { first, last } = this;
    const seen = new Set();
    const list =
      row.kind === "unit"
        ? this.store.between(row.unit.id, first, last)
        : row.waiting.bars.filter((bar) => bar.first < last && bar.last > first);
    for (const bar of list) seen.add(bar.key);
    for (const [key, node] of drawn.bars) {
      if (seen.has(key)) continue;
      drawn.bars.delete(key);
      node.remove();
      this.spareBars.push(node);
    }
    for (const bar of list) {
      let node = drawn.bars.get(bar.key);
      if (!node) {
        node = this.spareBars.pop() ?? this.makeBar();
        drawn.bars.set(bar.key, node);
        drawn.node.append(node);
      }
      this.drawBar(node, bar, row);
    }
  }

  makeBar() {
    const node = make("tape-bar", "gridcell");
    node.tabIndex = -1;
    node.appendChild(document.createElement("span")).className = "tape-bar-text";
    return node;
  }

  drawBar(node, bar, row) {
    const { view } = this;
    const { left, width } = this.layout.box(bar);
    place(node, left, width);
    const isMatch = view.query && matches(bar, view.query);
    const classes = [
      "tape-bar",
      bar.kind === "block" ? `is-block is-${bar.reason}` : `is-${bar.status}`,
      bar.unit === null && "is-unplaced",
      bar.from < bar.start && "is-continued",
      bar.to > bar.end && "continues",
      view.query && (isMatch ? "is-match" : "is-dim"),
      view.held === bar.key && "is-lifted",
      width < 44 && "is-short",
      // Only these keep their name in sight: each name that may stick is a layer of its own.
      bar.first < this.from + STEP && bar.last > this.from && "is-cut",
    ]
      .filter(Boolean)
      .join(" ");
    if (node.className !== classes) node.className = classes;
    node.style.setProperty("--lane", bar.lane ?? 0);
    if (node.bar === bar) return;
    node.bar = bar;
    node.dataset.bar = bar.key;
    node.setAttribute("aria-colindex", bar.first - this.layout.origin + 2);
    node.setAttribute("aria-colspan", bar.last - bar.first);
    node.setAttribute("aria-label", describe(bar, row.unit?.name ?? say("unassigned")));
    text(node.firstChild, bar.name || kindOf(bar));
  }

  // Price and occupancy: by the day where there is room for it, by the week where there is not.
  drawFigures(drawn, row) {
    const { layout, first, last } = this;
    const span = layout.day >= 30 ? 1 : 7;
    const { property } = row;
    const price = property.base_price === null ? "" : String(Math.round(Number(property.base_price)));
    const seen = new Set();
    const from = span === 1 ? first : first - weekdayOf(first);
    for (let day = from; day < last; day += span) {
      seen.add(day);
      let taken = 0;
      for (let n = 0; n < span; n += 1) taken += this.store.takenOn(property, day + n);
      const all = property.units.length * span;
      const share = all ? Math.round((100 * taken) / all) : 0;
      let node = drawn.figures.get(day);
      if (!node) {
        node = this.spareFigures.pop() ?? make("tape-figure", "gridcell");
        drawn.figures.set(day, node);
        drawn.node.append(node);
      }
      place(node, layout.x(day), layout.day * span);
      node.style.setProperty("--share", `${share}%`);
      node.setAttribute("aria-colindex", day - layout.origin + 2);
      const shown = span === 1 && price ? `${price} ${share}%` : `${share}%`;
      if (node.shown === shown && node.day === day) continue;
      Object.assign(node, { shown, day });
      node.dataset.price = span === 1 ? price : "";
      text(node, `${share}%`);
      const label = [write(day), say("occupied", { share })];
      if (price) label.push(say("basePrice", { price: money(property.base_price, property.currency) }));
      node.setAttribute("aria-label", label.join(", "));
    }
    for (const [day, node] of drawn.figures) {
      if (seen.has(day)) continue;
      drawn.figures.delete(day);
      node.remove();
      this.spareFigures.push(node);
    }
  }

  empty(drawn) {
    for (const node of drawn.bars.values()) {
      node.remove();
      this.spareBars.push(node);
    }
    for (const node of drawn.figures.values()) {
      node.remove();
      this.spareFigures.push(node);
    }
    drawn.bars.clear();
    drawn.figures.clear();
    this.spareBars.length = Math.min(this.spareBars.length, 300);
  }

  nodeOf(bar) {
    return this.canvas.querySelector(`[data-bar="${CSS.escape(bar.key)}"]`);
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

export const matches = (bar, query) =>
  bar.kind === "booking" && `${bar.name} ${bar.reference}`.toLocaleLowerCase().includes(query);

export const addressOf = (view, layout, start) => {
  const query = new URLSearchParams({ start: toIso(start), zoom: layout.zoom });
  if (view.query) query.set("q", view.query);
  if (view.property) query.set("property", view.property);
  return `${location.pathname}?${query}`;
};
