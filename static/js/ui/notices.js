/** Notifications of the browser: one at a time, gone as soon as the page is looked at. */

/**
 * @import { Notices } from "./settings.js"
 */

const TAG = "news";

/**
 * @param {string} site
 * @returns {Notices}
 */
export function createNotices(site) {
  const possible = "Notification" in window;
  /** @type {Notification | null} */
  let shown = null;

  return {
    possible,
    allowed: () => possible && Notification.permission === "granted",
    ask: async () => possible && (await Notification.requestPermission()) === "granted",
    show(words) {
      const options = { body: words, tag: TAG, silent: true };
      try {
        shown = new Notification(site, options);
        shown.addEventListener("click", () => window.focus());
      } catch {
        // Phones leave it to the service worker.
        navigator.serviceWorker?.getRegistration().then((worker) => worker?.showNotification(site, options));
      }
    },
    async clear() {
      shown?.close();
      shown = null;
      const worker = await navigator.serviceWorker?.getRegistration();
      for (const each of (await worker?.getNotifications({ tag: TAG })) ?? []) each.close();
    },
  };
}
