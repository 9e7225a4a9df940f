// Small manners for every dashboard page. All of it is optional: the pages work without.

// A second click on a form that is already on its way does nothing. The button stays focusable, and
// coming back with the browser's Back button wakes the form up again. A download leaves the page where it is.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.submitter?.hasAttribute("data-download")) return;
  if (form.hasAttribute("data-sent")) {
    event.preventDefault();
    return;
  }
  form.setAttribute("data-sent", "");
  for (const button of sendersOf(form)) button.setAttribute("aria-disabled", "true");
});

const sendersOf = (form) => [...form.elements].filter((element) => element.type === "submit");

function wake(forms) {
  for (const form of forms) {
    form.removeAttribute("data-sent");
    for (const button of sendersOf(form)) button.removeAttribute("aria-disabled");
  }
}

const wakeAll = () => wake(document.querySelectorAll("form[data-sent]"));

window.addEventListener("pageshow", wakeAll);

// The person was asked whether to leave, and stays. What holds the page says so after us.
window.addEventListener("beforeunload", (event) => {
  setTimeout(() => {
    if (event.defaultPrevented) wakeAll();
  });
});

// What htmx could not send may be sent again.
document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.target.closest?.("form[data-sent]");
  if (form && !event.detail.successful) wake([form]);
});

// Where the middle of the page was exchanged, the focus goes to its beginning instead of nowhere.
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.target.id !== "main" || document.activeElement !== document.body) return;
  event.target.focus({ preventScroll: true });
});

// A list can be sorted by its headings too; the field that says the order follows, or the next search
// would sort it back.
document.addEventListener("htmx:pushedIntoHistory", (event) => {
  const asked = new URL(event.detail.path, location.href).searchParams;
  for (const field of document.querySelectorAll("[data-from-address]")) {
    if (asked.has(field.name)) field.value = asked.get(field.name);
  }
});
