/** Web addresses within a text. They are only ever shown as text: opening one is a decision of whoever reads it. */

/** @typedef {Readonly<{ host: string, url: string }>} Link host: as the network knows it, `xn--` for other scripts */

const CANDIDATES = /(?:https?:\/\/|www\.)[^\s<>"“”«»]+/giu;
/** What ends a sentence, and not an address. */
const END = /[.,;:!?'…)\]}*_~]$/u;
const MOST_LINKS = 5;

/**
 * Return the addresses that a text holds, each once, in order; at most five.
 *
 * @param {string} text
 * @returns {readonly Link[]}
 */
export function linksIn(text) {
  /** @type {Map<string, Link>} */
  const links = new Map();
  for (const [candidate] of text.matchAll(CANDIDATES)) {
    const link = linkFrom(withoutEnd(candidate));
    if (link && links.size < MOST_LINKS) links.set(link.url, link);
  }
  return Object.freeze([...links.values()]);
}

/**
 * Drop the punctuation after an address. A bracket that was opened within it is part of it.
 *
 * @param {string} candidate
 */
function withoutEnd(candidate) {
  let text = candidate;
  while (END.test(text)) {
    if (text.endsWith(")") && count(text, "(") >= count(text, ")")) break;
    text = text.slice(0, -1);
  }
  return text;
}

/**
 * @param {string} text
 * @param {string} sign
 */
function count(text, sign) {
  return text.split(sign).length - 1;
}

/**
 * @param {string} text
 * @returns {Link | null}
 */
function linkFrom(text) {
  const full = /^www\./iu.test(text) ? `https://${text}` : text;
  if (!URL.canParse(full)) return null;
  const url = new URL(full);
  if (!url.hostname.includes(".") && !url.hostname.startsWith("[")) return null;
  // A name before the host is only there to look like another one.
  url.username = "";
  url.password = "";
  return Object.freeze({ host: url.host, url: url.href });
}
