// The state of one piece of a page: open, shown, ticked, copied. A template names it in `x-data`, and its
// methods and bindings by name alone, because Alpine's build for a strict policy evaluates nothing else.
// Alpine begins each in the page and in whatever htmx swaps in. What asks the server or listens to the whole
// page is a module of its own; what must work without JavaScript is plain HTML underneath.

const TOAST_STAYS = 6000;
const TOAST_WITH_UNDO_STAYS = 12000;
const COPIED_SHOWS = 2000;

// What a person could have done by hand is told to those who listen for it.
const tell = (field) => {
  for (const name of ["input", "change"]) field.dispatchEvent(new Event(name, { bubbles: true }));
};

// A <details> that closes on Escape and on a click elsewhere.
const menu = () => ({
  closing: {
    ["x-on:click.outside"]() {
      this.$root.open = false;
    },
    ["x-on:keydown.escape.window"]() {
      if (!this.$root.open) return;
      this.$root.open = false;
      this.$root.querySelector("summary").focus();
    },
  },
});

// A <dialog> that closes by its button and by a click beside it; Escape is the browser's.
const dialog = () => ({
  close() {
    this.$root.close();
  },
});

// Light, dark or what the system says; theme.js has shown the choice before the first paint.
const themeSwitch = () => ({
  choice: {
    ["x-on:click"]() {
      this.$store.theme.choose(this.$el.dataset.themeChoice);
    },
    ["x-bind:aria-pressed"]() {
      return String(this.$store.theme.chosen === this.$el.dataset.themeChoice);
    },
  },
});

const theme = {
  chosen: document.documentElement.dataset.bsTheme ?? "system",
  choose(theme) {
    this.chosen = theme;
    if (theme === "system") delete document.documentElement.dataset.bsTheme;
    else document.documentElement.dataset.bsTheme = theme;
    try {
      localStorage.setItem("theme", theme);
    } catch {
      // Storage is switched off: the choice lasts for this page only.
    }
  },
};

// A toast goes away by itself, unless it is bad news or being read.
const toast = () => ({
  timer: null,
  init() {
    this.leaveLater();
  },
  leaveLater() {
    clearTimeout(this.timer);
    if (this.$root.classList.contains("is-bad")) return;
    const canUndo = this.$root.querySelector(".toast-undo:not([hidden])");
    this.timer = setTimeout(() => this.close(), canUndo ? TOAST_WITH_UNDO_STAYS : TOAST_STAYS);
  },
  hold() {
    clearTimeout(this.timer);
  },
  close() {
    this.hold();
    this.$root.remove();
  },
});

// A password that can be looked at.
const secret = () => ({
  isShown: false,
  toggle() {
    this.isShown = !this.isShown;
    this.$root.querySelector("input").type = this.isShown ? "text" : "password";
  },
});

// A small number, one less or one more.
const stepper = () => ({
  less() {
    this.field().stepDown();
    tell(this.field());
  },
  more() {
    this.field().stepUp();
    tell(this.field());
  },
  field() {
    return this.$root.querySelector("input");
  },
});

// A text for another program. Pages that came over plain HTTP have no clipboard.
const copy = () => ({
  isPossible: Boolean(navigator.clipboard),
  isCopied: false,
  async copy() {
    await navigator.clipboard.writeText(this.$root.dataset.text);
    this.isCopied = true;
    setTimeout(() => {
      this.isCopied = false;
    }, COPIED_SHOWS);
  },
});

// The boxes of a list: tick all of them, and how many are ticked.
const ticks = () => ({
  boxes() {
    return [...this.$root.querySelectorAll("[data-tick]")];
  },
  tickAll() {
    for (const box of this.boxes()) box.checked = this.$refs.all.checked;
  },
  count() {
    const boxes = this.boxes();
    const ticked = boxes.filter((box) => box.checked).length;
    const { all, count } = this.$refs;
    all.checked = ticked > 0 && ticked === boxes.length;
    all.indeterminate = ticked > 0 && ticked < boxes.length;
    count.textContent = ticked === 1 ? count.dataset.one : count.dataset.many.replace("{n}", ticked);
  },
});

document.addEventListener("alpine:init", () => {
  const { Alpine } = window;
  Alpine.store("theme", theme);
  for (const [name, state] of Object.entries({ copy, dialog, menu, secret, stepper, themeSwitch, ticks, toast })) {
    Alpine.data(name, state);
  }
});
