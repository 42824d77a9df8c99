/**
 * What the page says, in the visitor's language: the words come before the modules, as a script of Django's
 * (`omegle/languages.py`). Without them, as in tests and in English, every message is its own translation.
 *
 * Messages are whole sentences with named places, `%(name)s`: other languages put their words in another order.
 */

/**
 * @typedef {object} Catalog
 * @property {(message: string) => string} gettext
 * @property {(one: string, many: string, count: number) => string} ngettext
 * @property {(context: string, message: string) => string} pgettext
 */

/** @typedef {Readonly<Record<string, string | number>>} Values numbers are written as the language writes them */

const page = /** @type {{ django?: Catalog, document?: Document, navigator?: Navigator }} */ (globalThis);

/** Names are as strangers made them; from right to left they would carry the sentence's own marks along. */
const isolates = page.document?.documentElement.dir === "rtl";

/**
 * The language that the page is in, for `Intl`.
 */
export const language = page.document?.documentElement.lang || "en";

/**
 * The same as the reader's own country has it, where the browser names one: for times and dates.
 */
export const locale =
  page.navigator?.languages?.find((tag) => `${tag}-`.toLowerCase().startsWith(`${language}-`)) ?? language;

const numbers = new Intl.NumberFormat(language);

/**
 * @param {string} message
 * @param {Values} [values]
 */
export function gettext(message, values = {}) {
  return filled(page.django?.gettext(message) ?? message, values);
}

/**
 * The message for so many, which is its `%(count)s`.
 *
 * @param {string} one
 * @param {string} many
 * @param {number} count
 * @param {Values} [values]
 */
export function ngettext(one, many, count, values = {}) {
  const message = page.django?.ngettext(one, many, count) ?? (count === 1 ? one : many);
  return filled(message, { count, ...values });
}

/**
 * A message that is said in two senses: the context, which nobody reads, tells translators which.
 *
 * @param {string} context
 * @param {string} message
 * @param {Values} [values]
 */
export function pgettext(context, message, values = {}) {
  return filled(page.django?.pgettext(context, message) ?? message, values);
}

/**
 * Keep a text from taking part in the direction of the sentence around it, where the page runs from right to left.
 *
 * @param {string} text
 */
export function isolated(text) {
  return isolates ? `\u2068${text}\u2069` : text;
}

/**
 * @param {string} message
 * @param {Values} values
 */
function filled(message, values) {
  return message.replace(/%\((\w+)\)s/gu, (place, name) => {
    const value = values[name];
    if (value === undefined) return place;
    return isolated(typeof value === "number" ? numbers.format(value) : value);
  });
}
