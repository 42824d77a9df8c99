/** The log of one conversation: nodes are put in, changed in place, never rebuilt. A new stranger, a new element. */

import { gettext } from "../core/gettext.js";
import { linksIn } from "../core/links.js";
import { exactTime, timeOfDay } from "../core/time.js";
import { made } from "./element.js";

/**
 * @import { Link } from "../core/links.js"
 * @import { Entry, Room } from "../session/state.js"
 */

/**
 * @typedef {object} Wishes what the reader wants to do about an entry
 * @property {(entry: Entry) => void} onAgain
 * @property {(link: Link) => void} onLink
 */

/**
 * @param {object} parts
 * @param {HTMLElement} parts.frame scrolls
 * @param {HTMLButtonElement} parts.toNewest
 * @param {(id: string) => void} parts.onRetry
 * @param {(text: string) => void} parts.onEdit
 * @param {(link: Link) => void} parts.onLink
 */
export function createLog({ frame, toNewest, onRetry, onEdit, onLink }) {
  /** @type {Wishes} */
  const wishes = {
    onAgain: (entry) => (entry.refused ? onEdit(entry.text) : onRetry(entry.id)),
    onLink,
  };
  /** @type {HTMLElement | null} */
  let log = null;
  let key = "";
  /** @type {readonly Readonly<Entry>[]} */
  let shown = [];
  /** @type {Map<string, Readonly<{ node: HTMLElement, entry: Readonly<Entry> }>>} */
  const nodes = new Map();
  /** The reader is at the newest message and wants to stay there. */
  let pinned = true;
  /** The frame's height when it was last looked after. */
  let height = 0;

  toNewest.addEventListener("click", toBottom);
  frame.addEventListener("scroll", () => {
    // A scroll that meets a new height is the layout's and not the reader's: the observer comes next.
    if (frame.clientHeight !== height) return;
    pinned = atBottom();
    if (pinned) toNewest.hidden = true;
  });
  // The banner, the keyboard, the end: whatever takes room away must not hide the newest message.
  new ResizeObserver(() => {
    height = frame.clientHeight;
    if (pinned) toBottom();
  }).observe(frame);

  function atBottom() {
    return frame.scrollHeight - frame.scrollTop - frame.clientHeight < 60;
  }

  function toBottom() {
    pinned = true;
    frame.scrollTop = frame.scrollHeight;
    toNewest.hidden = true;
  }

  /** @param {Room} room */
  function render(room) {
    if (room.key !== key) begin(room);
    if (room.entries === shown || log === null) return;
    let appended = false;
    let mine = false;
    // Who watches two has the name beside every message.
    const watched = room.role === "ask";
    /** What comes after the entry before: a new one may belong in front of others. */
    let next = log.firstElementChild;
    for (const [index, entry] of room.entries.entries()) {
      const old = nodes.get(entry.id);
      const node = old?.node ?? nodeFor(entry, watched ? undefined : room.entries[index - 1], wishes);
      if (old?.entry !== entry) nodes.set(entry.id, { node, entry });
      if (old && old.entry !== entry) update(node, entry, wishes);
      if (node !== next) log.insertBefore(node, next);
      appended ||= !old;
      mine ||= !old && entry.kind === "mine" && entry.delivery === "pending";
      next = node.nextElementSibling;
    }
    shown = room.entries;
    if (mine || pinned) toBottom();
    else if (appended) toNewest.hidden = false;
  }

  /** @param {Room} room */
  function begin(room) {
    key = room.key;
    shown = [];
    nodes.clear();
    log = made("div", {
      class: "log",
      role: "log",
      "aria-label": gettext("Messages"),
      "data-testid": "log",
      tabindex: "0",
    });
    frame.replaceChildren(log);
    pinned = true;
    toNewest.hidden = true;
  }

  return { render };
}

/**
 * @param {Entry} entry
 * @param {Entry | undefined} before
 * @param {Wishes} wishes
 */
function nodeFor(entry, before, wishes) {
  if (entry.kind === "note") return made("p", { class: "note", "data-testid": "note" }, [entry.text]);
  if (entry.kind === "question") return questionMark(entry);
  const follows = before?.kind === entry.kind && before.seat === entry.seat && entry.at - before.at < 180_000;
  const at = new Date(entry.at);
  const head = made("p", { class: follows ? "message-head visually-hidden" : "message-head" }, [
    made("span", { class: "who", dir: "auto" }, [entry.who]),
    " ",
    made("time", { datetime: at.toISOString() }, [timeOfDay(entry.at)]),
  ]);
  const text = made("p", { class: "bubble", dir: "auto", title: exactTime(entry.at) }, [entry.text]);
  const node = made(
    "div",
    {
      class: `message message-${entry.kind}`,
      "data-testid": `message-${entry.kind}`,
      "data-seat": String(entry.seat),
    },
    [head, text],
  );
  if (entry.kind === "theirs") node.append(...linkButtons(entry.text, wishes));
  if (entry.masked) node.append(filteredMark("message"));
  if (follows) node.classList.add("follows");
  update(node, entry, wishes);
  return node;
}

/**
 * @param {string} text
 * @param {Wishes} wishes
 */
function linkButtons(text, { onLink }) {
  const links = linksIn(text);
  return links.map((link) => {
    const host = made("span", links.length > 1 ? {} : { class: "visually-hidden" }, [` ${link.host}`]);
    const attributes = { type: "button", class: "link-button open-link", "data-testid": "open-link" };
    const button = made("button", attributes, [gettext("Open link…"), host]);
    button.addEventListener("click", () => onLink(link));
    return button;
  });
}

/** @param {Readonly<Entry>} entry */
function questionMark(entry) {
  const node = made("div", { class: "question-mark", "data-testid": "question-mark" }, [
    made("span", { class: "question-sign", "aria-hidden": "true" }, ["?"]),
    made("p", { class: "question-text" }, [
      made("span", { class: "visually-hidden" }, [gettext("Question:"), " "]),
      made("span", { class: "question-words", dir: "auto" }, [entry.text]),
    ]),
  ]);
  if (entry.masked) node.append(filteredMark("question"));
  return node;
}

/** @param {"message" | "question"} what */
function filteredMark(what) {
  const words =
    what === "message"
      ? gettext("The filter covered some words of this message.")
      : gettext("The filter covered some words of this question.");
  return made("p", { class: "filtered", "data-testid": "filtered", title: words }, [
    made("span", { "aria-hidden": "true" }, [gettext("filtered")]),
    made("span", { class: "visually-hidden" }, [words]),
  ]);
}

/**
 * @param {HTMLElement} node
 * @param {Entry} entry
 * @param {Wishes} wishes
 */
function update(node, entry, { onAgain }) {
  node.dataset.delivery = entry.delivery;
  const old = node.querySelector(".delivery");
  if (entry.delivery !== "failed") {
    old?.remove();
    return;
  }
  old?.remove();
  const delivery = made("p", { class: "delivery" }, [made("span", {}, [entry.why]), " "]);
  const again = made(
    "button",
    { type: "button", class: "link-button", "data-testid": entry.refused ? "edit" : "retry" },
    [entry.refused ? gettext("Edit") : gettext("Try again")],
  );
  again.addEventListener("click", () => onAgain(entry));
  delivery.append(again);
  node.append(delivery);
}
