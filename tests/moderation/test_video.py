"""Whom several strangers report from video has none for a while."""

from datetime import timedelta

import pytest
from channels.db import database_sync_to_async
from django.utils import timezone
from msgspec.structs import replace
from pytest_django import Settings

from chat import visitors
from moderation.guard import Guard
from moderation.models import Case, Report
from moderation.policy import VIDEO_LOST_SPAN, VIDEO_REPORTERS, Reason
from moderation.selectors import video_losses
from moderation.services.reports import report_receive, reports_sweep
from moderation.tags import visitor_tag
from tests.moderation.drafts import draft, person, talk
from tests.strangers import Chat, Stranger, meet

BOB = visitor_tag("bob")


def reports(
    *reporters: str,
    subject: str = "bob",
    mode: str = "video",
    reason: Reason = "self_harm",
    address: str = "",
) -> None:
    """Let each of them report Bob from a room of their own."""
    for reporter in reporters:
        told = replace(talk(reporter=reporter, subject=subject), mode=mode)
        told.people["1"] = person(reporter, address=address)
        report_receive(draft(reporter=reporter, subject=subject, told=told, reason=reason))


# --- Who ------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_so_many_strangers_take_video_away_for_a_day_at_most() -> None:
    reports("ann", "ben")
    assert video_losses() == {}
    reports("cem")
    first = Report.objects.earliest("created_at")
    assert video_losses() == {BOB: first.created_at + VIDEO_LOST_SPAN}
    assert timedelta(hours=24) >= VIDEO_LOST_SPAN


@pytest.mark.django_db
def test_every_report_opens_a_case_and_nobody_is_banned() -> None:
    reports("ann", "ben", "cem")
    reports_sweep()
    case = Case.objects.get(subject=BOB)
    assert case.reports.count() == VIDEO_REPORTERS
    assert not case.decisions.exists()


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
    reports("ann", "ben", "cem", "dua")
    assert BOB in video_losses()
    Report.objects.filter(reporter=visitor_tag("ann")).update(outcome="dismissed")
    assert BOB in video_losses()
    long_ago = timezone.now() - VIDEO_LOST_SPAN
    Report.objects.filter(reporter=visitor_tag("ben")).update(created_at=long_ago)
    assert video_losses() == {}


@pytest.mark.django_db
def test_guard_forgets_it_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    reports("ann", "ben", "cem")
    own = Guard()
    own.load()
    assert own.video_lost_until(BOB)
    assert own.video_lost_until(visitor_tag("ann")) is None
    later = timezone.now() + VIDEO_LOST_SPAN
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
        id = id_of(bob)
        await database_sync_to_async(reports)("a", "b", "c", subject=id)
        told = await bob.hears("notice", level="warning")
        assert "a moderator will look at it" in told["text"]
        await bob.hears("ended", reason="you_left")
        await ann.hears("ended", reason="left")
        await bob.send("find", mode="video", ref="r")
        refused = await bob.hears("error", code="not_allowed", ref="r")
        assert "UTC you can meet people by text" in refused["detail"]
        async with chat.stranger() as cem:
            await meet(bob, cem)
            await cem.says("Hello!")
            await bob.hears("message")
        await ann.hears_nothing()
