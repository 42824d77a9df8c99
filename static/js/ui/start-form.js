/** The start: interests, languages, the ways to begin, and the tips before the first chat. */

import { videoNote } from "../core/call-phrases.js";
import { chipsFrom } from "../core/chips.js";
import { language } from "../core/gettext.js";
import { languagesFrom, spokenLanguages } from "../core/languages.js";
import { createChipsField } from "./chips-field.js";
import { byId, setText } from "./element.js";
import { createInterestSuggestions } from "./interest-suggestions.js";
import { createLanguagesField } from "./languages-field.js";
import { createQuestionForm } from "./question-form.js";

/**
 * @import { Memory } from "../core/memory.js"
 * @import { VideoState, Wish } from "../net/frames.js"
 * @import { Session } from "../session/session.js"
 * @import { State } from "../session/state.js"
 * @import { VideoSetup } from "./video-setup.js"
 */

/**
 * @param {object} parts
 * @param {Session} parts.session
 * @param {Memory} parts.memory
 * @param {readonly string[]} parts.browserTags
 * @param {VideoState} parts.video what the server said when it made the page
 * @param {VideoSetup} parts.setup
 * @param {() => Promise<readonly string[]>} parts.fetchPopular what many like at the moment
 */
export function createStartForm({ session, memory, browserTags, video, setup, fetchPopular }) {
  const form = byId("start-form", HTMLFormElement);
  const input = byId("interest-input", HTMLInputElement);
  const problem = byId("interest-error", HTMLElement);
  const status = byId("start-status", HTMLElement);
  const tips = byId("first-tips", HTMLElement);
  const videoButton = byId("video-chat", HTMLButtonElement);
  const note = byId("video-note", HTMLElement);
  let offered = video;
  const initial = session.get();
  const limits = { most: initial.limits.interests, chars: initial.limits.interest_chars };
  /** @param {string} text */
  const say = (text) => setText(status, text);

  const suggestions = createInterestSuggestions({
    input,
    chosen: () => interests.get(),
    onPick: (name) => interests.add(name),
  });
  const interests = createChipsField({
    box: byId("interest-box", HTMLElement),
    list: byId("interest-chips", HTMLElement),
    input,
    initial: chipsFrom(memory.read("interests"), limits),
    limits,
    testid: "interest-chip",
    onChange: (chips) => {
      memory.write("interests", chips);
      suggestions.render();
    },
    onProblem: showProblem,
    say,
    onKey: suggestions.onKey,
  });
  const languages = createLanguagesField({
    initial: initialLanguages(),
    browserTags,
    onChange: (tags) => memory.write("languages", tags),
    say,
  });

  /** Until something else is chosen, which may be none. */
  function initialLanguages() {
    const chosen = memory.read("languages");
    return chosen === null ? spokenLanguages(language, browserTags) : languagesFrom(chosen);
  }

  /** @param {string} text */
  function showProblem(text) {
    setText(problem, text);
    problem.hidden = text === "";
    if (text) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
  }

  function closeTips() {
    tips.hidden = true;
    memory.write("tips-seen", true);
  }

  /** @param {Omit<Wish, "interests" | "languages">} wish */
  function start(wish) {
    if (!interests.commit()) {
      input.focus();
      return;
    }
    closeTips();
    session.dispatch({
      type: "find",
      wish: { ...wish, interests: interests.get(), languages: languages.get() },
    });
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    start({ mode: "text", role: "chat" });
  });
  videoButton.addEventListener("click", () => {
    if (interests.commit()) setup.open(offered === "direct", (mode) => start({ mode, role: "chat" }));
    else input.focus();
  });
  const question = createQuestionForm({ session, start });
  byId("first-tips-close", HTMLButtonElement).addEventListener("click", () => {
    closeTips();
    input.focus();
  });
  fetchPopular().then(
    (names) => {
      suggestions.setPopular(names);
      suggestions.render();
    },
    // It is a comfort: the list that the page has is enough.
    () => {},
  );
  form.removeAttribute("aria-busy");

  /**
   * @param {State} state
   * @param {State} previous
   */
  function render(state, previous) {
    if (state.connection === "open") offered = state.video;
    document.body.dataset.video = offered;
    videoButton.disabled = offered === "off";
    setText(note, videoNote(offered));
    note.hidden = note.textContent === "";
    question.render(state, previous);
    if (state.phase !== "idle") return;
    if (state.fieldProblem?.field === "interests" && state.fieldProblem !== previous.fieldProblem) {
      showProblem(state.fieldProblem.text);
      input.focus();
    } else if (previous.phase !== "idle" && (state.wish?.role ?? "chat") === "chat") {
      const again = state.wish?.mode === "video" && !videoButton.disabled;
      (again ? videoButton : byId("text-chat", HTMLButtonElement)).focus();
    }
  }

  return { render };
}
