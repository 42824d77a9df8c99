/** In question mode, above the log: who is in on what, the question, and the way out into an ordinary chat. */

import { chatInstead, inOnIt } from "../core/phrases.js";
import { byId, setText } from "./element.js";

/**
 * @import { Session } from "../session/session.js"
 * @import { State } from "../session/state.js"
 */

/** @param {Session} session */
export function createQuestionBar(session) {
  const line = byId("in-on-it", HTMLElement);
  const pinned = byId("pinned", HTMLElement);
  const text = byId("pinned-text", HTMLElement);
  const chat = byId("chat-instead", HTMLButtonElement);

  chat.addEventListener("click", () => session.dispatch({ type: "chat-instead" }));

  /** @param {State} state */
  function render({ phase, room, asked }) {
    const talking = phase === "talking";
    const shown = room !== null && room.role !== "chat" && (talking || phase === "ended") ? room : null;
    const words = shown && talking ? inOnIt(shown.role, shown.reading, shown.revealed) : "";
    setText(line, words);
    setText(text, shown?.question ?? "");
    pinned.hidden = !shown?.question;
    chat.hidden = !talking || shown?.role !== "discuss";
    const sure = asked === "chat";
    setText(chat, chatInstead(sure));
    chat.classList.toggle("asks", sure);
  }

  return { render };
}
