/** A row of chips that can be removed: by click, by Delete or Backspace on its button, arrows move between them. */

import { gettext } from "../core/gettext.js";
import { arrows, made } from "./element.js";

/**
 * @param {object} parts
 * @param {HTMLElement} parts.list
 * @param {string} parts.testid
 * @param {(chip: string) => string} parts.name
 * @param {(index: number) => void} parts.onRemove
 * @param {HTMLElement} parts.after gets the focus after the last chip
 */
export function createChipsList({ list, testid, name, onRemove, after }) {
  /** @param {number} index */
  function focus(index) {
    const button = list.querySelectorAll("button")[index];
    (button ?? after).focus();
  }

  /** @param {readonly string[]} chips */
  function render(chips) {
    const items = chips.map((chip, index) => {
      const button = made("button", {
        type: "button",
        class: "chip-remove",
        "aria-label": gettext("Remove %(name)s", { name: name(chip) }),
      });
      button.append(made("span", { "aria-hidden": "true" }, ["×"]));
      button.addEventListener("click", () => removeAt(index));
      button.addEventListener("keydown", (event) => onKey(event, index, chips.length));
      const text = made("span", { class: "chip-text", dir: "auto" }, [name(chip)]);
      return made("li", { class: "chip", "data-testid": testid, "data-value": chip }, [text, button]);
    });
    list.replaceChildren(...items);
    list.hidden = items.length === 0;
  }

  /** @param {number} index */
  function removeAt(index) {
    onRemove(index);
    focus(index);
  }

  /**
   * @param {KeyboardEvent} event
   * @param {number} index
   * @param {number} count
   */
  function onKey(event, index, count) {
    const { back, on } = arrows(list);
    const move = { [back]: index - 1, [on]: index + 1, Home: 0, End: count - 1 }[event.key];
    if (event.key === "Delete" || event.key === "Backspace") removeAt(index);
    else if (move !== undefined && move >= 0) focus(move);
    else return;
    event.preventDefault();
  }

  return { render, focus };
}
