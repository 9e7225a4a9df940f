// Hands on the chart: drag a bar, drag its edge, draw over empty nights; on touch after a long press,
// so that a finger can still scroll. At the chart's border it scrolls by itself.

import { changeOf } from "./actions.js";
import { toIso, write } from "./dates.js";
import { toast } from "./toasts.js";
import { nights, say } from "./words.js";

const EDGE = 9;
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
    this.grid.addEventListener("touchmove", (event) => this.hand?.isMoving && event.preventDefault(), {
      passive: false,
    });
    document.addEventListener("pointermove", (event) => this.move(event));
    document.addEventListener("pointerup", (event) => this.up(event));
    document.addEventListener("pointercancel", () => this.drop());
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.hand?.isMoving) this.drop();
    });
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

  edgeOf(node, x) {
    const box = node.getBoundingClientRect();
    const reach = Math.min(EDGE, box.width / 4);
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
    this.hand = {
      id: event.pointerId,
      isTouch: event.pointerType === "touch",
      isMoving: false,
      // The press that only closes a card opens no other.
      isIdle: document.querySelector("[data-chart-popover]:popover-open") !== null && !node,
      x: event.clientX,
      y: event.clientY,
      from,
      node,
      bar: node?.bar ?? null,
      edge: node ? this.edgeOf(node, event.clientX) : null,
    };
    if (this.hand.isTouch) this.hand.timer = setTimeout(() => this.lift(), LONG_PRESS);
  }

  move(event) {
    const { hand } = this;
    if (!hand || event.pointerId !== hand.id || hand.isSettling) return;
    const isFar = Math.hypot(event.clientX - hand.x, event.clientY - hand.y) > SLACK;
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
    this.follow();
    this.scrollAtBorder();
  }

  lift() {
    const { hand, chart } = this;
    if (!hand || !chart.mayWrite) return;
    hand.isMoving = true;
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
    const canLieHere = to.row.kind === "unit" || (to.row.kind === "lane" && bar.kind === "booking");
    const row = canLieHere ? to.row : this.chart.layout.rowOf(bar);
    return { row, unit: row.unit ?? null, first: bar.first + days, last: bar.last + days };
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
    ghost.firstElementChild.textContent = say("ghost", {
      from: write(target.first),
      to: write(target.last),
      nights: nights(target.last - target.first),
    });
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
    clearTimeout(hand.timer);
    cancelAnimationFrame(this.creep);
    hand.isSettling = true;
    // The browser closes open cards on this very event: what opens now opens after it.
    await new Promise((resolve) => setTimeout(resolve));
    if (!hand.isMoving) {
      this.hand = null;
      if (!hand.isIdle) this.tap(hand);
      return;
    }
    await this.settle(hand);
    this.drop();
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
    const change = changeOf(bar, target.unit?.id ?? null, toIso(target.first), toIso(target.last));
    if (change === null) toast(say("splitByCard"), { isBad: true });
    else if (Object.keys(change).length) await chart.actions.change(bar, change, ghost);
  }

  // Let go: whatever was not saved is back where it was.
  drop() {
    const { hand, chart } = this;
    if (!hand) return;
    clearTimeout(hand.timer);
    cancelAnimationFrame(this.creep);
    this.hand = null;
    this.ghost.hidden = true;
    this.grid.classList.remove("is-dragging");
    if (!hand.isMoving) return;
    chart.store.isHeld = false;
    chart.view.held = null;
    chart.renderer.draw(true);
  }
}
