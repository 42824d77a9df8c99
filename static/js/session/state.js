/**
 * What the session knows: frozen values only. `step` makes the next state from this one and an event; nobody else does.
 */

import { fullBucket } from "../core/bucket.js";
import { DEFAULT_LIMITS } from "../net/frames.js";

/**
 * @import { CallFrame, Meeting } from "../call/call.js"
 * @import { CallEvent } from "../call/state.js"
 * @import { Bucket } from "../core/bucket.js"
 * @import { Role } from "../core/question.js"
 * @import { Tracks } from "../core/sequence.js"
 * @import { Halt, Phase as ConnectionPhase, Report } from "../net/connection.js"
 * @import { About, ClientFrame, Limits, Mode, Reason, Seat, ServerFrame, VideoState, Wish } from "../net/frames.js"
 * @import { Queues, Status, Waits } from "../net/status-poll.js"
 */

/** @typedef {"idle" | "waiting" | "talking" | "ended"} Phase */

/**
 * One line of the log. `id` is the message id of an own message, or made up.
 *
 * @typedef {object} Entry
 * @property {string} id
 * @property {"mine" | "theirs" | "note" | "question"} kind
 * @property {string} who
 * @property {number} seat of a message
 * @property {number} seq the number of a message of this seat, or of a question; 0: none yet
 * @property {Readonly<Record<string, number>>} after how much each seat had said before a question
 * @property {string} text
 * @property {number} at
 * @property {"pending" | "sent" | "failed"} delivery always `sent` for what is not mine
 * @property {string} why what to say about a failed one
 * @property {string} url a page that says more (notes only)
 * @property {boolean} masked the filter covered words of it
 * @property {boolean} refused the filter stopped it: as it is, it would be stopped again
 */

/**
 * An own message that is not confirmed. `sentAt` is when it went out on the present connection; `tried` says that it
 * ever went out, so that the server may have it; `stalls` counts connections on which it was never confirmed.
 *
 * @typedef {Readonly<{ id: string, text: string, sentAt: number | null, tried: boolean, stalls: number }>} Outgoing
 */

/** @typedef {Readonly<{ seq: number, text: string, at: number, masked: boolean }>} Echo */

/**
 * The asker's next question until it is in the log. `problem`: why it is not on its way any more.
 *
 * @typedef {Readonly<{ ref: string, text: string, sentAt: number | null, problem: string }>} Asking
 */

/**
 * @typedef {object} RoomShape
 * @property {string} id
 * @property {string} key another key: the log starts anew
 * @property {Mode} mode
 * @property {Meeting | null} meeting what the call needs, in a video room
 * @property {Role} role
 * @property {Seat} you
 * @property {readonly Seat[]} strangers
 * @property {readonly string[]} common
 * @property {string | null} language
 * @property {readonly Readonly<Entry>[]} entries
 * @property {readonly Outgoing[]} outbox
 * @property {readonly Echo[]} echoes own messages of a replay that wait for `sent` to say which they are
 * @property {Tracks} tracks
 * @property {readonly number[]} mayJump seats whose next number may be too high (first one of a replay)
 * @property {boolean} live `matched` came on the present connection: frames may go out
 * @property {readonly number[]} away seats whose connection dropped
 * @property {Readonly<Record<string, number>>} typists seats that are typing, each until when
 * @property {boolean} reading somebody who asked reads along
 * @property {string} question what was asked first, for who may see it
 * @property {boolean} revealed the discussing strangers see what is asked
 * @property {Asking | null} asking
 * @property {boolean} typing the stranger was told that I am typing
 * @property {number | null} typingToldAt when that was told last
 * @property {number} typedAt
 * @property {boolean} blocking the wish to block is not confirmed yet
 * @property {boolean} cut reported or blocked: no call any more, whatever the server answers
 * @property {string} ended the reason, or an empty string
 * @property {number | null} endedBy the seat, where that is told
 * @property {number | null} endedAt
 * @property {boolean} reportable the server still knows what was said
 */
/** @typedef {Readonly<RoomShape>} Room */

/** @typedef {Readonly<{ id: string, level: "info" | "warning", text: string, url: string }>} NoticeCard */

/**
 * A report. `asking`: for the reason; `sending`: until the server confirms it, over as many connections as it takes;
 * `filed`: with a receipt.
 *
 * @typedef {object} FilingShape
 * @property {string} room which conversation; not always the present one
 * @property {string} who its stranger
 * @property {readonly Readonly<{ about: About, label: string }>[]} choices who or what it may be about, where that is a question
 * @property {About | null} about
 * @property {boolean} open the dialog about it is open
 * @property {"asking" | "sending" | "filed"} step
 * @property {Reason} reason
 * @property {string} note
 * @property {number | null} sentAt when it went out on the present connection
 * @property {number} tries
 * @property {string} problem what went wrong the last time
 * @property {string} receipt
 * @property {string} url the page that tells what became of it
 * @property {string} still where a picture of what was seen can be sent, or an empty string
 */
/** @typedef {Readonly<FilingShape>} Filing */

/** @typedef {Readonly<{ statement: string, url: string }>} Warning */
/** @typedef {Readonly<{ statement: string, url: string }>} Ban */

