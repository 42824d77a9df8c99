/** Where one writes: Enter sends, Shift and Enter makes a line, an input method's Enter does neither. */

import { cleaned, codePoints } from "../core/text.js";
import { byId, setText } from "./element.js";

/**
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
 */
export function createComposer({ session, newId, mayFocus }) {
  const form = byId("composer-form", HTMLFormElement);
  const field = byId("composer", HTMLTextAreaElement);
  const sendButton = byId("send", HTMLButtonElement);
  const count = byId("composer-count", HTMLElement);

  /** Grow with the text; the style sheet limits how far. */
  function fit() {
    field.style.setProperty("height", "auto");
    field.style.setProperty("height", `${field.scrollHeight + 2}px`);
  }

  function measure() {
    const { limits, phase } = session.get();
    const length = codePoints(cleaned(field.value));
    const left = limits.message_chars - length;
    count.hidden = length < limits.message_chars * COUNTED_FROM;
    setText(count, left < 0 ? `${-left} too many` : `${left} left`);
    count.classList.toggle("over", left < 0);
    sendButton.disabled = phase !== "talking" || length === 0 || left < 0;
    if (left < 0) field.setAttribute("aria-invalid", "true");
    else field.removeAttribute("aria-invalid");
  }

  function changed() {
    fit();
    measure();
  }

  function submit() {
    measure();
    if (sendButton.disabled) return;
    session.dispatch({ type: "say", id: newId(), text: field.value });
    field.value = "";
    changed();
    field.focus();
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  field.addEventListener("keydown", (event) => {
    // 229: Safari ends a composition before it tells of its Enter.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    submit();
  });
  field.addEventListener("input", () => {
    changed();
    session.dispatch({ type: "typed", empty: field.value.trim() === "" });
  });

  /**
   * @param {State} state
   * @param {State} previous
   */
  function render(state, previous) {
    const talking = state.phase === "talking";
    // Read-only, not disabled: the focus stays, and with it the way of the keyboard.
    field.readOnly = !talking;
    form.dataset.open = String(talking);
    field.placeholder = placeholder(state.phase);
    if (state.room?.id !== previous.room?.id) field.value = "";
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

/** @param {State["phase"]} phase */
function placeholder(phase) {
  if (phase === "talking") return "Type a message";
  return phase === "waiting" ? "One moment…" : "Conversation over";
}
