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
  for (const button of form.querySelectorAll("[type=submit]")) button.setAttribute("aria-disabled", "true");
});

window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    form.removeAttribute("data-sent");
    for (const button of form.querySelectorAll("[type=submit]")) button.removeAttribute("aria-disabled");
  }
});
