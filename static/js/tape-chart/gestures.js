// Hands on the chart: drag a bar, drag its edge, draw over empty nights; with Shift, drag the rest of
// a stay from the night in hand. On touch after a long press, so that a finger can still scroll. At the
// chart's border it scrolls by itself.

import { changeOf } from "./actions.js";
import { write } from "./dates.js";
import { toast } from "./toasts.js";
import { nights, say } from "./words.js";

const EDGE = 9;
const FINGER_EDGE = 22;
const SLACK = 5;
const LONG_PRESS = 380;
const BORDER = 44;
const FASTEST = 18;

export class Gestures {
  constructor(chart) {
    this.chart = chart;
    this.grid = chart.grid;
    this.hand = null;
    this.ghost = this.grid.querySelector("[data-ghost]");
    this.grid.addEventListener("pointerdown", (event) => this.down(event));
    this.grid.addEventListener("pointermove", (event) => this.hover(event));
    this.grid.addEventListener("contextmenu", (event) => this.hand?.isTouch && event.preventDefault());
    // Once the bar is in hand the finger no longer scrolls.
    this.hold = (event) => this.hand?.isMoving && event.preventDefault();
    this.grid.addEventListener("touchmove", this.hold, { passive: false });
    document.addEventListener("pointermove", (event) => this.move(event));
    document.addEventListener("pointerup", (event) => this.up(event));
    document.addEventListener("pointercancel", () => this.drop());
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.hand?.isMoving) this.drop();
    });
    for (const type of ["keydown", "keyup"]) {
      document.addEventListener(type, (event) => event.key === "Shift" && this.shift(event.shiftKey));
    }
  }

  // Day and row under a point of the window, kept within the chart.
  at(x, y) {
    const { layout } = this.chart;
    const box = this.grid.getBoundingClientRect();
    const left = Math.max(x - box.left, layout.gutter);
    const top = Math.max(y - box.top - layout.head, 0);
    return {
      day: layout.dayAt(left + this.grid.scrollLeft),
      row: layout.rowAt(top + this.grid.scrollTop),
    };
  }

  edgeOf(node, x, isTouch = false) {
    const box = node.getBoundingClientRect();
    const reach = Math.min(isTouch ? FINGER_EDGE : EDGE, box.width / 4);
    if (x - box.left < reach && !node.classList.contains("is-continued")) return "start";
    if (box.right - x < reach && !node.classList.contains("continues")) return "end";
    return null;
  }

  hover(event) {
    if (this.hand || event.pointerType === "touch" || !this.chart.mayWrite) return;
    const node = event.target.closest("[data-bar]");
    if (node) node.dataset.edge = this.edgeOf(node, event.clientX) ?? "";
  }

  down(event) {
    if (event.button !== 0 || this.hand || event.target.closest("[data-fold]")) return;
    if (event.target.closest("[data-head]") || event.target.closest(".tape-name")) return;
    const node = event.target.closest("[data-bar]");
    const from = this.at(event.clientX, event.clientY);
    if (!node && from.row?.kind !== "unit") return;
    const isTouch = event.pointerType === "touch";
    this.hand = {
      id: event.pointerId,
      isTouch,
      isMoving: false,
      isSplit: event.shiftKey,
      // The press that only closes a card opens no other.
      isIdle: document.querySelector("[data-chart-popover]:popover-open") !== null && !node,
      x: event.clientX,
      y: event.clientY,
      from,
      node,
      bar: node?.bar ?? null,
      edge: node ? this.edgeOf(node, event.clientX, isTouch) : null,
      touched: event.target,
    };
    if (!isTouch) return;
    this.hand.timer = setTimeout(() => this.lift(), LONG_PRESS);
    // A finger's moves go to what it touched first, which may be out of sight by then.
    event.target.addEventListener("touchmove", this.hold, { passive: false });
  }

  // Stays begin at midday: the night under the hand began in the cell's middle, or the day before.
  nightAt(x) {
    const { layout } = this.chart;
    return layout.dayAt(x - this.grid.getBoundingClientRect().left + this.grid.scrollLeft - layout.day / 2);
  }

  shift(isSplit) {
    if (!this.hand?.isMoving || this.hand.isSettling) return;
    this.hand.isSplit = isSplit;
    this.follow();
  }

  move(event) {
    const { hand } = this;
    if (!hand || event.pointerId !== hand.id || hand.isSettling) return;
    const isFar = Math.hypot(event.clientX - hand.x, event.clientY - hand.y) > SLACK;
    hand.wasFar ||= isFar;
    if (!hand.isMoving) {
      if (!isFar) return;
      if (hand.isTouch) {
        this.drop(); // A finger that moves at once scrolls.
        return;
      }
      this.lift();
    }
    if (!this.hand?.isMoving) return;
    hand.toX = event.clientX;
    hand.toY = event.clientY;
    hand.isSplit = event.shiftKey;
    this.follow();
    this.scrollAtBorder();
  }

  lift() {
    const { hand, chart } = this;
    if (!hand || !chart.mayWrite) return;
    hand.isMoving = true;
    hand.night = this.nightAt(hand.x);
    chart.store.isHeld = true;
    hand.toX = hand.x;
    hand.toY = hand.y;
    if (hand.bar) {
      chart.view.held = hand.bar.key;
      hand.node.classList.add("is-lifted");
    }
    this.grid.classList.add("is-dragging");
    if (hand.isTouch) navigator.vibrate?.(10);
    this.follow();
  }

  // Where the bar would be if it were let go here.
  target() {
    const { hand } = this;
    const to = this.at(hand.toX, hand.toY);
    const days = to.day - hand.from.day;
    if (!hand.bar) {
      const first = Math.min(hand.from.day, to.day);
      const last = Math.max(hand.from.day, to.day, first + 1);
      return { row: hand.from.row, unit: hand.from.row.unit, first, last };
    }
    const { bar } = hand;
    if (hand.edge) {
      const row = this.chart.layout.rowOf(bar);
      const first = hand.edge === "start" ? Math.min(bar.first + days, bar.last - 1) : bar.first;
      const last = hand.edge === "end" ? Math.max(bar.last + days, bar.first + 1) : bar.last;
      return { row, unit: row.unit ?? null, first, last };
    }
    // A property's own row takes a stay for which there is no unit yet, be there a lane or not.
    const row = to.row.kind === "unit" || bar.kind === "booking" ? to.row : this.chart.layout.rowOf(bar);
    const unit = row.unit ?? null;
    if (hand.isSplit && this.canSplit(bar, row)) return { row, unit, first: hand.night, last: bar.last, isSplit: true };
    return { row, unit, first: bar.first + days, last: bar.last + days };
  }

  canSplit(bar, { unit, property }) {
    const isElsewhere = unit && unit.id !== bar.unit && property.id === bar.property;
    const { night } = this.hand;
    return bar.kind === "booking" && bar.unit !== null && isElsewhere && night > bar.first && night < bar.last;
  }

  follow() {
    const { hand, chart, ghost } = this;
    const target = this.target();
    hand.target = target;
    const { left, width } = chart.layout.box(target);
    ghost.hidden = false;
    ghost.style.left = `${left}px`;
    ghost.style.width = `${width}px`;
    ghost.style.top = `${chart.layout.head + target.row.top}px`;
    const isFree = !target.unit || chart.store.isFree(target.unit.id, target.first, target.last, hand.bar?.id);
    ghost.classList.toggle("is-taken", !isFree);
    const when = say("ghost", {
      from: write(target.first),
      to: write(target.last),
      nights: nights(target.last - target.first),
    });
    ghost.firstElementChild.textContent = target.unit ? when : `${say("unassigned")}: ${when}`;
  }

  scrollAtBorder() {
    const { hand } = this;
    cancelAnimationFrame(this.creep);
    const box = this.grid.getBoundingClientRect();
    const { layout } = this.chart;
    const pull = (near, far) => (near < BORDER ? near - BORDER : far < BORDER ? BORDER - far : 0);
    const speed = (distance) => Math.max(Math.min(distance / 2, FASTEST), -FASTEST);
    const right = speed(pull(hand.toX - box.left - layout.gutter, box.right - hand.toX));
    const down = hand.edge ? 0 : speed(pull(hand.toY - box.top - layout.head, box.bottom - hand.toY));
    if (!right && !down) return;
    this.creep = requestAnimationFrame(() => {
      if (!this.hand?.isMoving || this.hand.isSettling) return;
      this.grid.scrollBy(right, down);
      this.follow();
      this.scrollAtBorder();
    });
  }

  async up(event) {
    const { hand } = this;
    if (!hand || event.pointerId !== hand.id || hand.isSettling) return;
    this.release(hand);
    hand.isSettling = true;
    // The browser closes open cards on this very event: what opens now opens after it.
    await new Promise((resolve) => setTimeout(resolve));
    // A bar pressed for long and carried nowhere was tapped, by a slow finger.
    if (!hand.isMoving || (hand.bar && !hand.wasFar)) {
      this.drop();
      if (!hand.isIdle) this.tap(hand);
      return;
    }
    await this.settle(hand);
    this.drop();
  }

  release(hand) {
    clearTimeout(hand.timer);
    cancelAnimationFrame(this.creep);
    if (hand.touched !== this.grid) hand.touched.removeEventListener("touchmove", this.hold);
  }

  tap({ bar, node, from }) {
    const { chart } = this;
    if (bar) {
      chart.keyboard.at = { row: chart.layout.rowOf(bar), day: bar.first };
      chart.cards.open(bar, node);
      return;
    }
    chart.keyboard.moveTo(from.row, from.day);
    if (chart.mayWrite) {
      const drawn = { unit: from.row.unit, first: from.day, last: from.day + 1 };
      chart.cards.create(drawn, document.activeElement);
    }
  }

  async settle({ bar, target }) {
    const { chart, ghost } = this;
    if (!bar) {
      await chart.cards.create(target, ghost);
      return;
    }
    const change = changeOf(bar, target);
    if (change === null) toast(say("splitByCard"), { isBad: true });
    else if (Object.keys(change).length) await chart.actions.change(bar, change, ghost);
  }

  // Let go: whatever was not saved is back where it was.
  drop() {
    const { hand, chart } = this;
    if (!hand) return;
    this.release(hand);
    this.hand = null;
    this.ghost.hidden = true;
    this.grid.classList.remove("is-dragging");
    if (!hand.isMoving) return;
    chart.store.isHeld = false;
    chart.view.held = null;
    chart.renderer.draw(true);
  }
}
