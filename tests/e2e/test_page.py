"""What one page does for one person, in a real browser: door, reloads, tabs, keys, phones."""

import re
from pathlib import Path

import pytest
from playwright.async_api import Route, expect

from tests.e2e.conftest import MakeVisitor
from tests.e2e.visitors import ADULT, PHONE, Visitor, agree, fits, meet

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

HOSTILE = "<img src=x onerror=alert(1)>"
# As a banner and a keyboard that come one right after the other: the second change of the size
# comes before the page has heard of the scrolling that it answered the first one with.
LOSE_ROOM = """
() => new Promise((resolve) => {
  const head = document.querySelector(".talk-head");
  const observer = new ResizeObserver(() => {
    if (head.style.height === "") {
      head.style.height = "150px";
      return;
    }
    observer.disconnect();
    setTimeout(() => {
      head.style.height = "290px";
      requestAnimationFrame(() => requestAnimationFrame(resolve));
    });
  });
  observer.observe(head);
})
"""
GIVE_ROOM = '() => { document.querySelector(".talk-head").style.height = ""; }'


# --- The door -------------------------------------------------------------------------------------


async def test_under_age_is_refused_and_stays_refused(visitor: MakeVisitor) -> None:
    child = await visitor(admitted=False)
    child.foresees(r"status of 403")
    refusal = child.page.get_by_role("heading", name="You can't use this service")
    await child.arrive()
    token = await child.page.locator("[name=csrfmiddlewaretoken]").input_value()
    await child.answer("2020-02-29")
    await expect(refusal).to_be_visible()
    await child.page.reload()
    await expect(refusal).to_be_visible()
    await child.arrive()
    await expect(refusal).to_be_visible()
    await expect(child.page.locator("main form")).to_have_count(0)
    answer = await child.context.request.post(
        f"{child.url}/enter/",
        form={"csrfmiddlewaretoken": token, "birth_date": ADULT, "terms": "on"},
        headers={"Origin": child.url},
    )
    assert answer.status == 403
    assert "You can't use this service" in await answer.text()
    await child.arrive()
    await expect(refusal).to_be_visible()


async def test_first_visit_begins_with_tips_that_are_told_once(visitor: MakeVisitor) -> None:
    alice = await visitor(admitted=False)
    tips = alice.page.get_by_role("complementary", name="Before your first chat")
    await alice.arrive()
    await alice.answer(ADULT)
    await alice.sees_the_start()
    await expect(tips).to_contain_text("Stay a stranger.")
    await expect(tips.get_by_role("link", name="More on staying safe")).to_be_visible()
    await tips.get_by_role("button", name="Got it").click()
    await expect(tips).to_be_hidden()
    await alice.page.reload()
    await alice.sees_the_start()
    await expect(tips).to_be_hidden()


async def test_a_missing_answer_is_asked_for_again(visitor: MakeVisitor) -> None:
    alice = await visitor(admitted=False)
    alice.foresees(r"status of 400")
    await alice.arrive()
    await alice.page.get_by_label("Your date of birth").fill(ADULT)
    await alice.page.get_by_role("button", name="Enter").click()
    await expect(alice.page.get_by_role("alert")).to_contain_text("marked")
    await expect(alice.page.get_by_label("Your date of birth")).to_have_value(ADULT)
    await expect(alice.page.get_by_role("checkbox")).to_have_attribute("aria-invalid", "true")
    await alice.answer(ADULT)
    await alice.sees_the_start()


async def test_without_scripts_the_page_says_what_it_needs(visitor: MakeVisitor) -> None:
    alice = await visitor(admitted=False, java_script_enabled=False)
    await alice.arrive()
    await expect(alice.page.locator("noscript > p")).to_have_text(
        re.compile("the chat itself needs it")
    )
    await expect(alice.page.locator("noscript > p")).to_be_visible()
    await alice.answer(ADULT)
    await expect(
        alice.page.get_by_role("heading", name="The chat needs JavaScript")
    ).to_be_visible()
    await expect(alice.page.locator("#start")).to_be_hidden()


