/** A panel of emoji, loaded when it is opened first. One of them takes the Tab key, the arrows move between them. */

import { EMOJI } from "../core/emoji.js";
import { arrows, made } from "./element.js";

/**
 * @param {object} parts
 * @param {HTMLElement} parts.panel
 * @param {HTMLButtonElement} parts.button opens and closes it
 * @param {(sign: string) => void} parts.onPick
 */
export function createEmojiPicker({ panel, button, onPick }) {
  const buttons = EMOJI.map(([sign, name]) => {
    const each = made(
      "button",
      { type: "button", class: "emoji", title: name, "aria-label": name, tabindex: "-1" },
      [sign],
    );
    each.addEventListener("click", () => onPick(sign));
    return each;
  });
  panel.replaceChildren(...buttons);

  /** @param {number} index */
  function focus(index) {
    for (const each of buttons) each.tabIndex = -1;
    const next = buttons[Math.max(0, Math.min(index, buttons.length - 1))];
    if (!next) return;
    next.tabIndex = 0;
    next.focus();
  }

  /** @param {boolean} open */
  function show(open) {
    panel.hidden = !open;
    button.setAttribute("aria-expanded", String(open));
  }

  panel.addEventListener("keydown", (event) => {
    const index = event.target instanceof HTMLButtonElement ? buttons.indexOf(event.target) : 0;
    const across = Math.max(1, buttons.filter((each) => each.offsetTop === buttons[0]?.offsetTop).length);
    const { back, on } = arrows(panel);
    const move = {
      [back]: index - 1,
      [on]: index + 1,
      ArrowUp: index - across,
      ArrowDown: index + across,
      Home: 0,
      End: buttons.length - 1,
    }[event.key];
    if (event.key === "Escape") {
      show(false);
      button.focus();
    } else if (move !== undefined) focus(move);
    else return;
    // Esc means the panel here, not the conversation.
    event.preventDefault();
  });
  document.addEventListener("pointerdown", ({ target }) => {
    if (target instanceof Node && !panel.contains(target) && !button.contains(target)) show(false);
  });
  panel.addEventListener("focusout", ({ relatedTarget }) => {
    if (relatedTarget instanceof Node && !panel.contains(relatedTarget)) show(false);
  });

  return {
    close: () => show(false),
    toggle() {
      const opens = panel.hidden !== false;
      show(opens);
      if (opens) focus(0);
    },
  };
}
