"""A crowd of visitors on several web processes that do random things and die, and what must hold.

Scripts run on several Redis connections at once; a process that crashes leaves its calls half
done and never speaks again. Time stands still within a round, but for a little with each script, so
that everything has an order; between rounds it jumps. Who may chat, ask and discuss picks a role
with each search.
"""

import asyncio
import itertools
import json
import random
from collections import Counter
from collections.abc import Awaitable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, get_args

from chat.protocol import About
from chat.store import GRACE_MS, LEASE_MS, Asked, Store
from matching.policy import LANGUAGE_PATIENCE, Past, Waiting, may_meet
from matching.tickets import Lane, Pool, Role, Ticket
from omegle.lib.redis import client

PATIENCE = 10.0
POOLS = (Pool("text", "self", "18+"), Pool("text", "self", "16-17"))
INTERESTS = ("chess", "jazz", "football", "go", "tea", "dogs")
LANGUAGES = ("en", "es", "ja")
ABOUT: tuple[About | None, ...] = (None, None, 0, 1, 2, "question", "reader")

CLOCK = """
local function clock_now()
  return tonumber(redis.call('GET', 'test:now')) + redis.call('INCR', 'test:scripts') / 1000000
end
"""

# Sourced after places.lua: writes down every room as the pool saw those in it, with what they have
# behind them and how many others wait; and which calls ended a room in the asker's name.
WITNESS = """
local function seat_and_tell(seat_them, people, ...)
  local past, others = {}, 0
  for index, one in ipairs(people) do
    for later = index + 1, #people do
      local other = people[later].visitor
      past[#past + 1] = {
        blocked = redis.call('SISMEMBER', 'blocked:' .. one.visitor, other) == 1,
        parted = tonumber(redis.call('ZSCORE', 'parted:' .. one.visitor, other) or -1),
      }
    end
    if one.pool ~= (people[index + 1] or {}).pool then
      others = others + redis.call('ZCARD', 'pool:' .. one.pool .. ':tickets')
    end
  end
  local card = seat_them(...)
  redis.call('RPUSH', 'test:rooms', cjson.encode({
    room = card[1], people = people, past = past, others = others, at = clock_now(),
  }))
  return card
end

local seat_two, seat_three = on_pair, on_triple
on_pair = function(first, second, ...)
  return seat_and_tell(seat_two, {first, second}, first, second, ...)
end
on_triple = function(asker, first, second, ...)
  return seat_and_tell(seat_three, {asker, first, second}, asker, first, second, ...)
end

local end_room = room_end
room_end = function(room, reason, by, ...)
  if by == '0' and not room.ended then
    redis.call('RPUSH', 'test:asker_ends', ARGV[4] or '')
  end
  return end_room(room, reason, by, ...)
end
"""
REFERENCE = "R"


