/** Stop → Really? → New, on a button and on Esc, as in the original. */

import { gettext, pgettext } from "../core/gettext.js";
import { byId, setText } from "./element.js";

/**
 * @import { Session } from "../session/session.js"
 * @import { State } from "../session/state.js"
 */

/** @type {Readonly<Record<string, string>>} */
const LABELS = Object.freeze({
  stop: gettext("Stop"),
  really: gettext("Really?"),
  new: pgettext("stranger", "New"),
});

/** @param {Session} session */
export function createStopButton(session) {
  const button = byId("stop", HTMLButtonElement);
  const label = byId("stop-label", HTMLElement);

  button.addEventListener("click", () => session.dispatch({ type: "stop" }));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.isComposing || event.repeat || event.defaultPrevented) return;
    // In a dialog it closes the dialog, in full screen it leaves that, and nothing else.
    if (session.get().phase === "idle" || document.querySelector("dialog[open]")) return;
    if (document.fullscreenElement) return;
    event.preventDefault();
    session.dispatch({ type: "escape" });
  });
  document.addEventListener("pointerdown", (event) => {
    if (session.get().asked === "") return;
    const target = event.target instanceof Element ? event.target : null;
    // Those take the question back themselves: the row must not move away under the press.
    if (!target?.closest("#stop, #block, #report, #chat-instead"))
      session.dispatch({ type: "elsewhere-clicked" });
  });

  /** @param {State} state */
  function render(state) {
    const stage = state.phase === "ended" ? "new" : state.asked === "stop" ? "really" : "stop";
    button.dataset.stage = stage;
    setText(label, LABELS[stage] ?? "");
  }

  return { render };
}
