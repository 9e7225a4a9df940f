// Where everything is: the list of rows with their tops, and days to pixels and back.

import { weekdayOf } from "./dates.js";

export const ZOOMS = { week: 7, "two-weeks": 14, month: 31, quarter: 91 };
const NARROWEST = { week: 44, "two-weeks": 34, month: 22, quarter: 9 };
const BEFORE = 370;
const DAYS = 1100;

export class Layout {
  constructor(zoom, start) {
    this.zoom = zoom in ZOOMS ? zoom : "two-weeks";
    this.collapsed = new Set();
    this.rows = [];
    this.height = 0;
    this.center(start);
  }

  // The days that can be scrolled to; starting on a Monday makes the weekend pattern line up.
  center(day) {
    this.origin = day - BEFORE - weekdayOf(day - BEFORE);
    this.days = DAYS;
  }

  holds(day) {
    return day >= this.origin + 7 && day < this.origin + this.days - 100;
  }

  measure(root, width) {
    const style = getComputedStyle(root);
    const pixels = (name) => Number.parseFloat(style.getPropertyValue(name));
    this.gutter = pixels("--tape-gutter");
    this.head = pixels("--tape-head");
    this.heights = { property: pixels("--tape-group"), unit: pixels("--tape-unit"), lane: pixels("--tape-unit") };
    const room = Math.floor((width - this.gutter) / ZOOMS[this.zoom]);
    this.day = Math.max(room, NARROWEST[this.zoom]);
  }

  // `only` is the id of the one property shown, or empty.
  arrange(store, only) {
    this.rows = [];
    this.ofUnit = new Map();
    let top = 0;
    const add = (row, height) => {
      this.rows.push({ ...row, top, height, index: this.rows.length });
      top += height;
    };
    for (const property of store.properties) {
      if (only && property.id !== only) continue;
      add({ kind: "property", key: `p${property.id}`, property }, this.heights.property);
      if (this.collapsed.has(property.id)) continue;
      const waiting = store.unplaced.get(property.id);
      if (waiting) {
        add({ kind: "lane", key: `l${property.id}`, property, waiting }, this.heights.lane * waiting.lanes);
      }
      for (const unit of property.units) {
        this.ofUnit.set(unit.id, this.rows.length);
        add({ kind: "unit", key: `u${unit.id}`, property, unit }, this.heights.unit);
      }
    }
    this.height = top;
  }

  // Left edge of a day, from the start of the canvas, beside the names.
  x(day) {
    return this.gutter + (day - this.origin) * this.day;
  }

  dayAt(x) {
    return this.origin + Math.floor((x - this.gutter) / this.day);
  }

  width() {
    return this.gutter + this.days * this.day;
  }

  // The row at a height below the head.
  rowAt(y) {
    let low = 0;
    let high = this.rows.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.rows[middle].top <= y) low = middle;
      else high = middle - 1;
    }
    return this.rows[low];
  }

  rowOf(bar) {
    if (bar.unit !== null) return this.rows[this.ofUnit.get(bar.unit)];
    return this.rows.find((row) => row.kind === "lane" && row.property.id === bar.property);
  }

  // A stay begins and ends at midday, so that a departure and an arrival meet in the cell.
  box(bar) {
    const left = this.x(bar.first) + this.day / 2;
    return { left: left + 1, width: Math.max((bar.last - bar.first) * this.day - 2, 4) };
  }
}