async def test_before_the_scripts_are_there_the_start_keeps_what_was_typed(
    visitor: MakeVisitor,
) -> None:
    alice = await visitor(admitted=False)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    await alice.arrive()
    await alice.page.route("**/main.*.js", hold)
    await alice.answer(ADULT)
    field = alice.part("interest-input")
    await field.press_sequentially("origami")
    await field.press("Enter")
    await alice.part("text-chat").click()
    await expect(field).to_have_value("origami")
    for route in held:
        await route.continue_()
    await alice.sees_the_start()
    await alice.part("text-chat").click()
    await alice.waits()
    await expect(alice.part("waiting")).to_contain_text("someone who likes origami")
    assert "?" not in alice.page.url


# --- Staying and coming back ----------------------------------------------------------------------


async def test_reload_in_the_middle_of_a_talk_comes_back_to_it(visitor: MakeVisitor) -> None:
    alice, bob = await visitor(), await visitor()
    await meet(alice, bob, "gardening")
    name = await alice.stranger()
    await alice.says("one", "two")
    await bob.says("three")
    await agree(alice, bob, ["one", "two"], ["three"])
    await alice.page.reload()
    await alice.is_in("talking")
    assert await alice.stranger() == name
    await expect(alice.part("common")).to_have_text("You both like gardening.")
    await agree(alice, bob, ["one", "two"], ["three"])
    await alice.says("four")
    await bob.says("five")
    await agree(alice, bob, ["one", "two", "four"], ["three", "five"])


async def test_reload_of_the_start_remembers_interests(visitor: MakeVisitor) -> None:
    alice = await visitor()
    await alice.enter()
    await alice.likes("baking", "old maps")
    await alice.page.reload()
    await alice.sees_the_start()
    chips = alice.part("interest-chip").locator(".chip-text")
    await expect(chips).to_have_text(["baking", "old maps"])


async def test_second_tab_takes_over_and_the_first_says_so(visitor: MakeVisitor) -> None:
    alice, bob = await visitor(), await visitor()
    await meet(alice, bob, "geology")
    second = Visitor(alice.context, await alice.context.new_page(), alice.url)
    await second.arrive()
    await second.sees_the_start()
    await second.part("text-chat").click()
    await second.waits()
    await expect(alice.part("banner")).to_contain_text("opened in another tab")
    await bob.is_in("ended")
    assert second.complaints == []


async def test_conversation_can_be_saved(visitor: MakeVisitor, tmp_path: Path) -> None:
    alice, bob = await visitor(), await visitor()
    await meet(alice, bob, "astronomy")
    names = {await alice.stranger(), await bob.stranger()}
    await alice.says("did you see the comet?\nyesterday")
    await bob.says("yes! 🌠")
    await agree(alice, bob, ["did you see the comet?\nyesterday"], ["yes! 🌠"])
    async with alice.page.expect_download() as downloading:
        await alice.part("save").click()
    download = await downloading.value
    assert re.fullmatch(r"[a-z]+-\d{4}-\d\d-\d\d-\d{6}\.txt", download.suggested_filename)
    await download.save_as(tmp_path / "saved.txt")
    text = (tmp_path / "saved.txt").read_text("utf-8")
    assert {name for name in names if name in text} == names
    assert "In common: astronomy" in text
    assert re.search(r"\] You: did you see the comet\?\n +yesterday\n", text)
    assert f"] {await alice.stranger()}: yes! 🌠\n" in text


# --- Safe, and for everybody ----------------------------------------------------------------------


async def test_hostile_text_stays_text(visitor: MakeVisitor) -> None:
    alice, bob = await visitor(), await visitor()
    await meet(alice, bob, HOSTILE)
    await alice.says(HOSTILE, "</p><script>alert(2)</script>", "javascript:alert(3)")
    await bob.hears(HOSTILE, "</p><script>alert(2)</script>", "javascript:alert(3)")
    for person in (alice, bob):
        await expect(person.part("common")).to_contain_text("<img src=x onerror=alert")
        foreign = "#talk :is(img, script, a:not(#ended-receipt-link, #care a))"
        await expect(person.page.locator(foreign)).to_have_count(0)
    # Had anything run, the visitors would have complained: a dialog, or the policy.


