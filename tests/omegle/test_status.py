"""`status` and `watch`: what they say is what is there."""

import json
import os
import select
import sys
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
import redis
from channels.db import database_sync_to_async
from django.core.management import call_command
from django.utils import timezone
from pytest_django import Settings

from chat import switchboard
from omegle.tasks import heartbeat_write
from tests import commands
from tests.away import redis_away
from tests.moderation import factories
from tests.strangers import Chat

pytestmark = pytest.mark.django_db(transaction=True)

run = database_sync_to_async(commands.run)


@pytest.fixture(autouse=True)
def _own_place(settings: Settings, tmp_path: Path) -> None:
    settings.RUN_DIR = tmp_path


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """No worker runs here: there is nobody to wait for."""
    monkeypatch.setattr("omegle.status._PING_SECONDS", 0.01)


def test_status_of_nobody() -> None:
    ran = commands.run("status", "--json")
    assert ran.data | {"cases": None} == {
        "online": 0,
        "waiting": {},
        "rooms": 0,
        "matches_per_minute": 0,
        "processes": {},
        "workers": [],
        "queues": {"reports": 0, "screening": 0, "upkeep": 0, "media": 0},
        "heartbeat_age": None,
        "cases": None,
        "oldest_case_seconds": None,
    }
    assert set(ran.data["cases"].values()) == {0}
    assert "oldest case: none" in commands.run("status").out


async def test_status_counts_who_is_here(chat: Chat) -> None:
    async with chat.pair(), chat.stranger() as carol:
        await carol.find("chess")
        await database_sync_to_async(heartbeat_write)()
        data = (await run("status", "--json")).data
        board = await switchboard.current()
    assert (data["online"], data["rooms"]) == (3, 1)
    assert data["waiting"] == {"text:chat:self:18+:open": 1}
    assert data["processes"] == {board.process: 3}
    assert data["heartbeat_age"] in (0, 1)


def test_status_tells_the_oldest_case() -> None:
    factories.bare_case(opened_at=timezone.now() - timedelta(hours=25, minutes=3))
    factories.bare_case(lane="spam")
    ran = commands.run("status")
    assert "oldest case: 1 d 1 h" in ran.out
    assert commands.run("status", "--json").data["oldest_case_seconds"] >= 25 * 3600


def test_matches_of_the_last_whole_minute_are_told(redis_db: redis.Redis) -> None:
    seconds, _ = redis_db.time()
    for minute in (seconds // 60 - 1, seconds // 60):  # one may begin in between
        redis_db.set(f"matches:{minute}", 7)
    assert commands.run("status", "--json").data["matches_per_minute"] == 7


async def test_each_conversation_is_counted_once(chat: Chat, redis_db: redis.Redis) -> None:
    async with chat.pair(), chat.pair():
        [counted] = redis_db.keys("matches:*")
        assert redis_db.get(counted) == b"2"
        assert redis_db.ttl(counted) > 60


def test_database_away_is_status_4(monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db import OperationalError, connection

    def away() -> None:
        raise OperationalError("no route to db.internal")

    monkeypatch.setattr(connection, "cursor", away)
    ran = commands.run("status")
    assert (ran.code, ran.out, ran.said) == (4, "", "The database is away (OperationalError).")


def test_watch_writes_one_line_each_time() -> None:
    ran = commands.run("watch", "--every", "1s", "--times", "1")
    assert ran.out.endswith("Z online=0 waiting=0 rooms=0 matches=0 jobs=0 cases=0\n")
    told = json.loads(commands.run("watch", "--times", "1", "--json").out)
    assert (told["online"], "at" in told) == (0, True)


def test_watch_goes_on_while_a_part_is_away(settings: Settings) -> None:
    with redis_away(settings):
        ran = commands.run("watch", "--times", "1")
    assert (ran.code, ran.out.split("Z ")[1]) == (0, "redis is away\n")


def test_watch_draws_on_a_terminal_until_q(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = os.openpty()
    with (
        open(theirs, encoding="utf-8", closefd=False) as keys,
        open(theirs, "w", encoding="utf-8", closefd=False) as screen,
    ):
        monkeypatch.setattr(sys, "stdin", keys)
        os.write(ours, b"xq")
        call_command("watch", every=timedelta(hours=1), stdout=screen, stderr=StringIO())
        screen.flush()
    drawn = ""
    while select.select([ours], [], [], 0)[0]:  # a terminal gives no more than some lines at once
        drawn += os.read(ours, 65_536).decode()
    os.close(ours)
    os.close(theirs)
    assert "\x1b[?1049h" in drawn
    assert "matches a minute" in drawn
    assert drawn.endswith("\x1b[?25h\x1b[?1049l")
