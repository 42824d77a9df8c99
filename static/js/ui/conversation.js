/** The conversation around its log: the status line, what both like, who is typing, how it ended, save and block. */

import { ending, greeting, inCommon } from "../core/phrases.js";
import { listed } from "../core/text.js";
import { transcriptName, transcriptText } from "../core/transcript.js";
import { strangerNames } from "../session/room.js";
import { endOf } from "../session/selectors.js";
import { byId, ownUrl, setText } from "./element.js";
import { createLog } from "./log.js";

/**
 * @import { Clock } from "../core/clock.js"
 * @import { Session } from "../session/session.js"
 * @import { Room, State } from "../session/state.js"
 */

/**
 * @param {object} parts
 * @param {Session} parts.session
 * @param {Clock} parts.clock
 * @param {string} parts.site
 * @param {(name: string, text: string) => void} parts.saveFile
 * @param {(text: string) => void} parts.onEdit
 */
export function createConversation({ session, clock, site, saveFile, onEdit }) {
  const status = byId("status", HTMLElement);
  const common = byId("common", HTMLElement);
  const tools = byId("talk-tools", HTMLElement);
  const block = byId("block", HTMLButtonElement);
  const blockLabel = byId("block-label", HTMLElement);
  const report = byId("report", HTMLButtonElement);
  const reportLabel = byId("report-label", HTMLElement);
  const reportEnded = byId("report-ended", HTMLButtonElement);
  const reported = byId("ended-report", HTMLElement);
  const receipt = byId("ended-receipt", HTMLElement);
  const receiptLink = byId("ended-receipt-link", HTMLAnchorElement);
  const frame = byId("log-frame", HTMLElement);
  const typing = byId("typing", HTMLElement);
  const ended = byId("ended", HTMLElement);
  const endedText = byId("ended-text", HTMLElement);
  const log = createLog({
    frame,
    toNewest: byId("to-newest", HTMLButtonElement),
    onRetry: (id) => session.dispatch({ type: "retry", id }),
    onEdit,
  });

  block.addEventListener("click", () => session.dispatch({ type: "block" }));
  byId("new-stranger", HTMLButtonElement).addEventListener("click", () =>
    session.dispatch({ type: "again" }),
  );
  byId("home", HTMLButtonElement).addEventListener("click", () => session.dispatch({ type: "home" }));
  byId("save", HTMLButtonElement).addEventListener("click", save);

  function save() {
    const { room } = session.get();
    if (!room) return;
    const text = transcriptText({
      site,
      me: room.you.name,
      strangers: strangerNames(room),
      common: room.common,
      lines: room.entries.map((entry) => ({
        note: entry.kind === "note",
        who: entry.who,
        text: entry.text,
        at: entry.at,
        delivered: entry.delivery === "sent",
      })),
      end: room.ended ? ending(endOf(session.get()), strangerNames(room)) : "",
    });
    saveFile(transcriptName(site, clock.now()), text);
  }

  /** @param {State} state */
  function render(state) {
    const room = state.phase === "talking" || state.phase === "ended" ? state.room : null;
    setText(
      status,
      room ? statusOf(room) : state.phase === "waiting" ? "Looking for someone to chat with…" : "",
    );
    const shared = room ? inCommon(room.common, room.language) : "";
    setText(common, shared);
    common.hidden = shared === "";
    tools.hidden = room === null;
    frame.hidden = room === null;
    block.hidden = state.phase !== "talking";
    setText(blockLabel, room?.blocking ? "Blocking…" : state.blockAsked ? "Block for good?" : "Block");
    block.classList.toggle("asks", state.blockAsked);
    const types = room?.strangerTypingUntil != null;
    setText(typing, types && room ? `${listed(strangerNames(room))} is typing` : "");
    typing.hidden = !types;
    ended.hidden = state.phase !== "ended";
    if (!room) return;
    setText(endedText, room.ended ? ending(endOf(state), strangerNames(room)) : "");
    showReport(room, state);
    log.render(room);
  }

  /**
   * @param {Room} room
   * @param {State} state
   */
  function showReport(room, { filing, phase }) {
    const mine = filing?.room === room.id ? filing : null;
    const filed = mine?.step === "filed";
    report.hidden = phase !== "talking";
    setText(reportLabel, mine?.step === "sending" ? "Reporting…" : "Report");
    setText(reportEnded, mine?.step === "sending" ? "Reporting…" : "Report");
    reportEnded.hidden = filed || (!room.reportable && mine?.step !== "sending");
    reported.hidden = !filed;
    setText(receipt, filed ? mine.receipt : "");
    const url = filed ? ownUrl(mine.url) : "";
    receiptLink.hidden = url === "";
    if (url) receiptLink.href = url;
  }

  return { render };
}

/** @param {Room} room */
function statusOf(room) {
  const names = strangerNames(room);
  if (room.ended) return `You talked with ${listed(names)}.`;
  if (!room.strangerHere) return `${listed(names)}'s connection dropped. Waiting for them…`;
  return greeting(names);
}
