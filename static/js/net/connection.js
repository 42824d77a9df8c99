/**
 * One lasting connection over many sockets: connects, says hello, comes back after a loss.
 * It knows when to come back but nothing of queues and rooms: what to say is the caller's `hello`.
 */

import { backoffDelay } from "../core/backoff.js";
import { createAlarm } from "../core/clock.js";
import { closeMeaning, LATER_MS } from "./close-codes.js";
import { readFrame } from "./frames.js";

/**
 * @import { Clock } from "../core/clock.js"
 * @import { ClientFrame, ServerFrame } from "./frames.js"
 */

/** @typedef {"closed" | "connecting" | "open" | "reconnecting"} Phase */
/** @typedef {"expired" | "banned" | "elsewhere"} Halt */

/**
 * @typedef {object} Socket
 * @property {(text: string) => void} send
 * @property {(code: number) => void} close
 */

/**
 * @typedef {object} SocketEvents
 * @property {() => void} onOpen
 * @property {(text: string) => void} onText
 * @property {(code: number) => void} onClose
 */

/**
 * @typedef {object} Report
 * @property {Phase} phase
 * @property {number} attempt how many attempts failed since the last stable connection
 * @property {number | null} retryAt when the next attempt is; null: it is under way, or none is planned
 * @property {"" | "flooding"} reason
 * @property {Halt | null} halt why it will not come back by itself
 */

/** @typedef {ReturnType<typeof createConnection>} Connection */

/** From the attempt to `welcome`; a network that swallows everything must not hold the page for minutes. */
export const WELCOME_MS = 10_000;
/** Only a connection that held this long makes the next loss a first one. */
export const STABLE_MS = 5_000;
/** Our own close: anything but 1000 and 1001, so that the server keeps the place for the full time. */
export const CLOSE_FOR_REFRESH = 4000;

/**
 * @param {object} parts
 * @param {(events: SocketEvents) => Socket} parts.openSocket
 * @param {Clock} parts.clock
 * @param {() => number} parts.random
 * @param {() => ClientFrame} parts.hello asked for each time a socket opens
 * @param {(frame: ServerFrame) => void} parts.onFrame
 * @param {(report: Report) => void} parts.onReport
 */
export function createConnection({ openSocket, clock, random, hello, onFrame, onReport }) {
  /** @type {Phase} */
  let phase = "closed";
  let attempt = 0;
  /** @type {Socket | null} */
  let socket = null;
  /** Counts sockets: what an abandoned one still says is nobody's business. */
  let generation = 0;

  const retry = createAlarm(clock, connect);
  const welcome = createAlarm(clock, () => lose(CLOSE_FOR_REFRESH));
  const stable = createAlarm(clock, () => {
    attempt = 0;
  });
  const planned = createAlarm(clock, refresh);

  /**
   * @param {Phase} next
   * @param {Partial<Report>} [more]
   */
  function report(next, more = {}) {
    phase = next;
    onReport({ phase, attempt, retryAt: null, reason: "", halt: null, ...more });
  }

  function connect() {
    abandon(CLOSE_FOR_REFRESH);
    const mine = generation;
    report(attempt === 0 && phase === "closed" ? "connecting" : "reconnecting");
    if (mine !== generation) return;
    welcome.after(WELCOME_MS);
    try {
      socket = openSocket({
        onOpen: () => {
          if (mine === generation) socket?.send(JSON.stringify(hello()));
        },
        onText: (text) => {
          if (mine === generation) hear(text);
        },
        onClose: (code) => {
          if (mine === generation) closed(code);
        },
      });
    } catch {
      lose(CLOSE_FOR_REFRESH);
    }
  }

  /** @param {string} text */
  function hear(text) {
    const frame = readFrame(text);
    if (frame === null) return;
    if (frame.type === "welcome") {
      welcome.cancel();
      stable.after(STABLE_MS);
      report("open");
    }
    onFrame(frame);
  }

  /** @param {number} code */
  function closed(code) {
    const meaning = closeMeaning(code);
    if (meaning === "again") lose(code);
    else if (meaning === "later") comeBack(LATER_MS, "flooding");
    else {
      abandon(CLOSE_FOR_REFRESH);
      attempt = 0;
      report("closed", { halt: meaning });
    }
  }

  /** @param {number} code */
  function lose(code) {
    abandon(code);
    comeBack(backoffDelay(attempt, random), "");
  }

  /**
   * @param {number} delay
   * @param {Report["reason"]} reason
   */
  function comeBack(delay, reason) {
    abandon(CLOSE_FOR_REFRESH);
    attempt += 1;
    retry.after(delay);
    report("reconnecting", { retryAt: clock.now() + delay, reason });
  }

  /** @param {number} code */
  function abandon(code) {
    generation += 1;
    const old = socket;
    socket = null;
    for (const alarm of [retry, welcome, stable, planned]) alarm.cancel();
    try {
      old?.close(code >= 3000 ? code : CLOSE_FOR_REFRESH);
    } catch {
      // It was closed already.
    }
  }

  /** Take a new socket at once, in place of a dead or doubtful one or of waiting any longer. */
  function refresh() {
    if (phase !== "closed") connect();
  }

  return {
    open() {
      if (phase === "closed") connect();
    },
    refresh,
    /**
     * Take a new socket in `ms`; until then the present one is used on.
     *
     * @param {number} ms
     */
    refreshIn(ms) {
      if (phase === "open") planned.after(ms);
    },
    /**
     * Send a frame if there is a connection, and say whether there was.
     *
     * @param {ClientFrame} frame
     */
    send(frame) {
      if (phase !== "open" || socket === null) return false;
      socket.send(JSON.stringify(frame));
      return true;
    },
    /** Stop for good, until `open`. */
    close() {
      const old = socket;
      socket = null;
      abandon(CLOSE_FOR_REFRESH);
      old?.close(1000);
      attempt = 0;
      if (phase !== "closed") report("closed");
    },
  };
}
