// The chart's sentences come translated from the page: `data-word-...` of [data-chart-words].

const spoken = document.querySelector("[data-chart-words]")?.dataset ?? {};

// say("nightsMany", { n: 3 }) fills {n} in data-word-nights-many.
export const say = (name, values = {}) => {
  const sentence = spoken[`word${name[0].toUpperCase()}${name.slice(1)}`] ?? name;
  return sentence.replace(/\{(\w+)\}/g, (_, key) => values[key] ?? "");
};

export const nights = (n) => say(n === 1 ? "nightsOne" : "nightsMany", { n });

// What a bar is, in a word: its status, or a block's reason.
export const kindOf = (bar) =>
  say(bar.kind === "block" ? `reason_${bar.reason}` : bar.is_held ? "status_held" : `status_${bar.status}`);

export const money = (amount, currency) => {
  const { locale } = document.documentElement.dataset;
  const figure = Number(amount).toLocaleString(locale, { minimumFractionDigits: 2, maximumFractionDigits: 2, useGrouping: true });
  return `${figure}\u00a0${currency}`;
};
