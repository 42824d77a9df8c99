"""One copy of the project and one Chromium for all browser tests; a context for every visitor."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from django.conf import settings
from playwright.async_api import Browser, async_playwright, expect

from chat.visitors import VISITOR_COOKIE
from tests import provision
from tests.e2e.proxy import Proxy
from tests.e2e.visitors import WATCH_POLICY, Visitor
from tests.process.copies import Copy
from tests.strangers import new_cookie

MakeVisitor = Callable[..., Awaitable[Visitor]]

# As long as a busy machine may need for one step; nothing waits longer than it has to.
STEP_SECONDS = 20
# Nobody is paired with just anyone here: every test has interests of its own. The key is the one
# of the tests, whose cookies are good for the copy then.
SETTINGS = {"PATIENCE": "600", "SECRET_KEY": settings.SECRET_KEY}


@pytest.fixture(scope="session")
def copy() -> Iterator[Copy]:
    place = Path(tempfile.mkdtemp(prefix="o-"))
    copy = Copy(place / "browser", settings=SETTINGS)
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
            executable_path=chromium, args=["--no-sandbox"], handle_sigint=False
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
    visitors: list[Visitor] = []

    async def make(*, url: str = copy.url, admitted: bool = True, **options: Any) -> Visitor:
        context = await browser.new_context(**options)
        context.set_default_timeout(STEP_SECONDS * 1000)
        await context.add_init_script(WATCH_POLICY)
        if admitted:
            await context.add_cookies([{"name": VISITOR_COOKIE, "value": new_cookie(), "url": url}])
        visitors.append(Visitor(context, await context.new_page(), url, admitted=admitted))
        return visitors[-1]

    yield make
    for visitor in visitors:
        await visitor.context.close()
    complaints = [complaint for visitor in visitors for complaint in visitor.unforeseen()]
    assert complaints == []
