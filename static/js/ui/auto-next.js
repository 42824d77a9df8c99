/** The switches that let the next video talk begin by itself, and the seconds until it does. */

import { nextIn } from "../core/call-phrases.js";
import { createAlarm } from "../core/clock.js";
import { byId, setText } from "./element.js";

/**
 * @import { Clock } from "../core/clock.js"
 * @import { Memory } from "../core/memory.js"
 * @import { Session } from "../session/session.js"
 * @import { State } from "../session/state.js"
 */

const REMEMBERED = "auto-next";

/**
 * @param {object} parts
 * @param {Session} parts.session
 * @param {Memory} parts.memory
 * @param {Clock} parts.clock
 */
export function createAutoNext({ session, memory, clock }) {
  const switches = [byId("auto-next", HTMLInputElement), byId("setup-auto-next", HTMLInputElement)];
  const row = byId("auto-next-row", HTMLElement);
  const line = byId("ended-next", HTMLElement);
  const stay = byId("stay", HTMLButtonElement);
  const second = createAlarm(clock, () => render(session.get()));

  for (const input of switches) {
    input.addEventListener("change", () => {
      memory.write(REMEMBERED, input.checked);
      session.dispatch({ type: "auto-next", on: input.checked });
    });
  }
  stay.addEventListener("click", () => session.dispatch({ type: "stay" }));
  session.dispatch({ type: "auto-next", on: memory.read(REMEMBERED) === true });

  /** @param {State} state */
  function render({ phase, room, autoNext, nextAt }) {
    second.cancel();
    for (const input of switches) input.checked = autoNext;
    row.hidden = room?.mode !== "video" || (phase !== "talking" && phase !== "ended");
    const left = nextAt === null ? 0 : nextAt - clock.now();
    line.hidden = nextAt === null;
    stay.hidden = nextAt === null;
    setText(line, nextAt === null ? "" : nextIn(Math.ceil(left / 1000)));
    if (left > 0) second.after(left % 1000 || 1000);
  }

  return { render };
}
