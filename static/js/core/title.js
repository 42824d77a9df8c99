/**
 * “(2) Omegle”: how many messages came while the tab was hidden.
 *
 * @param {string} title
 * @param {number} unread
 */
export function titleWithCount(title, unread) {
  if (unread <= 0) return title;
  return `(${unread > 99 ? "99+" : unread}) ${title}`;
}
