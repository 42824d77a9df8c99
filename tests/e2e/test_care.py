"""Trust: help for who may harm themselves, and “forget me” in a real browser."""

import pytest
from playwright.async_api import expect

from tests.e2e.conftest import MakeVisitor
from tests.e2e.visitors import PHONE, fits, meet

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

KEPT = """
async () => [localStorage.length, sessionStorage.length, (await caches.keys()).length,
  (await navigator.serviceWorker.getRegistrations()).length]
"""
# What the page of what is stored does not name.
UNNAMED = """
() => [...Object.keys(localStorage), ...Object.keys(sessionStorage)]
  .filter((key) => !document.querySelector(`[data-kept="${key}"]`))
"""


async def test_who_writes_of_harming_themselves_is_named_who_listens(visitor: MakeVisitor) -> None:
    alice, bob = await visitor(**PHONE), await visitor()
    await meet(alice, bob, "speleology")
    await alice.says("hello")
    await expect(bob.part("care")).to_be_hidden()
    await alice.says("i want to kill myself")
    await expect(alice.part("care")).to_contain_text("You are not alone with this")
    await expect(bob.part("care")).to_contain_text("The stranger may need help")
    await expect(alice.own).to_have_text(["hello", "i want to kill myself"])
    await fits(alice.page)
    await alice.part("care-close").click()
    await expect(alice.part("care")).to_be_hidden()
    await alice.says("i want to die")
    await bob.hears("hello", "i want to kill myself", "i want to die")
    await expect(alice.part("care")).to_be_hidden()


async def test_report_of_self_harm_ends_with_who_listens(visitor: MakeVisitor) -> None:
    alice, bob = await visitor(**PHONE), await visitor()
    await meet(alice, bob, "limnology")
    await bob.says("nobody would miss me")
    await alice.hears("nobody would miss me")
    await alice.part("report").click()
    await alice.part("reason-self_harm").click()
    await expect(alice.part("report-done")).to_be_visible()
    lines = alice.part("report-lines")
    await expect(lines).to_be_visible()
    await lines.get_by_text("Canada").click()
    await expect(lines.get_by_role("link", name="988", exact=True).first).to_be_visible()
    await fits(alice.page)


async def test_who_is_forgotten_is_at_the_door_again_and_nothing_is_kept(
    visitor: MakeVisitor,
) -> None:
    alice, bob = await visitor(), await visitor()
    alice.foresees(r"WebSocket|403")
    await meet(alice, bob, "campanology towers")
    await alice.part("settings").click()
    await alice.part("sound").check()
    await expect(alice.part("settings-me")).to_be_visible()
    second = await alice.context.new_page()
    await second.goto(f"{alice.url}/me/")
    await expect(second.get_by_test_id("me-place")).to_contain_text("in a conversation")
    await expect(second.locator('[data-kept="sound"]')).to_contain_text("kept now")
    await expect(second.locator('[data-kept="devices"]')).to_contain_text("not kept")
    assert await alice.page.evaluate("() => Object.keys(localStorage).length") >= 2
    assert await second.evaluate(UNNAMED) == []
    await second.get_by_test_id("forget-ask").click()
    await second.get_by_test_id("forget").click()
    await expect(second.get_by_role("heading", name="You are forgotten")).to_be_visible()
    await expect(second.locator("#forgotten-browser")).to_contain_text("keeps nothing")
    assert await second.evaluate(KEPT) == [0, 0, 0, 0]
    await bob.is_in("ended")
    # The other tab is at the door by itself.
    await expect(alice.page.get_by_label("Your date of birth")).to_be_visible()
    await second.get_by_role("link", name="Back to the start").click()
    await expect(second.get_by_label("Your date of birth")).to_be_visible()
    names = {cookie["name"] for cookie in await alice.context.cookies()}
    assert names <= {"csrftoken"}
