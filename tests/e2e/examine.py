"""What is wrong with a state of a page, at every width and in both themes.

Nothing here asks how the page got there; that is `tests/e2e/states.py`.
"""

import importlib.resources
from pathlib import Path
from typing import Any, Literal
from weakref import WeakKeyDictionary

from playwright.async_api import CDPSession, Page, ViewportSize

Theme = Literal["light", "dark"]

THEMES: tuple[Theme, ...] = ("light", "dark")
# A phone, a tablet upright, a laptop.
WIDTHS: dict[int, ViewportSize] = {
    360: {"width": 360, "height": 740},
    768: {"width": 768, "height": 1024},
    1440: {"width": 1440, "height": 900},
}
# What 1280 by 1024 leaves at 400 % and at 200 % (WCAG 1.4.10 and 1.4.4).
ZOOMED: dict[int, ViewportSize] = {
    320: {"width": 320, "height": 256},
    640: {"width": 640, "height": 512},
}
_TOUCHED = 700
# Where axe looks: as narrow and as wide as can be, so that every rule of the style sheets is met.
_AXED: tuple[tuple[int, Theme], ...] = ((360, "light"), (1440, "dark"))

_EXAMINE = Path(__file__).with_suffix(".js").read_text(encoding="utf-8").strip().rstrip(";")
_AXE = (importlib.resources.files("axe_playwright_python") / "axe.min.js").read_text("utf-8")
_RUN_AXE = """
async () => {
  const { violations } = await axe.run(document, {
    runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"],
    resultTypes: ["violations"],
  });
  return violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.target} ${node.failureSummary.replace(/\\s+/g, " ")}`),
  );
}
"""
# A colour on its way to that of the other theme is none of either.
_SETTLED = """
async () => {
  await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  for (const animation of document.getAnimations())
    if (animation instanceof CSSTransition) animation.finish();
}
"""
_sessions: WeakKeyDictionary[Page, CDPSession] = WeakKeyDictionary()


async def resize(page: Page, size: ViewportSize) -> None:
    """Give a page this window; a narrow one is touched and not pointed at."""
    if page not in _sessions:
        _sessions[page] = await page.context.new_cdp_session(page)
    await _sessions[page].send(
        "Emulation.setTouchEmulationEnabled", {"enabled": size["width"] < _TOUCHED}
    )
    await page.set_viewport_size(size)


async def dress(page: Page, theme: Theme, *, has_scripts: bool = True) -> None:
    """Show a page in a theme, without movement."""
    await page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    if has_scripts:
        await page.evaluate(_SETTLED)


async def problems(
    page: Page, *, zooms: bool = True, has_scripts: bool = True, is_mirrored: bool = False
) -> list[str]:
    """Give what is wrong with what a page shows now.

    `zooms`: whether it has to hold what zooming by 400 % leaves of a window; the desk has not.
    `has_scripts`: where a page may run none, nothing that takes time can be asked of it: not axe.
    `is_mirrored`: whether the same was looked at from left to right, so that the places of things
    are what can be wrong.
    """
    found: dict[str, list[str]] = {}
    sizes = {**(ZOOMED if zooms else {}), **WIDTHS}
    for width, size in sizes.items():
        await resize(page, size)
        for theme in THEMES[:1] if is_mirrored else THEMES:
            await dress(page, theme, has_scripts=has_scripts)
            said = await page.evaluate(_EXAMINE)
            if has_scripts and (width, theme) in _AXED[: 1 if is_mirrored else None]:
                said += await axe(page)
            for each in said:
                found.setdefault(each, []).append(f"{width} {theme}")
    return [f"({', '.join(where)}) {what}" for what, where in found.items()]


async def axe(page: Page) -> list[str]:
    """Give what axe-core has against a page. The page's own policy would not let it in by a tag."""
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(_AXE)
    violations: list[Any] = await page.evaluate(_RUN_AXE)
    return [str(each) for each in violations]
