/** The picture of a report: covered, then small and grey, then as it is. It is fetched by the first press alone. */

/** @typedef {"covered" | "grey" | "colour"} Stage */

/** @type {Record<Stage, { next: Stage, words: string }>} */
const STAGES = {
  covered: { next: "grey", words: "Show it small and grey" },
  grey: { next: "colour", words: "Show it as it was sent" },
  colour: { next: "grey", words: "Small and grey again" },
};

/** @param {Stage} stage */
export function nextStage(stage) {
  return STAGES[stage].next;
}

/** @param {Stage} stage */
export function stageWords(stage) {
  return STAGES[stage].words;
}

/**
 * @param {object} parts
 * @param {HTMLElement} parts.box
 * @param {HTMLImageElement} parts.picture
 * @param {HTMLElement} parts.next
 * @param {HTMLElement} parts.cover
 * @param {HTMLElement} parts.problem
 */
export function createStill({ box, picture, next, cover, problem }) {
  /** @type {Stage} */
  let stage = "covered";

  /** @param {Stage} wanted */
  function show(wanted) {
    stage = wanted;
    const covered = stage === "covered";
    if (!covered && !picture.hasAttribute("src")) {
      problem.hidden = true;
      picture.src = box.dataset.src ?? "";
    }
    box.dataset.stage = stage;
    picture.hidden = cover.hidden = covered;
    next.textContent = stageWords(stage);
  }

  next.addEventListener("click", () => show(nextStage(stage)));
  cover.addEventListener("click", () => {
    show("covered");
    // The pressed button is gone.
    next.focus();
  });
  picture.addEventListener("error", () => {
    picture.removeAttribute("src");
    show("covered");
    problem.hidden = false;
  });
}
