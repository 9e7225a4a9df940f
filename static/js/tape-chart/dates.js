// Days are whole numbers (days since 1 January 1970), so that the chart adds and compares them as it
// does pixels. No time zone is involved: a night is a date.

const DAY = 86_400_000;
const { lang, dataset } = document.documentElement;
// As the organization writes; without a wish of its own, as the page's language does.
const language = dataset.locale ?? (lang === "en" ? "en-GB" : lang);
const written = (options) => new Intl.DateTimeFormat(language, { timeZone: "UTC", ...options });

const FORMATS = {
  full: written({ weekday: "long", day: "numeric", month: "long", year: "numeric" }),
  short: written({ weekday: "short", day: "numeric", month: "short" }),
  month: written({ month: "long", year: "numeric" }),
  weekday: written({ weekday: "short" }),
};

export const toDay = (iso) => Date.parse(`${iso}T00:00:00Z`) / DAY;

export const toIso = (day) => new Date(day * DAY).toISOString().slice(0, 10);

export const isDate = (text) => /^\d{4}-\d{2}-\d{2}$/.test(text ?? "") && !Number.isNaN(toDay(text));

// Monday is 0.
export const weekdayOf = (day) => (((day + 3) % 7) + 7) % 7;

export const dayOfMonth = (day) => new Date(day * DAY).getUTCDate();

const known = new Map();

// The same few hundred days are written again and again, and writing one takes its time.
export const write = (day, format = "short") => {
  const key = `${format}${day}`;
  if (!known.has(key)) known.set(key, FORMATS[format].format(day * DAY));
  return known.get(key);
};

export const firstOfNextMonth = (day) => {
  const date = new Date(day * DAY);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1) / DAY;
};

export const firstOfMonth = (day) => day - dayOfMonth(day) + 1;
