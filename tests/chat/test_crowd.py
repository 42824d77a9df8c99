"""Whatever visitors do and whichever process dies: one place each, nobody lost, no wrong pair.

The same crowd is let loose on deliberately broken versions, which it must find out.
"""

import re
from pathlib import Path

import pytest
import redis

from chat import store
from chat.events import FindReply
from matching import pool
from matching.tickets import Ticket
from omegle.lib.ids import random_id
from omegle.lib.redis import Script, lua
from tests.chat import crowd


@pytest.fixture(autouse=True)
def witnessed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chat.store.CLOCK", crowd.CLOCK)
    monkeypatch.setattr("chat.store._PLACES", store._PLACES + crowd.WITNESS)


@pytest.mark.parametrize("seed", range(6))
async def test_crowd_keeps_its_places(redis_db: redis.Redis, seed: int) -> None:
    people = crowd.Crowd(redis_db, seed=seed, visitors=60)
    await people.live(rounds=12, processes=4)
    assert people.calls > 1000
    assert redis_db.llen("test:pairs") > 200


async def test_without_leases_the_crowd_finds_ghosts(
    redis_db: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace_lua(
        monkeypatch,
        "upkeep.lua",
        "redis.call('ZRANGEBYSCORE', 'processes', '-inf', now)",
        "{}",
    )
    await is_found_out(redis_db, r"ghost|forgotten")


async def test_read_then_remove_seats_somebody_twice(
    redis_db: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The classic mistake: look for a partner in one call, take both out in the next."""
    naive = (
        pool.LUA.replace(
            "other, parted_seen = partner_find(ticket, now)",
            "other, parted_seen = CHOSEN or partner_find(ticket, now), false",
        )
        .replace("local on_pair, on_triple\n", "local on_pair, on_triple\nlocal CHOSEN\n")
        .replace(
            "local partner = ticket_read(other, now)",
            "local partner = ticket_read(other, now) or {visitor = other, pool = ticket.pool, "
            "interests = {}, languages = {}, spoken = {}, since = now, any_at = now, patience = 1}",
        )
    )
    assert naive.count("CHOSEN") == 2
    monkeypatch.setattr("matching.pool.LUA", naive)
    look = Script(
        pool.LUA,
        """
        local now = clock_now()
        return partner_find({visitor = ARGV[1], pool = ARGV[2], interests = split(ARGV[3]),
          languages = split(ARGV[4]), since = now, patience = 1, open = ARGV[3] == ''}, now)
        """,
        clock=crowd.CLOCK,
    )
    take = Script(
        naive,
        store._PLACES,
        lua(store._LUA / "find.lua").replace(
            "local visitor, conn", "if ARGV[8] ~= '' then CHOSEN = ARGV[8] end\nlocal visitor, conn"
        ),
        clock=crowd.CLOCK,
    )

    async def find(self: store.Store, *, conn: str, ticket: Ticket) -> FindReply:
        wish = ("\n".join(ticket.interests), "\n".join(ticket.languages))
        pool_name = ticket.pool.name
        chosen = await look(self.redis, ticket.visitor, pool_name, *wish)
        reply = await take(
            self.redis,
            ticket.visitor,
            conn,
            random_id(),
            pool_name,
            10_000,
            *wish,
            chosen or "",
            "",
        )
        return store._read(reply, FindReply)

    monkeypatch.setattr(store.Store, "find", find)
    await is_found_out(redis_db, r"two rooms|place|\{\}")


async def is_found_out(redis_db: redis.Redis, how: str) -> None:
    """Let crowds loose until one trips over the defect; when it does is a matter of chance."""
    for seed in range(8):
        redis_db.flushall()
        try:
            await crowd.Crowd(redis_db, seed=seed, visitors=60).live(rounds=12, processes=4)
        except redis.ResponseError:
            return  # a script met somebody whose visit is over
        except AssertionError as error:
            assert re.search(how, str(error)), error  # noqa: PT017
            return
    raise AssertionError("the defect was not found out")


def replace_lua(monkeypatch: pytest.MonkeyPatch, name: str, old: str, new: str) -> None:
    """Break one script; the text to break must be there."""

    def broken(path: Path) -> str:
        text = lua(path)
        if path.name == name:
            assert old in text
            return text.replace(old, new)
        return text

    monkeypatch.setattr("chat.store.lua", broken)
