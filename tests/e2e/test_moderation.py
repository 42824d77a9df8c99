"""Somebody insults a stranger, is reported, banned, counted and let in again: on real pages."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from moderation.suppression import FEW
from tests.e2e.conftest import MakeVisitor, running_copy
from tests.e2e.desk import desk_open, manage, manage_tomorrow, member_new
from tests.e2e.proxy import Proxy
from tests.e2e.visitors import ADULT, Visitor, meet
from tests.process.copies import Copy

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

WITHIN_MS = 2000
REFUSED = r"^error: Failed to load resource: the server responded with a status of 403"


@pytest.fixture(scope="module")
def copy() -> Iterator[Copy]:
    """A copy where nothing else is reported: the next case, and the figures, are this one's."""
    yield from running_copy(VIDEO="off")


@pytest_asyncio.fixture(loop_scope="session")
async def elsewhere(copy: Copy) -> AsyncIterator[Proxy]:
    """Another household's way to the copy."""
    async with Proxy(copy.port, address="127.0.0.2").serving() as proxy:
        yield proxy


@pytest_asyncio.fixture(loop_scope="session")
async def other_desk(browser: Browser, copy: Copy) -> AsyncIterator[Page]:
    """The desk of a colleague."""
    async with desk_open(browser, copy, member_new(copy, "olga", "senior")) as page:
        yield page


@pytest_asyncio.fixture(loop_scope="session")
async def desk(browser: Browser, copy: Copy) -> AsyncIterator[Page]:
    async with desk_open(browser, copy) as page:
        yield page


async def test_insult_is_reported_the_ban_holds_and_an_appeal_ends_it(
    visitor: MakeVisitor, elsewhere: Proxy, desk: Page, other_desk: Page, copy: Copy
) -> None:
    alice = await visitor(admitted=False)
    bob = await visitor(url=elsewhere.url, admitted=False)
    bob.foresees(REFUSED)
    await meet(alice, bob, "lute making")

    await bob.says("hi", "you ꜰ.ᴜ.ᴄ.ᴋ.ɪ.ɴ.ɢ fool")
    await expect(alice.heard).to_have_count(2)
    await expect(alice.heard.last).to_contain_text("*")
    await expect(alice.heard.last).not_to_contain_text("ꜰ.ᴜ")
    await expect(alice.part("filtered")).to_be_visible()
    await expect(bob.own.last).to_contain_text("ꜰ.ᴜ.ᴄ.ᴋ")

    receipt = await report(alice)
    await bob.is_in("ended")
    await decide(desk)

    await expect(bob.part("ban")).to_be_visible(timeout=WITHIN_MS)
    await expect(bob.part("ban-statement")).to_contain_text("You insulted a stranger.")
    await cannot_come_back(bob)
    await neighbour_enters(await visitor(url=elsewhere.url, admitted=False))

    await alice.page.goto(receipt)
    await expect(alice.part("receipt-state")).to_have_attribute("data-state", "decided")
    await expect(alice.part("receipt-outcome")).to_contain_text("a rule was broken")
    await read_the_figures(desk)
    published = await figures_of_today(copy)
    assert published["reason-harassment"] == published["restrictions"] == FEW
    assert published["reversed"] == 0

    await appeal(bob)
    await cannot_answer(desk)
    await grant(other_desk)
    await bob.page.reload()
    await expect(bob.part("appeal")).to_have_attribute("data-state", "granted")
    await expect(bob.part("appeal-why")).to_contain_text("Among friends it is no insult.")
    await expect(bob.part("statement-taken-back")).to_be_visible()
    await bob.page.goto(bob.url)
    await bob.sees_the_start()
    await alice.page.reload()
    await expect(alice.part("receipt-outcome")).to_contain_text("was taken back")
    published = await figures_of_today(copy)
    assert published["outcome-dismissed"] == published["reversed"] == FEW
    assert "entries hold" in await asyncio.to_thread(manage, copy, "verify_audit")


async def report(alice: Visitor) -> str:
    """Report the stranger; give the address of the receipt."""
    await alice.part("report").click()
    await alice.part("reason-harassment").click()
    await expect(alice.part("report-done")).to_be_visible()
    link = await alice.part("report-link").get_attribute("href")
    assert link
    await alice.part("report-close").click()
    return link


