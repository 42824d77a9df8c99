/** Which key asks for what on the desk. Pure. */

/** @typedef {"next" | "claim" | "release" | "show" | "help" | "submit"} Command */
/** @typedef {Readonly<{ command: Command } | { measure: string }>} Wish */
/** @typedef {Readonly<{ key: string, ctrlKey: boolean, metaKey: boolean, altKey: boolean, repeat: boolean }>} Press */

/** @type {Readonly<Record<string, Command>>} */
const COMMANDS = Object.freeze({ n: "next", c: "claim", r: "release", s: "show", "?": "help" });
/** @type {Readonly<Record<string, string>>} */
const MEASURES = Object.freeze({
  d: "dismiss",
  w: "warn",
  1: "warn",
  v: "video",
  2: "cooldown",
  3: "day",
  4: "week",
  5: "permanent",
});

/**
 * Return what a key press asks for, or null.
 *
 * @param {Press} press
 * @param {{ isTyping: boolean, isControl: boolean }} place where the focus is: in a text field, on a button or link
 * @returns {Wish | null}
 */
export function wishOf(press, { isTyping, isControl }) {
  if (press.altKey || press.repeat) return null;
  if (press.key === "Enter") {
    const isMeant = press.ctrlKey || press.metaKey || !(isTyping || isControl);
    return isMeant ? { command: "submit" } : null;
  }
  if (press.ctrlKey || press.metaKey || isTyping) return null;
  const command = COMMANDS[press.key];
  if (command) return { command };
  const measure = MEASURES[press.key];
  return measure ? { measure } : null;
}

/**
 * Return whether letters typed here belong to the field.
 *
 * @param {{ tagName: string, type?: string, isContentEditable?: boolean } | null} element
 */
export function isTextField(element) {
  if (!element) return false;
  if (element.isContentEditable) return true;
  if (element.tagName === "INPUT")
    return !["radio", "checkbox", "button", "submit"].includes(element.type ?? "text");
  return element.tagName === "TEXTAREA" || element.tagName === "SELECT";
}

/**
 * Return whether Enter here presses the element itself.
 *
 * @param {{ tagName: string } | null} element
 */
export function isControl(element) {
  return element !== null && ["A", "BUTTON", "SUMMARY", "LABEL"].includes(element.tagName);
}
