"use strict";
// In a tab of Airflow these pages are in a frame of a sandbox, which may not open other pages of
// Airflow or save files. A link in Airflow's own document may: such links are followed there.
(() => {
  const framed = window.parent !== window;

  // Airflow keeps the theme that a person has chosen where all of its pages find it.
  const chosen = () => {
    let theme = "";
    try {
      theme = localStorage.getItem("theme") ?? "";
    } catch {
      // A browser may keep nothing for a page.
    }
    const root = document.documentElement;
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
    else delete root.dataset.theme;
  };
  chosen();
  window.addEventListener("storage", chosen);

  const follow = (event) => {
    const link = event.target.closest?.("a[data-outside]");
    if (!framed || !link || event.button > 1) return;
    event.preventDefault();
    const outside = window.parent.document.createElement("a");
    outside.href = link.href;
    outside.rel = "noreferrer";
    const another = event.button === 1 || event.ctrlKey || event.metaKey || event.shiftKey;
    if (another || link.target === "_blank") outside.target = "_blank";
    window.parent.document.body.append(outside);
    outside.click();
    outside.remove();
  };
  document.addEventListener("click", follow);
  document.addEventListener("auxclick", follow);
})();
