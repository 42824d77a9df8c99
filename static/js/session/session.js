/** The running session: feeds events to the machine one at a time, does the effects, keeps the alarm for the next tick. */

import { createAlarm } from "../core/clock.js";
import { createStore } from "../core/store.js";
import { helloFrame, nextDeadline } from "./selectors.js";
import { initialState } from "./state.js";
import { step } from "./step.js";

/**
 * @import { CallEvent } from "../call/state.js"
 * @import { Clock } from "../core/clock.js"
 * @import { Connection, Report } from "../net/connection.js"
 * @import { ClientFrame, ServerFrame } from "../net/frames.js"
 * @import { Effect, SessionEvent } from "./state.js"
 */

/** @typedef {ReturnType<typeof createSession>} Session */

/**
 * @typedef {object} Line what the session hands to the connection
 * @property {() => ClientFrame} hello
 * @property {(frame: ServerFrame) => void} onFrame
 * @property {(report: Report) => void} onReport
 */

/**
 * @param {object} parts
 * @param {Clock} parts.clock
 * @param {(line: Line) => Connection} parts.connect
 * @param {() => void} parts.reload
 * @param {(event: CallEvent) => void} parts.onCall
 */
export function createSession({ clock, connect, reload, onCall }) {
  const store = createStore(initialState(clock.now()));
  const alarm = createAlarm(clock, () => dispatch({ type: "tick" }));
  /** @type {SessionEvent[]} */
  const events = [];
  let busy = false;

  const connection = connect({
    hello: () => helloFrame(store.get()),
    onFrame: (frame) => dispatch({ type: "frame", frame }),
    onReport: (report) => dispatch({ type: "connection", report }),
  });

  /**
   * An event during an event waits for its turn: doing an effect may bring the next one.
   *
   * @param {SessionEvent} event
   */
  function dispatch(event) {
    events.push(event);
    if (busy) return;
    busy = true;
    try {
      for (let next = events.shift(); next; next = events.shift()) {
        const { state, effects } = step(store.get(), next, clock.now());
        store.set(state);
        for (const effect of effects) perform(effect);
      }
    } finally {
      busy = false;
    }
    const deadline = nextDeadline(store.get());
    if (deadline === null) alarm.cancel();
    else alarm.after(deadline - clock.now());
  }

  /** @param {Effect} effect */
  function perform(effect) {
    switch (effect.do) {
      case "connect":
        return connection.open();
      case "disconnect":
        return connection.close();
      case "refresh":
        return connection.refresh();
      case "refresh-in":
        return connection.refreshIn(effect.ms);
      case "send":
        connection.send(effect.frame);
        return;
      case "call":
        return onCall(effect.event);
      case "reload":
        return reload();
    }
  }

  return { get: store.get, watch: store.watch, dispatch };
}
