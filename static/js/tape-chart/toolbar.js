// Where and how far one looks: dates, zoom, search, property, folding.

import { matches } from "./bars.js";
import { isDate, toDay, toIso, write } from "./dates.js";
import { say } from "./words.js";

export class Toolbar {
  constructor(chart) {
    this.chart = chart;
    this.bar = chart.root.querySelector("[data-chart-toolbar]");
    this.search = this.bar.querySelector("[data-chart-search]");
    this.search.value = new URLSearchParams(location.search).get("q") ?? "";
    this.bar.addEventListener("click", (event) => this.press(event.target.closest("button")));
    this.bar.addEventListener("change", (event) => this.choose(event.target));
    this.search.addEventListener("input", () => this.find());
    this.search.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      this.next();
    });
    this.showZoom();
  }

  press(button) {
    if (!button) return;
    const { chart } = this;
    const { dataset } = button;
    if (dataset.zoomTo) {
      chart.zoomTo(dataset.zoomTo);
      this.showZoom();
    } else if (dataset.step) {
      const span = Math.max(Math.floor((chart.grid.clientWidth - chart.layout.gutter) / chart.layout.day), 1);
      chart.goTo(chart.renderer.firstDay() + Number(dataset.step) * Math.max(span - 1, 1));
    } else if ("today" in dataset) {
      chart.goTo((chart.store.properties[0]?.todayDay ?? chart.start) - 1);
    } else if ("foldAll" in dataset) {
      this.foldAll();
    }
  }

  choose(field) {
    const { chart } = this;
    if ("jump" in field.dataset && isDate(field.value)) chart.goTo(toDay(field.value));
    if ("onlyProperty" in field.dataset) {
      this.only(field.value);
      chart.arrange();
      chart.remember({ from: chart.renderer.firstDay(), to: chart.renderer.firstDay() + 1 });
    }
  }

  find() {
    const { chart } = this;
    chart.view.query = this.search.value.trim().toLocaleLowerCase();
    chart.renderer.draw(true);
    clearTimeout(this.findTimer);
    this.findTimer = setTimeout(() => {
      const found = chart.view.query ? this.found().length : 0;
      this.bar.querySelector("[data-found]").textContent = chart.view.query ? say("found", { n: found }) : "";
      chart.remember({ from: chart.renderer.firstDay(), to: chart.renderer.firstDay() + 1 });
    }, 250);
  }

  found() {
    const { store, view } = this.chart;
    return [...store.bars.values()].filter((bar) => matches(bar, view.query)).sort((a, b) => a.first - b.first);
  }

  // Enter in the search field goes from one finding to the next.
  next() {
    const list = this.found();
    if (!list.length) return;
    const { chart } = this;
    this.at = ((this.at ?? -1) + 1) % list.length;
    const bar = list[this.at];
    if (chart.layout.collapsed.delete(bar.property)) chart.arrange();
    chart.keyboard.moveTo(chart.layout.rowOf(bar), bar.first, false);
  }

  foldAll() {
    const { layout, store } = this.chart;
    const isOpen = layout.collapsed.size < store.properties.length;
    layout.collapsed.clear();
    if (isOpen) for (const property of store.properties) layout.collapsed.add(property.id);
    this.chart.arrange();
    this.showFolded();
  }

  showFolded() {
    const { layout, store } = this.chart;
    const isFolded = layout.collapsed.size === store.properties.length;
    for (const button of this.bar.querySelectorAll("[data-fold-all]")) button.setAttribute("aria-pressed", String(isFolded));
  }

  showZoom() {
    for (const button of this.bar.querySelectorAll("[data-zoom-to]")) {
      button.setAttribute("aria-pressed", String(button.dataset.zoomTo === this.chart.layout.zoom));
    }
  }

  showPlace(day) {
    const jump = this.bar.querySelector("[data-jump]");
    if (document.activeElement !== jump) jump.value = toIso(day);
    this.bar.querySelector("[data-month]").textContent = write(day, "month");
  }

  // The choice stands in the bar, and in the menu of a phone.
  choices() {
    return [...this.bar.querySelectorAll("[data-only-property]")];
  }

  only(property) {
    this.chart.view.property = property;
    for (const choice of this.choices()) choice.value = property;
  }

  // The properties to choose from, as they are called by now.
  fill() {
    const { properties } = this.chart.store;
    const names = properties.map(({ id, name }) => `${id} ${name}`).join();
    if (!properties.length || this.filled === names) return;
    this.filled = names;
    for (const choice of this.choices()) {
      choice.length = 1;
      for (const property of properties) choice.add(new Option(property.name, property.id));
    }
    const { property } = this.chart.view;
    this.only(properties.some(({ id }) => id === property) ? property : "");
  }
}
