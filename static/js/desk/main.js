/** The desk, put together: the only module of it that opens a socket. */

import { systemClock } from "../core/clock.js";
import { titleWithCount } from "../core/title.js";
import { createDecisionForm } from "./decision-form.js";
import { isControl, isTextField, wishOf } from "./keys.js";
import { leaseWords } from "./lease.js";
import { createLive } from "./live.js";
import { chipText, totalOf } from "./news.js";
import { createStill } from "./still.js";

const LINE_WORDS = { on: "live", off: "not live, trying again", over: "signed out" };

/** @param {string} id */
const element = (id) => document.getElementById(id);

const desk = /** @type {HTMLElement} */ (element("desk"));
const caseId = desk.dataset.case ? Number(desk.dataset.case) : null;
const lane = new URLSearchParams(location.search).get("lane") ?? "";
const title = document.title;
const form = /** @type {HTMLFormElement | null} */ (element("desk-decision"));
const confirmation = /** @type {HTMLDialogElement | null} */ (element("desk-confirm"));
const help = /** @type {HTMLDialogElement} */ (element("desk-help"));
const decision = form && confirmation ? createDecisionForm(form, confirmation) : null;

/** @param {string} id */
const press = (id) => element(id)?.click();
const commands = {
  next: () => /** @type {HTMLFormElement | null} */ (element("desk-next"))?.requestSubmit(),
  claim: () => press("desk-claim-this"),
  release: () => press("desk-release"),
  show: () => press("desk-reveal"),
  help: () => help.showModal(),
  submit: () => decision?.submit(),
};

document.addEventListener("keydown", (event) => {
  if (document.querySelector("dialog[open]")) return;
  const focused = /** @type {HTMLElement | null} */ (document.activeElement);
  const wish = wishOf(event, { isTyping: isTextField(focused), isControl: isControl(focused) });
  if (!wish) return;
  event.preventDefault();
  if ("measure" in wish) decision?.choose(wish.measure);
  else commands[wish.command]();
});
element("desk-help-open")?.addEventListener("click", () => help.showModal());

// On a narrow screen the row of links is scrolled.
document.querySelector(".desk-nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

const still = element("desk-still");
if (still) {
  createStill({
    box: still,
    picture: /** @type {HTMLImageElement} */ (element("desk-still-picture")),
    next: /** @type {HTMLElement} */ (element("desk-still-next")),
    cover: /** @type {HTMLElement} */ (element("desk-still-cover")),
    problem: /** @type {HTMLElement} */ (element("desk-still-problem")),
  });
}

const lease = element("desk-lease");
if (lease) {
  const until = Date.parse(lease.dataset.until ?? "");
  const show = () => {
    lease.textContent = leaseWords(until, Date.now());
    systemClock.setTimeout(show, 1000);
  };
  show();
}

/** @type {Record<string, number>} */
const before = {};
for (const count of document.querySelectorAll("[data-count]"))
  before[count.getAttribute("data-count") ?? ""] = Number(count.textContent);
delete before[""];
// A page that shows no counts begins with those it is told first.
let isFirst = caseId !== null || document.querySelector("[data-count]") === null;

createLive({
  open: () =>
    /** @type {import("./live.js").Line} */ (
      /** @type {unknown} */ (
        new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws/desk/`)
      )
    ),
  clock: systemClock,
  random: Math.random,
  onState(state) {
    const line = element("desk-line");
    if (!line) return;
    line.dataset.state = state;
    line.textContent = LINE_WORDS[state];
  },
  onNews(news) {
    if (isFirst) Object.assign(before, news.lanes);
    isFirst = false;
    for (const [name, count] of Object.entries({ ...news.lanes, "": totalOf(news.lanes) })) {
      const shown = document.querySelector(`[data-count="${name}"]`);
      if (shown) shown.textContent = String(count);
    }
    const total = document.querySelector("[data-total]");
    if (total) total.textContent = String(totalOf(news.lanes));
    document.title = titleWithCount(title, totalOf(news.lanes));
    const text = chipText(news, { caseId, me: desk.dataset.me ?? "", lane, before });
    const chip = element("desk-chip");
    const words = element("desk-chip-text");
    // On a case what was told stays until the page is loaded again.
    if (!chip || !words || (caseId !== null && text === "")) return;
    words.textContent = text;
    chip.hidden = text === "";
  },
});
