/** The languages that can be chosen, by primary tag (BCP 47) and in their own name. */

/** @type {ReadonlyMap<string, string>} */
export const LANGUAGES = new Map([
  ["ar", "العربية"],
  ["bn", "বাংলা"],
  ["cs", "Čeština"],
  ["da", "Dansk"],
  ["de", "Deutsch"],
  ["el", "Ελληνικά"],
  ["en", "English"],
  ["es", "Español"],
  ["fa", "فارسی"],
  ["fi", "Suomi"],
  ["fr", "Français"],
  ["he", "עברית"],
  ["hi", "हिन्दी"],
  ["hu", "Magyar"],
  ["id", "Bahasa Indonesia"],
  ["it", "Italiano"],
  ["ja", "日本語"],
  ["ko", "한국어"],
  ["ms", "Bahasa Melayu"],
  ["nb", "Norsk bokmål"],
  ["nl", "Nederlands"],
  ["pl", "Polski"],
  ["pt", "Português"],
  ["ro", "Română"],
  ["ru", "Русский"],
  ["sv", "Svenska"],
  ["sw", "Kiswahili"],
  ["ta", "தமிழ்"],
  ["th", "ไทย"],
  ["tl", "Tagalog"],
  ["tr", "Türkçe"],
  ["uk", "Українська"],
  ["ur", "اردو"],
  ["vi", "Tiếng Việt"],
  ["zh", "中文"],
]);

/** Tags that browsers use for a language that is listed under another one. */
const ALIASES = new Map([
  ["no", "nb"],
  ["nn", "nb"],
  ["fil", "tl"],
  ["iw", "he"],
  ["in", "id"],
  ["cmn", "zh"],
  ["yue", "zh"],
]);

export const MOST_LANGUAGES = 5;

/**
 * Return the language's own name, or the tag itself when it is not listed.
 *
 * @param {string} tag
 */
export function languageName(tag) {
  return LANGUAGES.get(tag) ?? tag;
}

/**
 * Return the listed language of a browser's tag (`pt-BR` is `pt`), or an empty string.
 *
 * @param {string} tag
 */
export function primaryTag(tag) {
  const primary = tag.toLowerCase().split("-")[0] ?? "";
  const known = ALIASES.get(primary) ?? primary;
  return LANGUAGES.has(known) ? known : "";
}

/**
 * Return what to offer first: the browser's languages that are not chosen yet, at most three.
 *
 * @param {readonly string[]} browserTags
 * @param {readonly string[]} chosen
 * @returns {string[]}
 */
export function suggestedLanguages(browserTags, chosen) {
  const tags = new Set(browserTags.map(primaryTag).filter((tag) => tag !== "" && !chosen.includes(tag)));
  return [...tags].slice(0, 3);
}

/**
 * Return the languages that somebody speaks as far as their browser knows: the one of the page, then the browser's.
 *
 * @param {string} pageTag
 * @param {readonly string[]} browserTags
 * @returns {readonly string[]}
 */
export function spokenLanguages(pageTag, browserTags) {
  return languagesFrom([pageTag, ...browserTags].map(primaryTag));
}

/**
 * Return only listed tags, each once, at most five: what the browser remembered may be anything.
 *
 * @param {unknown} value
 * @returns {readonly string[]}
 */
export function languagesFrom(value) {
  if (!Array.isArray(value)) return Object.freeze([]);
  const tags = new Set(value.filter((tag) => typeof tag === "string" && LANGUAGES.has(tag)));
  return Object.freeze([...tags].slice(0, MOST_LANGUAGES));
}
