"""`simulate`: strangers that are no people meet and talk, and what is lost is counted."""

import asyncio
from collections.abc import Callable

import pytest
import redis
from channels.db import database_sync_to_async
from pytest_django import Settings

from chat import visitors
from moderation import guard
from moderation.models import AuditEntry
from moderation.tags import visitor_tag
from omegle import simulation
from omegle.lib.metrics import REGISTRY
from omegle.lib.ratelimit import Rate
from omegle.simulation import Door, Figures, NoEntry, Plan, Stranger, Talk, simulate
from tests import commands
from tests.moderation import factories
from tests.process.copies import free_port
from tests.strangers import Chat

pytestmark = pytest.mark.django_db(transaction=True)

TOKEN = "0123456789abcdef0123456789abcdef"


@pytest.fixture(autouse=True)
def _hasty(settings: Settings, tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.RUN_DIR = tmp_path
    settings.LIMIT_FIND = settings.LIMIT_PROOF = Rate(0, 1)
    monkeypatch.setattr(simulation, "_TURN_SECONDS", 0.1)
    monkeypatch.setattr(simulation, "_TOLD_EVERY", 0.02)


async def simulated(plan: Plan, until: Callable[[Figures], bool]) -> Figures:
    """Simulate until the figures are so."""
    over = asyncio.Event()

    def look(_seconds: float, figures: Figures) -> None:
        if until(figures):
            over.set()

    return await simulate(plan, over=over, seen=look)


@pytest.mark.parametrize("skips", [0.0, 0.1])
async def test_they_meet_and_talk_and_nothing_is_lost(chat: Chat, skips: float) -> None:
    plan = Plan(chat.origin, 12, 30.0, interests=("music", "films", "cats"), skips=skips)
    figures = await simulated(plan, lambda found: found.entered == 12 and found.messages >= 20)
    assert (figures.entered, figures.lost, figures.doubled) == (12, 0, 0)
    assert figures.messages >= 20
    assert figures.matches >= 2
    assert figures.errors.keys() <= {"too_fast"}
    assert len(figures.trips) == figures.messages
    p50, p99 = figures.trip(0.5), figures.trip(0.99)
    assert p50 is not None
    assert p99 is not None
    assert p50 <= p99
    if not skips:
        assert figures.heard == figures.messages


async def test_who_asks_for_calls_where_there_are_none_goes_on_in_text(chat: Chat) -> None:
    plan = Plan(chat.origin, 2, 30.0, video=True)
    figures = await simulated(plan, lambda found: found.messages >= 2)
    assert (figures.lost, figures.errors) == (0, {})


# --- Limits ---------------------------------------------------------------------------------------


@pytest.fixture
def strict(settings: Settings) -> None:
    settings.LIMIT_ENTER, settings.LIMIT_PROOF = Rate(1, 60), Rate(1, 60)
    settings.LIMIT_CONNECT, settings.LIMIT_CONNECTIONS = Rate(1, 60), 1


@pytest.mark.usefixtures("strict")
async def test_limits_of_addresses_hold_for_who_has_no_token(
    chat: Chat, settings: Settings
) -> None:
    settings.SIMULATE_TOKEN = TOKEN
    plan = Plan(chat.origin, 3, 30.0)
    figures = await simulated(plan, lambda found: found.errors["entry"] == 2)
    assert figures.entered == 1
    for token in (TOKEN[:-1], TOKEN.upper()):
        async with chat.stranger(hello=False, X_Simulate_Token=token) as other:
            assert await other.closes() == 4429


@pytest.mark.usefixtures("strict")
async def test_token_lifts_them_and_is_counted_apart(chat: Chat, settings: Settings) -> None:
    settings.SIMULATE_TOKEN = TOKEN

    def count(door: str) -> float:
        return REGISTRY.get_sample_value("omegle_simulated_total", {"door": door}) or 0.0

    before = count("entry"), count("socket")
    plan = Plan(chat.origin, 4, 30.0, token=TOKEN)
    figures = await simulated(plan, lambda found: found.entered == 4 and found.messages >= 4)
    assert (figures.entered, figures.errors["entry"], figures.lost) == (4, 0, 0)
    assert (count("entry") - before[0], count("socket") - before[1]) == (4, 4)


async def test_without_a_token_of_the_copy_none_is_good(chat: Chat, settings: Settings) -> None:
    settings.LIMIT_CONNECTIONS = 1
    async with (
        chat.stranger(),
        chat.stranger(hello=False, X_Simulate_Token="") as other,
    ):
        assert await other.closes() == 4429


def ban(visitor: str) -> None:
    factories.moderator("senior", "ada")
    case = factories.report(subject=visitor_tag(visitor))
    words = ("--as", "ada", "--measure", "day", "--rule", "harassment", "--facts", "You insulted.")
    assert commands.run("ban", str(case.pk), *words).code == 0
    guard.current().load()


async def test_token_lifts_no_ban_and_no_question_of_age(chat: Chat, settings: Settings) -> None:
    settings.SIMULATE_TOKEN = TOKEN
    async with chat.stranger(hello=False, cookie="", X_Simulate_Token=TOKEN) as nobody:
        assert await nobody.closes() == 4401
    visitor = visitors.visitor_new(band="18+")
    await database_sync_to_async(ban)(visitor.id)
    cookie = visitors.visitor_write(visitor)
    async with chat.stranger(hello=False, cookie=cookie, X_Simulate_Token=TOKEN) as banned:
        await banned.send("hello", protocol=1)
        assert await banned.closes() == 4403


# --- What is lost ---------------------------------------------------------------------------------


def side(*confirmed: int, seat: int, heard: tuple[int, ...] = (), end: str = "") -> Stranger:
    stranger = Stranger(Plan("http://127.0.0.1", 2, 1.0), Figures())
    stranger.talks.append(Talk("room", seat, confirmed=set(confirmed), heard=set(heard), end=end))
    return stranger


def test_what_was_confirmed_and_not_heard_is_lost() -> None:
    alice = side(1, 2, 3, seat=1)
    assert simulation._missing([alice, side(seat=2, heard=(1, 3))]) == 1
    assert simulation._missing([alice, side(seat=2, heard=(1, 2, 3), end="left")]) == 0
    assert simulation._missing([alice, side(seat=2, heard=(1,), end="left")]) == 2
    assert simulation._missing([alice, side(seat=2, heard=(1,), end="you_left")]) == 0
    # Who is in a room with somebody else's visitor is told nothing of what that one heard.
    assert simulation._missing([alice]) == 0


def test_what_is_told_twice_is_counted() -> None:
    bob = side(seat=2)
    bob.talk = bob.talks[0]
    said = {"type": "message", "room": "room", "seat": 1, "text": "hi"}
    for seq in (1, 2, 2, 3):
        bob._take(said | {"seq": seq})
    assert (bob.figures.doubled, bob.figures.heard) == (1, 4)


# --- The command ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        ("1",),
        ("many",),
        ("4", "--minutes", "0"),
        ("4", "--skips", "2"),
        ("4", "--url", "ftp://chat.example.org"),
    ],
)
def test_what_cannot_be_is_refused(words: tuple[str, ...]) -> None:
    assert commands.run("simulate", *words).code == 2


def test_nobody_at_the_address_is_said(redis_db: redis.Redis) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    ran = commands.run("simulate", "4", "--url", url)
    assert (ran.code, ran.said) == (1, f"Nothing answers at {url} (ConnectionRefusedError).")
    assert not AuditEntry.objects.exists()


async def test_people_who_are_there_are_left_alone(chat: Chat) -> None:
    async with chat.stranger():
        ran = await asyncio.to_thread(commands.run, "simulate", "4", "--url", chat.origin)
    assert (ran.code, "1 visitors are there" in ran.said) == (1, True)


async def test_door_that_lets_nobody_in_is_said(chat: Chat, settings: Settings) -> None:
    settings.LIMIT_ENTER = Rate(1, 60)
    door = Door(Plan(chat.origin, 2, 1.0))
    assert await asyncio.to_thread(door.enter)
    with pytest.raises(NoEntry, match="SIMULATE_TOKEN"):
        await asyncio.to_thread(door.enter)
