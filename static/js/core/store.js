/**
 * A value that can be watched. Watchers are told the new and the previous value, in the order of the changes,
 * also when a watcher itself makes the next change.
 */

/**
 * @template T
 * @param {T} initial
 */
export function createStore(initial) {
  let value = initial;
  /** @type {Set<(value: T, previous: T) => void>} */
  const watchers = new Set();
  /** @type {[T, T][]} */
  const changes = [];
  let telling = false;

  return {
    get: () => value,
    /** @param {T} next */
    set(next) {
      if (next === value) return;
      changes.push([next, value]);
      value = next;
      if (telling) return;
      telling = true;
      try {
        for (let change = changes.shift(); change; change = changes.shift()) {
          for (const watcher of watchers) watcher(change[0], change[1]);
        }
      } finally {
        telling = false;
      }
    },
    /** @param {(value: T, previous: T) => void} watcher */
    watch(watcher) {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
  };
}
