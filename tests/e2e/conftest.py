"""One copy of the project, with a relay, and one Chromium; a context for every visitor."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from django.conf import settings
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from chat.visitors import VISITOR_COOKIE
from omegle.server.turn import Turn, turn_new
from tests import provision
from tests.e2e.callers import WATCH_CALLS, Caller, Relay
from tests.e2e.proxy import Proxy
from tests.e2e.visitors import WATCH_POLICY, Visitor
from tests.process.copies import Copy
from tests.strangers import new_cookie

MakeVisitor = Callable[..., Awaitable[Visitor]]
MakeCaller = Callable[..., Awaitable[Caller]]

# As long as a busy machine may need for one step; nothing waits longer than it has to.
STEP_SECONDS = 20
# Nobody is paired with just anyone here: every test has interests of its own. The key is the one
# of the tests, whose cookies are good for the copy then.
SETTINGS = {"PATIENCE": "600", "SECRET_KEY": settings.SECRET_KEY}


# Two cameras and a microphone that show and play something made up.
DEVICES = ["--use-fake-device-for-media-stream=device-count=2"]
ALLOWED = ["camera", "microphone"]


@pytest.fixture(scope="session")
def relay_server() -> Turn:
    return turn_new()


@pytest.fixture
def relay(relay_server: Turn) -> Iterator[Relay]:
    """Have the TURN server that the copy counts on run for this test."""
    relay = Relay(relay_server)
    relay.start()
    yield relay
    relay.stop()


@pytest.fixture(scope="session")
def copy(relay_server: Turn) -> Iterator[Copy]:
    yield from running_copy(VIDEO="relay", **relay_server.settings)


@pytest.fixture(scope="session")
def direct() -> Iterator[Copy]:
    """A copy without a relay."""
    yield from running_copy(VIDEO="direct")


def running_copy(**settings: str) -> Iterator[Copy]:
    place = Path(tempfile.mkdtemp(prefix="o-"))
    copy = Copy(place / "browser", settings=SETTINGS | settings)
    copy.start()
    try:
        copy.wait_ready()
        yield copy
    finally:
        copy.end()
        shutil.rmtree(place)


@pytest.fixture(scope="session")
def chromium() -> Path:
    path = provision.chromium()
    assert path is not None, "Chromium is missing: python -m tests.provision"
    return path


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(chromium: Path) -> AsyncIterator[Browser]:
    expect.set_options(timeout=STEP_SECONDS * 1000)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", *DEVICES], handle_sigint=False
        )
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def proxy(copy: Copy) -> AsyncIterator[Proxy]:
    async with Proxy(copy.port).serving() as proxy:
        yield proxy


@pytest_asyncio.fixture(loop_scope="session")
async def visitor(browser: Browser, copy: Copy, proxy: Proxy) -> AsyncIterator[MakeVisitor]:
    """Give a function that makes visitors; none of their browsers may have had to complain.

    The proxy outlives those who came by it.
    """
    async with closing_cleanly() as visitors:

        async def make(*, url: str = copy.url, admitted: bool = True, **options: Any) -> Visitor:
            context = await browser.new_context(**options)
            page = await prepared(context, url, WATCH_POLICY, admitted=admitted)
            visitors.append(Visitor(context, page, url, admitted=admitted))
            return visitors[-1]

        yield make


@pytest_asyncio.fixture(loop_scope="session")
async def caller(browser: Browser, copy: Copy, proxy: Proxy) -> AsyncIterator[MakeCaller]:
    """Give a function that makes visitors with camera and microphone, as `visitor` does."""
    async with closing_cleanly() as callers:

        async def make(
            *scripts: str, url: str = copy.url, allows: bool = True, **options: Any
        ) -> Caller:
            context = await browser.new_context(permissions=ALLOWED if allows else [], **options)
            page = await prepared(context, url, WATCH_POLICY, *scripts, WATCH_CALLS)
            caller = Caller(context, page, url)
            callers.append(caller)
            return caller

        yield make


@asynccontextmanager
async def closing_cleanly() -> AsyncIterator[list[Visitor]]:
    """Close the browsers of those who were put into the list; none may have had to complain."""
    visitors: list[Visitor] = []
    yield visitors
    for visitor in visitors:
        await visitor.context.close()
    assert [complaint for visitor in visitors for complaint in visitor.unforeseen()] == []


async def prepared(context: BrowserContext, url: str, *scripts: str, admitted: bool = True) -> Page:
    context.set_default_timeout(STEP_SECONDS * 1000)
    for script in scripts:
        await context.add_init_script(script)
    if admitted:
        await context.add_cookies([{"name": VISITOR_COOKIE, "value": new_cookie(), "url": url}])
    return await context.new_page()
