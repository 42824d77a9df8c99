"""A question that is hidden from the strangers stays hidden from them, whatever is decided."""

from contextlib import AsyncExitStack

import pytest
from asgiref.sync import sync_to_async
from channels.db import database_sync_to_async
from django.contrib.auth.models import User
from django.test import Client

from chat import visitors
from chat.tasks import rooms_screen
from moderation.models import Case, Evidence, Report
from moderation.policy import Measure
from moderation.receipts import statement_url
from moderation.services.cases import case_claim
from moderation.services.decisions import case_decide
from moderation.services.reports import reports_sweep
from moderation.tags import visitor_tag
from tests import clock as clocks
from tests.moderation.factories import approved
from tests.spymode.spies import Trio, trio_meet
from tests.strangers import Chat, Frame, Stranger

pytestmark = pytest.mark.django_db(transaction=True)

QUESTION = "Would zebras like a lighthouse?"
LATER = "And what of a walrus in a tram?"
# Anything that comes of them: their words, and that there is one.
HINTS = ("zebra", "lighthouse", "walrus", "tram?", "question", "asker", "asked")


def tag_of(stranger: Stranger) -> str:
    visitor = visitors.visitor_read({"visitor": stranger.cookie})
    assert visitor is not None
    return visitor_tag(visitor.id)


def decide(tag: str, measure: Measure) -> str:
    """Let a moderator decide the case of somebody, with the words that are offered."""
    reports_sweep()
    senior, _ = User.objects.get_or_create(username="senior", is_superuser=True)
    held = case_claim(Case.objects.get(subject=tag).pk, moderator=senior)
    decision = case_decide(
        held.pk,
        moderator=senior,
        version=held.version,
        measure=measure,
        rule="harassment",
        facts="You insulted a stranger.",
    )
    if measure == "permanent":
        decision = approved(held)
    return decision.reference


@sync_to_async
def page(url: str, stranger: Stranger) -> str:
    """Give what somebody sees who opens this in their browser."""
    client = Client()
    client.cookies["visitor"] = stranger.cookie
    answer = client.get(url)
    assert answer.status_code in (200, 403)
    return answer.content.decode()


async def talk(chat: Chat, stack: AsyncExitStack) -> Trio:
    """Three of whom two talk, and are asked twice what they do not see."""
    trio = Trio(*[await stack.enter_async_context(chat.stranger()) for _ in range(3)])
    await trio_meet(trio, question=QUESTION)
    await trio.asker.send("question", text=LATER)
    await trio.asker.hears("question", text=LATER)
    await trio.two.says("you are boring")
    for other in (trio.one, trio.asker):
        await other.hears("message")
    return trio


async def asker_leaves(trio: Trio) -> None:
    await trio.asker.send("leave")
    await trio.asker.hears("ended", reason="you_left")
    for other in (trio.one, trio.two):
        await other.hears("reader", present=False)


async def reported(reporter: Stranger, **fields: object) -> Frame:
    await reporter.send("report", reason="harassment", **fields)
    await reporter.hears("ended", reason="you_left")
    return await reporter.hears("reported")


def hints(*seen: object) -> list[str]:
    told = " ".join(map(str, seen)).lower()
    return [hint for hint in HINTS if hint in told]


@pytest.mark.parametrize("measure", ["dismiss", "warn", "day", "permanent"])
async def test_no_page_of_the_two_has_anything_of_a_hidden_question(
    chat: Chat, measure: Measure
) -> None:
    async with AsyncExitStack() as stack:
        trio = await talk(chat, stack)
        receipt = await reported(trio.one, about=trio.two.room["you"]["seat"], note="rude")
        ended = await trio.two.hears("ended", reason="left")
        kept = await Evidence.objects.select_related("report").aget()
        assert [each["text"] for each in kept.transcript if each["kind"] == "question"] == [
            QUESTION,
            LATER,
        ]
        before = await page(receipt["url"], trio.one)
        decision = await database_sync_to_async(decide)(tag_of(trio.two), measure)
        pages = [before, await page(receipt["url"], trio.one)]
        told = []
        if measure != "dismiss":
            told.append(await trio.two.next())
            pages += [await page(statement_url(decision), trio.two)]
            assert "You insulted a stranger." in pages[-1]
        if measure in ("day", "permanent"):
            pages.append(await page("/", trio.two))
            assert "You are banned" in pages[-1]
        assert hints(*pages, *told, receipt, ended) == []


async def test_decision_about_the_asker_shows_the_reporter_nothing_of_the_question(
    chat: Chat,
) -> None:
    async with AsyncExitStack() as stack:
        trio = await talk(chat, stack)
        receipt = await reported(trio.one, about="reader")
        before = await page(receipt["url"], trio.one)
        await database_sync_to_async(decide)(tag_of(trio.asker), "week")
        after = await page(receipt["url"], trio.one)
        assert "whoever read along" in after
        assert hints(before, after, receipt) == []


async def test_talk_is_looked_over_to_its_end_though_the_asker_has_left(chat: Chat) -> None:
    async with AsyncExitStack() as stack:
        trio = await talk(chat, stack)
        await asker_leaves(trio)
        for _ in range(6):
            await trio.two.says("buy my things")
        await trio.two.send("leave")
        await trio.two.hears("ended")
        await database_sync_to_async(rooms_screen)()
    report = await Report.objects.aget()
    assert (report.source, report.subject) == ("automatic", tag_of(trio.two))


async def test_report_of_an_asker_who_has_left_ends_there(chat: Chat, clock: clocks.Clock) -> None:
    async with AsyncExitStack() as stack:
        trio = await talk(chat, stack)
        await asker_leaves(trio)
        clock.advance(1)
        await trio.two.says("now that we are alone")
        await trio.asker.send("report", reason="hate", about=trio.two.room["you"]["seat"])
        await trio.asker.hears("reported")
    kept = await Evidence.objects.select_related("report").aget()
    assert kept.transcript[-1]["kind"] == "left"
    assert "you are boring" in repr(kept.transcript)
    assert "alone" not in repr(kept.transcript)
