"""Somebody outside gives notice by keyboard, legal decides, the receipt tells: on real pages."""

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.e2e.desk import desk_open, member_new
from tests.e2e.test_moderation import fits
from tests.e2e.visitors import WATCH_POLICY
from tests.process.copies import Copy

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


@pytest_asyncio.fixture(loop_scope="session")
async def outside(browser: Browser, copy: Copy) -> AsyncIterator[Page]:
    """The page of somebody who has never been here, on a phone."""
    async with await browser.new_context(viewport={"width": 390, "height": 780}) as context:
        await context.add_init_script(WATCH_POLICY)
        page = await context.new_page()
        await page.goto(f"{copy.url}/safety/")
        yield page
        assert await context.cookies() == []


async def test_notice_by_keyboard_is_decided_and_its_receipt_tells(
    outside: Page, browser: Browser, copy: Copy
) -> None:
    receipt = await give_notice(outside)
    await expect(outside.get_by_test_id("notice-state")).to_have_attribute("data-state", "received")
    await expect(outside.get_by_test_id("notice-clock")).to_contain_text("If we are late")
    async with desk_open(browser, copy, member_new(copy, "lena", "legal")) as desk:
        await desk.get_by_role("link", name=re.compile("^Notices")).first.click()
        await desk.get_by_role("button", name="Claim").first.click()
        await expect(desk.get_by_text("she said she is fourteen")).to_be_visible()
        await outside.reload()
        await expect(outside.get_by_test_id("notice-state")).to_have_attribute(
            "data-state", "in_review"
        )
        await desk.get_by_role("radio", name="No action").check()
        await desk.get_by_label("Why whoever sent it reads this").fill(
            "Nobody reported it. We have nothing."
        )
        await desk.get_by_role("button", name="Decide").click()
        await expect(desk.get_by_text("No notice waits here.")).to_be_visible()
    await outside.goto(receipt)
    await expect(outside.get_by_test_id("notice-state")).to_have_attribute("data-state", "decided")
    await expect(outside.get_by_test_id("notice-why")).to_contain_text("We have nothing")
    assert await fits(outside)


async def give_notice(outside: Page) -> str:
    """Fill the form in with the keyboard alone, wrong at first; give the address of the receipt."""
    press, typed = outside.keyboard.press, outside.keyboard.type
    await outside.get_by_role("contentinfo").get_by_role("link", name="Give notice").focus()
    await press("Enter")
    await expect(outside.get_by_test_id("notice-form")).to_be_visible()
    assert await fits(outside)
    await outside.get_by_role("radio", name="Sexual abuse of a child").focus()
    await press("Space")
    await press("Tab")
    await typed("In a recording she said she is fourteen, and he went on.")
    await press("Tab")
    await typed("1 May, 20:00 UTC")
    for _ in range(6):  # reference, name, e-mail, two statements, the button
        await press("Tab")
    await press("Enter")
    await expect(outside.get_by_test_id("notice-problem")).to_be_visible()
    faith = outside.get_by_role("checkbox", name=re.compile("^In good faith"))
    await expect(faith).to_have_attribute("aria-invalid", "true")
    await faith.focus()
    await press("Space")
    await press("Tab")
    await press("Enter")
    await expect(outside.get_by_test_id("notice-receipt-page")).to_be_visible()
    return outside.url
