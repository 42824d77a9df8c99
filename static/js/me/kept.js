/** Beside each thing that this browser may keep for the site: whether it does. */

import { gettext } from "../core/gettext.js";

/** @param {string} key */
function isKept(key) {
  try {
    return localStorage.getItem(key) !== null || sessionStorage.getItem(key) !== null;
  } catch {
    return false; // storage is switched off: there is none
  }
}

for (const item of document.querySelectorAll("[data-kept]")) {
  const mark = document.createElement("span");
  const kept = isKept(item.getAttribute("data-kept") ?? "");
  mark.className = kept ? "badge badge-strong" : "badge";
  mark.textContent = kept ? gettext("kept now") : gettext("not kept");
  item.append(" ", mark);
}
