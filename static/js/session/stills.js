/**
 * The picture that may go with a report: taken when the report is begun, held in memory alone, and gone as soon as it
 * was sent, not wanted, or the report was given up.
 */

/** @import { Filing } from "./state.js" */

/** @typedef {"" | "sending" | "sent" | "failed"} Outcome */

/**
 * @template Frame
 * @typedef {ReturnType<typeof createStills<Frame>>} Stills
 */

/**
 * @template Frame
 * @param {object} parts
 * @param {(path: string, frame: Frame) => Promise<boolean>} parts.send whether it was taken
 * @param {() => void} parts.onChange
 */
export function createStills({ send, onChange }) {
  /** @type {Readonly<{ room: string, frame: Frame }> | null} */
  let held = null;
  let wanted = true;
  let receipt = "";
  /** @type {Outcome} */
  let outcome = "";

  /**
   * Hold what was seen when this report was begun. One that is on its way keeps its own: the picture would be of
   * somebody else.
   *
   * @param {Frame | null} frame
   * @param {Filing | null} filing
   */
  function take(frame, filing) {
    if (filing?.step !== "asking") return;
    held = frame === null ? null : Object.freeze({ room: filing.room, frame });
    wanted = true;
    onChange();
  }

  /** @param {boolean} on */
  function want(on) {
    wanted = on;
  }

  /**
   * Go along with the report.
   *
   * @param {Filing | null} filing
   */
  function follow(filing) {
    if (held === null) return;
    if (filing?.room !== held.room) {
      held = null;
      return;
    }
    if (filing.step !== "filed") return;
    const { frame } = held;
    held = null;
    if (!wanted) return;
    receipt = filing.receipt;
    outcome = filing.still === "" ? "failed" : "sending";
    if (outcome === "sending") deliver(filing, frame);
  }

  /**
   * @param {Filing} filing
   * @param {Frame} frame
   */
  async function deliver(filing, frame) {
    const taken = await send(filing.still, frame).catch(() => false);
    if (receipt !== filing.receipt) return;
    outcome = taken ? "sent" : "failed";
    onChange();
  }

  return {
    take,
    want,
    follow,
    isHeld: () => held !== null,
    /** @param {string} filed the receipt of a report */
    outcomeOf: (filed) => (filed !== "" && filed === receipt ? outcome : ""),
  };
}
