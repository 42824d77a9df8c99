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

/** @typedef {Readonly<Record<string, string | number>>} Values */

const page = /** @type {{ django?: Catalog, document?: Document }} */ (globalThis);

/** Names are as strangers made them; from right to left they would carry the sentence's own marks along. */
const isolates = page.document?.documentElement.dir === "rtl";

/**
 * The language that the page is in, for `Intl`.
 */
export const language = page.document?.documentElement.lang || "en";

/**
 * @param {string} message
 * @param {Values} [values]
 */
export function gettext(message, values = {}) {
  return filled(page.django?.gettext(message) ?? message, values);
}

/**
 * The message for so many; `%(count)s` is the number as the language writes it.
 *
 * @param {string} one
 * @param {string} many
 * @param {number} count
 * @param {Values} [values]
 */
export function ngettext(one, many, count, values = {}) {
  const message = page.django?.ngettext(one, many, count) ?? (count === 1 ? one : many);
  return filled(message, { count: new Intl.NumberFormat(language).format(count), ...values });
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
 * @param {string} message
 * @param {Values} values
 */
function filled(message, values) {
  return message.replace(/%\((\w+)\)s/gu, (place, name) => {
    const value = values[name];
    if (value === undefined) return place;
    return isolates ? `\u2068${value}\u2069` : String(value);
  });
}
