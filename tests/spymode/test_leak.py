"""Of a hidden question no stranger learns anything: not its text, not that there are more.

The same session is lived through with an asker who asks all the time and with one who stays
silent; what both strangers hear, and every page they can open, must be the same.
"""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from statistics import median, quantiles
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connections
from django.test import Client
from pytest_django import Settings

from chat import store, switchboard
from omegle.lib.ratelimit import Rate
from tests.chat.test_crowd import replace_lua
from tests.spymode.spies import Trio
from tests.strangers import Chat, Frame, Stranger

pytestmark = pytest.mark.django_db(transaction=True)

Opening = Callable[..., AbstractAsyncContextManager[Trio]]

QUESTION = "Which zebrafish would you marry?"
WORDS = ("zebrafish", "marry", "Quagmire", "xylophone")


@pytest.fixture
async def chat(chat: Chat, settings: Settings) -> AsyncIterator[Chat]:
    for limit in ("LIMIT_MESSAGES", "LIMIT_TYPING", "LIMIT_FRAMES"):
        setattr(settings, limit, Rate(0, 1))
    yield chat
    await sync_to_async(connections.close_all)()


class Ear:
    """Hears all that comes to a stranger, as text."""

    def __init__(self, stranger: Stranger) -> None:
        self.stranger = stranger
        self.heard: list[str] = []

    async def until(self, type: str, **fields: Any) -> Frame:
        """Listen up to the first such frame."""
        while True:
            async with asyncio.timeout(3):
                text = str(await self.stranger.socket.recv())
            frame: Frame = json.loads(text)
            if frame["type"] == "online":
                continue
            self.heard.append(text)
            if frame == frame | {"type": type, **fields}:
                return frame


async def session(chat: Chat, trio: Opening, *, loud: bool) -> tuple[list[str], list[str]]:
    """Live through a talk with resumes and a report; give what each stranger heard and opened."""
    async with trio(question=QUESTION) as (asker, one, two):
        number = 0

        async def ask() -> None:
            """Do all that an asker can do without leaving."""
            nonlocal number
            if not loud:
                return
            number += 1
            await asker.send("typing", on=True)
            await asker.send("question", text=f"Quagmire number {number} or xylophone?", ref="q")
            await asker.send("question", text="short", ref="q")
            await asker.send("message", id=f"m{number}", text="xylophone", ref="q")
            await asker.send("typing", on=False)

        ears = (Ear(one), Ear(two))
        heard = ([json.dumps(one.room)], [json.dumps(two.room)])
        for turn in range(7):
            await ask()
            speaker, listener = ears if turn % 2 else ears[::-1]
            await speaker.stranger.send("typing", on=True)
            await speaker.stranger.send("message", id=f"t{turn}", text=f"word {turn}")
            await ask()
            await speaker.until("sent")
            await listener.until("message", text=f"word {turn}")
            if turn == 1:
                asker.abort()
                await comes_back(chat, asker)
                while (await asker.next())["type"] != "presence":
                    pass
            if turn in (3, 5):
                await ask()
                dropped, other = ears if turn == 3 else ears[::-1]
                dropped.stranger.abort()
                await other.until("presence", connected=False)
                await ask()
                await comes_back(chat, dropped.stranger, seen={"0": 3, "1": 1, "2": 1})
                await dropped.until("presence", connected=True)
                await other.until("presence", connected=True)
        await ask()
        await ears[0].stranger.send("report", reason="hate", about=2)
        receipt = await ears[0].until("reported")
        await ears[1].until("ended")
        pages = [receipt["url"], "/", "/status.json", "/privacy/", "/rules/"]
        for ear, told in zip(ears, heard, strict=True):
            told.extend(ear.heard)
            for page in pages if ear is ears[0] else pages[1:]:
                told.append(await sync_to_async(opened)(page, ear.stranger.cookie))
    return heard


async def comes_back(chat: Chat, stranger: Stranger, **fields: Any) -> None:
    """Give a stranger who dropped a new socket, by which they resume."""
    stranger.socket = (await chat.open(cookie=stranger.cookie)).socket
    await stranger.send("hello", protocol=1, resume=stranger.welcome["resume"], **fields)


