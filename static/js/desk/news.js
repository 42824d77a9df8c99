/** What news of the desk means for the page that is open. Pure. */

/** @typedef {import("./live.js").News} News */

/**
 * Return how many cases wait in all lanes together.
 *
 * @param {Record<string, number>} lanes
 */
export function totalOf(lanes) {
  return Object.values(lanes).reduce((sum, count) => sum + count, 0);
}

/**
 * Return what to tell above the page, or "" for nothing.
 *
 * @param {News} news
 * @param {{ caseId: number | null, me: string, lane: string, before: Record<string, number> }} page
 *   `lane`: the one that the queue shows, "" for all.
 */
export function chipText(news, page) {
  if (page.caseId !== null) {
    if (news.case !== page.caseId || news.by === page.me) return "";
    if (news.event === "still") return "A still has come in on this case.";
    if (news.event === "appeal") return "The person has appealed.";
    return news.event === "report"
      ? "Another report has come in on this case."
      : `Changed by ${news.by || "somebody"}.`;
  }
  if (news.event === "notice-late") return "A notice has waited for long.";
  if (news.event === "notice") return "A notice has come in.";
  const count = (/** @type {Record<string, number>} */ lanes) =>
    page.lane === "" ? totalOf(lanes) : (lanes[page.lane] ?? 0);
  const added = count(news.lanes) - count(page.before);
  if (added > 0) return added === 1 ? "1 new case." : `${added} new cases.`;
  return added < 0 ? "Some of these are decided." : "";
}
