/** The list under the field for interests (a combobox), and the buttons for what many like at the moment. */

import { gettext } from "../core/gettext.js";
import { suggestedInterests } from "../core/suggestions.js";
import { byId, made } from "./element.js";

const MOST_LISTED = 8;
const MOST_BUTTONS = 5;

/**
 * @param {object} parts
 * @param {HTMLInputElement} parts.input
 * @param {() => readonly string[]} parts.chosen
 * @param {(name: string) => void} parts.onPick
 */
export function createInterestSuggestions({ input, chosen, onPick }) {
  const list = byId("interest-options", HTMLElement);
  const row = byId("popular-interests", HTMLElement);
  const buttons = byId("popular-buttons", HTMLElement);
  /** @type {readonly string[]} */
  let popular = [];
  /** Which option Enter takes; none until the arrows go there. */
  let active = -1;

  /** @returns {HTMLElement[]} */
  const options = () => [...list.querySelectorAll("li")];

  /** @param {boolean} all also while nothing was typed */
  function open(all) {
    const typed = input.value.trim();
    const found = typed === "" && !all ? [] : suggestedInterests(typed, chosen(), popular, MOST_LISTED);
    list.replaceChildren(
      ...found.map(({ name, popular }, index) => {
        const note = made("span", { class: "option-note" }, [gettext("popular now")]);
        const word = made("bdi", {}, [name]);
        const words = popular ? [word, " ", note] : [word];
        const attributes = {
          id: `interest-option-${index}`,
          role: "option",
          class: "option",
          "data-name": name,
        };
        const option = made("li", { ...attributes, "aria-selected": "false" }, words);
        option.addEventListener("click", () => pick(name));
        return option;
      }),
    );
    show(found.length > 0);
  }

  /** @param {boolean} shown */
  function show(shown) {
    list.hidden = !shown;
    input.setAttribute("aria-expanded", String(shown));
    activate(-1);
  }

  /** @param {number} index */
  function activate(index) {
    active = index;
    for (const [at, option] of options().entries())
      option.setAttribute("aria-selected", String(at === index));
    const option = options()[index];
    if (option) {
      input.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    } else input.removeAttribute("aria-activedescendant");
  }

  /** @param {string} name */
  function pick(name) {
    onPick(name);
    show(false);
    input.focus();
  }

  /** @param {number} step */
  function move(step) {
    if (list.hidden) open(true);
    const count = options().length;
    // One place more than there are options: back in the field.
    activate(((active + 1 + step + count + 1) % (count + 1)) - 1);
  }

  input.addEventListener("input", () => open(false));
  input.addEventListener("blur", () => show(false));
  // The field keeps the focus.
  list.addEventListener("pointerdown", (event) => event.preventDefault());

  return {
    /**
     * Do what a key means for the list; return whether it meant anything.
     *
     * @param {KeyboardEvent} event
     */
    onKey(event) {
      const name = options()[active]?.dataset.name;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") move(event.key === "ArrowDown" ? 1 : -1);
      else if (event.key === "Escape" && !list.hidden) show(false);
      else if (event.key === "Enter" && name !== undefined) pick(name);
      else return false;
      event.preventDefault();
      return true;
    },
    /** To be called when other interests are chosen. */
    render() {
      show(false);
      const offered = popular.filter((name) => !chosen().includes(name)).slice(0, MOST_BUTTONS);
      buttons.replaceChildren(
        ...offered.map((name) => {
          const attributes = { type: "button", class: "suggestion", "data-testid": "popular-interest" };
          const button = made("button", attributes, [
            made("span", { "aria-hidden": "true" }, ["+ "]),
            made("bdi", {}, [name]),
          ]);
          button.addEventListener("click", () => pick(name));
          return button;
        }),
      );
      row.hidden = offered.length === 0;
    },
    /** @param {readonly string[]} names */
    setPopular(names) {
      popular = names;
    },
  };
}
