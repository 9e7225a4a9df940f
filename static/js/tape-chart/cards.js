// What opens over the chart: a bar's card, the choice for empty nights, the question about money.
// Each has the plain form that says the same as a gesture.

import { changeOf } from "./actions.js";
import { isDate, toDay, toIso } from "./dates.js";
import { toast } from "./toasts.js";
import { money, nights, say } from "./words.js";

const GAP = 8;
const PHONE = 640;

export class Cards {
  constructor(chart) {
    this.chart = chart;
    const find = (name) => chart.root.querySelector(`[data-chart-${name}]`);
    this.card = find("card");
    this.creation = find("creation");
    this.question = find("question");
    this.editing = find("editing");
    this.card.addEventListener("toggle", (event) => this.closed(event, this.card));
    this.creation.addEventListener("toggle", (event) => this.closed(event, this.creation));
    this.card.addEventListener("click", (event) => this.press(event));
    this.card.addEventListener("submit", (event) => this.submit(event));
    this.creation.addEventListener("submit", (event) => this.make(event));
    for (const popover of [this.card, this.creation]) {
      popover.addEventListener("click", (event) => {
        if (event.target.closest("[data-close]")) popover.hidePopover();
      });
    }
  }

  async open(bar, node) {
    const { chart, card } = this;
    this.bar = bar;
    const body = card.querySelector("[data-card-body]");
    body.replaceChildren();
    card.classList.add("is-loading");
    this.show(card, node);
    try {
      const fragment = await chart.wire.card(bar);
      if (this.bar !== bar || !card.matches(":popover-open")) return;
      body.innerHTML = fragment;
    } catch (refusal) {
      card.hidePopover();
      toast(refusal.message, { isBad: true });
      return;
    } finally {
      card.classList.remove("is-loading");
    }
    // A form opened from the chart leads back to what the chart shows now.
    const here = encodeURIComponent(location.pathname + location.search);
    for (const link of body.querySelectorAll("a[data-comes-back]")) link.search = `?next=${here}`;
    if (chart.mayWrite) body.append(this.form(bar));
    this.settle(card, node);
    card.querySelector("a, button:not([data-close]), input, select")?.focus();
  }

  // The same as dragging: dates and unit; and another unit from one night on.
  form(bar) {
    const form = this.editing.content.cloneNode(true);
    const isBlock = bar.kind === "block";
    form.querySelector("[name=start]").value = bar.kind === "block" ? bar.start : bar.from;
    form.querySelector("[name=end]").value = bar.kind === "block" ? bar.end : bar.to;
    this.fillUnits(form.querySelector("[name=unit]"), bar.unit, !isBlock);
    const split = form.querySelector("[data-split]");
    const length = toDay(bar.to) - toDay(bar.from);
    if (isBlock || bar.unit === null || length < 2) split.remove();
    else {
      const night = split.querySelector("[name=from_night]");
      night.min = toIso(toDay(bar.from) + 1);
      night.max = toIso(toDay(bar.to) - 1);
      night.value = toIso(Math.max(toDay(bar.from) + 1, bar.first));
      this.fillUnits(split.querySelector("[name=split_unit]"), null, false, bar.property);
    }
    return form;
  }

  fillUnits(choice, chosen, withNone, only = null) {
    if (withNone) choice.add(new Option(say("unassigned"), ""));
    for (const property of this.chart.store.properties) {
      if (only && property.id !== only) continue;
      const group = document.createElement("optgroup");
      group.label = property.name;
      for (const unit of property.units) group.append(new Option(unit.name, unit.id));
      choice.append(group);
    }
    choice.value = chosen ?? (withNone ? "" : choice.options[0]?.value);
  }

  press(event) {
    const button = event.target.closest("button[data-change]");
    if (!button) return;
    event.preventDefault();
    this.apply(JSON.parse(button.dataset.change));
  }

  submit(event) {
    event.preventDefault();
    const { bar } = this;
    const given = Object.fromEntries(new FormData(event.target));
    delete given.csrfmiddlewaretoken; // It travels in the header.
    if ("from_night" in given) {
      this.apply({ unit: given.split_unit, from_night: given.from_night });
      return;
    }
    if ("change" in event.target.dataset) {
      this.apply({ ...JSON.parse(event.target.dataset.change), ...given });
      return;
    }
    if (!isDate(given.start) || !isDate(given.end) || given.end <= given.start) {
      this.complain(event.target);
      return;
    }
    // Dates are those of the whole stay here, also when the card was opened on a part of it.
    const whole = bar.kind === "block" ? bar : { ...bar, start: bar.from, end: bar.to };
    const unit = given.unit ? { id: given.unit } : null;
    const change = changeOf(whole, { unit, first: toDay(given.start), last: toDay(given.end) });
    if (change && Object.keys(change).length) this.apply(change);
    else this.card.hidePopover();
  }