def opened(page: str, cookie: str) -> str:
    client = Client()
    client.cookies["visitor"] = cookie
    path = re.sub(r"^https?://[^/]+", "", page)
    return client.get(path).content.decode()


# What differs between any two sessions: tokens, references, times, and who happens to be here.
RANDOM = re.compile(r"[A-Za-z0-9_-]{12,}|R-[A-Z0-9-]+|\d+ (people|person) online|\d\d:\d\d|\.\d{6}")


def shape(told: list[str]) -> list[Any]:
    """Give what was told without what is random."""
    shapes: list[Any] = []
    for text in told:
        if not text.startswith("{"):
            shapes.append(RANDOM.sub("", text))
            continue
        frame = json.loads(text)
        for random in ("room", "at", "resume", "name", "you", "strangers", "url", "receipt"):
            frame.pop(random, None)
        if "waiting" in frame:  # /status.json: of everybody
            frame.pop("online")
            assert frame.pop("spy").keys() == {"ask_seconds", "discuss_seconds", "short"}
        shapes.append(frame)
    return shapes


class Leak(Exception):
    """A stranger learned something."""


async def live_twice(chat: Chat, trio: Opening) -> None:
    """Compare the two sessions.

    Raises:
        Leak: a stranger can tell them apart, or one of them did not come to its end.
    """
    try:
        silent = await session(chat, trio, loud=False)
        loud = await session(chat, trio, loud=True)
    except (AssertionError, TimeoutError) as error:
        raise Leak("a session went another way") from error
    for before, after in zip(silent, loud, strict=True):
        for one, other in zip(shape(before), shape(after), strict=False):
            if one != other:
                raise Leak(f"{one} became {other}")
        if len(after) != len(before):
            raise Leak("they heard more or less")
        everything = "\n".join(after).replace(" ", "").lower()
        for trace in (*WORDS, '"type":"question"', '"seat":0', '"by":0'):
            if trace.lower() in everything:
                raise Leak(trace)
        assert '"question":null' in everything


async def test_hidden_questions_leave_no_trace(chat: Chat, trio: Opening) -> None:
    await live_twice(chat, trio)


@pytest.mark.parametrize(
    ("script", "old", "new"),
    [
        ("relay.lua", "redis.call('HGET', key, 'reveal') ~= '1'", "false"),
        ("places.lua", "return seat == '0' or room.reveal == '1'", "return true"),
        ("places.lua", "if other ~= seat and seat ~= '0' then", "if other ~= seat then"),
        ("places.lua", "if each ~= '0' or seat == '0' then", "if true then"),
        ("hello.lua", "'([12]):(%d+)'", "'(%d):(%d+)'"),
    ],
)
async def test_a_leak_would_be_found_out(
    chat: Chat, trio: Opening, monkeypatch: pytest.MonkeyPatch, script: str, old: str, new: str
) -> None:
    replace_lua(monkeypatch, script, old, new)
    monkeypatch.setattr("chat.store._PLACES", vars(store)["lua"](store._LUA / "places.lua"))
    await switchboard.stop_current()  # the next socket starts it anew
    with pytest.raises(Leak):
        await live_twice(chat, trio)


async def test_hidden_questions_do_not_show_in_the_timing(chat: Chat, trio: Opening) -> None:
    """A message beside a question takes as long as one beside none, within what any two differ.

    The process is the same and idle: over a network, and among others, less can be seen.
    """
    delays: dict[str, list[float]] = {"silent": [], "still": [], "loud": []}
    async with trio(question=QUESTION) as (asker, one, two):
        for number in range(120):
            kind = ("silent", "loud", "still")[number % 3]
            if kind == "loud":
                await asker.send("question", text=f"Quagmire number {number} or xylophone?")
            began = time.perf_counter()
            await one.says(f"word {number}")
            await two.hears("message")
            delays[kind].append(time.perf_counter() - began)
            kinds = {(await asker.next())["type"] for _ in range(2 if kind == "loud" else 1)}
            assert kinds == ({"question", "message"} if kind == "loud" else {"message"})
    middle = {kind: median(each) for kind, each in delays.items()}
    low, _, high = quantiles(delays["silent"] + delays["still"], n=4)
    assert abs(middle["loud"] - middle["silent"]) < max(2 * (high - low), 0.002)
