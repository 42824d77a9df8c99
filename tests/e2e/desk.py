"""A moderator at the desk of a copy."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Browser, ConsoleMessage, Page, expect

from tests.e2e.visitors import WATCH_POLICY
from tests.moderation.staff import token
from tests.process.copies import Copy


@asynccontextmanager
async def desk_open(browser: Browser, copy: Copy) -> AsyncIterator[Page]:
    """Give a page on which a moderator has signed in with a second factor."""
    complaints: list[str] = []
    async with await browser.new_context(viewport={"width": 1440, "height": 900}) as context:
        await context.add_init_script(WATCH_POLICY)
        page = await context.new_page()

        def hear(said: ConsoleMessage) -> None:
            if said.type == "error":
                complaints.append(said.text)

        page.on("console", hear)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        await page.goto(f"{copy.url}/admin/")
        assert copy.password is not None
        assert copy.secret is not None
        await page.get_by_label("Name").fill("admin")
        await page.get_by_label("Password").fill(copy.password)
        await page.get_by_label("Code of your authenticator app").fill(token(copy.secret))
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.get_by_role("link", name="Queue").first).to_be_visible()
        yield page
    assert complaints == []
