/** The log of one conversation: nodes are appended, changed in place, never rebuilt. A new stranger, a new element. */

import { made, setText } from "./element.js";
import { moreLink } from "./page.js";

/**
 * @import { Entry, Room } from "../session/state.js"
 */

/**
 * @param {object} parts
 * @param {HTMLElement} parts.frame scrolls
 * @param {HTMLButtonElement} parts.toNewest
 * @param {(id: string) => void} parts.onRetry
 */
export function createLog({ frame, toNewest, onRetry }) {
  /** @type {HTMLElement | null} */
  let log = null;
  let key = "";
  /** @type {readonly Readonly<Entry>[]} */
  let shown = [];
  /** @type {HTMLElement[]} */
  let nodes = [];
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
    room.entries.forEach((entry, index) => {
      const old = nodes[index];
      if (old && shown[index] === entry) return;
      if (old) update(old, entry, onRetry);
      else {
        const node = nodeFor(entry, room.entries[index - 1], onRetry);
        nodes.push(node);
        log?.append(node);
        appended = true;
        mine ||= entry.kind === "mine" && entry.delivery === "pending";
      }
    });
    shown = room.entries;
    if (mine || pinned) toBottom();
    else if (appended) toNewest.hidden = false;
  }

  /** @param {Room} room */
  function begin(room) {
    key = room.key;
    shown = [];
    nodes = [];
    log = made("div", {
      class: "log",
      role: "log",
      "aria-label": "Messages",
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
 * @param {(id: string) => void} onRetry
 */
function nodeFor(entry, before, onRetry) {
  if (entry.kind === "note") {
    const note = made("p", { class: "note", "data-testid": "note" }, [entry.text]);
    if (entry.url) note.append(" ", moreLink(entry.url));
    return note;
  }
  const follows = before?.kind === entry.kind && entry.at - before.at < 180_000;
  const name = made("span", { class: follows ? "who visually-hidden" : "who" }, [entry.who]);
  const text = made("p", { class: "bubble", dir: "auto" }, [entry.text]);
  const node = made(
    "div",
    { class: `message message-${entry.kind}`, "data-testid": `message-${entry.kind}` },
    [name, text],
  );
  if (follows) node.classList.add("follows");
  update(node, entry, onRetry);
  return node;
}

/**
 * @param {HTMLElement} node
 * @param {Entry} entry
 * @param {(id: string) => void} onRetry
 */
function update(node, entry, onRetry) {
  node.dataset.delivery = entry.delivery;
  const old = node.querySelector(".delivery");
  if (entry.delivery !== "failed") {
    old?.remove();
    return;
  }
  if (old instanceof HTMLElement) {
    setText(old, entry.why);
    return;
  }
  const delivery = made("p", { class: "delivery" }, [made("span", {}, [entry.why]), " "]);
  const retry = made("button", { type: "button", class: "link-button", "data-testid": "retry" }, [
    "Try again",
  ]);
  retry.addEventListener("click", () => onRetry(entry.id));
  delivery.append(retry);
  node.append(delivery);
}
