/** Before a link of a stranger opens: where it leads, in full, and what the stranger may learn by it. */

import { byId, setText } from "./element.js";

/** @import { Link } from "../core/links.js" */

export function createLinkDialog() {
  const dialog = byId("link-dialog", HTMLDialogElement);
  const host = byId("link-host", HTMLElement);
  const address = byId("link-address", HTMLElement);
  const open = byId("link-open", HTMLAnchorElement);

  byId("link-cancel", HTMLButtonElement).addEventListener("click", () => dialog.close());
  open.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => open.removeAttribute("href"));

  return {
    /** @param {Link} link */
    show(link) {
      setText(host, link.host);
      setText(address, link.url);
      open.href = link.url;
      dialog.showModal();
    },
  };
}
