/** Every sentence that the page makes out of what it was told. One place, so that the tone stays the same. */

import { languageName } from "./languages.js";
import { listed } from "./text.js";

/**
 * @param {readonly string[]} names
 * @returns {string}
 */
export function greeting(names) {
  return `You're now chatting with ${listed(names)}. Say hi!`;
}

/**
 * What both have in common, or an empty string.
 *
 * @param {readonly string[]} interests
 * @param {string | null} language
 */
export function inCommon(interests, language) {
  const parts = [];
  if (interests.length > 0) parts.push(`You both like ${listed(interests)}.`);
  if (language) parts.push(`You both speak ${languageName(language)}.`);
  return parts.join(" ");
}

/**
 * Who is looked for while waiting. `anyone`: the interests are no condition any more, the languages still are.
 *
 * @param {readonly string[]} interests
 * @param {readonly string[]} languages
 * @param {boolean} anyone
 */
export function lookingFor(interests, languages, anyone) {
  const likes = interests.length > 0 ? `likes ${orListed(interests)}` : "";
  const speaks = languages.length > 0 ? `speaks ${orListed(languages.map(languageName))}` : "";
  if (likes && anyone) return `Nobody who ${likes} yet. Taking anyone${speaks && ` who ${speaks}`} now.`;
  if (likes && speaks) return `Looking for someone who ${likes} and ${speaks}.`;
  if (likes || speaks) return `Looking for someone who ${likes || speaks}.`;
  return "Looking for anyone who wants to talk.";
}

/** @param {readonly string[]} words */
function orListed(words) {
  return listed(words).replace(/ and ([^,]*)$/u, " or $1");
}

/** @typedef {"left" | "lost" | "you_left" | "moderated" | "idle" | "reset" | "blocked" | "reported" | "away"} EndReason */

/** @type {Readonly<Record<EndReason, (name: string) => string>>} */
const ENDINGS = Object.freeze({
  left: (name) => `${name} left the conversation.`,
  lost: (name) => `The connection to ${name} was lost and did not come back.`,
  you_left: () => "You left the conversation.",
  moderated: () => "A moderator ended this conversation.",
  idle: () => "Nobody wrote anything for a while, so the conversation was closed.",
  reset: () => "The server had to end this conversation. It was nothing you did.",
  blocked: (name) => `You blocked ${name}. You won't meet again.`,
  reported: (name) => `You reported ${name}. You won't meet again.`,
  away: () => "The conversation could not be taken up again, so it is over.",
});

/**
 * How a conversation ended, as a sentence. A reason that this page does not know yet is still an end.
 *
 * @param {string} reason
 * @param {readonly string[]} names
 */
export function ending(reason, names) {
  const sentence = Object.hasOwn(ENDINGS, reason) ? ENDINGS[/** @type {EndReason} */ (reason)] : null;
  return sentence ? sentence(listed(names) || "The stranger") : "The conversation is over.";
}

/**
 * @param {string} code an error code of the protocol
 * @param {string} detail what the server says about it
 */
export function notDelivered(code, detail) {
  switch (code) {
    case "too_fast":
      return "Not sent: that was a little too fast.";
    case "not_in_room":
      return "Not sent: the conversation was over.";
    case "refused_text":
      return detail ? `Not delivered: ${detail}` : "Not delivered: this is not allowed here.";
    default:
      return detail ? `Not sent. ${detail}` : "Not sent.";
  }
}

/** @param {number} count */
export function onlineNow(count) {
  if (count <= 0) return "Nobody else is here yet";
  return count === 1 ? "1 person online" : `${count} people online`;
}