@dataclass
class Visitor:
    """One of the crowd.

    Attributes:
        pool: where they chat; they ask and discuss beside it.
        conn: the connection that speaks for them, '' while dropped.
    """

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
    """Visitors who search in any of `roles`, repeat one to have more of it.

    Attributes:
        blocked: pairs of which one never wants to meet the other, with the room they were in.
        asked: every question that somebody searched with; False when that search was refused.
    """

    def __init__(
        self, db: Any, *, seed: int, visitors: int, roles: Sequence[Role] = ("chat",)
    ) -> None:
        self.db = db
        self.random = random.Random(seed)
        self.now = 1_000_000_000
        self.roles = roles
        self.visitors = [Visitor(f"v{n}", self.random.choice(POOLS)) for n in range(visitors)]
        self.processes: list[Process] = []
        self.calls = 0
        self.blocked: dict[frozenset[str], str] = {}
        self.asked: dict[tuple[str, Asked], bool] = {}
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
                self.check_rooms()
            await self._pass_time((LEASE_MS + GRACE_MS) / 1000 + 2 * LANGUAGE_PATIENCE * PATIENCE)
            self.check_places()
            self.check_rooms()
            self.check_meetings()
            self.check_questions()
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
        await together(acts.values())

    async def _process_acts(self, process: Process) -> None:
        await together([self._visitor_acts(process, v) for v in tuple(process.visitors)])
        await process.store.upkeep(process=process.id, first=False)

    async def _visitor_acts(self, process: Process, visitor: Visitor) -> None:
        store = process.store
        me: dict[str, Any] = {"visitor": visitor.id, "conn": visitor.conn}
        if self.db.hget(f"visitor:{visitor.id}", "conn") != visitor.conn.encode():
            await self._arrive(store, visitor)
        for _ in range(self.random.randint(1, 5)):
            self.calls += 1
            match self.random.choices(
                ("find", "relax", "leave", "block", "report", "lane", "expel", "drop"),
                (16, 4, 4, 2, 2, 1, 1, 2),
            ):
                case ["find"]:
                    await self._find(store, visitor)
                case ["relax"]:
                    await store.relax(**me)
                case ["leave"]:
                    await store.leave(**me)
                case ["block"]:
                    await self._block(store, me)
                case ["lane"]:
                    await store.change_lane(**me, lane=self._lane(visitor))
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

    async def _arrive(self, store: Store, visitor: Visitor) -> None:
        hello = await store.hello(
            visitor=visitor.id,
            conn=visitor.conn,
            name=visitor.id,
            resume=visitor.token if self.random.random() < 0.6 else "",
            seen={},
            address="",
            group=f"{visitor.pool.level}:{visitor.pool.band}",
            lane=self._lane(visitor),
        )
        visitor.token = hello.token

    def _lane(self, visitor: Visitor) -> Lane:
        """Give the lane a visitor belongs in from now on."""
        if self.random.random() < 0.1:
            visitor.pool = replace(visitor.pool, lane=self.random.choice(get_args(Lane)))
        return visitor.pool.lane

    async def _find(self, store: Store, visitor: Visitor) -> None:
        ticket, question = self._wish(visitor), None
        if ticket.pool.role == "ask":
            number = next(self._numbers)
            question = Asked(
                f'"text":"question {number}"',
                self.random.choice(("", f'"text":"as written {number}"')),
                is_revealed=self.random.random() < 0.5,
            )
            # Until it is known better, since its process may die.
            self.asked[visitor.id, question] = True
        found = await store.find(conn=visitor.conn, ticket=ticket, question=question)
        if question:
            self.asked[visitor.id, question] = found.status == "ok"

    async def _block(self, store: Store, me: dict[str, Any]) -> None:
        room = (self.db.hget(f"visitor:{me['visitor']}", "room") or b"").decode()
        left = await store.leave(**me, room=room, block=True)
        if room and left.end:
            self._note_block(me["visitor"], left.end.room)

    async def _report(self, store: Store, me: dict[str, Any]) -> None:
        report = await store.report(
            **me,
            room="",
            reference=REFERENCE,
            window_ms=600_000,
            about=self.random.choice(ABOUT),
        )
        if report.talk:
            self._note_block(me["visitor"], report.talk.room, str(report.subject))

    def _note_block(self, visitor: str, room: str, subject: str = "") -> None:
        """Remember whom they blocked: the one in that seat, or all that they knew of."""
        seats = self._seats(room)
        known = set(seats) if seats.get("0") == visitor else set(seats) - {"0"}
        for seat in {subject} if subject else known:
            if seats[seat] != visitor:
                self.blocked.setdefault(frozenset((visitor, seats[seat])), room)

    def _wish(self, visitor: Visitor) -> Ticket:
        return Ticket(
            visitor=visitor.id,
            pool=replace(visitor.pool, role=self.random.choice(self.roles)),
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
            await together([p.store.upkeep(process=p.id, first=False) for p in self.processes])

    # --- What must hold --------------------------------------------------------------------------

    def check_places(self) -> None:
        """Nobody is in two places, and every place is where its visitor says."""
        running = self._taken()
        seated = Counter(visitor for seats in running.values() for visitor in seats.values())
        assert not [v for v, count in seated.items() if count > 1], "somebody sits in two rooms"
        stands = self._stands()
        visits = self._hashes(f"visitor:{visitor.id}" for visitor in self.visitors)
        tickets = self._hashes(f"ticket:{visitor.id}" for visitor in self.visitors)
        for visitor, visit, ticket in zip(self.visitors, visits, tickets, strict=True):
            place = visit.get("place")
            findable = place == "queue" and visit["conn"] != ""
            facts = f"{visitor.id}: {visit}"
            assert (place == "room") == (visitor.id in seated), facts
            if place == "room":
                assert running[visit["room"]].get(visit["seat"]) == visitor.id, facts
            assert (place == "queue") == bool(ticket), facts
            assert stands.pop(visitor.id, set()) == (indexes(ticket) if findable else set()), facts
        assert not stands, f"in the pool, but not of the crowd: {stands}"

    def check_rooms(self) -> None:
        """Every room was opened with all its seats; one who asks leaves without ending it."""
        opened = self.opened()
        assert sorted(self._rooms()) == sorted(entry["room"] for entry in opened), "half a room"
        hashes = self._hashes(f"room:{entry['room']}" for entry in opened)
        for entry, room in zip(opened, hashes, strict=True):
            people = entry["people"]
            roles = [person["role"] for person in people]
            assert roles in (["chat", "chat"], ["ask", "discuss", "discuss"]), f"roles: {room}"
            assert room["seats"] == ("012" if len(people) == 3 else "12"), f"seats: {room}"
            assert [room[f"{seat}:visitor"] for seat in room["seats"]] == [
                person["visitor"] for person in people
            ], f"seats: {room}"
            assert len({person["visitor"] for person in people}) == len(people), f"twice: {room}"
            if len(people) == 3:
                lines = (room["reveal"], room["question"], *self._aside(entry["room"]))
                assert lines == tuple(filter(None, people[0]["carry"].split("\n"))), f"{room}"
        for block in self.db.lrange("test:asker_ends", 0, -1):
            # Of a report its reference, of `leave` for how many seconds they are blocked.
            assert block.decode() == REFERENCE or (block.isdigit() and int(block) > 0), (
                "the asker's leaving ended a room"
            )

    def check_questions(self) -> None:
        """Every question is of who asked it, in one room, and of a search that was let in."""
        used: set[str] = set()
        for id in self._rooms():
            room = self._hash(f"room:{id}")
            if room["seats"] == "012":
                aside = "".join(self._aside(id))
                asked = Asked(room["question"], aside, is_revealed=room["reveal"] == "1")
                assert self.asked.get((room["0:visitor"], asked)), f"not their question: {room}"
                assert asked.members not in used, f"asked twice: {room}"
                used.add(asked.members)

    def check_meetings(self) -> None:
        """Nobody met whom they may not meet."""
        rooms: dict[frozenset[str], list[tuple[float, str]]] = {}
        for entry in self.opened():
            at = entry["at"]
            people = [waiting(person, at) for person in entry["people"]]
            for (a, b), raw in zip(itertools.combinations(people, 2), entry["past"], strict=True):
                parted = (at - raw["parted"]) / 1000 if raw["parted"] >= 0 else None
                past = Past(raw["blocked"], parted, others=entry["others"])
                assert may_meet(a, b, past), ("may not meet", a, b, past)
                both = frozenset((a.ticket.visitor, b.ticket.visitor))
                rooms.setdefault(both, []).append((at, entry["room"]))
        for both, blocked_in in self.blocked.items():
            assert max(rooms[both])[1] == blocked_in, f"{set(both)} met again after a block"

    def check_nobody_lost(self) -> None:
        """No ghost holds a place, and nobody waits beside those they may meet."""
        alive = {process.id for process in self.processes}
        queue = []
        for visitor in self.visitors:
            visit = self._hash(f"visitor:{visitor.id}")
            assert not visit or visit["conn"], f"{visitor.id} has been gone for long"
            assert not visit or visit["conn"].split(":")[0] in alive, f"{visitor.id} is a ghost"
            assert visit.get("conn", "") == visitor.conn, f"{visitor.id} was forgotten"
            if visit.get("place") == "queue":
                queue.append(self._queued(visitor.id))
        meet: set[frozenset[str]] = set()
        for a, b in itertools.combinations(queue, 2):
            # As Redis has it: whoever died while saying it has not told us.
            blocked = self.db.sismember(f"blocked:{a.ticket.visitor}", b.ticket.visitor)
            if may_meet(a, b, Past(blocked=bool(blocked))):
                assert a.ticket.pool.role != "chat", ("left waiting", a, b)
                meet.add(frozenset((a.ticket.visitor, b.ticket.visitor)))
        for three in itertools.combinations(queue, 3):
            if sorted(one.ticket.pool.role for one in three) == ["ask", "discuss", "discuss"]:
                pairs = itertools.combinations((one.ticket.visitor for one in three), 2)
                assert not all(frozenset(pair) in meet for pair in pairs), ("left waiting", *three)

    def opened(self) -> list[dict[str, Any]]:
        """Give what the witness saw of every room."""
        return [json.loads(line) for line in self.db.lrange("test:rooms", 0, -1)]

    def left_by_askers(self) -> int:
        """Give in how many rooms the others were left to talk on."""
        return sum("0:gone" in self._hash(f"room:{room}") for room in self._rooms())

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

    def _rooms(self) -> list[str]:
        """Give every room that was opened."""
        keys = (key.decode() for key in self.db.keys("room:*"))
        return [key.removeprefix("room:") for key in keys if key.count(":") == 1]

    def _seats(self, room: str) -> dict[str, str]:
        fields = self._hash(f"room:{room}")
        return {seat: fields[f"{seat}:visitor"] for seat in fields["seats"]}

    def _taken(self) -> dict[str, dict[str, str]]:
        """Give who sits in which seat of every room that is not over."""
        rooms = self._rooms()
        taken = {}
        for room, fields in zip(rooms, self._hashes(f"room:{room}" for room in rooms), strict=True):
            if "ended" not in fields:
                seats = [seat for seat in fields["seats"] if f"{seat}:gone" not in fields]
                taken[room] = {seat: fields[f"{seat}:visitor"] for seat in seats}
        return taken

    def _aside(self, room: str) -> list[str]:
        """Give what the asker wrote when that is something else than the question."""
        entries = self.db.lrange(f"room:{room}:aside:0", 0, -1)
        return [entry.decode().removeprefix("0:0:{").removesuffix("}") for entry in entries]

    def _stands(self) -> dict[str, set[str]]:
        """Give the indexes of the pool that each visitor stands in."""
        stands: dict[str, set[str]] = {}
        keys = self.db.keys("pool:*")
        with self.db.pipeline(transaction=False) as pipe:
            for key in keys:
                pipe.zrange(key, 0, -1)
            for key, visitors in zip(keys, pipe.execute(), strict=True):
                for visitor in visitors:
                    stands.setdefault(visitor.decode(), set()).add(key.decode())
        return stands

    def _hash(self, key: str) -> dict[str, str]:
        return self._hashes([key])[0]

    def _hashes(self, keys: Iterable[str]) -> list[dict[str, str]]:
        with self.db.pipeline(transaction=False) as pipe:
            for key in keys:
                pipe.hgetall(key)
            return [
                {name.decode(): value.decode() for name, value in fields.items()}
                for fields in pipe.execute()
            ]


async def together(acts: Iterable[Awaitable[Any]]) -> None:
    """Let all come to their end, also when one fails: nobody goes on in a closed loop."""
    for end in await asyncio.gather(*acts, return_exceptions=True):
        if isinstance(end, BaseException):
            raise end


def indexes(ticket: dict[str, str]) -> set[str]:
    """Give the indexes in which a ticket has to stand."""
    prefix = f"pool:{ticket['pool']}"
    languages = [] if ticket["dropped"] == "1" else ticket["languages"].split()
    heads = ["every"] if ":discuss:" in prefix else []
    if ticket["open"] != "0":
        heads.append("any" if ticket["open"] == "2" else "soon")
    stands = {f"{prefix}:tickets"}
    for tongue in ("*", *(languages or "-")):
        stands |= {f"{prefix}:{head}:{tongue}" for head in heads}
        stands |= {f"{prefix}:i:{tongue}:{interest}" for interest in ticket["interests"].split()}
    return stands


def waiting(raw: dict[str, Any], at: float) -> Waiting:
    """Read a ticket as Lua had it at that time (ms)."""
    patience, since = raw["patience"], raw["since"]
    mode, role, level, band, lane = raw["pool"].split(":")
    ticket = Ticket(
        visitor=raw["visitor"],
        pool=Pool(mode, level, band, role, lane),
        interests=tuple(raw["interests"]),
        languages=tuple(raw["spoken"]),
        patience=patience / 1000,
    )
    relaxed = bool(ticket.interests) and raw["any_at"] - since < patience
    # Lua's JSON has no more digits.
    return Waiting(ticket, round((at - since) / 1000, 6), relaxed)
