"""A crowd of visitors on several web processes that do random things and die, and what must hold.

Scripts run on several Redis connections at once; a process that crashes leaves its calls half
done and never speaks again. Time stands still within a round, but for a little with each script, so
that everything has an order; between rounds it jumps.
"""

import asyncio
import itertools
import json
import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from chat.store import GRACE_MS, LEASE_MS, Store
from matching.policy import LANGUAGE_PATIENCE, Past, Waiting, may_meet
from matching.tickets import Pool, Ticket
from omegle.lib.redis import client

PATIENCE = 10.0
POOLS = (Pool("text", "self", "adult"), Pool("text", "self", "minor"))
INTERESTS = ("chess", "jazz", "football", "go", "tea", "dogs")
LANGUAGES = ("en", "es", "ja")

CLOCK = """
local function clock_now()
  return tonumber(redis.call('GET', 'test:now')) + redis.call('INCR', 'test:scripts') / 1000000
end
"""

# Sourced after places.lua: writes down every pair as the pool saw it.
WITNESS = """
local seat_them = on_pair
on_pair = function(first, second, common, language)
  local card = seat_them(first, second, common, language)
  redis.call('RPUSH', 'test:pairs', cjson.encode({
    room = card[1], first = first, second = second, at = clock_now(),
  }))
  return card
end
"""


@dataclass
class Visitor:
    """`conn`: the connection that speaks for them, '' while dropped."""

    id: str
    pool: Pool
    conn: str = ""
    token: str = ""


@dataclass
class Process:
    id: str
    store: Store
    visitors: list[Visitor] = field(default_factory=list)


