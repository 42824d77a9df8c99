/**
 * A card with lines that listen, beside the conversation in which somebody wrote that they may harm themselves: for who
 * wrote it, and in other words for who read it. Once in a conversation; nobody else sees it, and nothing is sent.
 */

import { isDistress } from "../core/distress.js";
import { gettext } from "../core/gettext.js";
import { byId, setText } from "./element.js";

/**
 * @import { State } from "../session/state.js"
 */

export function createCareCard() {
  const card = byId("care", HTMLElement);
  const said = byId("care-said", HTMLElement);
  const title = byId("care-title", HTMLElement);
  const text = byId("care-text", HTMLElement);
  /** The conversation, how much of it was looked at, and whether the card was shown. */
  let key = "";
  let seen = 0;
  let shown = false;

  byId("care-close", HTMLButtonElement).addEventListener("click", () => {
    hide();
    byId("talk", HTMLElement).focus({ preventScroll: true });
  });

  function hide() {
    card.hidden = true;
    setText(said, "");
  }

  /** @param {boolean} mine */
  function show(mine) {
    shown = true;
    setText(title, mine ? gettext("You are not alone with this") : gettext("The stranger may need help"));
    setText(
      text,
      mine
        ? gettext(
            "It sounds as if it is a lot to carry. These people listen, without judging. Only you see this, and the conversation goes on as it was.",
          )
        : gettext(
            "You need not save them alone. Stay kind, and ask them to call one of these. If you report it as “Self-harm”, a moderator looks at it before others; that ends the conversation.",
          ),
    );
    card.hidden = false;
    setText(said, title.textContent ?? "");
  }

  /** @param {State} state */
  function render({ phase, room }) {
    if (room === null || (phase !== "talking" && phase !== "ended")) {
      hide();
      return;
    }
    if (room.key !== key) {
      key = room.key;
      seen = 0;
      shown = false;
      hide();
    }
    const fresh = room.entries.slice(seen);
    seen = room.entries.length;
    if (shown) return;
    const found = fresh.find(({ kind, text }) => (kind === "mine" || kind === "theirs") && isDistress(text));
    if (found) show(found.kind === "mine");
  }

  return { render };
}
