/** The few words that the views share for making and finding elements. Text only ever goes in as text. */

/**
 * Return the element with this id. The template and the views belong together: a missing one is a mistake.
 *
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} kind
 * @returns {T}
 */
export function byId(id, kind) {
  const element = document.getElementById(id);
  if (!(element instanceof kind)) throw new Error(`There is no ${kind.name} #${id} on this page.`);
  return element;
}

/**
 * @template {keyof HTMLElementTagNameMap} N
 * @param {N} name
 * @param {Record<string, string>} attributes
 * @param {(Node | string)[]} children
 * @returns {HTMLElementTagNameMap[N]}
 */
export function made(name, attributes = {}, children = []) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/**
 * Return an address of this site in full, or an empty string. Only our own server names it, and still only its own
 * pages count.
 *
 * @param {string} url
 */
export function ownUrl(url) {
  const target = url && URL.canParse(url, location.href) ? new URL(url, location.href) : null;
  return target?.origin === location.origin ? target.href : "";
}

/**
 * Set a text only when it is another one: a live region speaks on every change.
 *
 * @param {HTMLElement} element
 * @param {string} text
 */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Return which arrow keys go back and on within an element: it may run from right to left.
 *
 * @param {HTMLElement} element
 */
export function arrows(element) {
  return getComputedStyle(element).direction === "rtl"
    ? { back: "ArrowRight", on: "ArrowLeft" }
    : { back: "ArrowLeft", on: "ArrowRight" };
}