/**
 * @typedef {object} StateShape
 * @property {Phase} phase
 * @property {ConnectionPhase} connection
 * @property {number} attempt
 * @property {number | null} retryAt
 * @property {Report["reason"]} reason
 * @property {Halt | null} halt
 * @property {number | null} lostAt when the connection was lost
 * @property {boolean} offline
 * @property {boolean} visible
 * @property {string} name
 * @property {string} resume
 * @property {string} epoch
 * @property {number | null} online
 * @property {VideoState} video
 * @property {boolean} autoNext after a video talk the next one begins by itself
 * @property {number | null} nextAt when it does
 * @property {Readonly<{ until: number, asked: boolean }> | null} again until when the same stranger may be met again
 * @property {boolean} automatic the present search began by itself
 * @property {Readonly<Limits>} limits
 * @property {Wish | null} wish the last one, also after it was fulfilled: “New” looks for the same
 * @property {number | null} askedAt when `find` went out on the present connection without an answer yet
 * @property {string} findRef
 * @property {boolean} placed the server confirmed the place of this wish, so it can be resumed
 * @property {boolean} owing left while disconnected: the server has to be told
 * @property {Readonly<{ interests: readonly string[], languages: readonly string[], relaxesAt: number | null }> | null} search
 * @property {number} waitingSince
 * @property {"waiting" | "talking" | null} restoring what the page was in before it was loaded again
 * @property {Room | null} room the present one, or the last one while it can still be seen
 * @property {"" | "stop" | "block" | "chat"} asked what the next press on the same button does for good
 * @property {number | null} reallyUntil when that is forgotten
 * @property {number} unread
 * @property {Readonly<{ field: "interests" | "question", text: string }> | null} fieldProblem what the server says about it
 * @property {Queues | null} queues
 * @property {Waits | null} waits
 * @property {readonly NoticeCard[]} notices
 * @property {Filing | null} filing the last report
 * @property {readonly Warning[]} warnings that were not acknowledged yet
 * @property {Ban | null} ban nothing works any more
 * @property {string} trouble what the server says is wrong with it at the moment
 * @property {Bucket} bucket
 * @property {number} counter for keys
 */
/** @typedef {Readonly<StateShape>} State */

/**
 * What the page remembers through a reload.
 *
 * @typedef {Readonly<{ resume: string, epoch: string, phase: "waiting" | "talking", wish: Wish | null }>} Place
 */

/**
 * What happens to the session: frames, the connection's reports, the clock, and what the visitor wants.
 *
 * @typedef {{ type: "frame", frame: ServerFrame }
 *   | { type: "connection", report: Report }
 *   | { type: "tick" }
 *   | { type: "network", online: boolean }
 *   | { type: "visibility", visible: boolean }
 *   | { type: "woke" }
 *   | { type: "status", status: Status }
 *   | { type: "restore", place: Place }
 *   | { type: "find", wish: Wish }
 *   | { type: "again" }
 *   | { type: "meet-again" }
 *   | { type: "chat-instead" }
 *   | { type: "auto-next", on: boolean }
 *   | { type: "stay" }
 *   | { type: "call", frame: CallFrame }
 *   | { type: "relax" }
 *   | { type: "stop" }
 *   | { type: "escape" }
 *   | { type: "elsewhere-clicked" }
 *   | { type: "home" }
 *   | { type: "say", id: string, text: string }
 *   | { type: "ask", ref: string, text: string }
 *   | { type: "retry", id: string }
 *   | { type: "typed", empty: boolean }
 *   | { type: "block" }
 *   | { type: "report-open" }
 *   | { type: "report-close" }
 *   | { type: "report-about", about: About }
 *   | { type: "report", reason: Reason, note: string }
 *   | { type: "acknowledge" }
 *   | { type: "dismiss", id: string }
 *   | { type: "use-here" }
 *   | { type: "try-now" }} SessionEvent
 */

/**
 * What the surroundings shall do, in this order.
 *
 * @typedef {{ do: "connect" } | { do: "disconnect" } | { do: "refresh" } | { do: "refresh-in", ms: number }
 *   | { do: "send", frame: ClientFrame } | { do: "call", event: CallEvent } | { do: "reload" }} Effect
 */

/**
 * @param {number} now
 * @returns {State}
 */
export function initialState(now) {
  return Object.freeze({
    phase: "idle",
    connection: "closed",
    attempt: 0,
    retryAt: null,
    reason: "",
    halt: null,
    lostAt: null,
    offline: false,
    visible: true,
    name: "",
    resume: "",
    epoch: "",
    online: null,
    video: "off",
    autoNext: false,
    nextAt: null,
    again: null,
    automatic: false,
    limits: DEFAULT_LIMITS,
    wish: null,
    askedAt: null,
    findRef: "",
    placed: false,
    owing: false,
    search: null,
    waitingSince: 0,
    restoring: null,
    room: null,
    reallyUntil: null,
    asked: "",
    unread: 0,
    fieldProblem: null,
    queues: null,
    waits: null,
    notices: Object.freeze([]),
    filing: null,
    warnings: Object.freeze([]),
    ban: null,
    trouble: "",
    bucket: fullBucket(now),
    counter: 0,
  });
}
