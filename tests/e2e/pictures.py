"""Take the pictures of the README from a running copy.

    python -m tests.e2e.pictures

Writes docs/images/: the landing page, and a conversation in both themes.
"""

import asyncio
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Literal

from playwright.async_api import Browser, ViewportSize, async_playwright, expect

from tests import provision
from tests.e2e.visitors import Visitor
from tests.environment import ROOT
from tests.process.copies import Copy

IMAGES = ROOT / "docs" / "images"
SIZE: ViewportSize = {"width": 1280, "height": 800}

# Who says it, and what. Bob goes on typing when the picture is taken.
TALK = (
    ("bob", "hi! jazz and hiking, that doesn't happen every day"),
    ("alice", "hello! what are you listening to right now?"),
    ("bob", "Coltrane, and the rain on my tent"),
    ("bob", "you?"),
    ("alice", "Ella and Louis. Found the record at a flea market and haven't stopped since."),
    ("bob", "good find! do you take music along when you walk?"),
    ("alice", "never. up there I want to hear the wind, and the cows"),
)


async def main(copy: Copy, chromium: Path) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        alice, bob, carol = [await visitor(browser, copy) for _ in range(3)]
        await carol.looks("sailing")
        await carol.waits()
        await bob.page.clock.install()
        await bob.looks("jazz", "hiking", "film photography")
        await bob.waits()
        await alice.arrive()
        await picture(alice, "landing", "light")

        await alice.looks("hiking", "jazz")
        await talk(alice, bob)
        for theme in ("light", "dark"):
            await picture(alice, "conversation", theme)
        await browser.close()


async def visitor(browser: Browser, copy: Copy) -> Visitor:
    context = await browser.new_context(viewport=SIZE, device_scale_factor=1)
    return Visitor(context, await context.new_page(), copy.url)


async def talk(alice: Visitor, bob: Visitor) -> None:
    await alice.is_in("talking")
    for who, text in TALK:
        speaker, listener = (alice, bob) if who == "alice" else (bob, alice)
        await speaker.says(text)
        await expect(listener.heard.last).to_have_text(text)
    # The page tells of typing every few seconds only.
    await bob.page.clock.fast_forward(4_000)
    await bob.composer.press_sequentially("ha")
    await expect(alice.part("typing")).to_be_visible()
    await expect(alice.part("online")).to_have_text("3 people online")


async def picture(visitor: Visitor, name: str, theme: Literal["light", "dark"]) -> None:
    await visitor.page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    path = IMAGES / f"{name}-{theme}.png"
    await visitor.page.screenshot(path=path, animations="disabled")
    print(path.relative_to(ROOT), path.stat().st_size)


if __name__ == "__main__":
    found = provision.chromium()
    if found is None:
        sys.exit("Chromium is missing: python -m tests.provision")
    IMAGES.mkdir(parents=True, exist_ok=True)
    place = Path(tempfile.mkdtemp(prefix="o-"))
    running = Copy(place / "pictures", settings={"PATIENCE": "600"})
    try:
        running.start()
        running.wait_ready()
        asyncio.run(main(running, found))
    finally:
        running.end()
        shutil.rmtree(place)
