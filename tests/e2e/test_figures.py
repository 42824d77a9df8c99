"""The pages of figures in a real browser: under the policy, on a narrow screen, by keyboard."""

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.e2e.desk import desk_open
from tests.process.copies import Copy

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

NARROW = {"width": 360, "height": 780}


@pytest_asyncio.fixture(loop_scope="session")
async def desk(browser: Browser, copy: Copy) -> AsyncIterator[Page]:
    async with desk_open(browser, copy) as page:
        yield page


async def test_dashboard_is_read_by_keyboard_on_a_narrow_screen(desk: Page) -> None:
    await desk.get_by_role("link", name="Dashboard").click()
    await desk.set_viewport_size(NARROW)
    await desk.get_by_role("link", name="7 days").click()
    await expect(desk.get_by_role("link", name="7 days")).to_have_attribute("aria-current", "page")
    plot = desk.get_by_role("img", name=re.compile("^Opened and decided, by day"))
    await expect(plot).to_be_visible()
    figures = desk.locator("details.desk-figures").first
    await expect(figures.get_by_role("table")).to_be_hidden()
    await figures.locator("summary").focus()
    await desk.keyboard.press("Enter")
    await expect(figures.get_by_role("row")).to_have_count(8)
    assert await fits(desk)


async def test_public_figures_fit_a_narrow_screen(desk: Page, copy: Copy) -> None:
    await desk.set_viewport_size(NARROW)
    await desk.goto(f"{copy.url}/transparency/")
    await expect(desk.get_by_role("rowheader", name="Reports by visitors")).to_be_visible()
    assert await fits(desk)


async def fits(page: Page) -> bool:
    script = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    return bool(await page.evaluate(script))
