/** Question mode at the start: the question and whether it is shown, or to discuss one; how long either waits. */

import { ngettext } from "../core/gettext.js";
import { howLong, wanted } from "../core/phrases.js";
import { asQuestion, QUESTION_LEAST, questionLength } from "../core/question.js";
import { byId, setText } from "./element.js";

/**
 * @import { Wish } from "../net/frames.js"
 * @import { Session } from "../session/session.js"
 * @import { State } from "../session/state.js"
 */

/**
 * @param {object} parts
 * @param {Session} parts.session
 * @param {(wish: Omit<Wish, "interests" | "languages">) => void} parts.start
 */
export function createQuestionForm({ session, start }) {
  const mode = byId("question-mode", HTMLDetailsElement);
  const missing = byId("question-wanted", HTMLElement);
  const wait = byId("question-wait", HTMLElement);
  const field = byId("question", HTMLTextAreaElement);
  const count = byId("question-count", HTMLElement);
  const problem = byId("question-error", HTMLElement);
  const reveal = byId("reveal", HTMLInputElement);
  const askButton = byId("ask", HTMLButtonElement);
  const discussButton = byId("discuss", HTMLButtonElement);
  const most = () => session.get().limits.question_chars;

  function measure() {
    const { over, words } = questionLength(field.value, most());
    setText(count, words);
    count.classList.toggle("over", over);
  }

  /** @param {string} text */
  function showProblem(text) {
    setText(problem, text);
    problem.hidden = text === "";
    if (text) field.setAttribute("aria-invalid", "true");
    else field.removeAttribute("aria-invalid");
  }

  function ask() {
    if (!questionLength(field.value, most()).fits) {
      showProblem(
        ngettext(
          "A question needs %(least)s to %(count)s character.",
          "A question needs %(least)s to %(count)s characters.",
          most(),
          { least: QUESTION_LEAST },
        ),
      );
      field.focus();
      return;
    }
    showProblem("");
    start({ mode: "text", role: "ask", question: asQuestion(field.value), reveal: reveal.checked });
  }

  field.addEventListener("input", () => {
    measure();
    showProblem("");
  });
  field.addEventListener("keydown", (event) => {
    // 229: Safari ends a composition before it tells of its Enter.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    ask();
  });
  askButton.addEventListener("click", ask);
  discussButton.addEventListener("click", () => start({ mode: "text", role: "discuss" }));
  measure();

  /**
   * @param {State} state
   * @param {State} previous
   */
  function render({ phase, wish, queues, fieldProblem }, previous) {
    if (queues !== previous.queues) {
      const words = howLong(queues);
      setText(wait, words);
      wait.hidden = words === "";
      setText(missing, wanted(queues?.short ?? null));
      askButton.classList.toggle("button-primary", queues?.short === "ask");
      discussButton.classList.toggle("button-primary", queues?.short === "discuss");
    }
    if (phase !== "idle" || previous.phase === "idle" || !wish || wish.role === "chat") return;
    // Back from question mode: as it was, also where the page was loaded again meanwhile.
    mode.open = true;
    if (wish.question && field.value === "") {
      field.value = wish.question;
      reveal.checked = wish.reveal === true;
      measure();
    }
    if (fieldProblem?.field === "question") showProblem(fieldProblem.text);
    if (wish.role === "ask") field.focus();
    else discussButton.focus();
  }

  return { render };
}
