/** The report: one click on a reason is enough. What the server answers is shown in the same place. */

import { gettext } from "../core/gettext.js";
import { cleaned, codePoints, roomLeft } from "../core/text.js";
import { NOTE_CHARS, REASONS } from "../net/frames.js";
import { byId, made, ownUrl, setText } from "./element.js";

/**
 * @import { Stills } from "../session/stills.js"
 * @import { Session } from "../session/session.js"
 * @import { Filing, State } from "../session/state.js"
 */

/** From here on the counter is shown. */
const COUNTED_FROM = 0.8;
const SENDING = gettext("Sending your report…");
const KEPT = gettext(
  "There is no connection at the moment. Your report is kept, and goes out as soon as it is back.",
);

const STILL_WORDS = {
  "": "",
  sending: gettext("Sending the still…"),
  sent: gettext("The still was sent with it."),
  failed: gettext("The still could not be sent. Your report stands without it."),
};

/**
 * @param {object} parts
 * @param {Session} parts.session
 * @param {((text: string) => Promise<void>) | null} parts.copyText null where the browser does not allow it
 * @param {() => HTMLCanvasElement | null} parts.lookAt what is seen of the stranger now
 * @param {Stills<HTMLCanvasElement>} parts.stills
 */
export function createReportDialog({ session, copyText, lookAt, stills }) {
  const dialog = byId("report-dialog", HTMLDialogElement);
  const title = byId("report-title", HTMLElement);
  const form = byId("report-form", HTMLFormElement);
  const note = byId("report-note", HTMLTextAreaElement);
  const count = byId("report-note-count", HTMLElement);
  const problem = byId("report-problem", HTMLElement);
  const wait = byId("report-wait", HTMLElement);
  const done = byId("report-done", HTMLElement);
  const receipt = byId("report-receipt", HTMLElement);
  const link = byId("report-link", HTMLAnchorElement);
  const help = byId("report-help", HTMLElement);
  const lines = byId("report-lines", HTMLElement);
  const copy = byId("report-copy", HTMLButtonElement);
  const about = byId("report-about", HTMLFieldSetElement);
  const choices = byId("report-choices", HTMLElement);
  const stillRow = byId("report-still-row", HTMLElement);
  const still = byId("report-still", HTMLInputElement);
  const stillText = byId("report-still-text", HTMLElement);
  const buttons = [...form.querySelectorAll("button[data-reason]")];
  /** The conversation that the note is about. */
  let room = "";
  /** @type {Filing["choices"]} */
  let offered = [];

  for (const id of ["report", "report-ended"]) {
    byId(id, HTMLButtonElement).addEventListener("click", open);
  }
  for (const id of ["report-cancel", "report-hide", "report-close"]) {
    byId(id, HTMLButtonElement).addEventListener("click", () => dialog.close());
  }
  // Esc closes it too, without a word to anybody else.
  dialog.addEventListener("close", () => {
    session.dispatch({ type: "report-close" });
    if (document.activeElement === document.body) byId("talk", HTMLElement).focus({ preventScroll: true });
  });
  still.addEventListener("change", () => stills.want(still.checked));
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("button[data-reason]") : null;
    const reason = REASONS.find((known) => button?.getAttribute("data-reason") === known);
    if (!reason) return;
    session.dispatch({ type: "report", reason, note: note.value });
    if (session.get().filing?.step === "asking") choices.querySelector("input")?.focus();
  });
  note.addEventListener("input", measure);
  copy.hidden = copyText === null;
  copy.addEventListener("click", () => {
    const said = `${receipt.textContent} ${link.href}`;
    copyText?.(said).then(
      () => setText(copy, gettext("Copied")),
      () => setText(copy, gettext("Could not copy")),
    );
  });

  function open() {
    // Before the video is covered.
    const frame = lookAt();
    still.checked = true;
    session.dispatch({ type: "report-open" });
    stills.take(frame, session.get().filing);
  }

  function measure() {
    const length = codePoints(cleaned(note.value));
    const left = NOTE_CHARS - length;
    count.hidden = length < NOTE_CHARS * COUNTED_FROM;
    setText(count, roomLeft(left));
    count.classList.toggle("over", left < 0);
    for (const button of buttons) button.toggleAttribute("disabled", left < 0);
    if (left < 0) note.setAttribute("aria-invalid", "true");
    else note.removeAttribute("aria-invalid");
  }

  /** @param {Filing["choices"]} offered */
  function showChoices(offered) {
    about.hidden = offered.length === 0;
    const radios = offered.map(({ about, label }) => {
      const radio = made("input", { type: "radio", name: "about", value: String(about) });
      radio.addEventListener("change", () => session.dispatch({ type: "report-about", about }));
      return made("label", { class: "check", "data-testid": `about-${about}` }, [
        radio,
        made("span", { dir: "auto" }, [label]),
      ]);
    });
    choices.replaceChildren(...radios);
  }

  /**
   * @param {State} state
   * @param {State} previous
   */
  function render(state, previous) {
    const { filing } = state;
    if (!filing?.open) {
      if (dialog.open) dialog.close();
      return;
    }
    show(filing, state.connection === "open");
    if (!dialog.open) dialog.showModal();
    // What had the focus is gone: the title says what is there instead.
    else if (filing.step !== previous.filing?.step) title.focus();
  }

  /**
   * @param {Filing} filing
   * @param {boolean} connected
   */
  function show(filing, connected) {
    if (filing.room !== room) {
      room = filing.room;
      note.value = "";
      setText(copy, gettext("Copy"));
      measure();
    }
    if (filing.choices !== offered) {
      offered = filing.choices;
      showChoices(offered);
    }
    for (const radio of choices.querySelectorAll("input"))
      radio.checked = radio.value === String(filing.about);
    const filed = filing.step === "filed";
    setText(title, filed ? gettext("Thank you. Your report has arrived.") : titleOf(filing));
    form.hidden = filing.step !== "asking";
    setText(problem, filing.problem);
    problem.hidden = filing.problem === "";
    wait.hidden = filing.step !== "sending";
    setText(
      byId("report-wait-text", HTMLElement),
      filing.step === "sending" ? (connected ? SENDING : KEPT) : "",
    );
    done.hidden = !filed;
    stillRow.hidden = !stills.isHeld();
    const outcome = filed ? stills.outcomeOf(filing.receipt) : "";
    setText(stillText, STILL_WORDS[outcome]);
    stillText.hidden = outcome === "";
    help.hidden = !filed || filing.reason !== "self_harm";
    lines.hidden = help.hidden;
    setText(receipt, filing.receipt);
    const url = ownUrl(filing.url);
    link.hidden = url === "";
    if (url) link.href = url;
    else link.removeAttribute("href");
  }

  return { render };
}

/** @param {Filing} filing */
function titleOf({ choices, who }) {
  // Translators: the title of the dialog, and on buttons: tell the moderators of somebody.
  if (choices.length > 0) return gettext("Report");
  return who ? gettext("Report %(names)s", { names: who }) : gettext("Report the stranger");
}
