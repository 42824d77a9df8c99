/** The conversation around its log: the status line, what both like, who is typing, how it ended, save and block. */

import { gettext } from "../core/gettext.js";
import { askedAgain, BUTTONS, goingOn, inCommon, searching, typingNow } from "../core/phrases.js";
import { transcriptName, transcriptText } from "../core/transcript.js";
import { mayMeetAgain } from "../session/meet-again.js";
import { awayNames, strangerNames, typingNames } from "../session/seats.js";
import { endSentence } from "../session/selectors.js";
import { byId, ownUrl, setText } from "./element.js";
import { createLog } from "./log.js";

/**
 * @import { Clock } from "../core/clock.js"
 * @import { Link } from "../core/links.js"
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
 * @param {(link: Link) => void} parts.onLink
 */
export function createConversation({ session, clock, site, saveFile, onEdit, onLink }) {
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
  const again = byId("new-stranger", HTMLButtonElement);
  const meetAgain = byId("meet-again", HTMLButtonElement);
  const asked = byId("ended-again", HTMLElement);
  const home = byId("home", HTMLButtonElement);
  const chatEnded = byId("chat-ended", HTMLButtonElement);
  const log = createLog({
    frame,
    toNewest: byId("to-newest", HTMLButtonElement),
    onRetry: (id) => session.dispatch({ type: "retry", id }),
    onEdit,
    onLink,
  });

  block.addEventListener("click", () => session.dispatch({ type: "block" }));
  again.addEventListener("click", () => session.dispatch({ type: "again" }));
  meetAgain.addEventListener("click", () => session.dispatch({ type: "meet-again" }));
  home.addEventListener("click", () => session.dispatch({ type: "home" }));
  chatEnded.addEventListener("click", () => session.dispatch({ type: "chat-instead" }));
  byId("save", HTMLButtonElement).addEventListener("click", save);

  function save() {
    const { room } = session.get();
    if (!room) return;
    const text = transcriptText({
      site,
      me: room.you.name,
      strangers: strangerNames(room),
      common: room.common,
      question: room.question,
      lines: room.entries.map((entry) => ({
        mark: entry.kind === "note" ? "*" : entry.kind === "question" ? "?" : "",
        who: entry.who,
        text: entry.text,
        at: entry.at,
        delivered: entry.delivery === "sent",
      })),
      end: endSentence(session.get()),
    });
    saveFile(transcriptName(site, clock.now()), text);
  }

  /** @param {State} state */
  function render(state) {
    const room = state.phase === "talking" || state.phase === "ended" ? state.room : null;
    const words = BUTTONS[room?.role ?? "chat"];
    setText(status, room ? statusOf(room) : waiting(state));
    const shared = room ? inCommon(room.common, room.language, room.role) : "";
    setText(common, shared);
    common.hidden = shared === "";
    tools.hidden = room === null;
    frame.hidden = room === null;
    block.hidden = state.phase !== "talking";
    const sure = state.asked === "block";
    setText(blockLabel, room?.blocking ? gettext("Blocking…") : sure ? words.sure : words.block);
    block.classList.toggle("asks", sure);
    const types = room ? typingNow(typingNames(room)) : "";
    setText(typing, types);
    typing.hidden = types === "";
    ended.hidden = state.phase !== "ended";
    if (!room) return;
    setText(endedText, endSentence(state));
    setText(again, words.again);
    setText(home, words.home);
    const offered = mayMeetAgain(state);
    meetAgain.hidden = !offered || state.again?.asked === true;
    asked.hidden = !offered || state.again?.asked !== true;
    setText(asked, asked.hidden ? "" : askedAgain(strangerNames(room)));
    chatEnded.hidden = room.role !== "discuss";
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
    const words = mine?.step === "sending" ? gettext("Reporting…") : gettext("Report");
    setText(reportLabel, words);
    setText(reportEnded, words);
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
  return goingOn(room.role, strangerNames(room), awayNames(room), room.ended !== "");
}

/** @param {State} state */
function waiting({ phase, wish }) {
  return phase === "waiting" ? searching(wish?.role ?? "chat") : "";
}
