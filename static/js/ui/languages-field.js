/** The languages one speaks: a select that adds, chips that are removed, the browser's own as suggestions. */

import { gettext } from "../core/gettext.js";
import { LANGUAGES, languageName, MOST_LANGUAGES, suggestedLanguages } from "../core/languages.js";
import { createChipsList } from "./chips-list.js";
import { byId, made, setText } from "./element.js";

/**
 * @param {object} parts
 * @param {readonly string[]} parts.initial
 * @param {readonly string[]} parts.browserTags
 * @param {(tags: readonly string[]) => void} parts.onChange
 * @param {(text: string) => void} parts.say
 */
export function createLanguagesField({ initial, browserTags, onChange, say }) {
  const select = byId("language-select", HTMLSelectElement);
  const add = byId("language-add", HTMLButtonElement);
  const list = byId("language-chips", HTMLElement);
  const suggestions = byId("language-suggestions", HTMLElement);
  const view = createChipsList({
    list,
    testid: "language-chip",
    name: languageName,
    onRemove: remove,
    after: select,
  });
  /** @type {readonly string[]} */
  let tags = initial;
  /** Arrow keys change a closed select step by step: those steps are no choice yet. */
  let stepping = false;

  for (const [tag, name] of [...LANGUAGES].sort(([, one], [, other]) => one.localeCompare(other))) {
    select.append(made("option", { value: tag, lang: tag }, [name]));
  }

  /** @param {readonly string[]} next */
  function change(next) {
    tags = next;
    render();
    onChange(tags);
  }

  /** @param {string} tag */
  function choose(tag) {
    select.value = "";
    stepping = false;
    add.hidden = true;
    if (!LANGUAGES.has(tag) || tags.includes(tag) || tags.length >= MOST_LANGUAGES) return;
    change([...tags, tag]);
    say(gettext("%(name)s added.", { name: languageName(tag) }));
  }

  /** @param {number} index */
  function remove(index) {
    const gone = languageName(tags[index] ?? "");
    change(tags.filter((_, at) => at !== index));
    say(gettext("%(name)s removed.", { name: gone }));
  }

  /** @param {boolean} full */
  function firstWords(full) {
    if (full) return gettext("Up to five");
    return tags.length > 0 ? gettext("Add another…") : gettext("Any language");
  }

  function render() {
    view.render(tags);
    const full = tags.length >= MOST_LANGUAGES;
    select.disabled = full;
    const first = select.options[0];
    if (first) setText(first, firstWords(full));
    for (const option of select.options) option.hidden = option.value !== "" && tags.includes(option.value);
    const offered = full ? [] : suggestedLanguages(browserTags, tags);
    suggestions.replaceChildren(
      ...offered.map((tag) => {
        const text = made("span", { lang: tag }, [languageName(tag)]);
        const attributes = { type: "button", class: "suggestion", "data-testid": "language-suggestion" };
        const button = made("button", attributes, [made("span", { "aria-hidden": "true" }, ["+ "]), text]);
        button.addEventListener("click", () => choose(tag));
        return button;
      }),
    );
    suggestions.hidden = offered.length === 0;
  }

  select.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && select.value !== "") {
      event.preventDefault();
      choose(select.value);
    } else if (event.key !== "Tab") stepping = true;
  });
  select.addEventListener("pointerdown", () => {
    stepping = false;
  });
  select.addEventListener("change", () => {
    if (stepping) add.hidden = select.value === "";
    else choose(select.value);
  });
  add.addEventListener("click", () => {
    choose(select.value);
    select.focus();
  });

  render();
  return { get: () => tags };
}
