/** Clears what this browser keeps for the site, once the server has forgotten its visitor. */

import { gettext } from "../core/gettext.js";

async function clear() {
  localStorage.clear();
  sessionStorage.clear();
  // Browsers have both for secure pages only.
  const workers = (await navigator.serviceWorker?.getRegistrations()) ?? [];
  await Promise.all(workers.map((worker) => worker.unregister()));
  const names = "caches" in window ? await caches.keys() : [];
  await Promise.all(names.map((name) => caches.delete(name)));
  const others = new BroadcastChannel("forgotten");
  // A tab that is just being loaded hears it too.
  for (const wait of [0, 1_000, 3_000, 9_000]) setTimeout(() => others.postMessage("forgotten"), wait);
}

const said = document.getElementById("forgotten-browser");
clear().then(
  () => {
    if (said) said.textContent = gettext("This browser keeps nothing of this site any more.");
  },
  () => {
    if (!said) return;
    said.textContent = gettext(
      "This browser did not let us clear what it keeps: delete the data of this site in its settings.",
    );
  },
);
