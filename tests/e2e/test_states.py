"""Every state of every page, as it is painted: nothing sticks out, is cut off or too faint.

At 360, 768 and 1440 pixels, at 200 % and 400 % of zoom, in both themes, from right to left, and by
the rules of WCAG 2.2 AA as axe-core knows them.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import aclosing

import pytest
from playwright.async_api import Browser

from tests.e2e.examine import problems
from tests.e2e.states import LANGUAGES, SCENES, Language, Scene, Stage, desk, running_copies
from tests.process.copies import Copy

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


@pytest.fixture(scope="module")
def copy_of() -> Iterator[Callable[[Scene], Copy]]:
    with running_copies() as copy_of:
        yield copy_of


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_state_can_be_read_at_every_width(
    browser: Browser, copy_of: Callable[[Scene], Copy], scene: Scene, language: Language
) -> None:
    if scene is desk and language != "en":
        return  # it is in one language (ADR 24)
    found = []
    copy = await asyncio.to_thread(copy_of, scene)
    async with Stage(browser, copy, language) as stage, aclosing(scene(stage)) as states:
        async for state in states:
            said = await problems(
                state.page,
                zooms=not state.is_desk,
                has_scripts=state.has_scripts,
                is_mirrored=language != "en",
            )
            found += [f"{state.name} {each}" for each in said]
    assert found == [], "\n".join(found)
