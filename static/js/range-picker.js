// Check-in and check-out chosen in one calendar that shows which nights are taken. The two date fields stay
// what is sent; this only fills them in. Days are UTC dates, so no zone moves them.
const DAY = 86400000;
const WORDS = (root) => root.ownerDocument.querySelector("[data-range-words]").dataset;
const iso = (day) => day.toISOString().slice(0, 10);
const read = (text) => (/^\d{4}-\d\d-\d\d$/.test(text) ? new Date(`${text}T00:00:00Z`) : null);
const plus = (day, days) => new Date(day.getTime() + days * DAY);
const monthOf = (day, by = 0) => new Date(Date.UTC(day.getUTCFullYear(), day.getUTCMonth() + by, 1));
const locale = document.documentElement.dataset.locale ?? "en-GB";
const say = (day, options) => day.toLocaleDateString(locale, { timeZone: "UTC", ...options });
const LONG = { weekday: "long", day: "numeric", month: "long", year: "numeric" };

class RangePicker {
  constructor(root) {
    this.root = root;
    this.start = root.querySelector("[data-range-start]");
    this.end = root.querySelector("[data-range-end]");
    // A picker of something other than a stay has hints of its own.
    this.words = { ...WORDS(root), ...root.dataset };
    this.taken = new Set();
    this.button = this.make("button", "range-open btn", this.words.open);
    this.button.type = "button";
    this.button.setAttribute("aria-expanded", "false");
    this.panel = this.make("div", "range-panel");
    this.panel.setAttribute("role", "dialog");
    this.panel.setAttribute("aria-label", this.words.open);
    this.panel.hidden = true;
    root.append(this.button, this.panel);
    this.button.addEventListener("click", () => (this.panel.hidden ? this.open() : this.close()));
    this.panel.addEventListener("click", (event) => this.press(event));
    this.panel.addEventListener("keydown", (event) => this.key(event));
    document.addEventListener("pointerdown", (event) => {
      if (!this.panel.hidden && !root.contains(event.target)) this.close(false);
    });
  }

  make(tag, name, text = "") {
    const element = document.createElement(tag);
    element.className = name;
    element.textContent = text;
    return element;
  }

  open() {
    const now = new Date();
    const today = new Date(Date.UTC(now.getFullYear(), now.getMonth(), now.getDate()));
    this.from = read(this.start.value);
    this.to = read(this.end.value);
    this.focused = this.from ?? today;
    this.month = monthOf(this.focused);
    this.panel.hidden = false;
    this.button.setAttribute("aria-expanded", "true");
    this.draw();
    this.ask();
    this.focus();
  }

  close(back = true) {
    this.panel.hidden = true;
    this.button.setAttribute("aria-expanded", "false");
    if (back) this.button.focus();
  }

  // Which nights of the months on show are not free; asked again for other months or another place.
  async ask() {
    const form = this.root.closest("form");
    const place = new FormData(form).get(this.root.dataset.takenWith);
    this.taken = new Set();
    if (!place || !this.root.dataset.takenUrl) return;
    const address = new URL(this.root.dataset.takenUrl, location.href);
    address.searchParams.set("place", place);
    address.searchParams.set("start", iso(this.month));
    address.searchParams.set("end", iso(monthOf(this.month, 3)));
    const asked = (this.asked = address.href);
    try {
      const answer = await fetch(address, { headers: { Accept: "application/json" } });
      if (!answer.ok || asked !== this.asked) return;
      this.taken = new Set((await answer.json()).taken);
    } catch {
      return; // Without the answer the dates can still be chosen; the server decides.
    }
    const inside = this.panel.contains(document.activeElement);
    this.draw();
    if (inside) this.focus();
  }

  draw() {
    const head = this.make("div", "range-head");
    head.append(this.turn(-1, this.words.previous, "‹"), this.make("p", "range-hint", this.hint()), this.turn(1, this.words.next, "›"));
    const months = this.make("div", "range-months");
    months.append(this.sheet(this.month), this.sheet(monthOf(this.month, 1)));
    head.querySelector(".range-hint").setAttribute("role", "status");
    this.panel.replaceChildren(head, months);
  }

  hint() {
    if (!this.from || this.to) return this.words.checkIn;
    return this.words.checkOut;
  }

  turn(by, label, sign) {
    const button = this.make("button", "range-turn", sign);
    button.type = "button";
    button.dataset.turn = by;
    button.setAttribute("aria-label", label);
    return button;
  }

