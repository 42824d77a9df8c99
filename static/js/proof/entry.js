/** A page that asks for a proof of work: begins at once, and lets its form go when it is done. */

import { gettext } from "../core/gettext.js";
import { byId, setText } from "../ui/element.js";

const box = byId("proof-box", HTMLElement);
const words = byId("proof-text", HTMLElement);
const bar = byId("proof-progress", HTMLProgressElement);
const field = byId("proof", HTMLInputElement);
const enter = byId("enter", HTMLButtonElement);

function fail() {
  bar.hidden = true;
  box.dataset.state = "failed";
  setText(
    words,
    gettext("Your browser could not do this check. Please load the page again, or try another browser."),
  );
}

/** @param {string} payload */
function finish(payload) {
  field.value = payload;
  bar.value = 1;
  box.dataset.state = "done";
  setText(words, gettext("Done. You can go on now."));
  enter.disabled = false;
}

try {
  const worker = new Worker(box.dataset.worker ?? "", { type: "module" });
  worker.addEventListener("error", fail);
  worker.addEventListener("message", ({ data }) => {
    if (typeof data.progress === "number") bar.value = data.progress;
    if (typeof data.payload !== "string") return;
    finish(data.payload);
    worker.terminate();
  });
  worker.postMessage(box.dataset.challenge);
} catch {
  fail();
}
