"""Take a picture of every state of every page: `make screenshots`.

    python -m tests.screenshots [SCENE …]

Writes screenshots/<state>-<width>-<theme>[-ar].png, for people to look at; nothing reads them.
"""

import asyncio
import os
import sys
from collections.abc import Callable
from contextlib import aclosing
from itertools import product

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

import django

django.setup()

from playwright.async_api import async_playwright, expect  # noqa: E402

from tests import provision  # noqa: E402
from tests.e2e.conftest import DEVICES, STEP_SECONDS  # noqa: E402
from tests.e2e.examine import THEMES, WIDTHS, dress, resize  # noqa: E402
from tests.e2e.states import (  # noqa: E402
    LANGUAGES,
    SCENES,
    Language,
    Scene,
    Stage,
    State,
    desk,
    running_copies,
)
from tests.environment import ROOT  # noqa: E402
from tests.process.copies import Copy  # noqa: E402

PICTURES = ROOT / "screenshots"
# From right to left only places differ: of these there are fewer.
_MIRRORED_WIDTHS = (360, 1440)
_LONG_PAGE = """
() => document.documentElement.scrollHeight > innerHeight
  && !document.querySelector("dialog:modal")
  && getComputedStyle(document.body).overflowY !== "hidden"
"""


async def main(copy_of: Callable[[Scene], Copy], scenes: list[str]) -> None:
    expect.set_options(timeout=STEP_SECONDS * 1000)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=provision.chromium(), args=["--no-sandbox", *DEVICES]
        )
        for scene, language in product(SCENES, LANGUAGES):
            if (scenes and scene.__name__ not in scenes) or (scene is desk and language != "en"):
                continue
            copy = await asyncio.to_thread(copy_of, scene)
            async with Stage(browser, copy, language) as stage, aclosing(scene(stage)) as states:
                async for state in states:
                    await take(state, language)
                    print(state.name, language, flush=True)
        await browser.close()


async def take(state: State, language: Language) -> None:
    """Take the pictures of one state."""
    page, is_mirrored = state.page, language != "en"
    for width in _MIRRORED_WIDTHS if is_mirrored else WIDTHS:
        await resize(page, WIDTHS[width])
        for theme in THEMES[:1] if is_mirrored else THEMES:
            await dress(page, theme, has_scripts=state.has_scripts)
            name = f"{state.name}-{width}-{theme}{'-ar' if is_mirrored else ''}.png"
            await page.screenshot(
                path=PICTURES / name,
                full_page=await page.evaluate(_LONG_PAGE),
                animations="disabled",
            )


if __name__ == "__main__":
    if provision.chromium() is None:
        sys.exit("Chromium is missing: python -m tests.provision")
    PICTURES.mkdir(exist_ok=True)
    with running_copies() as running:
        asyncio.run(main(running, sys.argv[1:]))
