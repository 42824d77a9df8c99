/**
 * The theme that a visitor chose, before anything is painted: a classic script, as a module would come too late. Its key
 * and words are those of Django's own switch, so that the desk follows. The language beside it is the server's to change.
 * And whether the tips for beginners were closed: who sees them is not to wait for the modules, nor who has seen them.
 */

{
  const root = document.documentElement;

  /** @param {string} key */
  const remembered = (key) => {
    try {
      return localStorage.getItem(key);
    } catch {
      return null;
    }
  };

  const show = () => {
    const theme = remembered("theme");
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
    else delete root.dataset.theme;
    for (const meta of document.querySelectorAll('meta[name="theme-color"]')) {
      const own = meta.getAttribute("data-scheme");
      const scheme = root.dataset.theme;
      meta.setAttribute(
        "media",
        scheme ? (own === scheme ? "all" : "not all") : `(prefers-color-scheme: ${own})`,
      );
    }
    for (const select of document.querySelectorAll("select[data-theme-choice]")) {
      if (select instanceof HTMLSelectElement) select.value = root.dataset.theme ?? "auto";
    }
  };

  show();
  if (remembered("tips-seen") === "true") root.dataset.tips = "seen";
  document.addEventListener("DOMContentLoaded", () => {
    for (const row of document.querySelectorAll("[data-theme-row]")) row.removeAttribute("hidden");
    show();
  });
  document.addEventListener("change", ({ target }) => {
    if (!(target instanceof HTMLSelectElement)) return;
    if (target.matches("[data-language-choice]")) target.form?.requestSubmit();
    if (!target.matches("[data-theme-choice]")) return;
    try {
      localStorage.setItem("theme", target.value);
    } catch {
      // Without storage the choice holds for no page.
    }
    show();
  });
  addEventListener("storage", ({ key }) => {
    if (key === "theme") show();
  });
}
