"""How long each side waits, told to those who have not chosen yet."""

import json
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.test import Client

from matching import pool
from tests import clock as clocks
from tests.clock import Clock
from tests.spymode.spies import QUESTION, Trio, trio_meet
from tests.strangers import Chat

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _same_time(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "_waits", pool._waits.with_clock(clocks.LUA))


def _status() -> dict[str, Any]:
    told: dict[str, Any] = json.loads(Client().get("/status.json").content)
    return told


status = sync_to_async(_status)


async def test_short_side_is_named(chat: Chat, clock: Clock) -> None:
    async with chat.stranger() as asker, chat.stranger() as one, chat.stranger() as two:
        await asker.find(role="ask", question=QUESTION)
        clock.advance(20)
        told = await status()
        assert told["waiting"]["ask"] == 1
        assert 20 <= told["spy"]["ask_seconds"] <= 25
        assert told["spy"] | {"discuss_seconds": None, "short": "discuss"} == told["spy"]
        await asker.send("leave")
        await one.find(role="discuss")
        assert (await status())["spy"]["short"] is None
        await two.find(role="discuss")
        told = await status()
        assert told["waiting"]["discuss"] == 2
        assert told["spy"]["short"] == "ask"


async def test_waits_of_the_last_ones_are_remembered(chat: Chat, clock: Clock) -> None:
    async with chat.stranger() as asker, chat.stranger() as one, chat.stranger() as two:
        await asker.find(role="ask", question=QUESTION)
        clock.advance(18)
        await one.find(role="discuss")
        await two.find(role="discuss")
        for each in (asker, one, two):
            await each.hears("matched")
        told = (await status())["spy"]
        assert 18 <= told["ask_seconds"] <= 22
        assert told["discuss_seconds"] <= 2
        assert told["short"] is None
        page = (await sync_to_async(Client().get)("/")).content.decode()
        assert "people who ask wait about 20 s; people who discuss are taken at once." in " ".join(
            page.split()
        )


async def test_landing_asks_for_the_short_side(chat: Chat) -> None:
    async with chat.stranger() as asker:
        await asker.find(role="ask", question=QUESTION)
        page = (await sync_to_async(Client().get)("/")).content.decode()
        assert "At the moment people who ask are taken at once." in page
        assert "More people are wanted to discuss questions." in page


async def test_three_leave_no_one_waiting(chat: Chat) -> None:
    async with chat.stranger() as asker, chat.stranger() as one, chat.stranger() as two:
        await trio_meet(Trio(asker, one, two))
        assert (await status())["waiting"] == {"text": 0, "video": 0, "ask": 0, "discuss": 0}
