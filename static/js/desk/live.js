/** The line to the server: opened again with growing pauses, until the server says that it is over. */

import { backoffDelay } from "../core/backoff.js";
import { createAlarm } from "../core/clock.js";

/** @typedef {import("../core/clock.js").Clock} Clock */
/** @typedef {"on" | "off" | "over"} LineState */
/** @typedef {Readonly<{ event: string, lanes: Record<string, number>, case?: number | null, by?: string }>} News */
/**
 * @typedef {object} Line
 * @property {((event: { data: unknown }) => void) | null} onmessage
 * @property {(() => void) | null} onopen
 * @property {((event: { code: number }) => void) | null} onclose
 */

export const SIGNED_OUT = 4401;

/**
 * @param {object} parts
 * @param {() => Line} parts.open
 * @param {Clock} parts.clock
 * @param {() => number} parts.random
 * @param {(news: News) => void} parts.onNews
 * @param {(state: LineState) => void} parts.onState
 */
export function createLive({ open, clock, random, onNews, onState }) {
  let attempt = 0;
  const alarm = createAlarm(clock, connect);

  function connect() {
    const line = open();
    line.onopen = () => {
      attempt = 0;
      onState("on");
    };
    line.onmessage = (event) => {
      const news = newsOf(event.data);
      if (news) onNews(news);
    };
    line.onclose = (event) => {
      if (event.code === SIGNED_OUT) {
        onState("over");
        return;
      }
      onState("off");
      alarm.after(backoffDelay(attempt++, random));
    };
  }

  connect();
}

/**
 * @param {unknown} data
 * @returns {News | null}
 */
export function newsOf(data) {
  try {
    const news = JSON.parse(String(data));
    return typeof news?.event === "string" && typeof news.lanes === "object" ? news : null;
  } catch {
    return null;
  }
}
