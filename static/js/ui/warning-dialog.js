/** A warning from the moderators: it stays until it is acknowledged. */

import { byId, ownUrl, setText } from "./element.js";

/**
 * @import { Session } from "../session/session.js"
 * @import { State } from "../session/state.js"
 */

/** @param {Session} session */
export function createWarningDialog(session) {
  const dialog = byId("warning", HTMLDialogElement);
  const statement = byId("warning-statement", HTMLElement);
  const link = byId("warning-link", HTMLAnchorElement);

  byId("warning-accept", HTMLButtonElement).addEventListener("click", () =>
    session.dispatch({ type: "acknowledge" }),
  );
  dialog.addEventListener("cancel", (event) => event.preventDefault());
  // Some browsers close it at the second Esc whatever the page says.
  dialog.addEventListener("close", () => render(session.get()));

  /** @param {State} state */
  function render(state) {
    const [warning] = state.warnings;
    if (!warning) {
      if (dialog.open) dialog.close();
      return;
    }
    setText(statement, warning.statement);
    const url = ownUrl(warning.url);
    link.hidden = url === "";
    if (url) link.href = url;
    if (!dialog.open) dialog.showModal();
  }

  return { render };
}
