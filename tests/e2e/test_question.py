"""Question mode on real pages: one asks and watches, two discuss."""

import re
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.e2e.conftest import MakeVisitor
from tests.e2e.visitors import PHONE, Visitor, discuss, fits

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

QUESTION = "Which song would you keep, if it could only be one?"
NEXT = "And who would you play it to?"
DROPPED = "Stranger 2's connection dropped. Waiting for them…"


async def remembers(visitor: Visitor, text: str) -> bool:
    """Say whether a text is in what the browser keeps for the page."""
    kept = await visitor.page.evaluate("JSON.stringify([{...sessionStorage}, {...localStorage}])")
    return text in kept


async def knows(visitor: Visitor, text: str) -> bool:
    """Say whether a text is anywhere on the page or in what it remembers."""
    return text in await visitor.page.content() or await remembers(visitor, text)


async def test_hidden_question_is_watched_unseen_and_asked_of_two_others(
    visitor: MakeVisitor, tmp_path: Path
) -> None:
    asker, one, other = [await visitor() for _ in range(3)]
    first, second = await discuss(asker, one, other, QUESTION, "cellos", reveal=False)
    await expect(asker.part("in-on-it")).to_have_text("The strangers don't see your questions.")
    await expect(asker.part("pinned")).to_contain_text(QUESTION)
    for talker in (first, second):
        await expect(talker.part("in-on-it")).to_have_text("Somebody reads along.")
        await expect(talker.part("pinned")).to_be_hidden()
        await expect(talker.part("common")).to_have_text("You both like cellos.")

    await watch(asker, first, second)
    for talker in (first, second):
        assert not await knows(talker, QUESTION)
        assert not await knows(talker, NEXT)
    await part_and_save(asker, first, second, tmp_path)

    third, fourth = await visitor(), await visitor()
    for talker in (third, fourth):
        await talker.discusses("cellos")
        await talker.waits()
    await asker.part("new-stranger").click()
    for person in (asker, third, fourth):
        await person.is_in("talking")
    await expect(asker.part("pinned")).to_contain_text(QUESTION)
    await expect(asker.part("log").locator(".bubble")).to_have_count(0)


async def has_the_focus(visitor: Visitor) -> None:
    """Have the focus at the conversation, where the pressed button is gone."""
    await expect(visitor.page.get_by_role("region", name="Conversation")).to_be_focused()


async def watch(asker: Visitor, first: Visitor, second: Visitor) -> None:
    await first.composer.press_sequentially("hey")
    await expect(asker.part("typing")).to_have_text("Stranger 1 is typing")
    await second.composer.press_sequentially("hm")
    await expect(asker.part("typing")).to_have_text("Stranger 1 and Stranger 2 are typing")
    await first.composer.press("Enter")
    await expect(asker.watched(1)).to_have_text(["hey"])
    await second.says("hi there")
    await expect(asker.watched(2)).to_have_text(["hi there"])

    await asker.composer.fill("Why?")
    await expect(asker.part("send")).to_be_disabled()
    await asker.asks_on(NEXT)
    await first.says("what do you listen to?")
    await expect(asker.watched(1)).to_have_count(2)
    said = ["hey", "hi there", NEXT, "what do you listen to?"]
    assert await asker.transcript() == said

    await second.page.reload()
    await expect(asker.part("status")).to_have_text("You're watching two strangers.")
    await second.hears("hey", "what do you listen to?")
    await expect(second.part("in-on-it")).to_have_text("Somebody reads along.")
    await asker.page.reload()
    await expect(asker.watched(1)).to_have_count(2)
    await expect(asker.marks).to_have_text([NEXT])
    assert await asker.transcript() == said


async def part_and_save(asker: Visitor, first: Visitor, second: Visitor, place: Path) -> None:
    await second.presses("Escape", "Escape")
    for person in (asker, first):
        await person.is_in("ended")
    await expect(asker.part("ended")).to_contain_text("Stranger 2 left the conversation.")
    for name in ("Ask two others", "Change question"):
        await expect(asker.page.get_by_role("button", name=name)).to_be_visible()
    async with asker.page.expect_download() as download:
        await asker.part("save").click()
    file = place / "talk.txt"
    await (await download.value).save_as(file)
    lines = [re.sub(r"^\[[0-9:]{8}\] ", "", line) for line in file.read_text().splitlines()]
    assert f"Question: {QUESTION}" in lines
    assert lines[-7:] == [
        "",
        "Stranger 1: hey",
        "Stranger 2: hi there",
        f"? {NEXT}",
        "Stranger 1: what do you listen to?",
        "",
        "Stranger 2 left the conversation.",
    ]