class Crowd:
    """`blocked`: pairs of which one said `block`, with the room they were in."""

    def __init__(self, db: Any, *, seed: int, visitors: int) -> None:
        self.db = db
        self.random = random.Random(seed)
        self.now = 1_000_000_000
        self.visitors = [Visitor(f"v{n}", self.random.choice(POOLS)) for n in range(visitors)]
        self.processes: list[Process] = []
        self.calls = 0
        self.blocked: dict[frozenset[str], str] = {}
        self._conns = itertools.count(1)
        self._numbers = itertools.count(1)
        self._stores: list[Store] = []

    # --- What happens ----------------------------------------------------------------------------

    async def live(self, *, rounds: int, processes: int) -> None:
        """Let the crowd live, and check after every round and at the end."""
        self.db.set("test:now", self.now)
        try:
            for _ in range(processes):
                await self._process_start()
            for _ in range(rounds):
                await self._round()
                await self._pass_time(self.random.choice((0.5, 3, 7, 12, 31)))
                self.check_places()
            await self._pass_time((LEASE_MS + GRACE_MS) / 1000 + 2 * LANGUAGE_PATIENCE * PATIENCE)
            self.check_places()
            self.check_meetings()
            self.check_nobody_lost()
        finally:
            for store in self._stores:
                await store.redis.aclose()

    async def _process_start(self) -> None:
        process = Process(f"p{next(self._numbers)}", Store(client()))
        self._stores.append(process.store)
        self.processes.append(process)
        await process.store.upkeep(process=process.id, first=True)

    async def _round(self) -> None:
        """Everybody acts at once; sometimes a process dies in the middle of it."""
        for visitor in self.visitors:
            if not visitor.conn and self.random.random() < 0.6:
                process = self.random.choice(self.processes)
                visitor.conn = f"{process.id}:{next(self._conns)}"
                process.visitors.append(visitor)
        acts = {p.id: asyncio.create_task(self._process_acts(p)) for p in self.processes}
        if self.random.random() < 0.4:
            victim = self.processes.pop(self.random.randrange(len(self.processes)))
            for _ in range(self.random.randint(1, 60)):
                await asyncio.sleep(0)
            acts[victim.id].cancel()
            await asyncio.gather(acts.pop(victim.id), return_exceptions=True)
            for visitor in victim.visitors:
                visitor.conn = ""
            await self._process_start()
        await asyncio.gather(*acts.values())

    async def _process_acts(self, process: Process) -> None:
        await asyncio.gather(*(self._visitor_acts(process, v) for v in tuple(process.visitors)))
        await process.store.upkeep(process=process.id, first=False)

    async def _visitor_acts(self, process: Process, visitor: Visitor) -> None:
        store = process.store
        me: dict[str, Any] = {"visitor": visitor.id, "conn": visitor.conn}
        if self.db.hget(f"visitor:{visitor.id}", "conn") != visitor.conn.encode():
            resume = visitor.token if self.random.random() < 0.6 else ""
            hello = await store.hello(**me, name=visitor.id, resume=resume, seen={}, address="")
            visitor.token = hello.token
        for _ in range(self.random.randint(1, 5)):
            self.calls += 1
            match self.random.choices(
                ("find", "relax", "leave", "block", "report", "expel", "drop"),
                (16, 4, 4, 2, 2, 1, 2),
            ):
                case ["find"]:
                    await store.find(conn=visitor.conn, ticket=self._wish(visitor))
                case ["relax"]:
                    await store.relax(**me)
                case ["leave"]:
                    await store.leave(**me)
                case ["block"]:
                    room = (self.db.hget(f"visitor:{visitor.id}", "room") or b"").decode()
                    left = await store.leave(**me, room=room, block=True)
                    if room and left.end:
                        self.blocked.setdefault(self._members(left.end.room), left.end.room)
                case ["report"]:
                    await self._report(store, me)
                case [end]:
                    await (
                        store.expel(visitor=visitor.id)
                        if end == "expel"
                        else store.drop(**me, grace_ms=GRACE_MS)
                    )
                    visitor.conn = ""
                    process.visitors.remove(visitor)
                    return

    async def _report(self, store: Store, me: dict[str, Any]) -> None:
        report = await store.report(**me, room="", reference="R", window_ms=600_000)
        if report.talk:
            room = report.talk.room
            self.blocked.setdefault(self._members(room), room)

    def _wish(self, visitor: Visitor) -> Ticket:
        return Ticket(
            visitor=visitor.id,
            pool=visitor.pool,
            interests=tuple(self.random.sample(INTERESTS, self.random.choice((0, 0, 1, 2, 3)))),
            languages=tuple(self.random.sample(LANGUAGES, self.random.choice((0, 0, 1, 2)))),
            patience=PATIENCE,
        )

    async def _pass_time(self, seconds: float) -> None:
        """Put the clock forward in steps short enough for leases to be renewed."""
        until = self.now + round(seconds * 1000)
        while self.now < until:
            self.now = min(until, self.now + LEASE_MS // 2)
            self.db.set("test:now", self.now)
            await asyncio.gather(
                *(p.store.upkeep(process=p.id, first=False) for p in self.processes)
            )

    # --- What must hold --------------------------------------------------------------------------

    def check_places(self) -> None:
        """Nobody is in two places, and every place is where its visitor says."""
        rooms = [key.decode() for key in self.db.keys("room:*") if key.count(b":") == 1]
        running = {key: room for key in rooms if "ended" not in (room := self._hash(key))}
        seated = Counter(room[f"{seat}:visitor"] for room in running.values() for seat in "12")
        assert not [v for v, count in seated.items() if count > 1], "somebody sits in two rooms"
        findable = {
            member.decode()
            for pool in POOLS
            for member in self.db.zrange(f"pool:{pool.name}:tickets", 0, -1)
        }
        for visitor in self.visitors:
            visit = self._hash(f"visitor:{visitor.id}")
            place = visit.get("place")
            facts = f"{visitor.id}: {visit}"
            assert (place == "room") == (visitor.id in seated), facts
            assert place != "room" or visitor.id in self._members(visit["room"]), facts
            assert (place == "queue") == bool(self.db.exists(f"ticket:{visitor.id}")), facts
            assert (place == "queue" and visit["conn"] != "") == (visitor.id in findable), facts

    def check_meetings(self) -> None:
        """Nobody met whom they may not meet."""
        rooms: dict[frozenset[str], list[tuple[float, str]]] = {}
        for entry in self.db.lrange("test:pairs", 0, -1):
            pair = json.loads(entry)
            a, b = (waiting(pair[one], pair["at"]) for one in ("first", "second"))
            assert may_meet(a, b), (a, b)
            both = frozenset((a.ticket.visitor, b.ticket.visitor))
            rooms.setdefault(both, []).append((pair["at"], pair["room"]))
        for both, blocked_in in self.blocked.items():
            assert max(rooms[both])[1] == blocked_in, f"{set(both)} met again after a block"

    def check_nobody_lost(self) -> None:
        """No ghost holds a place, and nobody waits beside somebody they may meet."""
        alive = {process.id for process in self.processes}
        queue = []
        for visitor in self.visitors:
            visit = self._hash(f"visitor:{visitor.id}")
            assert not visit or visit["conn"], f"{visitor.id} has been gone for long"
            assert not visit or visit["conn"].split(":")[0] in alive, f"{visitor.id} is a ghost"
            assert visit.get("conn", "") == visitor.conn, f"{visitor.id} was forgotten"
            if visit.get("place") == "queue":
                queue.append(self._queued(visitor.id))
        for a, b in itertools.combinations(queue, 2):
            # As Redis has it: whoever died while saying it has not told us.
            blocked = self.db.sismember(f"blocked:{a.ticket.visitor}", b.ticket.visitor)
            assert not may_meet(a, b, Past(blocked=bool(blocked))), (a, b)

    def _queued(self, visitor: str) -> Waiting:
        raw = self._hash(f"ticket:{visitor}")
        ticket = {
            "visitor": visitor,
            "pool": raw["pool"],
            "interests": raw["interests"].split(),
            "spoken": raw["languages"].split(),
            **{name: float(raw[name]) for name in ("since", "any_at", "patience")},
        }
        return waiting(ticket, self.now)

    def _hash(self, key: str) -> dict[str, str]:
        return {name.decode(): value.decode() for name, value in self.db.hgetall(key).items()}

    def _members(self, room: str) -> frozenset[str]:
        fields = self._hash(f"room:{room.removeprefix('room:')}").items()
        return frozenset(value for name, value in fields if name.endswith(":visitor"))


def waiting(raw: dict[str, Any], at: float) -> Waiting:
    """Read a ticket as Lua had it at that time (ms)."""
    patience, since = raw["patience"], raw["since"]
    ticket = Ticket(
        visitor=raw["visitor"],
        pool=next(pool for pool in POOLS if pool.name == raw["pool"]),
        interests=tuple(raw["interests"]),
        languages=tuple(raw["spoken"]),
        patience=patience / 1000,
    )
    relaxed = bool(ticket.interests) and raw["any_at"] - since < patience
    return Waiting(ticket, (at - since) / 1000, relaxed)
