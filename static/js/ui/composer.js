/**
 * Where one writes, or asks: Enter sends, Shift and Enter makes a line, an input method's Enter does neither. A message
 * leaves the field at once; a question stays until it is asked, as it may come back.
 */

import { gettext } from "../core/gettext.js";
import { asQuestion, questionLength } from "../core/question.js";
import { cleaned, codePoints, roomLeft } from "../core/text.js";
import { isAsking } from "../session/asking.js";
import { byId, setText } from "./element.js";

/**
 * @import { createEmojiPicker } from "./emoji-picker.js"
 * @import { Session } from "../session/session.js"
 * @import { State } from "../session/state.js"
 */

/** From here on the counter is shown. */
const COUNTED_FROM = 0.8;

/**
 * @param {object} parts
 * @param {Session} parts.session
 * @param {() => string} parts.newId
 * @param {boolean} parts.mayFocus false where focusing opens a keyboard on the screen
 * @param {() => Promise<typeof createEmojiPicker>} parts.loadPicker
 */
export function createComposer({ session, newId, mayFocus, loadPicker }) {
  const form = byId("composer-form", HTMLFormElement);
  const field = byId("composer", HTMLTextAreaElement);
  const sendButton = byId("send", HTMLButtonElement);
  const sendLabel = byId("send-label", HTMLElement);
  const label = byId("composer-label", HTMLElement);
  const problem = byId("composer-problem", HTMLElement);
  const count = byId("composer-count", HTMLElement);
  const emoji = byId("emoji", HTMLButtonElement);
  const panel = byId("emoji-panel", HTMLElement);
  /** @type {ReturnType<typeof createEmojiPicker> | null} */
  let picker = null;

  /** Grow with the text; the style sheet limits how far. */
  function fit() {
    field.style.setProperty("height", "auto");
    field.style.setProperty("height", `${field.scrollHeight + 2}px`);
  }

  function measure() {
    const { limits, phase, room } = session.get();
    const asks = room?.role === "ask";
    const { fits, over, counted, words } = asks
      ? { ...questionLength(field.value, limits.question_chars), counted: field.value !== "" }
      : messageLength(field.value, limits.message_chars);
    // What was wrong with the question stands as long as the question does.
    const asking = asks && asQuestion(field.value) === room.asking?.text ? room.asking : null;
    setText(problem, asking?.problem ?? "");
    problem.hidden = !asking?.problem;
    count.hidden = !counted || phase !== "talking" || !problem.hidden;
    setText(count, words);
    count.classList.toggle("over", over);
    sendButton.disabled = phase !== "talking" || !fits || (asks && isAsking(room));
    if (over || !problem.hidden) field.setAttribute("aria-invalid", "true");
    else field.removeAttribute("aria-invalid");
  }

  function changed() {
    fit();
    measure();
  }

  function submit() {
    measure();
    if (sendButton.disabled) return;
    const text = field.value;
    if (session.get().room?.role === "ask") session.dispatch({ type: "ask", ref: newId(), text });
    else {
      session.dispatch({ type: "say", id: newId(), text });
      field.value = "";
      changed();
    }
    field.focus();
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  // A phone that is turned breaks the lines elsewhere.
  addEventListener("resize", fit);
  field.addEventListener("keydown", (event) => {
    // 229: Safari ends a composition before it tells of its Enter.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    submit();
  });
  function typed() {
    changed();
    session.dispatch({ type: "typed", empty: field.value.trim() === "" });
  }

  field.addEventListener("input", typed);
  emoji.addEventListener("click", async () => {
    const create = picker ? null : await loadPicker().catch(() => null);
    // Pressed twice while it was on its way.
    if (create) picker ??= create({ panel, button: emoji, onPick: insert });
    picker?.toggle();
  });

  /** @param {string} sign */
  function insert(sign) {
    if (field.readOnly) return;
    field.setRangeText(sign, field.selectionStart, field.selectionEnd, "end");
    typed();
  }

  /**
   * @param {State} state
   * @param {State} previous
   */
  function render(state, previous) {
    const talking = state.phase === "talking";
    const { room } = state;
    const asks = room?.role === "ask" && state.phase !== "waiting";
    const { asking } = room ?? { asking: null };
    const old = previous.room?.asking ?? null;
    // Read-only, not disabled: the focus stays, and with it the way of the keyboard.
    field.readOnly = !talking || (room !== null && isAsking(room));
    form.dataset.open = String(talking);
    emoji.hidden = field.readOnly;
    if (field.readOnly) picker?.close();
    field.placeholder = placeholder(state.phase, asks);
    setText(label, asks ? gettext("Your next question") : gettext("Message"));
    setText(sendLabel, asks ? gettext("Ask") : gettext("Send"));
    if (room?.id !== previous.room?.id) field.value = "";
    else if (old && !asking && talking && asQuestion(field.value) === old.text) field.value = "";
    if (asking !== old) changed();
    if (mayFocus && state.phase !== previous.phase && (talking || previous.phase === "idle")) field.focus();
    if (state.phase !== previous.phase) changed();
  }

  return {
    render,
    /**
     * Take a text in again that was not delivered, after what is there already.
     *
     * @param {string} text
     */
    put(text) {
      field.value = field.value.trim() === "" ? text : `${field.value}\n${text}`;
      changed();
      field.focus();
    },
  };
}

/**
 * @param {string} text
 * @param {number} most
 */
function messageLength(text, most) {
  const length = codePoints(cleaned(text));
  const left = most - length;
  const over = left < 0;
  return { fits: length > 0 && !over, over, counted: length >= most * COUNTED_FROM, words: roomLeft(left) };
}

/**
 * @param {State["phase"]} phase
 * @param {boolean} asks
 */
function placeholder(phase, asks) {
  if (phase === "talking") return asks ? gettext("Ask something else…") : gettext("Type a message");
  return phase === "waiting" ? gettext("One moment…") : gettext("Conversation over");
}
