/**
 * What the browser remembers between visits (localStorage) or reloads (sessionStorage), as JSON. Storage may be
 * switched off, full or altered by hand: reading gives null then, writing does nothing.
 */

/** @typedef {Pick<Storage, "getItem" | "setItem" | "removeItem">} Shelf */
/** @typedef {ReturnType<typeof createMemory>} Memory */

/** @param {() => Shelf} shelf called each time: the mere access may throw */
export function createMemory(shelf) {
  return {
    /**
     * @param {string} key
     * @returns {unknown}
     */
    read(key) {
      try {
        return JSON.parse(shelf().getItem(key) ?? "null");
      } catch {
        return null;
      }
    },
    /**
     * @param {string} key
     * @param {unknown} value null forgets it
     */
    write(key, value) {
      try {
        if (value === null) shelf().removeItem(key);
        else shelf().setItem(key, JSON.stringify(value));
      } catch {
        // Remembering is a comfort: the page works without.
      }
    },
  };
}
