"""Without a mouse, without movement, with the colours of one's own, as large as one needs it."""

import pytest
from playwright.async_api import expect

from tests.e2e.conftest import MakeVisitor
from tests.e2e.test_page import tab_to
from tests.e2e.visitors import meet

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

# What 1280 by 1024 leaves at 400 % (WCAG 1.4.10).
ZOOMED = {"width": 320, "height": 256}
RUNNING = """
() => document.getAnimations()
  .filter((animation) => animation.playState === "running")
  .map((animation) => animation.animationName ?? animation.transitionProperty)
"""
# A control is seen by its edge or that of the box it is in, by words or by a picture.
UNSEEN = """
() => {
  const isFramed = (one) => {
    const { borderTopStyle, borderTopWidth } = getComputedStyle(one);
    return borderTopStyle !== "none" && parseFloat(borderTopWidth) > 0;
  };
  return [...document.querySelectorAll("button, a, input, select, textarea")]
  .filter((one) => one.checkVisibility({ visibilityProperty: true, opacityProperty: true }))
  .filter((one) => {
    const style = getComputedStyle(one);
    const isDrawn = /^(checkbox|radio|range)$/.test(one.type) && style.appearance !== "none";
    const isFilled = one.textContent.trim() || one.querySelector("svg");
    const hasInk = isFilled && style.color !== style.backgroundColor;
    return !isFramed(one) && !isFramed(one.parentElement) && !isDrawn && !hasInk;
  })
  .map((one) => one.outerHTML.slice(0, 90));
}
"""


async def test_a_stranger_is_met_and_reported_by_keys_alone_at_400_percent(
    visitor: MakeVisitor,
) -> None:
    alice, bob = await visitor(viewport=ZOOMED), await visitor()
    await bob.looks("heraldry")
    await bob.waits()
    await alice.enter()
    await tab_to(alice, "interest-input")
    await alice.page.keyboard.type("heraldry,")
    await tab_to(alice, "text-chat")
    await alice.presses("Enter")
    await alice.is_in("talking")
    await bob.says("hello")
    await alice.hears("hello")
    await alice.page.keyboard.type("hello yourself")
    await alice.presses("Enter")
    await bob.hears("hello yourself")

    await tab_to(alice, "report")
    await alice.presses("Enter")
    await expect(alice.part("report-dialog")).to_be_visible()
    await tab_to(alice, "reason-spam")
    await expect(alice.part("reason-spam")).to_be_in_viewport(ratio=1)
    await alice.presses("Enter")
    await expect(alice.part("report-receipt")).not_to_be_empty()
    await tab_to(alice, "report-close")
    await alice.presses("Enter")
    await alice.is_in("ended")
    await bob.is_in("ended")
    await tab_to(alice, "new-stranger")
    await alice.presses("Enter")
    await alice.waits()


async def test_nothing_moves_for_who_wants_no_movement(visitor: MakeVisitor) -> None:
    still = await visitor(reduced_motion="reduce")
    await still.looks("sundials")
    await still.waits()
    assert await still.page.evaluate(RUNNING) == []
    # The other side: there is something that would move.
    other = await visitor(reduced_motion="no-preference")
    await other.looks("hourglasses")
    await other.waits()
    assert await other.page.evaluate(RUNNING) != []


async def test_every_control_is_seen_in_the_colours_of_the_system(visitor: MakeVisitor) -> None:
    alice, bob = await visitor(forced_colors="active"), await visitor()
    await alice.enter()
    assert await alice.page.evaluate(UNSEEN) == []
    await alice.part("settings").click()
    assert await alice.page.evaluate(UNSEEN) == []
    await alice.presses("Escape")
    await meet(alice, bob, "cartography")
    await alice.part("emoji").click()
    assert await alice.page.evaluate(UNSEEN) == []
    await bob.presses("Escape", "Escape")
    await alice.is_in("ended")
    assert await alice.page.evaluate(UNSEEN) == []
