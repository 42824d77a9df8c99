"""A visit keeps the group it began in: another age, or none that is known, resumes nothing."""

import time
from types import SimpleNamespace

import pytest
from pytest_django import Settings

from chat import switchboard, visitors
from tests.ages import AgeProvider
from tests.strangers import Chat, Frame, Stranger, gone, meet


def cookie_of(band: str = "18+", **fields: object) -> str:
    return visitors.visitor_write(visitors.visitor_new(band=band, **fields))  # type: ignore[arg-type]


def id_of(cookie: str) -> str:
    visitor = visitors.visitor_read({"visitor": cookie})
    assert visitor is not None
    return visitor.id


async def resume_fails(stranger: Stranger, old: Stranger) -> Frame:
    await stranger.send("hello", protocol=1, resume=old.welcome["resume"])
    welcome = await stranger.hears("welcome", resumed=False)
    await stranger.hears("error", code="resume_failed")
    return welcome


@pytest.fixture
def young(settings: Settings) -> None:
    settings.MINIMUM_AGE = 16


@pytest.mark.usefixtures("young")
async def test_minor_and_adult_never_meet(chat: Chat) -> None:
    async with (
        chat.stranger(cookie=cookie_of("16-17")) as minor,
        chat.stranger(cookie=cookie_of("18+")) as adult,
    ):
        await minor.find()
        await adult.find()
        await adult.hears_nothing()
        async with chat.stranger(cookie=cookie_of("16-17")) as other:
            await meet_waiting(other, minor)


async def meet_waiting(comer: Stranger, waiting: Stranger) -> None:
    await comer.find()
    await comer.hears("matched")
    await waiting.hears("matched")


@pytest.mark.usefixtures("young")
async def test_wait_is_not_taken_up_by_somebody_of_another_age(chat: Chat) -> None:
    async with chat.stranger(cookie=cookie_of("18+")) as before:
        await before.find()
        other_age = cookie_of("16-17", id=id_of(before.cookie))
        async with chat.stranger(cookie=other_age, hello=False) as after:
            await resume_fails(after, before)
            assert await before.closes() == 4409
            async with chat.stranger(cookie=cookie_of("18+")) as adult:
                await adult.find()
                await adult.hears_nothing()
                await after.find()
                await after.hears_nothing()


@pytest.mark.usefixtures("young")
async def test_room_is_not_taken_up_by_somebody_of_another_age(chat: Chat) -> None:
    async with chat.pair() as (alice, bob):
        alice.abort()
        await bob.hears("presence", connected=False)
        await gone(alice)
        other_age = cookie_of("16-17", id=id_of(alice.cookie))
        async with chat.stranger(cookie=other_age, hello=False) as again:
            await resume_fails(again, alice)
            await bob.hears("ended", reason="left")


async def test_room_is_taken_up_when_only_the_cookie_is_new(chat: Chat) -> None:
    async with chat.pair() as (alice, bob):
        alice.abort()
        await bob.hears("presence", connected=False)
        await gone(alice)
        proven = cookie_of(id=id_of(alice.cookie), proven=1)
        async with chat.stranger(cookie=proven, hello=False) as again:
            assert (await again.resume(alice))["resumed"] is True


async def test_socket_of_a_band_that_is_no_more_is_closed(chat: Chat, settings: Settings) -> None:
    cookie = cookie_of("18+")
    settings.MINIMUM_AGE = 21
    async with chat.stranger(hello=False, cookie=cookie) as alice:
        assert await alice.closes() == 4401


@pytest.fixture
def provider(settings: Settings) -> AgeProvider:
    made = AgeProvider()
    made.serves(settings)
    return made


def vouched(seconds: float = 3600) -> str:
    return cookie_of(level="provider", until=int(time.time() + seconds))


@pytest.mark.usefixtures("provider")
@pytest.mark.parametrize(
    "kept",
    [
        {},
        {"level": "self"},
        {"level": "none"},
        {"level": "provider"},
        {"level": "provider", "until": 1},
    ],
    ids=str,
)
async def test_socket_without_a_current_age_is_closed(chat: Chat, kept: dict[str, object]) -> None:
    async with chat.stranger(hello=False, cookie=cookie_of(**kept)) as alice:  # type: ignore[arg-type]
        assert await alice.closes() == 4401


@pytest.mark.usefixtures("provider")
async def test_those_who_were_vouched_for_meet(chat: Chat) -> None:
    async with chat.stranger(cookie=vouched()) as alice, chat.stranger(cookie=vouched()) as bob:
        await meet(alice, bob)


@pytest.mark.usefixtures("provider")
async def test_age_that_runs_out_ends_the_visit_and_tells_the_stranger(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One is in a room, one waits, and one stays whose age holds longer."""
    monkeypatch.setattr(switchboard, "_ONLINE_SECONDS", 0.02)
    await switchboard.stop_current()  # the next socket starts it anew
    async with (
        chat.stranger(cookie=vouched()) as alice,
        chat.stranger(cookie=vouched(7200)) as bob,
        chat.stranger(cookie=vouched()) as carol,
    ):
        await meet(alice, bob)
        await carol.find()
        later = SimpleNamespace(time=lambda: time.time() + 3601)
        monkeypatch.setattr("chat.visitors.time", later)
        await alice.hears("ended", reason="you_left")
        assert await alice.closes() == 4401
        assert await carol.closes() == 4401
        await bob.hears("ended", reason="left")
        await bob.find()
        await bob.hears_nothing()
