// One bar: a single node with its text. Names are cut here, not by the browser: a clip on each bar
// would be a layer's work for each in every frame.

import { write } from "./dates.js";
import { kindOf, nights, say } from "./words.js";

const PADDING = 14;
const ICON = 20;
const SHORT = 44;
const BARE = 20;
const FEWEST_LETTERS = 3;

export const matches = (bar, query) =>
  bar.kind === "booking" && `${bar.name} ${bar.reference}`.toLocaleLowerCase().includes(query);

const describe = (bar, where) =>
  say("barLabel", {
    name: bar.name || kindOf(bar),
    kind: kindOf(bar),
    from: write(bar.first),
    to: write(bar.last),
    nights: nights(bar.last - bar.first),
    where,
  });

const pen = document.createElement("canvas").getContext("2d");
const widths = new Map();

const widthOf = (words) => {
  let width = widths.get(words);
  if (width === undefined) {
    width = pen.measureText(words).width;
    widths.set(words, width);
  }
  return width;
};

// As much of a name as there is room for; of two letters and dots nobody would be the wiser.
const cutTo = (name, room) => {
  const width = widthOf(name);
  if (width <= room) return name;
  let letters = Math.min(Math.ceil((name.length * room) / width) + 1, name.length - 1);
  while (letters >= FEWEST_LETTERS && widthOf(`${name.slice(0, letters)}…`) > room) letters -= 1;
  return letters < FEWEST_LETTERS ? "" : `${name.slice(0, letters).trimEnd()}…`;
};

export const makeBar = () => {
  const node = document.createElement("div");
  node.setAttribute("role", "gridcell");
  node.tabIndex = -1;
  node.words = node.appendChild(new Text());
  return node;
};

// Out of use but still there: taking nodes out and in again costs far more than a change.
export const parkBar = (node) => {
  if (!node.bar) return;
  node.bar = null;
  node.className = "tape-bar is-parked";
  delete node.dataset.bar;
};

export const drawBar = (node, bar, row, { layout, view }) => {
  const { left, width } = layout.box(bar);
  if (node.left !== left) node.style.left = `${left}px`;
  if (node.width !== width) node.style.width = `${width}px`;
  Object.assign(node, { left, width });
  const isMatch = view.query && matches(bar, view.query);
  const classes = [
    "tape-bar",
    bar.kind === "block" ? `is-block is-${bar.reason}` : `is-${bar.status}`,
    bar.is_held && "is-held",
    bar.unit === null && "is-unplaced",
    bar.from < bar.start && "is-continued",
    bar.to > bar.end && "continues",
    view.query && (isMatch ? "is-match" : "is-dim"),
    view.held === bar.key && "is-lifted",
    width < BARE ? "is-short is-bare" : width < SHORT && "is-short",
  ]
    .filter(Boolean)
    .join(" ");
  if (node.className !== classes) node.className = classes;
  const lane = bar.lane ?? 0;
  if ((node.lane ?? 0) !== lane) node.style.setProperty("--lane", lane);
  node.lane = lane;
  const isOther = node.bar !== bar;
  if (isOther) {
    node.bar = bar;
    node.dataset.bar = bar.key;
    node.setAttribute("aria-colindex", bar.first - layout.origin + 2);
    node.setAttribute("aria-colspan", bar.last - bar.first);
    node.setAttribute("aria-label", describe(bar, row.unit?.name ?? say("unassigned")));
  }
  nameBar(node, node.shift ?? 0, true);
};

// Write the name, `shift` pixels into the bar: so it stays in sight while the bar goes under the units.
export const nameBar = (node, shift, isOther = false) => {
  if (!isOther && node.shift === shift) return;
  if ((node.shift ?? 0) !== shift) node.style.textIndent = shift ? `${shift}px` : "";
  node.shift = shift;
  if (!pen.isReady) {
    pen.font = getComputedStyle(node).font;
    pen.isReady = true;
  }
  const room = node.width - shift - PADDING - ICON;
  const words = node.width < SHORT ? "" : cutTo(node.bar.name || kindOf(node.bar), room);
  if (node.words.data !== words) node.words.data = words;
};
