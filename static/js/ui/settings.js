/** Sounds and notifications: the switches, and what they switch. Both are off until they are wanted. */

import { gettext } from "../core/gettext.js";
import { newsWords } from "../core/phrases.js";
import { newsOf } from "../session/news.js";
import { byId, setText } from "./element.js";

/**
 * @import { Memory } from "../core/memory.js"
 * @import { News } from "../core/phrases.js"
 * @import { State } from "../session/state.js"
 */

const SOUND = "sound";
const NOTIFY = "notify";
const BLOCKED = gettext("Your browser blocks notifications of this site. Its own settings can allow them.");
const MISSING = gettext("This browser has no notifications for pages.");

/**
 * @typedef {object} Notices
 * @property {boolean} possible
 * @property {() => boolean} allowed
 * @property {() => Promise<boolean>} ask whether they are allowed now
 * @property {(words: string) => void} show
 * @property {() => void} clear
 */

/**
 * @param {object} parts
 * @param {Memory} parts.memory
 * @param {{ play: (news: News) => void }} parts.sound
 * @param {Notices} parts.notices
 */
export function createSettings({ memory, sound, notices }) {
  const dialog = byId("settings-dialog", HTMLDialogElement);
  const soundSwitch = byId("sound", HTMLInputElement);
  const notifySwitch = byId("notify", HTMLInputElement);
  const note = byId("notify-note", HTMLElement);

  byId("settings", HTMLButtonElement).addEventListener("click", () => dialog.showModal());
  byId("settings-close", HTMLButtonElement).addEventListener("click", () => dialog.close());

  soundSwitch.checked = memory.read(SOUND) === true;
  soundSwitch.addEventListener("change", () => {
    memory.write(SOUND, soundSwitch.checked);
    if (soundSwitch.checked) sound.play("message");
  });

  notifySwitch.disabled = !notices.possible;
  setText(note, notices.possible ? "" : MISSING);
  notifySwitch.checked = memory.read(NOTIFY) === true && notices.allowed();
  notifySwitch.addEventListener("change", async () => {
    const refused = notifySwitch.checked && !(await notices.ask());
    if (refused) notifySwitch.checked = false;
    setText(note, refused ? BLOCKED : "");
    memory.write(NOTIFY, notifySwitch.checked);
  });

  /**
   * @param {State} state
   * @param {State} previous
   */
  function render(state, previous) {
    if (state.visible && !previous.visible) notices.clear();
    const news = newsOf(state, previous);
    if (news === "") return;
    if (soundSwitch.checked) sound.play(news);
    if (notifySwitch.checked && !state.visible) notices.show(newsWords(news));
  }

  return { render };
}
