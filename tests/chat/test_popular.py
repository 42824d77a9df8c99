"""What many people like is told to those they may meet; what few like is told to nobody."""

import json
from ipaddress import ip_network
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from chat import store
from chat.visitors import VISITOR_COOKIE, visitor_new, visitor_write
from matching import popular
from matching.popular import PEOPLE
from tests import clock as clocks
from tests.clock import Clock
from tests.strangers import Chat, new_cookie

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _addresses(settings: Settings, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let strangers say what address they come from, and keep the time of the scripts."""
    settings.TRUSTED_PROXIES = (ip_network("127.0.0.0/8"),)
    monkeypatch.setattr(popular, "_popular", popular._popular.with_clock(clocks.LUA))
    monkeypatch.setattr(store, "_chat_waits", store._chat_waits.with_clock(clocks.LUA))


def _told(path: str, cookie: str = "") -> dict[str, Any]:
    cache.delete_many(["popular:self:18+", "popular:self:16-17"])
    client = Client()
    if cookie:
        client.cookies[VISITOR_COOKIE] = cookie
    answer: dict[str, Any] = json.loads(client.get(path).content)
    return answer


told = sync_to_async(_told)


async def popular_now(cookie: str | None = None) -> list[str]:
    answer = await told("/interests.json", new_cookie() if cookie is None else cookie)
    names: list[str] = answer["popular"]
    return names


async def like(chat: Chat, people: int, *interests: str, first: int = 1, times: int = 1) -> None:
    """Let so many people, each from an address of their own, look for a stranger and leave."""
    for number in range(first, first + people):
        async with chat.stranger(X_Forwarded_For=f"198.51.100.{number}") as one:
            for _ in range(times):
                await one.find(*interests, languages=["en"])
                await one.send("leave")
                await one.hears_nothing()


async def test_what_twenty_people_like_is_told_and_what_nineteen_like_is_not(chat: Chat) -> None:
    await like(chat, PEOPLE - 1, "Soccer", "jazz")
    assert await popular_now() == []
    await like(chat, 1, "football", first=PEOPLE)
    assert await popular_now() == ["football"]


async def test_who_looks_often_or_comes_with_many_cookies_counts_once(chat: Chat) -> None:
    await like(chat, PEOPLE - 1, "chess", times=2)
    for _ in range(3):
        await like(chat, 1, "chess")
    assert await popular_now() == []


async def test_it_is_told_only_to_those_they_may_meet(chat: Chat, settings: Settings) -> None:
    settings.AGE_BANDS = [16]
    await like(chat, PEOPLE, "opera")
    assert await popular_now() == ["opera"]
    assert await popular_now(visitor_write(visitor_new(band="16-17"))) == []
    assert await popular_now("") == []


async def test_it_is_forgotten_after_two_hours_at_most(chat: Chat, clock: Clock) -> None:
    await like(chat, PEOPLE, "poetry")
    clock.advance(3600)
    assert await popular_now() == ["poetry"]
    clock.advance(3600)
    assert await popular_now() == []


async def test_how_long_those_who_met_had_waited_is_told(chat: Chat, clock: Clock) -> None:
    assert (await told("/status.json"))["waits"] == {"text": None, "video": None}
    async with chat.stranger() as alice, chat.stranger() as bob:
        await alice.find("rowing")
        clock.advance(8)
        await bob.find("rowing")
        await bob.hears("matched")
        assert (await told("/status.json"))["waits"] == {"text": 8, "video": None}
    clock.advance(1000)
    assert (await told("/status.json"))["waits"]["text"] is None
