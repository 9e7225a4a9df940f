// Sets the chosen theme before the first paint, so this one file is a plain script in the head.
// Without a choice (or without JavaScript) the page follows the system by `color-scheme`.
(() => {
  const root = document.documentElement;

  const chosen = () => {
    try {
      return localStorage.getItem("theme") || "system";
    } catch {
      return "system"; // Storage is switched off: the choice lasts for this page only.
    }
  };

  const show = (theme) => {
    if (theme === "system") root.removeAttribute("data-bs-theme");
    else root.dataset.bsTheme = theme;
    for (const button of document.querySelectorAll("[data-theme-choice]")) {
      button.setAttribute("aria-pressed", String(button.dataset.themeChoice === theme));
    }
  };

  show(chosen());

  // The buttons do not exist yet: mark the pressed one when they do.
  document.addEventListener("DOMContentLoaded", () => show(chosen()));

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-theme-choice]");
    if (!button) return;
    try {
      localStorage.setItem("theme", button.dataset.themeChoice);
    } catch {
      // As above.
    }
    show(button.dataset.themeChoice);
  });
})();
