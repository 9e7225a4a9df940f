// What the chart knows: properties, units, and the bars of the days fetched so far. Days are
// fetched in chunks as they come into sight; "change" is dispatched when there is more to draw.

import { toDay, toIso } from "./dates.js";

const CHUNK = 30;
const MOST_CHUNKS = 13; // 390 days; one answer has at most 400.
const PULSE = 1500;
const SOON = 100;

const isLive = () => document.documentElement.dataset.live === "on";
const byStart = (a, b) => a.first - b.first;

export class Store extends EventTarget {
  constructor(wire) {
    super();
    this.wire = wire;
    this.properties = [];
    this.units = new Map();
    this.bars = new Map();
    this.ofUnit = new Map();
    this.unplaced = new Map();
    this.taken = new Map();
    this.chunks = new Set();
    this.asOf = null;
    this.isHeld = false; // While a bar is in somebody's hand, nothing moves under it.
    this.isBusy = false;
  }

  async loadUnits() {
    const { properties } = await this.wire.units();
    this.properties = properties;
    this.units = new Map();
    for (const property of properties) {
      property.todayDay = toDay(property.today);
      for (const unit of property.units) this.units.set(unit.id, { ...unit, property });
    }
  }

  // Fetch what is missing around [start, end), in one request.
  async ensure(start, end) {
    if (this.isBusy) {
      this.wanted = [start, end];
      return;
    }
    const missing = [];
    for (let n = Math.floor(start / CHUNK); n * CHUNK < end; n += 1) if (!this.chunks.has(n)) missing.push(n);
    if (!missing.length) return;
    const from = missing[0] - (this.chunks.has(missing[0] - 1) ? 0 : 1);
    const to = Math.min(missing.at(-1) + 1, from + MOST_CHUNKS - 1);
    await this.fetch(from, to);
  }

  // Ask again for all that is loaded, names included; days far from those on screen are forgotten.
  async refresh(start, end) {
    const from = Math.floor(start / CHUNK) - 1;
    await this.loadUnits();
    this.chunks.clear();
    this.asOf = null;
    await this.fetch(from, Math.min(Math.floor(end / CHUNK) + 1, from + MOST_CHUNKS - 1));
  }

  async fetch(from, to) {
    this.isBusy = true;
    this.dispatchEvent(new Event("busy"));
    try {
      const answer = await this.wire.bars(toIso(from * CHUNK), toIso((to + 1) * CHUNK));
      // Of several answers the oldest counts: nothing that happened since may be missed.
      this.asOf ??= answer.as_of;
      this.arrivedAt = performance.now();
      this.forget(from * CHUNK, (to + 1) * CHUNK);
      for (let n = from; n <= to; n += 1) this.chunks.add(n);
      this.put(answer.bars);
    } catch (refusal) {
      this.dispatchEvent(new CustomEvent("trouble", { detail: refusal }));
    } finally {
      this.isBusy = false;
      this.dispatchEvent(new Event("busy"));
    }
    const wanted = this.wanted;
    this.wanted = null;
    if (wanted) await this.ensure(...wanted);
  }

  forget(start, end) {
    const all = this.chunks.size === 0;
    for (const [key, bar] of this.bars) if (all || (bar.first < end && bar.last > start)) this.bars.delete(key);
  }

  // Take bars in. With `holders`, what these held before goes: an answer to a change is complete.
  put(bars, holders = []) {
    for (const [key, bar] of this.bars) if (holders.includes(bar.id)) this.bars.delete(key);
    for (const bar of bars) {
      // What follows from the rest does not travel.
      bar.from ??= bar.start;
      bar.to ??= bar.end;
      bar.property ??= this.units.get(bar.unit)?.property.id;
      bar.first = toDay(bar.start);
      bar.last = toDay(bar.end);
      bar.key = `${bar.id}:${bar.unit}:${bar.start}`;
      this.bars.set(bar.key, bar);
    }
    this.sort();
    this.dispatchEvent(new Event("change"));
  }

  sort() {
    this.ofUnit = new Map();
    this.taken = new Map();
    const unplaced = new Map();
    for (const bar of this.bars.values()) {
      const [lists, key] = bar.unit === null ? [unplaced, bar.property] : [this.ofUnit, bar.unit];
      if (lists.has(key)) lists.get(key).push(bar);
      else lists.set(key, [bar]);
    }
    for (const list of this.ofUnit.values()) list.sort(byStart);
    this.unplaced = new Map([...unplaced].map(([key, list]) => [key, inLanes(list)]));
  }

  // A unit's bars that touch [start, end). They never overlap, so both their ends are in order.
  between(unit, start, end) {
    const list = this.ofUnit.get(unit) ?? [];
    let low = 0;
    let high = list.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (list[middle].last < start) low = middle + 1;
      else high = middle;
    }
    const found = [];
    for (let n = low; n < list.length && list[n].first < end; n += 1) found.push(list[n]);
    return found;
  }

  // Whether the nights [first, last) of a unit are free, leaving one holder aside. A hint for the
  // hand only: the server decides.
  isFree(unit, first, last, except) {
    return this.between(unit, first, last).every(
      (bar) => bar.id === except || bar.last <= first || bar.first >= last,
    );
  }

  takenOn(property, day) {
    const key = `${property.id} ${day}`;
    let taken = this.taken.get(key);
    if (taken === undefined) {
      taken = property.units.filter((unit) =>
        this.between(unit.id, day, day + 1).some((bar) => bar.first <= day && bar.last > day),
      ).length;
      this.taken.set(key, taken);
    }
    return taken;
  }

  // When something is said to have happened (live.js); where nobody says so, every second and a half. Only
  // while somebody looks, and at once when they look again.
  watch(window) {
    let isStale = false;
    const look = async () => {
      clearTimeout(this.timer);
      if (document.hidden) return;
      try {
        if (this.asOf && !this.isHeld && !this.isBusy) {
          isStale = false;
          if ((await this.wire.changes(this.asOf)) && !this.isHeld) await this.refresh(...window());
        }
        this.dispatchEvent(new Event("alive"));
      } catch (refusal) {
        this.dispatchEvent(new CustomEvent("trouble", { detail: refusal }));
      }
      clearTimeout(this.timer);
      if (isStale || !isLive()) this.timer = setTimeout(look, PULSE);
    };
    const lookSoon = () => {
      isStale = true;
      clearTimeout(this.timer);
      this.timer = setTimeout(look, SOON + Math.random() * SOON);
    };
    document.addEventListener("visibilitychange", look);
    document.addEventListener("live:change", lookSoon);
    document.addEventListener("live:resync", lookSoon);
    document.addEventListener("live:state", lookSoon);
    this.timer = setTimeout(look, PULSE);
  }
}

// Stays without a unit may overlap: each goes into the first lane that is free by its first day.
const inLanes = (list) => {
  const ends = [];
  for (const bar of list.sort(byStart)) {
    const lane = ends.findIndex((end) => end <= bar.first);
    bar.lane = lane === -1 ? ends.length : lane;
    ends[bar.lane] = bar.last;
  }
  return { bars: list, lanes: ends.length };
};
