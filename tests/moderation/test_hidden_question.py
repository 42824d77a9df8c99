"""A question that is hidden from the strangers stays hidden from them, whatever is decided."""

from contextlib import AsyncExitStack

import pytest
from asgiref.sync import sync_to_async
from channels.db import database_sync_to_async
from django.contrib.auth.models import User
from django.test import Client

from chat import visitors
from moderation.models import Case, Evidence
from moderation.policy import Measure
from moderation.receipts import statement_url
from moderation.services.cases import case_claim
from moderation.services.decisions import case_decide
from moderation.services.reports import reports_sweep
from moderation.tags import visitor_tag
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
    await trio.one.hears("message")
    return trio


async def report(reporter: Stranger, **fields: object) -> Frame:
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
        receipt = await report(trio.one, about=trio.two.room["you"]["seat"], note="rude")
        ended = await trio.two.hears("ended", reason="left")
        kept = await Evidence.objects.aget()
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
        receipt = await report(trio.one, about="reader")
        before = await page(receipt["url"], trio.one)
        await database_sync_to_async(decide)(tag_of(trio.asker), "week")
        after = await page(receipt["url"], trio.one)
        assert "whoever read along" in after
        assert hints(before, after, receipt) == []
