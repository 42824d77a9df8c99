"""Reports, masked words and bans in a room of three."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.db import database_sync_to_async
from django.db import connections
from pytest_django import Settings

from chat import visitors
from moderation import guard
from moderation.models import Evidence, FilterRule, Report
from moderation.tags import visitor_tag
from omegle.lib.ratelimit import Rate
from tests.clock import Clock
from tests.moderation.factories import report
from tests.moderation.test_path import decide
from tests.spymode.spies import QUESTION, Trio
from tests.strangers import Chat, Stranger

pytestmark = pytest.mark.django_db(transaction=True)

Opening = Callable[..., AbstractAsyncContextManager[Trio]]


@pytest.fixture
async def chat(chat: Chat) -> AsyncIterator[Chat]:
    yield chat
    await sync_to_async(connections.close_all)()


def tag_of(stranger: Stranger) -> str:
    visitor = visitors.visitor_read({"visitor": stranger.cookie})
    assert visitor is not None
    return visitor_tag(visitor.id)


async def told(kind: str) -> list[dict[str, Any]]:
    """Give the lines of this kind in the only evidence there is."""
    evidence = await Evidence.objects.select_related("report").aget()
    return [line for line in evidence.transcript if line["kind"] == kind]


# --- Whom, and what it means ---------------------------------------------------------------------


async def test_discusser_reports_the_other_stranger_by_default(trio: Opening) -> None:
    async with trio() as (asker, one, two):
        await two.says("boo")
        await one.hears("message")
        await asker.hears("message")
        await one.send("report", reason="harassment", ref="r")
        await one.hears("ended", reason="you_left", by=1)
        receipt = await one.hears("reported", ref="r")
        await two.hears("ended", reason="left", by=1)
        await asker.hears("ended", reason="left", by=1)
        report = await Report.objects.aget(reference=receipt["receipt"])
        assert (report.subject, report.subject_seat, report.about) == (tag_of(two), 2, "seat")
        assert report.reporter == tag_of(one)


@pytest.mark.parametrize(
    ("about", "reveal"), [("question", True), ("reader", True), ("reader", False)]
)
async def test_discusser_reports_the_question_or_the_reader(
    trio: Opening, about: str, reveal: bool
) -> None:
    async with trio(reveal=reveal) as (asker, one, two):
        await one.send("report", reason="hate", about=about)
        await one.hears("ended", reason="you_left")
        await one.hears("reported")
        report = await Report.objects.aget()
        assert (report.subject, report.subject_seat, report.about) == (tag_of(asker), 0, about)
        # Both others hear the same as ever.
        await two.hears("ended", reason="left", by=1)
        await asker.hears("ended", reason="left", by=1)


@pytest.mark.parametrize("seat", [1, 2])
async def test_asker_reports_either(trio: Opening, seat: int) -> None:
    async with trio() as members:
        await members.asker.send("report", reason="hate", about=seat)
        await members.asker.hears("ended", reason="you_left", by=0)
        await members.asker.hears("reported")
        for stranger in members[1:]:
            await stranger.hears("ended", reason="left", by=None)
        assert (await Report.objects.aget()).subject == tag_of(members[seat])


async def test_asker_must_say_which(trio: Opening) -> None:
    async with trio() as (asker, one, two):
        await asker.send("report", reason="hate", ref="r")
        await asker.hears("error", code="not_allowed", ref="r")
        for stranger in (asker, one, two):
            await stranger.hears_nothing()


@pytest.mark.parametrize(
    ("who", "about", "reveal"),
    [
        (1, "question", False),
        (1, 0, False),
        (1, 0, True),
        (0, "question", True),
        (0, "reader", True),
        (0, 0, True),
    ],
)
async def test_what_a_seat_may_not_report(
    trio: Opening, who: int, about: str | int, reveal: bool
) -> None:
    async with trio(reveal=reveal) as members:
        await members[who].send("report", reason="hate", about=about, ref="r")
        await members[who].hears("error", code="not_allowed", ref="r")
        for stranger in members:
            await stranger.hears_nothing()
        assert not await Report.objects.aexists()


@pytest.mark.parametrize("about", ["question", "reader"])
async def test_ordinary_rooms_have_neither_question_nor_reader(chat: Chat, about: str) -> None:
    async with chat.pair() as (alice, bob):
        await alice.send("report", reason="hate", about=about, ref="r")
        await alice.hears("error", code="not_allowed", ref="r")
        await bob.hears_nothing()


async def test_each_thing_reported_has_one_receipt(trio: Opening) -> None:
    async with trio(reveal=True) as (_asker, one, _two):
        receipts: list[str] = []
        for about in ("question", "reader", 2, "question", 2):
            await one.send("report", reason="hate", about=about)
            if not receipts:
                await one.hears("ended")
            receipts.append((await one.hears("reported"))["receipt"])
        assert receipts[3] == receipts[0]
        assert receipts[4] == receipts[2]
        assert len(set(receipts)) == 3
        assert await Report.objects.acount() == 3


async def test_reported_reader_never_meets_the_reporter_but_others(
    chat: Chat, trio: Opening, clock: Clock
) -> None:
    async with trio() as (asker, one, two):
        await one.send("report", reason="hate", about="reader")
        for member, last in ((one, "reported"), (two, "ended"), (asker, "ended")):
            while (await member.next())["type"] != last:
                pass
        clock.advance(301)
        await one.find(role="discuss")
        await two.find(role="discuss")
        await asker.find(role="ask", question=QUESTION)
        for member in (asker, one, two):
            await member.hears_nothing()
        async with chat.stranger() as three:
            await three.find(role="discuss")
            for member in (three, two, asker):
                await member.hears("matched")
            await one.hears_nothing()


# --- Evidence ------------------------------------------------------------------------------------


@pytest.mark.parametrize("reveal", [False, True])
async def test_evidence_says_what_the_strangers_saw_of_each_question(
    trio: Opening, reveal: bool
) -> None:
    async with trio(reveal=reveal) as (asker, one, two):
        await two.says("a knife")
        await one.hears("message")
        await asker.hears("message")
        await asker.send("question", text="What would you fucking leave?")
        masked = await asker.hears("question", masked=True)
        await asker.send("question", text="Add me on snapchat: bobby99 please")
        await asker.hears("error", code="refused_text")
        await one.send("report", reason="hate")
        while (await one.next())["type"] != "reported":
            pass
    assert [(line["seat"], line["seq"], line["shown"]) for line in await told("message")] == [
        (2, 1, "a knife")
    ]
    assert [(line["text"], line["shown"], line["verdict"]) for line in await told("question")] == [
        (QUESTION, QUESTION if reveal else None, "allow"),
        ("What would you fucking leave?", masked["text"] if reveal else None, "mask"),
        ("Add me on snapchat: bobby99 please", None, "hold"),
    ]
    assert [line["seat"] for line in await told("question")] == [0, 0, 0]
    assert await told("left") == []


async def test_first_question_is_masked_for_the_strangers_and_kept_as_written(
    trio: Opening,
) -> None:
    async with trio(reveal=True, question="What the fuck is a good life?") as (asker, one, two):
        assert "fuck" not in one.room["question"]
        assert one.room["question"] == two.room["question"]
        await one.send("report", reason="hate", about="question")
        while (await one.next())["type"] != "reported":
            pass
    (asked,) = await told("question")
    assert asked["text"] == "What the fuck is a good life?"
    assert asked["shown"] == one.room["question"]
    assert asker.room["question"] == one.room["question"]


async def test_evidence_of_an_asker_who_left_ends_there(trio: Opening) -> None:
    async with trio() as (asker, one, two):
        room = asker.room["room"]
        await one.says("before")
        await two.hears("message")
        await asker.hears("message")
        await asker.send("leave")
        await asker.hears("ended")
        for stranger in (one, two):
            await stranger.hears("reader", present=False)
        await one.says("after")
        await two.hears("message", text="after")
        await asker.send("report", reason="hate", about=1, room=room)
        await asker.hears("reported")
        for stranger in (one, two):
            await stranger.hears_nothing()  # they talk on
        assert [line["text"] for line in await told("message")] == ["before"]
        assert len(await told("left")) == 1


async def test_evidence_of_a_stranger_has_what_came_after_the_asker_left(
    trio: Opening, clock: Clock
) -> None:
    async with trio() as (asker, one, two):
        await asker.send("leave")
        await one.hears("reader")
        await two.hears("reader")
        clock.advance(0.1)  # lines of one millisecond have no order among them
        await two.says("after")
        await one.hears("message")
        await one.send("report", reason="hate", about="reader")
        await one.hears("ended")
        await one.hears("reported")
        assert (await Report.objects.aget()).subject == tag_of(asker)
        transcript = (await Evidence.objects.select_related("report").aget()).transcript
        assert [line["kind"] for line in transcript] == ["question", "left", "message"]


async def test_asker_who_left_may_report_for_ten_minutes(trio: Opening, clock: Clock) -> None:
    async with trio() as (asker, _one, _two):
        await asker.send("leave")
        await asker.hears("ended")
        clock.advance(590)
        await asker.send("report", reason="hate", about=1)
        await asker.hears("reported")
        clock.advance(20)
        await asker.send("report", reason="hate", about=2, ref="r")
        await asker.hears("error", code="not_in_room", ref="r")


async def test_strangers_cannot_push_out_what_an_asker_saw_who_has_left(
    trio: Opening, settings: Settings
) -> None:
    settings.LIMIT_MESSAGES = Rate(0, 1)
    async with trio() as (asker, one, two):
        await one.says("something terrible")
        await two.hears("message")
        await asker.hears("message")
        await asker.send("leave")
        await asker.hears("ended")
        await two.hears("reader")
        await one.hears("reader")
        for number in range(210):
            await one.says(f"word {number}")
            await two.hears("message")
        await asker.send("report", reason="violence", about=1)
        await asker.hears("reported")
        assert [line["text"] for line in await told("message")] == ["something terrible"]


async def test_refused_attempts_do_not_push_out_what_was_masked(
    trio: Opening, settings: Settings
) -> None:
    settings.LIMIT_MESSAGES = Rate(0, 1)
    async with trio(reveal=True, question="What the fuck is a good life?") as (asker, one, _two):
        for _ in range(110):
            await asker.send("question", text="Add me on snapchat: bobby99 please")
            await asker.hears("error", code="refused_text")
        await one.send("report", reason="hate", about="question")
        while (await one.next())["type"] != "reported":
            pass
        texts = [line["text"] for line in await told("question")]
        assert texts[0] == "What the fuck is a good life?"
        assert len(texts) == 100


async def test_who_asks_what_calls_for_advice_gets_it_once_asked(chat: Chat, trio: Opening) -> None:
    await FilterRule.objects.acreate(text="gurkensalat", state="act", action="warn")
    await database_sync_to_async(guard.current().load)()
    question = "Do you like gurkensalat?"
    async with chat.stranger() as alone:
        await alone.find(role="ask", question=question)
        await alone.hears("notice", level="warning")
        await alone.send("find", mode="text", role="ask", question=question)
        await alone.hears("error", code="already_waiting")
        await alone.hears_nothing()
        await alone.send("leave")
    async with trio() as (asker, one, two):
        await asker.send("question", text=question)
        await asker.hears("notice", level="warning")
        await asker.hears("question")
        for stranger in (one, two):
            await stranger.hears_nothing()


# --- Bans ----------------------------------------------------------------------------------------


async def ban(stranger: Stranger) -> None:
    """Ban somebody for what happened in another room."""
    await sync_to_async(report)(subject=tag_of(stranger))
    await sync_to_async(decide)(stranger, "day")


async def test_ban_of_a_discusser_ends_it_as_moderated(trio: Opening) -> None:
    async with trio() as (asker, one, two):
        await ban(two)
        await two.hears("banned")
        for member in (asker, one):
            await member.hears("ended", reason="moderated", by=2)


async def test_ban_of_the_asker_leaves_the_strangers_talking(trio: Opening) -> None:
    async with trio() as (asker, one, two):
        await ban(asker)
        await asker.hears("banned")
        assert await asker.closes() == 4403
        for stranger in (one, two):
            await stranger.hears("reader", present=False)
        await one.says("still here")
        await two.hears("message", text="still here")
