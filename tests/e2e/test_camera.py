"""A camera that shows a known picture: the page sends it, the call ends, and a case is opened."""

import asyncio
import shutil
import sqlite3
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright, expect

from chat.visitors import VISITOR_COOKIE
from tests.e2e.callers import WATCH_CALLS, Caller
from tests.e2e.conftest import SETTINGS, STEP_SECONDS
from tests.e2e.visitors import WATCH_POLICY
from tests.moderation.drawn import drawing, jpeg, pdq
from tests.process.copies import Copy, wait_until
from tests.strangers import new_cookie

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

# The first picture is drawn within four seconds; a model or a list is loaded then.
CHECKED_SECONDS = 60


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """What the camera shows, and a list that has it."""
    place = Path(tempfile.mkdtemp(prefix="o-"))
    shown = drawing(1, (640, 480))
    (place / "camera.mjpeg").write_bytes(jpeg(shown, quality=90) * 10)
    (place / "list").write_text(pdq(shown) + "\n")
    yield place
    shutil.rmtree(place)


@pytest.fixture(scope="module")
def checking(place: Path) -> Iterator[Copy]:
    chosen = SETTINGS | {"VIDEO": "direct", "KNOWN_PICTURES": f"nudity={place / 'list'}"}
    copy = Copy(place / "copy", settings=chosen)
    copy.start()
    try:
        copy.wait_ready()
        yield copy
    finally:
        copy.end()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def cameras(chromium: Path, place: Path) -> AsyncIterator[Browser]:
    args = [
        "--no-sandbox",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={place / 'camera.mjpeg'}",
    ]
    expect.set_options(timeout=STEP_SECONDS * 1000)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium, args=args, handle_sigint=False
        )
        yield browser
        await browser.close()


async def caller(cameras: Browser, copy: Copy) -> Caller:
    context = await cameras.new_context(permissions=["camera", "microphone"])
    context.set_default_timeout(STEP_SECONDS * 1000)
    for script in (WATCH_POLICY, WATCH_CALLS):
        await context.add_init_script(script)
    await context.add_cookies([{"name": VISITOR_COOKIE, "value": new_cookie(), "url": copy.url}])
    return Caller(context, await context.new_page(), copy.url)


async def test_known_picture_before_a_camera_ends_the_call_and_opens_a_case(
    cameras: Browser, checking: Copy
) -> None:
    alice, bob = await caller(cameras, checking), await caller(cameras, checking)
    sent: list[str] = []
    alice.page.on("request", lambda each: sent.append(each.url.removeprefix(checking.url)))
    await alice.prepares("kaleidoscopes")
    await expect(alice.part("setup-checked")).to_contain_text("a program of this site looks at")
    await alice.turns_on()
    await alice.part("setup-start").click()
    await bob.prepares("kaleidoscopes")
    await bob.part("setup-without").click()
    await asyncio.gather(*(each.part("call-agree").click() for each in (alice, bob)))
    for each in (alice, bob):
        await each.is_on("connected")
    assert "/camera/" not in sent, "nothing is drawn of what nobody sees"
    for each in (alice, bob):
        await each.part("show").click()
    await bob.sees()
    for each, words in (
        (alice, "A check of your camera ended this conversation"),
        (bob, "This conversation was ended to keep people safe"),
    ):
        note = each.page.get_by_text(words)
        await expect(note.first).to_be_visible(timeout=CHECKED_SECONDS * 1000)
    await bob.sees_nothing()
    assert "/camera/" in sent
    live = "document.querySelector('#my-video').srcObject"
    assert await alice.page.evaluate(live) is None
    wait_until(lambda: lanes(checking), seconds=STEP_SECONDS, otherwise=lambda: checking.err)
    assert lanes(checking) == [("sexual", "open")]
    assert [each for visitor in (alice, bob) for each in visitor.unforeseen()] == []


def lanes(copy: Copy) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(copy.run_dir / "db.sqlite3")) as database:
        return database.execute("SELECT lane, status FROM moderation_case").fetchall()
