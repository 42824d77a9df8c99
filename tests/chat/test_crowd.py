"""Whatever visitors do and whichever process dies: one place each, nobody lost, no wrong pair.

The same crowd is let loose on deliberately broken versions, which it must find out.
"""

import re
from collections import Counter
from pathlib import Path

import pytest
import redis

from chat import store
from chat.events import FindReply
from matching import pool
from matching.tickets import Role, Ticket
from omegle.lib.ids import random_id
from omegle.lib.redis import Script, lua
from tests.chat import crowd


@pytest.fixture(autouse=True)
def witnessed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chat.store.CLOCK", crowd.CLOCK)
    monkeypatch.setattr("chat.store._PLACES", store._PLACES + crowd.WITNESS)


SPIES: tuple[Role, ...] = ("ask", "discuss", "discuss")
MIXED: tuple[Role, ...] = ("chat", *SPIES)


@pytest.mark.parametrize("seed", range(6))
async def test_crowd_keeps_its_places(redis_db: redis.Redis, seed: int) -> None:
    people = crowd.Crowd(redis_db, seed=seed, visitors=60)
    await people.live(rounds=12, processes=4)
    assert people.calls > 1000
    assert len(people.opened()) > 200


@pytest.mark.parametrize("roles", [SPIES, MIXED])
@pytest.mark.parametrize("seed", range(4))
async def test_crowd_that_asks_and_discusses_keeps_its_places(
    redis_db: redis.Redis, seed: int, roles: tuple[Role, ...]
) -> None:
    people = crowd.Crowd(redis_db, seed=seed, visitors=60, roles=roles)
    await people.live(rounds=12, processes=4)
    sizes = Counter(len(room["people"]) for room in people.opened())
    assert people.calls > 1000
    assert sizes[3] > 40
    assert (sizes[2] > 10) == ("chat" in roles)
    assert people.left_by_askers() > 5


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
            "role = 'chat', interests = {}, languages = {}, spoken = {}, since = now, "
            "any_at = now, patience = 1}",
        )
    )
    assert naive.count("CHOSEN") == 2
    monkeypatch.setattr("matching.pool.LUA", naive)
    look = Script(
        pool.LUA,
        """
        local now = clock_now()
        return partner_find({visitor = ARGV[1], pool = ARGV[2], interests = split(ARGV[3]),
          languages = split(ARGV[4]), since = now, patience = 1, open = ARGV[3] == '',
          settled = ARGV[3] == '', stands = {}}, now)
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

    async def find(
        self: store.Store, *, conn: str, ticket: Ticket, question: store.Asked | None
    ) -> FindReply:
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
    await is_found_out(redis_db, r"'place'|\{\}|two rooms")


async def test_two_of_three_taken_first_are_lost(
    redis_db: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same mistake with three: the second who discusses is taken in a call of its own."""
    settle = "local function triple_settle(asker, first, second, now)\n"
    assert pool.LUA.count(settle) == 1
    halving = pool.LUA.replace(
        settle,
        "local is_half = false\n"
        + settle
        + """
        if is_half then
          for _, each in ipairs({asker, first}) do
            pool_withdraw(each)
            redis.call('DEL', 'ticket:' .. each.visitor)
          end
          pool_insert(second)
          redis.call('SET', 'test:half:' .. ARGV[1], cjson.encode({asker, first, second}))
          return nil
        end
        """,
    )
    take_two = Script(
        halving, store._PLACES, "is_half = true", lua(store._LUA / "find.lua"), clock=crowd.CLOCK
    )
    take_third = Script(
        pool.LUA,
        store._PLACES,
        """
        local half = redis.call('GETDEL', 'test:half:' .. ARGV[1])
        local asker, first, second = unpack(half and cjson.decode(half) or {})
        room_seed = ARGV[2]
        if half and redis.call('EXISTS', 'ticket:' .. second.visitor) == 1 then
          triple_settle(asker, first, second, clock_now())
          tell_all()
        end
        """,
        clock=crowd.CLOCK,
    )

    async def find(
        self: store.Store, *, conn: str, ticket: Ticket, question: store.Asked | None
    ) -> FindReply:
        reply = await take_two(
            self.redis,
            ticket.visitor,
            conn,
            random_id(),
            ticket.pool.name,
            10_000,
            "\n".join(ticket.interests),
            "\n".join(ticket.languages),
            "",
            "\n".join(question.lines) if question else "",
        )
        await take_third(self.redis, ticket.visitor, random_id())
        return store._read(reply, FindReply)

    monkeypatch.setattr(store.Store, "find", find)
    await is_found_out(redis_db, r"'place'|\{\}|two rooms", SPIES)


async def test_asker_who_is_not_held_against_both_meets_somebody_wrong(
    redis_db: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace_pool(monkeypatch, "meet(ticket, second) and {", "{")
    replace_pool(monkeypatch, "if meet(asker, other) then", "if asker then")
    await is_found_out(redis_db, r"may not meet", SPIES)


async def test_blocks_that_are_not_looked_at_are_found_out(
    redis_db: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace_pool(
        monkeypatch, "redis.call('SISMEMBER', 'blocked:' .. a.visitor, b.visitor) == 1", "false"
    )
    await is_found_out(redis_db, r"may not meet", SPIES)


@pytest.mark.parametrize("forgotten", ["asker", "first", "second"])
async def test_one_of_three_left_in_the_pool_is_found_out(
    redis_db: redis.Redis, monkeypatch: pytest.MonkeyPatch, forgotten: str
) -> None:
    replace_pool(
        monkeypatch,
        "pool_withdraw(each)\n    redis.call('DEL'",
        f"if each ~= {forgotten} then pool_withdraw(each) end\n    redis.call('DEL'",
    )
    await is_found_out(redis_db, r"'place'|\{\}|two rooms", SPIES)


async def test_partners_sought_by_interest_alone_leave_three_waiting(
    redis_db: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace_pool(monkeypatch, "one.open and {'interests', 'any'}", "nil")
    await is_found_out(redis_db, r"left waiting", SPIES)


async def test_asker_who_ends_the_room_by_leaving_is_found_out(
    redis_db: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = store._PLACES.replace("visit.seat == '0' and not whole", "false")
    assert places != store._PLACES
    monkeypatch.setattr("chat.store._PLACES", places)
    await is_found_out(redis_db, r"asker's leaving ended a room", SPIES)


async def is_found_out(
    redis_db: redis.Redis, how: str, roles: tuple[Role, ...] = ("chat",)
) -> None:
    """Let crowds loose until one trips over the defect; when it does is a matter of chance."""
    for seed in range(8):
        redis_db.flushall()
        try:
            people = crowd.Crowd(redis_db, seed=seed, visitors=60, roles=roles)
            await people.live(rounds=12, processes=4)
        except redis.ResponseError as error:
            # A script met somebody who has no ticket or whose visit is over.
            assert "compiling" not in str(error), error  # noqa: PT017
            return
        except AssertionError as error:
            assert re.search(how, str(error)), error  # noqa: PT017
            return
    raise AssertionError("the defect was not found out")


def replace_pool(monkeypatch: pytest.MonkeyPatch, old: str, new: str) -> None:
    """Break the pool in one place, which must be there."""
    assert pool.LUA.count(old) == 1
    monkeypatch.setattr("matching.pool.LUA", pool.LUA.replace(old, new))


def replace_lua(monkeypatch: pytest.MonkeyPatch, name: str, old: str, new: str) -> None:
    """Break one script; the text to break must be there."""

    def broken(path: Path) -> str:
        text = lua(path)
        if path.name == name:
            assert old in text
            return text.replace(old, new)
        return text

    monkeypatch.setattr("chat.store.lua", broken)
