// Draws the charts of a page: `data-chart` on a canvas names the element with the JSON it is fed by. The table
// beside each says the same; without this module it stands alone. Colors come from the style sheets.

const charts = new Map();
const root = document.documentElement;
// Numbers as the organization writes them; without a wish of its own, as the page's language does.
const { locale } = root.dataset;

// Custom properties may hold light-dark(), which only a resolved color of an element answers.
const colorOf = (name, place) => {
  const probe = document.createElement("span");
  probe.style.setProperty("color", `var(--${name})`);
  place.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
};

const amount = (value, unit) => {
  if (value === null) return "–";
  const number = Number(value).toLocaleString(locale ?? (root.lang || "en"), { useGrouping: true, maximumFractionDigits: 2 });
  return `${number} ${unit}`;
};

const scales = (drawn, ink, line) => {
  const axis = (unit, rest) => ({
    beginAtZero: true,
    border: { display: false },
    grid: { color: line },
    ticks: { color: ink, maxTicksLimit: 6 },
    title: { display: Boolean(unit), text: unit, color: ink },
    ...rest,
  });
  const along = {
    border: { color: line },
    grid: { display: false },
    ticks: { color: ink, maxRotation: 0, autoSkip: true, autoSkipPadding: drawn.labels.length > 12 ? 16 : 4 },
  };
  const most = drawn.unit === "%" ? { suggestedMax: 100 } : {};
  if (drawn.lying) return { x: axis(drawn.unit, most), y: { ...along, ticks: { color: ink } } };
  const seconds = drawn.series.find((series) => series.axis === "second");
  return {
    x: along,
    y: axis(drawn.unit, most),
    ...(seconds && { second: axis(seconds.unit, { position: "right", grid: { display: false } }) }),
  };
};

const draw = (canvas) => {
  const drawn = JSON.parse(document.getElementById(canvas.dataset.chart).textContent);
  const place = canvas.parentElement;
  const ink = colorOf("ink-soft", place);
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const datasets = drawn.series.map((series) => ({
    type: series.type,
    label: series.label,
    data: series.values,
    yAxisID: drawn.lying ? "y" : (series.axis ?? "y"),
    backgroundColor: colorOf(series.color, place),
    borderColor: colorOf(series.color, place),
    borderWidth: series.type === "line" ? 2 : 0,
    borderRadius: series.type === "bar" ? 3 : 0,
    borderDash: series.dash ?? [],
    pointRadius: series.values.length > 40 ? 0 : 3,
    maxBarThickness: 36,
    unit: series.unit ?? drawn.unit,
  }));
  charts.get(canvas)?.destroy();
  charts.set(
    canvas,
    new Chart(canvas, {
      data: { labels: drawn.labels, datasets },
      options: {
        indexAxis: drawn.lying ? "y" : "x",
        animation: still ? false : { duration: 250 },
        maintainAspectRatio: false,
        interaction: { mode: "index", axis: drawn.lying ? "y" : "x", intersect: false },
        scales: scales(drawn, ink, colorOf("line", place)),
        plugins: {
          legend: { display: datasets.length > 1, labels: { color: ink, usePointStyle: true, boxHeight: 7 } },
          tooltip: {
            callbacks: {
              label: ({ dataset, dataIndex }) =>
                `${dataset.label}: ${amount(dataset.data[dataIndex], dataset.unit)}`,
            },
          },
        },
      },
    }),
  );
};

const drawNew = () => {
  for (const canvas of charts.keys()) {
    if (canvas.isConnected) continue;
    charts.get(canvas).destroy();
    charts.delete(canvas);
  }
  for (const canvas of document.querySelectorAll("[data-chart]")) if (!charts.has(canvas)) draw(canvas);
};

const drawAll = () => {
  drawNew();
  for (const canvas of charts.keys()) draw(canvas);
};

if (locale) Chart.defaults.locale = locale;
Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
drawNew();
document.addEventListener("htmx:afterSettle", drawNew);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
new MutationObserver(drawAll).observe(root, { attributeFilter: ["data-bs-theme"] });
