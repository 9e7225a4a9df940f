// The tape chart: units by days. This module puts the parts together; each part is a file beside it.

import { Actions } from "./actions.js";
import { Cards } from "./cards.js";
import { isDate, toDay } from "./dates.js";
import { Gestures } from "./gestures.js";
import { Keyboard } from "./keyboard.js";
import { Layout } from "./layout.js";
import { addressOf, Renderer } from "./render.js";
import { Store } from "./store.js";
import { toast } from "./toasts.js";
import { Toolbar } from "./toolbar.js";
import { Wire } from "./wire.js";

const ABOVE_THE_FOLD = 300;

class Chart {
  constructor(root) {
    this.root = root;
    this.grid = root.querySelector("[data-grid]");
    this.mayWrite = root.dataset.mayWrite === "true";
    const asked = new URLSearchParams(location.search);
    this.view = { query: (asked.get("q") ?? "").toLocaleLowerCase(), property: asked.get("property") ?? "", held: null };
    this.start = toDay(isDate(root.dataset.start) ? root.dataset.start : new Date().toISOString().slice(0, 10));
    this.wire = new Wire(root);
    this.store = new Store(this.wire);
    this.layout = new Layout(root.dataset.zoom, this.start);
    this.renderer = new Renderer(this.grid, this.store, this.layout, this.view);
    this.cards = new Cards(this);
    this.actions = new Actions(this);
    this.gestures = new Gestures(this);
    this.keyboard = new Keyboard(this);
    this.toolbar = new Toolbar(this);
  }

  async open() {
    this.listen();
    this.fit();
    const first = this.store.ensure(...this.windowAround(this.start));
    try {
      await this.store.loadUnits();
    } catch (refusal) {
      toast(refusal.message, { isBad: true });
      return;
    }
    this.grid.hidden = !this.store.properties.length;
    this.root.querySelector("[data-chart-empty]").hidden = !this.grid.hidden;
    this.toolbar.fill();
    this.arrange();
    this.goTo(this.start);
    await first;
    this.root.dataset.ready = "true";
    this.store.watch(() => this.windowAround(this.renderer.firstDay()));
  }

  listen() {
    this.store.addEventListener("change", () => {
      this.toolbar.fill();
      this.arrange();
      if (!this.root.dataset.painted) requestAnimationFrame(() => setTimeout(() => this.notePaint()));
    });
    this.store.addEventListener("trouble", (event) => this.tellTrouble(event.detail));
    this.store.addEventListener("alive", () => {
      this.trouble = "";
    });
    this.store.addEventListener("busy", () => this.showBusy());
    this.grid.addEventListener("chart:drawn", (event) => this.remember(event.detail));
    new ResizeObserver(() => this.fit()).observe(this.root.parentElement);
    addEventListener("resize", () => this.fit());
    document.addEventListener("click", (event) => {
      const fold = event.target.closest("[data-fold]");
      if (fold) this.fold(fold.dataset.fold);
    });
  }

  // What the benchmark reads: from the answer's arrival until its bars are on the screen.
  notePaint() {
    this.root.dataset.painted = String(Math.round(performance.now() - this.store.arrivedAt));
  }

  // Said once, not at every pulse.
  tellTrouble(refusal) {
    if (this.trouble === refusal.message) return;
    this.trouble = refusal.message;
    toast(refusal.message, { isBad: true });
  }

  showBusy() {
    clearTimeout(this.busyTimer);
    if (!this.store.isBusy) this.root.classList.remove("is-loading");
    else this.busyTimer = setTimeout(() => this.root.classList.add("is-loading"), ABOVE_THE_FOLD);
  }

  // The chart fills what is left of the window below it.
  fit() {
    const top = this.root.getBoundingClientRect().top + scrollY;
    const below = Number.parseFloat(getComputedStyle(this.root).getPropertyValue("--tape-below"));
    this.root.style.height = `${Math.max(innerHeight - top - below, 380)}px`;
    const first = this.renderer.firstDay();
    const wasOpen = Boolean(this.layout.day);
    this.layout.measure(this.root, this.grid.clientWidth);
    this.arrange();
    if (wasOpen) this.renderer.scrollToDay(first);
  }

  arrange() {
    this.layout.arrange(this.store, this.view.property);
    this.renderer.resize();
  }

  goTo(day) {
    if (!this.layout.holds(day)) {
      this.layout.center(day);
      this.arrange();
    }
    this.renderer.scrollToDay(day);
    this.renderer.draw(false);
  }

  zoomTo(zoom) {
    const first = this.renderer.firstDay();
    this.layout.zoom = zoom;
    this.layout.measure(this.root, this.grid.clientWidth);
    this.arrange();
    this.renderer.scrollToDay(first);
  }

  fold(id) {
    const { collapsed } = this.layout;
    if (!collapsed.delete(id)) collapsed.add(id);
    this.arrange();
    this.toolbar.showFolded();
  }

  windowAround(day) {
    const many = Math.ceil((this.grid.clientWidth || innerWidth) / (this.layout.day || 40));
    return [day - 10, day + many + 10];
  }

  // Fetch what has come into sight, and keep the place in the address.
  remember({ from, to }) {
    clearTimeout(this.rememberTimer);
    this.rememberTimer = setTimeout(() => {
      if (!this.store.properties.length) return;
      this.store.ensure(from - 10, to + 10);
      history.replaceState(history.state, "", addressOf(this.view, this.layout, this.renderer.firstDay()));
      this.toolbar.showPlace(this.renderer.firstDay());
    }, 80);
  }
}

const root = document.querySelector("[data-tape-chart]");
if (root) new Chart(root).open();
