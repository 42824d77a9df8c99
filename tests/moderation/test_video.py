"""Whom several strangers report from video has none for a while."""

from datetime import timedelta

import pytest
from channels.db import database_sync_to_async
from django.test import Client
from django.utils import timezone
from msgspec.structs import replace
from pytest_django import Settings

from chat import visitors
from moderation.guard import Guard
from moderation.models import Case, Decision, Report, Sanction
from moderation.policy import AUTOMATIC_SPAN, RULES, VIDEO_RULE, Reason
from moderation.receipts import statement_url
from moderation.selectors.bans import (
    sanctioned_addresses,
    video_losses,
    visitor_bans,
    visitor_warnings,
)
from moderation.services.decisions import decision_lift
from moderation.services.reports import report_receive, reports_sweep
from moderation.tags import visitor_tag
from tests.moderation.drafts import draft, person, talk
from tests.moderation.factories import moderator
from tests.strangers import Chat, Stranger, meet

BOB = visitor_tag("bob")


def reports(
    *reporters: str,
    subject: str = "bob",
    mode: str = "video",
    reason: Reason = "self_harm",
    address: str = "",
) -> None:
    """Let each of them report Bob from a room of their own; all is filed."""
    for reporter in reporters:
        told = replace(talk(reporter=reporter, subject=subject), mode=mode)
        told.people["1"] = person(reporter, address=address)
        report_receive(draft(reporter=reporter, subject=subject, told=told, reason=reason))
    reports_sweep()


# --- Who ------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_so_many_strangers_take_video_away_for_a_day_at_most() -> None:
    reports("ann", "ben")
    assert video_losses() == {}
    reports("cem")
    sanction = Sanction.objects.get()
    assert video_losses() == {BOB: sanction.until}
    assert sanction.seconds == timedelta(days=1).total_seconds()
    assert not visitor_bans([BOB])
    assert not sanctioned_addresses()


@pytest.mark.django_db
def test_loss_is_a_decision_that_states_its_reasons(client: Client) -> None:
    reports("ann", "ben", "cem")
    decision = Decision.objects.get()
    assert decision.automated_decision
    assert decision.measure == "video"
    page = client.get(statement_url(decision.reference)).content.decode()
    assert "No video, 1 day" in page
    assert RULES[VIDEO_RULE].title in page
    assert "Text chat goes on" in page
    (told,) = visitor_warnings()[BOB]
    assert "you have no video until" in told.statement


@pytest.mark.django_db
def test_every_report_is_in_a_case_that_stays_open_for_a_person() -> None:
    reports("ann", "ben", reason="self_harm")
    reports("cem", reason="minor")
    assert Case.objects.filter(subject=BOB, status="open").count() == 2
    assert Report.objects.filter(case=None).count() == 0
    assert Decision.objects.get().case.lane == "child_safety"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("reporters", "fields"),
    [
        (("ann", "ann", "ann"), {}),
        (("ann", "ben", "cem"), {"mode": "text"}),
        (("ann", "ben", "cem"), {"address": "5c1e"}),
        (("ann", "ben", ""), {}),
    ],
    ids=["one of them", "text", "one address", "our own check"],
)
def test_what_is_no_other_stranger_does_not_count(
    reporters: tuple[str, ...], fields: dict[str, str]
) -> None:
    reports(*reporters, **fields)  # type: ignore[arg-type]
    assert video_losses() == {}


@pytest.mark.django_db
def test_dismissed_and_old_reports_do_not_count() -> None:
    reports("ann", "ben")
    Report.objects.filter(reporter=visitor_tag("ann")).update(outcome="dismissed")
    Report.objects.filter(reporter=visitor_tag("ben")).update(
        created_at=timezone.now() - AUTOMATIC_SPAN
    )
    reports("cem", "dua")
    assert video_losses() == {}
    reports("eli")
    assert BOB in video_losses()


@pytest.mark.django_db
def test_what_led_to_a_loss_leads_to_no_other() -> None:
    reports("ann", "ben", "cem")
    decision_lift(Decision.objects.get(), moderator=moderator(), why="They knew each other.")
    assert video_losses() == {}
    reports("dua", "eli")
    assert video_losses() == {}
    reports("fay")
    assert BOB in video_losses()


@pytest.mark.django_db
def test_loss_of_video_takes_nothing_from_the_count_of_the_cool_down() -> None:
    reports("ann", "ben", reason="nudity")
    reports("cem", reason="self_harm")
    assert BOB in video_losses()
    assert not visitor_bans([BOB])
    reports("dua", reason="nudity", mode="text")
    assert visitor_bans([BOB])


@pytest.mark.django_db
def test_guard_forgets_it_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    reports("ann", "ben", "cem")
    own = Guard()
    own.load()
    assert own.video_lost_until(BOB)
    assert own.video_lost_until(visitor_tag("ann")) is None
    later = timezone.now() + timedelta(days=1)
    monkeypatch.setattr("moderation.guard.timezone.now", lambda: later)
    assert own.video_lost_until(BOB) is None


# --- How it is met --------------------------------------------------------------------------------


@pytest.fixture
def _relay(settings: Settings) -> None:
    settings.VIDEO = "relay"
    settings.TURN_URLS, settings.TURN_SECRET = ("turn:turn.example.org",), "s"
    settings.TURN_RELAYS = frozenset({"203.0.113.7"})


def id_of(stranger: Stranger) -> str:
    visitor = visitors.visitor_read({"visitor": stranger.cookie})
    assert visitor is not None
    return visitor.id


@pytest.mark.usefixtures("_relay")
@pytest.mark.django_db(transaction=True)
async def test_who_lost_video_is_told_and_can_write(chat: Chat) -> None:
    async with chat.pair(mode="video") as (bob, ann):
        await database_sync_to_async(reports)("a", "b", "c", subject=id_of(bob))
        told = {frame["type"]: frame for frame in [await bob.next() for _ in range(3)]}
        assert told["video"]["state"] == "off"
        assert told["ended"]["reason"] == "you_left"
        assert "Several strangers reported you from video" in told["warned"]["statement"]
        await ann.hears("ended", reason="left")
        await bob.send("find", mode="video", ref="r")
        refused = await bob.hears("error", code="not_allowed", ref="r")
        assert "UTC. You can meet people by text." in refused["detail"]
        async with chat.stranger() as cem:
            await meet(bob, cem)
            await cem.says("Hello!")
            await bob.hears("message")
        await ann.hears_nothing()
        async with chat.stranger(cookie=bob.cookie) as again:
            assert again.welcome["video"] == "off"


@pytest.mark.usefixtures("_relay")
@pytest.mark.django_db(transaction=True)
async def test_who_lost_video_looks_for_it_no_longer(chat: Chat) -> None:
    async with chat.stranger() as bob, chat.stranger() as ann:
        await bob.find(mode="video")
        await database_sync_to_async(reports)("a", "b", "c", subject=id_of(bob))
        assert {(await bob.next())["type"], (await bob.next())["type"]} == {"video", "warned"}
        await bob.find(mode="text")
        await ann.find(mode="video")
        await ann.hears_nothing()