async def test_revealed_question_is_seen_and_its_reader_may_leave(visitor: MakeVisitor) -> None:
    asker, one, other = [await visitor() for _ in range(3)]
    first, second = await discuss(asker, one, other, QUESTION, "oboes", reveal=True)
    await expect(asker.part("in-on-it")).to_have_text("The strangers see your questions.")
    told = first.page.get_by_role("status").filter(has_text="Somebody reads along, and asked:")
    await expect(told).to_contain_text(QUESTION)
    await first.says("good question")
    await second.hears("good question")
    await asker.asks_on(NEXT)
    for talker in (first, second):
        await expect(talker.part("pinned")).to_contain_text(QUESTION)
        await expect(talker.marks).to_have_text([NEXT])
    await second.says("to my cat")
    await second.page.reload()
    await expect(second.marks).to_have_text([NEXT])
    assert await second.transcript() == ["good question", NEXT, "to my cat"]

    await asker.presses("Escape", "Escape")
    for talker in (first, second):
        await expect(talker.part("in-on-it")).to_have_text(
            "The reader has left; it's only you two now."
        )
    await first.says("alone at last")
    await second.hears("good question", "alone at last")
    await second.page.reload()
    await expect(second.part("in-on-it")).to_have_text(
        "The reader has left; it's only you two now."
    )

    await second.part("chat-instead").click()
    await second.is_in("talking")
    await expect(second.part("chat-instead")).to_have_text("Really leave this conversation?")
    await second.part("chat-instead").click()
    await second.is_in("waiting")
    await has_the_focus(second)
    await first.is_in("ended")
    await first.part("chat-ended").click()
    await has_the_focus(first)
    await expect(first.part("waiting")).to_contain_text(
        "someone who likes oboes and speaks English."
    )


async def test_wish_is_corrected_given_up_and_found_again_after_a_reload(
    visitor: MakeVisitor,
) -> None:
    asker, talker = await visitor(), await visitor()
    await asker.asks("Why?", "flutes")
    await expect(asker.part("question-error")).to_have_text(
        "A question needs 10 to 200 characters."
    )
    await asker.part("question").fill(QUESTION)
    await asker.part("ask").click()
    await asker.waits()
    await expect(asker.part("waiting-question")).to_have_text(QUESTION)
    await asker.page.reload()
    await asker.waits()
    await expect(asker.part("waiting-question")).to_have_text(QUESTION)
    await asker.part("stop").click()
    await asker.is_in("idle")
    await expect(asker.part("question")).to_have_value(QUESTION)
    assert not await remembers(asker, QUESTION)

    await talker.discusses("bassoons")
    await talker.waits()
    # There before there is anything to announce, and without a trace of it.
    news = talker.part("question-news").and_(talker.page.get_by_role("status"))
    await expect(news).to_have_count(1)
    await expect(news).to_have_attribute("aria-atomic", "true")
    await expect(talker.part("in-on-it")).to_be_empty()
    await expect(talker.part("pinned")).to_be_hidden()
    assert await talker.part("question-bar").evaluate("(bar) => bar.offsetHeight") == 0
    await talker.part("chat-waiting").press("Enter")
    await has_the_focus(talker)
    await expect(talker.part("waiting")).to_contain_text(
        "someone who likes bassoons and speaks English."
    )


async def test_report_says_which_of_two_it_is_about(visitor: MakeVisitor) -> None:
    asker, one, other = [await visitor() for _ in range(3)]
    await discuss(asker, one, other, QUESTION, "harps", reveal=False)
    await one.says("hello")
    await expect(asker.watched(1)).to_have_text(["hello"])
    await one.part("report").click()
    await expect(one.part("report-about").get_by_role("radio")).to_have_count(2)
    await expect(one.part("about-2").get_by_role("radio")).to_be_checked()
    await one.part("report-cancel").click()

    await asker.part("report").click()
    await asker.part("reason-spam").click()
    await expect(asker.part("report-problem")).to_have_text("Please say first who it is about.")
    await asker.part("about-1").click()
    await asker.part("reason-spam").click()
    await expect(asker.part("report-receipt")).not_to_be_empty()
    await asker.part("report-close").click()
    await expect(asker.part("ended")).to_contain_text("You reported Stranger 1.")
    for talker in (one, other):
        await expect(talker.part("ended")).to_contain_text("The conversation is over.")


async def test_nothing_sticks_out_of_a_narrow_page(visitor: MakeVisitor) -> None:
    asker, one, other = [await visitor(**PHONE) for _ in range(3)]
    question = f"What is a {'w' * 180}?"
    first, second = await discuss(asker, one, other, question, "tubas", reveal=True)
    await first.says("x" * 300)
    await second.says("short")
    await asker.asks_on(f"And a {'m' * 190}?")
    await expect(second.marks).to_have_count(1)
    for person in (asker, first):
        await fits(person.page)
        await person.part("block").click()
        await fits(person.page)
        await person.part("report").click()
        await fits(person.page)
        await person.part("report-cancel").click()
    await second.presses("Escape", "Escape")
    for person in (asker, first):
        await person.is_in("ended")
        await fits(person.page)
    await asker.part("home").click()
    await asker.sees_the_start()
    await expect(asker.part("question")).to_have_value(question)
    await fits(asker.page)
    await asker.part("ask").click()
    await asker.waits()
    await fits(asker.page)