async def decide(desk: Page) -> None:
    """Take the case and keep its subject out for a day."""
    await desk.get_by_role("link", name=re.compile("^Queue")).first.click()
    await desk.get_by_role("button", name=re.compile("^Next case")).click()
    await expect(desk.get_by_text("ꜰ.ᴜ.ᴄ.ᴋ.ɪ.ɴ.ɢ")).to_be_visible()
    await desk.get_by_role("radio", name="Ban, 1 day").check()
    await desk.get_by_role("button", name="You insulted a stranger.").click()
    await desk.get_by_role("button", name="Decide", exact=True).click()
    await expect(desk.get_by_role("heading", name=re.compile("Queue"))).to_be_visible()


async def read_the_figures(desk: Page) -> None:
    """Find the decision on the dashboard by keyboard, on a narrow screen; then what is public."""
    await desk.set_viewport_size({"width": 360, "height": 780})
    await desk.get_by_role("link", name="Dashboard").click()
    await desk.get_by_role("link", name="7 days").click()
    await expect(desk.get_by_role("link", name="7 days")).to_have_attribute("aria-current", "page")
    plot = desk.get_by_role("img", name=re.compile("^Opened and decided, by day"))
    await expect(plot).to_be_visible()
    figures = desk.locator("details.desk-figures").first
    await expect(figures.get_by_role("table")).to_be_hidden()
    await figures.locator("summary").focus()
    await desk.keyboard.press("Enter")
    await expect(figures.get_by_role("row")).to_have_count(1 + 7)
    await expect(figures.get_by_role("row").last.get_by_role("cell").last).not_to_have_text("0")
    assert await fits(desk)
    await desk.goto(desk.url.partition("/admin/")[0] + "/transparency/")
    await expect(desk.get_by_role("rowheader", name="Reports by visitors")).to_be_visible()
    assert await fits(desk)
    await desk.go_back()


async def figures_of_today(copy: Copy) -> dict[str, Any]:
    """Give what would be published of today once it is over."""
    today = datetime.now(UTC).date().isoformat()
    words = ("transparency_report", "--from", today, "--to", today)
    report = json.loads(await asyncio.to_thread(manage_tomorrow, copy, *words))
    return {row["key"]: row["value"] for section in report["sections"] for row in section["rows"]}


async def fits(page: Page) -> bool:
    script = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    return bool(await page.evaluate(script))


async def cannot_come_back(bob: Visitor) -> None:
    await bob.page.reload()
    await expect(bob.part("banned-page")).to_be_visible()
    await bob.page.get_by_test_id("ban-link").click()
    await expect(bob.part("statement-facts")).to_contain_text("You insulted a stranger.")


async def appeal(bob: Visitor) -> None:
    """Appeal on the page of the decision."""
    await bob.part("appeal-text").fill("He is an old friend of mine. 🙂\nHe laughed.")
    await bob.part("appeal-send").click()
    await expect(bob.part("appeal")).to_have_attribute("data-state", "received")
    await expect(bob.part("appeal-written")).to_contain_text("He laughed.")


async def cannot_answer(desk: Page) -> None:
    """Who took the decision reads that it is for somebody else."""
    await desk.get_by_role("link", name=re.compile("^Appeals")).first.click()
    await desk.get_by_role("link", name=re.compile("^D-")).first.click()
    await expect(desk.get_by_text("You took this decision").first).to_be_visible()
    await expect(desk.get_by_role("radio", name=re.compile("^Grant"))).to_have_count(0)


async def grant(desk: Page) -> None:
    await desk.get_by_role("link", name=re.compile("^Appeals")).first.click()
    await desk.get_by_role("button", name="Claim").click()
    await expect(desk.get_by_text("He laughed.")).to_be_visible()
    await expect(desk.get_by_text("ꜰ.ᴜ.ᴄ.ᴋ.ɪ.ɴ.ɢ")).to_be_visible()
    await desk.get_by_role("radio", name=re.compile("^Grant")).check()
    await desk.get_by_label("Why the person reads this").fill("Among friends it is no insult.")
    await desk.get_by_role("button", name="Answer").click()
    await expect(desk.get_by_text("No appeal waits here.")).to_be_visible()


async def neighbour_enters(carol: Visitor) -> None:
    """Somebody else behind the banned address comes in after a proof of work."""
    await carol.arrive()
    await expect(carol.part("proof")).to_be_visible()
    await carol.answer(ADULT)
    await carol.sees_the_start()