  complain(form) {
    const error = form.querySelector("[data-error]");
    error.hidden = false;
    form.querySelector("[name=end]").focus();
  }

  async apply(change) {
    const { bar, chart } = this;
    const anchor = chart.renderer.nodeOf(bar);
    this.card.hidePopover();
    await chart.actions.change(bar, change, anchor);
    chart.keyboard.follow(bar.id);
  }

  // Empty nights: a booking, or a block. Resolves when it is closed.
  create({ unit, first, last }, anchor) {
    const { creation, chart } = this;
    const form = creation.querySelector("form");
    form.reset();
    form.elements.start.value = toIso(first);
    form.elements.end.value = toIso(last);
    form.querySelector("[data-error]").hidden = true;
    this.unit = unit;
    const where = chart.store.units.get(unit.id).property.name;
    creation.querySelector("[data-where]").textContent = where === unit.name ? where : `${where} · ${unit.name}`;
    this.show(creation, anchor);
    creation.querySelector("[data-book]").focus();
    return new Promise((resolve) => {
      this.whenClosed = resolve;
    });
  }

  async make(event) {
    event.preventDefault();
    const form = event.target;
    const given = Object.fromEntries(new FormData(form));
    if (!isDate(given.start) || !isDate(given.end) || given.end <= given.start) {
      this.complain(form);
      return;
    }
    if (event.submitter?.hasAttribute("data-book")) {
      const query = new URLSearchParams({
        unit: this.unit.id,
        check_in: given.start,
        check_out: given.end,
        next: location.pathname + location.search,
      });
      location.assign(`${this.chart.root.dataset.createUrl}?${query}`);
      return;
    }
    this.creation.hidePopover();
    await this.chart.actions.block({ unit: this.unit.id, ...given });
    this.chart.keyboard.show();
  }

  // New price, the agreed one, or not at all: "new", "keep" or "".
  confirm({ sentence, nights: stay, price }, anchor) {
    const { question } = this;
    question.querySelector("[data-sentence]").textContent = sentence;
    const show = (name, value) => {
      question.querySelector(`[data-${name}]`).textContent = value;
    };
    show("old-nights", nights(stay.old));
    show("new-nights", nights(stay.new));
    question.querySelector("[data-prices]").hidden = !price;
    if (price) {
      const written = (amount) => (amount === null ? "–" : money(amount, price.currency));
      show("old-price", written(price.old));
      show("new-price", written(price.new));
      const difference = Number(price.difference ?? 0);
      show("difference", price.difference === null ? "" : `${difference > 0 ? "+" : ""}${money(difference, price.currency)}`);
    }
    question.returnValue = "";
    question.showModal();
    this.settle(question, anchor);
    return new Promise((resolve) => {
      question.addEventListener("close", () => resolve(question.returnValue), { once: true });
    });
  }

  show(popover, anchor) {
    this.opener = document.activeElement;
    popover.showPopover();
    this.settle(popover, anchor);
  }

  // Beside what it is about; on a phone it is a sheet at the bottom, which the style sheet knows.
  settle(popover, anchor) {
    if (innerWidth < PHONE || !anchor?.isConnected) {
      popover.style.removeProperty("left");
      popover.style.removeProperty("top");
      return;
    }
    const at = anchor.getBoundingClientRect();
    const box = popover.getBoundingClientRect();
    const below = at.bottom + GAP + box.height < innerHeight;
    const top = below ? at.bottom + GAP : Math.max(at.top - GAP - box.height, GAP);
    const left = Math.min(Math.max(at.left, GAP), innerWidth - box.width - GAP);
    popover.style.left = `${left}px`;
    popover.style.top = `${Math.min(top, Math.max(innerHeight - box.height - GAP, GAP))}px`;
  }

  closed(event, popover) {
    if (event.newState !== "closed") return;
    // A card that makes way for the creation says so only when that is open already.
    if (popover === this.creation) {
      this.whenClosed?.();
      this.whenClosed = null;
    }
    // Back to where one was, unless something else has been chosen meanwhile.
    if (document.activeElement === document.body || popover.contains(document.activeElement)) {
      this.opener?.focus({ preventScroll: true });
    }
  }
}
