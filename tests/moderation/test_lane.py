"""Who was sanctioned lately meets others of that kind, and nobody else meets them."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from channels.db import database_sync_to_async
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from chat import switchboard, visitors
from moderation import guard
from moderation.models import Decision
from moderation.policy import Measure
from moderation.receipts import statement_url
from moderation.selectors.bans import sanctions_lately
from moderation.services.cases import case_claim
from moderation.services.decisions import case_decide, decision_lift
from moderation.tags import visitor_tag
from tests.moderation.factories import approved, moderator, report
from tests.strangers import Chat, Stranger, gone, new_cookie

pytestmark = pytest.mark.django_db(transaction=True)


def tag_of(stranger: Stranger | str) -> str:
    cookie = stranger if isinstance(stranger, str) else stranger.cookie
    visitor = visitors.visitor_read({"visitor": cookie})
    assert visitor is not None
    return visitor_tag(visitor.id)


def decide(tag: str, measure: Measure = "warn") -> str:
    """Impose something on a visitor; give the decision's reference."""
    senior = moderator()
    case = case_claim(report(subject=tag).pk, moderator=senior)
    case_decide(
        case.pk,
        moderator=senior,
        version=case.version,
        measure=measure,
        rule="harassment",
        facts="You insulted a stranger.",
    )
    if measure == "permanent":
        approved(case)
    reference: str = Decision.objects.latest("created_at").reference
    return reference


Decide = Callable[..., Awaitable[str]]


@pytest.fixture
def decided() -> Decide:
    """Decide, and let this process know at once."""

    async def both(tag: str, measure: Measure = "warn") -> str:
        reference: str = await database_sync_to_async(decide)(tag, measure)
        await (await switchboard.current()).enforcement.refresh()
        return reference

    return both


async def test_who_was_warned_does_not_meet_who_was_not(chat: Chat, decided: Decide) -> None:
    async with chat.stranger() as bob, chat.stranger() as clean:
        await decided(tag_of(bob))
        await bob.hears("warned")
        assert (await bob.find())["relaxes_in"] is None, "they wait as everybody does"
        await clean.find()
        await clean.hears_nothing()
        async with chat.stranger() as carol:
            await decided(tag_of(carol))
            await carol.hears("warned")
            await carol.find()
            await carol.hears("matched")
            await bob.hears("matched")


async def test_warning_moves_who_waits_at_once(chat: Chat, decided: Decide) -> None:
    async with chat.stranger() as bob, chat.stranger() as carol, chat.stranger() as clean:
        await decided(tag_of(carol))
        await carol.hears("warned")
        await carol.find()
        await bob.find()
        await bob.hears_nothing()
        await decided(tag_of(bob))
        heard = {(await bob.next())["type"] for _ in range(2)}
        assert heard == {"warned", "matched"}, "they meet who was there already"
        await carol.hears("matched")
        await clean.find()
        await clean.hears_nothing()


async def test_warning_does_not_end_a_conversation(chat: Chat, decided: Decide) -> None:
    async with chat.pair() as (alice, bob):
        await decided(tag_of(bob))
        await bob.hears("warned")
        await bob.says("sorry")
        await alice.hears("message")


async def test_wait_that_is_taken_up_is_in_the_lane_of_now(chat: Chat, decided: Decide) -> None:
    async with chat.stranger() as clean, chat.stranger() as bob:
        await bob.find()
        bob.abort()
        await gone(bob)
        await decided(tag_of(bob))
        async with chat.stranger(cookie=bob.cookie, hello=False) as again:
            await again.resume(bob)
            await again.hears("waiting")
            await again.hears("warned")
            await clean.find()
            await clean.hears_nothing()


async def test_lifted_warning_gives_everybody_back(chat: Chat, decided: Decide) -> None:
    async with chat.stranger() as bob, chat.stranger() as clean:
        reference = await decided(tag_of(bob))
        await bob.hears("warned")
        await bob.find()
        await clean.find()
        await clean.hears_nothing()
        await database_sync_to_async(lift)(reference)
        await bob.hears("matched")
        await clean.hears("matched")


def lift(reference: str) -> None:
    decision = Decision.objects.get(reference=reference)
    decision_lift(decision, moderator=moderator(), why="A mistake.")


@pytest.mark.parametrize(
    ("measure", "after", "expected"),
    [
        ("warn", timedelta(days=6), True),
        ("warn", timedelta(days=8), False),
        ("cooldown", timedelta(days=7), True),
        ("cooldown", timedelta(days=7, hours=2), False),
        ("week", timedelta(days=13), True),
        ("week", timedelta(days=15), False),
        ("video", timedelta(hours=1), False),
        ("dismiss", timedelta(hours=1), False),
    ],
)
def test_lane_lasts_from_the_end_of_a_sanction(
    monkeypatch: pytest.MonkeyPatch, measure: Measure, after: timedelta, *, expected: bool
) -> None:
    tag = tag_of(new_cookie())
    decide(tag, measure)
    own = guard.Guard()
    own.load()
    later = timezone.now() + after
    monkeypatch.setattr("django.utils.timezone.now", lambda: later)
    assert own.was_sanctioned_lately(tag) is expected, "as this process remembers it"
    assert (tag in sanctions_lately()) is expected, "and as it is read anew"


def test_longest_of_several_counts() -> None:
    tag = tag_of(new_cookie())
    decide(tag, "warn")
    decide(tag, "week")
    assert sanctions_lately()[tag] > timezone.now() + timedelta(days=6)


@pytest.mark.parametrize(
    ("measure", "days", "told"),
    [
        ("warn", 7, "For 7 days after that you meet only others"),
        ("day", 1, "For a day after that you meet only others"),
        ("warn", 0, ""),
        ("permanent", 7, ""),
        ("video", 7, ""),
    ],
)
def test_statement_says_whom_they_meet(
    client: Client, settings: Settings, measure: Measure, days: int, told: str
) -> None:
    settings.LANE_SPAN = timedelta(days=days)
    decide(tag_of(new_cookie()), measure)
    page = client.get(statement_url(Decision.objects.latest("pk").reference)).content.decode()
    assert ("you meet only others" in page) is bool(told)
    assert told in page


def test_lane_can_be_closed(settings: Settings) -> None:
    settings.LANE_SPAN = timedelta(0)
    tag = tag_of(new_cookie())
    decide(tag, "warn")
    own = guard.Guard()
    own.load()
    assert not own.was_sanctioned_lately(tag)
