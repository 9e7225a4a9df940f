// Sets the chosen theme before the first paint, so this one file is a plain script in the head; the choice is
// made in local-state.js. Without one (or without JavaScript) the page follows the system by `color-scheme`.
(() => {
  try {
    const theme = localStorage.getItem("theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.bsTheme = theme;
  } catch {
    // Storage is switched off: there is no choice to remember.
  }
})();
