/** “Try it” on the page of a filter rule: what the rule in the form would make of a text. */

/** @param {string} id */
const element = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

const box = element("desk-try");
const sample = /** @type {HTMLTextAreaElement} */ (element("desk-sample"));

async function tryRule() {
  const form = /** @type {HTMLFormElement} */ (box.closest("form"));
  const fields = new FormData(form);
  fields.set("sample", sample.value);
  fields.set("rule", box.dataset.rule ?? "");
  show("Trying…", "", "");
  try {
    const answer = await fetch(box.dataset.url ?? "", { method: "POST", body: fields });
    const told = await answer.json();
    if (told.problem) show(told.problem, "", "");
    else show(told.done, `${told.hits} ${told.hits === 1 ? "hit" : "hits"}`, told.text);
  } catch {
    show("That did not work. Please reload the page and try again.", "", "");
  }
}

/**
 * @param {string} done
 * @param {string} hits
 * @param {string} text
 */
function show(done, hits, text) {
  element("desk-try-result").hidden = false;
  element("desk-try-done").textContent = done;
  element("desk-try-hits").textContent = hits;
  element("desk-try-text").textContent = text;
}

element("desk-try-it").addEventListener("click", tryRule);
sample.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey) return;
  event.preventDefault();
  void tryRule();
});