  sheet(first) {
    const table = this.make("table", "range-month");
    table.setAttribute("role", "grid");
    table.createCaption().textContent = say(first, { month: "long", year: "numeric" });
    const heads = table.createTHead().insertRow();
    for (let index = 0; index < 7; index += 1) {
      const head = this.make("th", "", say(new Date(Date.UTC(2024, 0, 1 + index)), { weekday: "narrow" }));
      head.scope = "col";
      head.setAttribute("aria-label", say(new Date(Date.UTC(2024, 0, 1 + index)), { weekday: "long" }));
      heads.append(head);
    }
    const body = table.createTBody();
    let row;
    const lead = (first.getUTCDay() + 6) % 7;
    const end = monthOf(first, 1);
    for (let day = plus(first, -lead); day < end; day = plus(day, 1)) {
      if (day.getUTCDay() === 1) row = body.insertRow();
      const cell = row.insertCell();
      if (day >= first) cell.append(this.day(day));
    }
    return table;
  }

  day(day) {
    const button = this.make("button", "range-day", day.getUTCDate());
    const isTaken = this.taken.has(iso(day));
    const chosen = [this.from, this.to].some((edge) => edge && iso(edge) === iso(day));
    button.type = "button";
    button.dataset.day = iso(day);
    button.tabIndex = iso(day) === iso(this.focused) ? 0 : -1;
    button.setAttribute("aria-pressed", String(chosen));
    button.setAttribute("aria-label", say(day, LONG) + (isTaken ? `, ${this.words.taken}` : ""));
    button.classList.toggle("is-taken", isTaken);
    button.classList.toggle("is-within", Boolean(this.from && this.to && day > this.from && day < this.to));
    if (!this.mayChoose(day)) button.setAttribute("aria-disabled", "true");
    return button;
  }

  // A taken night cannot begin a stay nor lie within it, but its day may be the day of departure.
  mayChoose(day) {
    if (this.from && !this.to && day > this.from) return !this.hasTaken(this.from, day);
    return !this.taken.has(iso(day));
  }

  hasTaken(from, to) {
    for (let night = from; night < to; night = plus(night, 1)) if (this.taken.has(iso(night))) return true;
    return false;
  }

  press(event) {
    const { day, turn } = event.target.closest("button")?.dataset ?? {};
    if (turn) this.show(monthOf(this.month, Number(turn)), turn);
    else if (day && !event.target.hasAttribute("aria-disabled")) this.choose(read(day));
  }

  show(month, turned = null) {
    this.month = month;
    this.focused = month;
    this.draw();
    this.ask();
    if (turned) this.panel.querySelector(`[data-turn="${turned}"]`).focus();
  }

  choose(day) {
    this.focused = day;
    if (this.from && !this.to && day > this.from) {
      this.to = day;
      this.fill(this.start, this.from);
      this.fill(this.end, day);
      this.close();
    } else {
      this.from = day;
      this.to = null;
      this.draw();
      this.focus();
    }
  }

  fill(field, day) {
    field.value = iso(day);
    for (const name of ["input", "change"]) field.dispatchEvent(new Event(name, { bubbles: true }));
  }

  key(event) {
    if (event.key === "Escape") {
      event.stopPropagation();
      this.close();
      return;
    }
    const day = read(event.target.dataset.day ?? "");
    if (!day) return;
    const weekday = (day.getUTCDay() + 6) % 7;
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7, Home: -weekday, End: 6 - weekday, PageUp: -28, PageDown: 28 };
    if (!(event.key in steps)) return;
    event.preventDefault();
    this.focused = plus(day, steps[event.key]);
    const shown = getComputedStyle(this.panel.querySelector(".range-month:last-child")).display === "none" ? 1 : 2;
    if (this.focused < this.month || this.focused >= monthOf(this.month, shown)) {
      this.month = monthOf(this.focused);
      this.draw();
      this.ask();
    }
    this.focus();
  }

  focus() {
    for (const button of this.panel.querySelectorAll("[data-day]")) {
      button.tabIndex = button.dataset.day === iso(this.focused) ? 0 : -1;
      if (button.tabIndex === 0) button.focus();
    }
  }
}

function begin() {
  for (const root of document.querySelectorAll("[data-range-picker]:not([data-range-begun])")) {
    root.dataset.rangeBegun = "";
    new RangePicker(root);
  }
}

document.addEventListener("htmx:afterSettle", begin);
begin();