async def test_keys_alone_are_enough(visitor: MakeVisitor) -> None:
    alice, bob = await visitor(), await visitor()
    await bob.looks("calligraphy")
    await bob.waits()
    await alice.enter()
    keyboard = alice.page.keyboard
    await tab_to(alice, "interest-input")
    await keyboard.type("paper")
    await keyboard.press("Enter")
    await keyboard.type("calligraphy,")
    # The first one goes again: to its button and back by the keys of a list.
    await keyboard.press("ArrowLeft")
    await keyboard.press("ArrowLeft")
    await keyboard.press("Delete")
    chips = alice.part("interest-chip").locator(".chip-text")
    await expect(chips).to_have_text(["calligraphy"])
    await tab_to(alice, "text-chat")
    await keyboard.press("Enter")
    await alice.is_in("talking")
    await expect(alice.composer).to_be_focused()
    await keyboard.type("not a single click")
    await keyboard.press("Shift+Enter")
    await keyboard.type("so far")
    await keyboard.press("Enter")
    await bob.hears("not a single click\nso far")
    await alice.presses("Escape", "Escape")
    await alice.is_in("ended")
    await bob.is_in("ended")


async def tab_to(visitor: Visitor, name: str) -> None:
    """Press Tab until the element has the focus, as somebody who sees where it is."""
    for _ in range(30):
        focused = visitor.page.locator(":focus")
        if await focused.count() and await focused.get_attribute("data-testid") == name:
            return
        await visitor.page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not come to {name}")


async def test_nothing_sticks_out_of_a_narrow_page(visitor: MakeVisitor) -> None:
    alice, bob = await visitor(admitted=False, **PHONE), await visitor()
    await alice.arrive()
    await fits(alice.page)
    await alice.answer(ADULT)
    await alice.sees_the_start()
    await alice.part("interest-input").press_sequentially("a-very-long-word-about-ornithology,")
    await expect(alice.page.get_by_role("alert")).to_be_visible()
    await alice.part("interest-input").clear()
    await alice.likes("ornithology", "the history of early railways")
    await fits(alice.page)
    await alice.part("text-chat").click()
    await alice.waits()
    await fits(alice.page)
    await bob.looks("ornithology", "the history of early railways")
    await alice.is_in("talking")
    await alice.says("x" * 300, "short")
    await bob.says("a longer sentence that has to be broken into lines on a telephone " * 3)
    await expect(alice.heard).to_have_count(1)
    await fits(alice.page)
    await alice.part("block").click()
    await fits(alice.page)
    await alice.part("stop").click()
    await expect(alice.part("stop")).to_have_attribute("data-stage", "really")
    await fits(alice.page)
    await alice.part("stop").click()
    await alice.is_in("ended")
    await fits(alice.page)


async def test_the_newest_message_stays_in_sight_when_the_log_loses_room(
    visitor: MakeVisitor,
) -> None:
    alice, bob = await visitor(**PHONE), await visitor()
    await meet(alice, bob, "lighthouses")
    lines = [f"{number}: a message that needs two lines on a telephone" for number in range(9)]
    await alice.says(*lines)
    await expect(alice.own).to_have_count(len(lines))
    await expect(alice.own.last).to_be_in_viewport(ratio=1)
    await alice.page.evaluate(LOSE_ROOM)
    await expect(alice.own.last).to_be_in_viewport(ratio=1)
    await alice.page.evaluate(GIVE_ROOM)
    await bob.says("bye")
    await bob.presses("Escape", "Escape")
    await alice.is_in("ended")
    await expect(alice.heard.last).to_be_in_viewport(ratio=1)
