/**
 * A list of chips with a field that adds to it, by keyboard as well as by finger. Leaving the field makes no chip:
 * the page would move under the finger that is on its way to a button. Whoever uses the chips calls `commit`.
 */

import { hasSeparator, withAdded, withoutAt } from "../core/chips.js";
import { gettext, ngettext } from "../core/gettext.js";
import { listed } from "../core/text.js";
import { createChipsList } from "./chips-list.js";
import { arrows } from "./element.js";

/**
 * @param {object} parts
 * @param {HTMLElement} parts.box
 * @param {HTMLElement} parts.list
 * @param {HTMLInputElement} parts.input
 * @param {readonly string[]} parts.initial
 * @param {{ most: number, chars: number }} parts.limits
 * @param {string} parts.testid
 * @param {(chips: readonly string[]) => void} parts.onChange
 * @param {(problem: string) => void} parts.onProblem an empty string when there is none any more
 * @param {(text: string) => void} parts.say
 * @param {(event: KeyboardEvent) => boolean} parts.onKey whether the key was meant for something else
 */
export function createChipsField({
  box,
  list,
  input,
  initial,
  limits,
  testid,
  onChange,
  onProblem,
  say,
  onKey,
}) {
  let chips = initial;
  const view = createChipsList({ list, testid, name: (chip) => chip, onRemove: remove, after: input });

  const example = input.placeholder;

  function render() {
    view.render(chips);
    input.placeholder = chips.length > 0 ? gettext("Add another…") : example;
  }

  /** @param {readonly string[]} next */
  function change(next) {
    chips = next;
    render();
    onChange(chips);
  }

  /** @param {number} index */
  function remove(index) {
    const gone = chips[index] ?? "";
    change(withoutAt(chips, index));
    onProblem("");
    say(gettext("%(name)s removed.", { name: gone }));
  }

  /** Make chips of what was typed; what is too long stays in the field. */
  function commit() {
    const before = chips.length;
    const { chips: next, problem } = withAdded(chips, input.value, limits);
    if (problem === "" || problem === "duplicate") input.value = "";
    if (next.length > before) {
      input.value = problem === "" || problem === "duplicate" ? "" : input.value;
      change(next);
      say(gettext("%(name)s added.", { name: listed(next.slice(before), "unit") }));
    }
    onProblem(sentence(problem));
    return problem === "" || problem === "duplicate";
  }

  /** @param {string} problem */
  function sentence(problem) {
    if (problem === "full") {
      return ngettext(
        "That's enough: up to %(count)s interest.",
        "That's enough: up to %(count)s interests.",
        limits.most,
      );
    }
    if (problem === "long") {
      return ngettext(
        "Please keep each interest under %(count)s character.",
        "Please keep each interest under %(count)s characters.",
        limits.chars + 1,
      );
    }
    return problem === "duplicate" ? gettext("You have that one already.") : "";
  }

  input.addEventListener("keydown", (event) => {
    if (event.isComposing || onKey(event)) return;
    const empty = input.value.trim() === "";
    if (event.key === "Enter") {
      // Never starts a chat by accident.
      event.preventDefault();
      commit();
    } else if (event.key === "Tab" && !event.shiftKey && !empty) {
      if (commit()) event.preventDefault();
    } else if (event.key === "Backspace" && input.value === "" && chips.length > 0) {
      remove(chips.length - 1);
    } else if (event.key === arrows(box).back && input.value === "" && chips.length > 0) {
      event.preventDefault();
      view.focus(chips.length - 1);
    }
  });
  input.addEventListener("input", (event) => {
    if (event instanceof InputEvent && event.isComposing) return;
    if (hasSeparator(input.value)) commit();
    else onProblem("");
  });
  input.addEventListener("compositionend", () => {
    if (hasSeparator(input.value)) commit();
  });
  box.addEventListener("click", (event) => {
    if (event.target === box || event.target === list) input.focus();
  });

  render();
  return {
    commit,
    /**
     * Add a chip in place of what was being typed.
     *
     * @param {string} chip
     */
    add(chip) {
      input.value = chip;
      commit();
    },
    get: () => chips,
  };
}
