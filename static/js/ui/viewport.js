/** Tells the style sheet how high the part above a keyboard on the screen is, where the browser does not by itself. */

/** @param {VisualViewport | null} viewport */
export function followViewport(viewport) {
  if (!viewport) return;
  const { style } = document.documentElement;
  const follow = () => {
    // Pinch-zoom shrinks the visual viewport too: that must not move the page about.
    if (viewport.scale > 1.05) return;
    // Some browsers push the page up for the keyboard; a conversation fits above it by itself.
    if (document.body.dataset.state !== "idle") window.scrollTo(0, 0);
    style.setProperty("--viewport-height", `${Math.round(viewport.height)}px`);
  };
  viewport.addEventListener("resize", follow);
  follow();
}
