// A change, from any hand: preview, the question when money changes, the change itself, its undo.
// The server decides; what it refuses is told, and the chart shows again what is true.

import { toIso } from "./dates.js";
import { toast } from "./toasts.js";

export class Actions {
  constructor(chart) {
    this.chart = chart;
    this.done = []; // What can be taken back, the latest last.
  }

  // Resolves when all is settled, whichever way; true when the change was made.
  async change(bar, change, anchor) {
    const { store, wire, cards } = this.chart;
    const request = { kind: bar.kind, id: bar.id, seen: bar.seen, change };
    store.isHeld = true;
    try {
      const preview = await wire.preview(request);
      if (preview.money_changes) {
        const price = await cards.confirm(preview, anchor);
        if (!price) return false;
        request.price = price;
      }
      this.take(await wire.change(request), bar);
      return true;
    } catch (refusal) {
      this.refuse(refusal, bar);
      return false;
    } finally {
      store.isHeld = false;
    }
  }

  async block(request) {
    try {
      const answer = await this.chart.wire.block(request);
      this.take(answer, { kind: "block", id: answer.bars[0].id });
      return true;
    } catch (refusal) {
      this.refuse(refusal, null);
      return false;
    }
  }

  take(answer, { kind, id }) {
    this.chart.store.put(answer.bars, [id]);
    this.forget(id);
    if (!answer.undo) {
      toast(answer.said);
      return;
    }
    const done = { kind, id, ...answer.undo };
    done.toast = toast(answer.said, { undo: (byKey) => this.undo(done, byKey) });
    this.done.push(done);
  }

  // Only the latest change of a row can be taken back: what was before it is another row by now.
  forget(id) {
    for (const one of this.done) if (one.id === id) one.toast.remove();
    this.done = this.done.filter((one) => one.id !== id);
  }

  // By the toast of a change, or by Ctrl-Z, which takes the latest.
  async undo(done, byKey) {
    const { chart } = this;
    const { kind, id, seen, change, price } = done;
    const request = { kind, id, seen, change };
    if (price) request.total = price.total;
    this.forget(id);
    try {
      const answer = await chart.wire.change(request);
      chart.store.put(answer.bars, [id]);
      toast(answer.said);
    } catch (refusal) {
      this.refuse(refusal, { id });
    }
    if (byKey) chart.keyboard.follow(id);
  }

  refuse(refusal, bar) {
    if (!("code" in refusal)) throw refusal;
    if (bar && refusal.bars) this.chart.store.put(refusal.bars, [bar.id]);
    toast(refusal.message, { isBad: true });
  }
}

// What a bar laid down elsewhere means. A stay that changes rooms is moved by its segments: only
// its outer ends are its dates. Null: this cannot be said by hand, but on the card.
export const changeOf = (bar, target) => {
  const unit = target.unit?.id ?? null;
  const [start, end] = [toIso(target.first), toIso(target.last)];
  if (target.isSplit) return { unit, from_night: start, from_unit: bar.unit };
  const change = {};
  if (unit === null && target.row && target.row.property.id !== bar.property) {
    Object.assign(change, { unit, property: target.row.property.id });
  }
  if (unit !== bar.unit) change.unit = unit;
  if (bar.kind === "block") {
    if (start !== bar.start) change.start = start;
    if (end !== bar.end) change.end = end;
    return change;
  }
  const isWhole = bar.from === bar.start && bar.to === bar.end;
  // Of a stay in several rooms only the one that was dragged moves.
  if (change.unit && bar.unit) change.from_unit = bar.unit;
  if (!isWhole && "unit" in change) {
    const isLast = bar.to === bar.end && start === bar.start && end === bar.end && unit !== null;
    return isLast ? { unit, from_night: bar.start, from_unit: bar.unit } : null;
  }
  if (start !== bar.start) {
    if (bar.from !== bar.start) return null;
    change.check_in = start;
  }
  if (end !== bar.end) {
    if (bar.to !== bar.end) return null;
    change.check_out = end;
  }
  return change;
};
