"""Visits, rooms and logs in Redis: one typed call for each script in `lua/`.

No rule of its own lives here; a place changes only inside a script. `switchboard` is the caller.
Every call raises `RedisError` when Redis is away.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, count
from pathlib import Path
from statistics import median
from typing import NamedTuple, TypeVar, cast

import msgspec
from django.conf import settings

from chat.events import (
    AgainReply,
    FindReply,
    HelloReply,
    LeaveReply,
    RelaxReply,
    ReportReply,
    TalkCard,
    UpkeepReply,
)
from chat.protocol import LOG_MESSAGES, SEATS, About, Seat
from matching import pool, popular
from matching.tickets import Lane, Mode, Ticket
from omegle.lib.ids import random_id
from omegle.lib.redis import CLOCK, Client, Line, Script, SyncClient, lua

_LUA = Path(__file__).parent / "lua"
_PLACES = lua(_LUA / "places.lua")
_JAVASCRIPT_SAFE = 2**53

# Instead of a number: who would learn each other's address have not both agreed.
NOT_AGREED = -1
# Instead of a number: nothing was said under this id.
NEW_ID = -1

# How long after its end two may say that they would go on.
AGAIN_MS = 60_000
LEASE_MS = 6_000
GRACE_MS = 30_000
GRACE_CLOSED_MS = 5_000

T = TypeVar("T")

_release = Script(
    """
    local key = 'process:' .. ARGV[1] .. ':addresses'
    if redis.call('HINCRBY', key, ARGV[2], -1) <= 0 then
      redis.call('HDEL', key, ARGV[2])
    end
    """
)
_online = Script(
    """
    local online = 0
    for _, process in ipairs(redis.call('ZRANGE', 'processes', 0, -1)) do
      online = online + redis.call('SCARD', 'process:' .. process .. ':visitors')
    end
    return online
    """
)
_processes = Script(
    """
    local held = {}
    for _, process in ipairs(redis.call('ZRANGE', 'processes', 0, -1)) do
      held[#held + 1] = process
      held[#held + 1] = redis.call('SCARD', 'process:' .. process .. ':visitors')
    end
    return held
    """
)
# How long those who waited for one to chat with had waited, lately: of as many as ROOM_WAITS.
_chat_waits = Script(
    """
    local now, reply = clock_now(), {}
    for _, mode in ipairs({'text', 'video'}) do
      local lately = {}
      for _, wait in ipairs(redis.call('LRANGE', 'waits:chat:' .. mode, 0, 39)) do
        local at, waited = string.match(wait, '^(%d+):(%d+)$')
        if now - tonumber(at) < 900000 then
          lately[#lately + 1] = tonumber(waited)
        end
      end
      reply[#reply + 1] = lately
    end
    return reply
    """
)
_SCREEN, _SCREENING = "rooms:screen", "rooms:screening"


class RelayEntry(NamedTuple):
    """One thing said.

    Kinds `m` and `q` (a question) carry id, the frame's members, what was written when that is
    something else, and what is known of the id: `NEW_ID`, its number, or 0 when the log may have
    it; kind `a`, for evidence alone, what was written and nobody saw; kind `p` an event
    and its flag; kind `s` (a signal) `agreed` when both must have agreed to learn addresses, and
    its frame; kind `v` (what a seat sends) its flags and whether it agreed to that ('': as before).
    """

    kind: str
    room: str
    seat: Seat
    conn: str
    first: str
    second: str
    aside: str = ""
    known: int = NEW_ID


class Asked(NamedTuple):
    """The question that one who asks looks for strangers with.

    Attributes:
        members: of its frame, as JSON.
        aside: what was written when that is something else, as JSON members; or ''.
    """

    members: str
    aside: str
    is_revealed: bool

    @property
    def lines(self) -> tuple[str, str, str]:
        return ("1" if self.is_revealed else "0", self.members, self.aside)


class Relayed(NamedTuple):
    """What became of an entry.

    Attributes:
        seq: its sequence number; 0 when its sender is not in that room; of a signal also
            `NOT_AGREED`.
        frame: the `message` frame, when `here` is to get one; of a question always. Of what a seat
            sends its flags, with what it agreed to.
        here: the connections of this process that it is for.
    """

    seq: int
    frame: str
    here: tuple[str, ...]


class Store:
    """The scripts."""

    def __init__(self, redis: Client) -> None:
        self.redis = redis
        self._hello = self._script("hello.lua")
        self._find = Script(pool.LUA, _PLACES, popular.LUA, lua(_LUA / "find.lua"), clock=CLOCK)
        self._relax = self._script("relax.lua")
        self._leave = self._script("leave.lua")
        self._again = self._script("again.lua")
        self._drop = self._script("drop.lua")
        self._upkeep = self._script("upkeep.lua")
        self._retire = self._script("retire.lua")
        self._park = self._script("park.lua")
        self._report = self._script("report.lua")
        self._expel = self._script("expel.lua")
        self._lane = self._script("lane.lua")
        self._admit = Script(lua(_LUA / "admit.lua"), clock=CLOCK)
        self._relay = Script(lua(_LUA / "relay.lua"), clock=CLOCK)
        self._line = Line(redis)
        self._calls = count(1)

    @staticmethod
    def _script(name: str) -> Script:
        return Script(pool.LUA, _PLACES, lua(_LUA / name), clock=CLOCK)

    async def admit(self, *, process: str, tag: str, most: int) -> bool:
        """Count a connection of this address; False when it has `most` already (0: no limit)."""
        return bool(await self._admit(self.redis, process, tag, most))

    async def release(self, *, process: str, tag: str) -> None:
        """Take a connection of this address off the count."""
        await _release(self.redis, process, tag)

    async def hello(
        self,
        *,
        visitor: str,
        conn: str,
        name: str,
        resume: str,
        seen: Mapping[str, int],
        address: str,
        group: str,
        lane: Lane,
        epoch: str = "",
        resync: bool = False,
        closed: bool = False,
        parked: bool = False,
    ) -> HelloReply:
        """Open a visit under this connection, or take it up again if it is of the same group.

        `seen` counts when it is of the present epoch; without `epoch` it is believed to be.

        `resync`: the connection is the same; also a visit without a place is taken up. `closed`:
        nobody may be paired. `parked`: who waits is not found before they resume elsewhere.
        """
        known = ",".join(f"{seat}:{min(seq, _JAVASCRIPT_SAFE)}" for seat, seq in seen.items())
        reply = await self._hello(
            self.redis,
            visitor,
            conn,
            resume,
            random_id(),
            name,
            known,
            random_id(),
            "1" if resync else "0",
            epoch,
            random_id(),
            address,
            "1" if closed else "0",
            "1" if parked else "0",
            group,
            lane,
        )
        return _read(reply, HelloReply)

    async def find(
        self, *, conn: str, ticket: Ticket, question: Asked | None = None, parked: bool = False
    ) -> FindReply:
        """Give up the room, if any, and look for a stranger; `parked`: not before a resume.

        `question`: of a ticket whose role is to ask.
        """
        reply = await self._find(
            self.redis,
            ticket.visitor,
            conn,
            random_id(),
            ticket.pool.name,
            round(ticket.patience * 1000),
            "\n".join(ticket.interests),
            "\n".join(ticket.languages),
            "1" if parked else "0",
            "\n".join(question.lines) if question else "",
        )
        return _read(reply, FindReply)

    async def relax(self, *, visitor: str, conn: str, closed: bool = False) -> RelaxReply:
        """Take anyone from now on; `closed`: nobody may be paired."""
        shut = "1" if closed else "0"
        return _read(await self._relax(self.redis, visitor, conn, random_id(), shut), RelaxReply)

    async def change_lane(
        self, *, visitor: str, conn: str, lane: Lane, closed: bool = False
    ) -> None:
        """Let a visitor who waits wait in this lane; `closed`: nobody may be paired."""
        await self._lane(self.redis, visitor, conn, lane, random_id(), "1" if closed else "0")

    async def leave(
        self, *, visitor: str, conn: str, room: str = "", block: bool = False, bye: bool = False
    ) -> LeaveReply:
        """Give up the place; with `block` for as long as visitor cookies live."""
        seconds = int(settings.VISITOR_COOKIE_AGE.total_seconds()) if block else 0
        reply = await self._leave(self.redis, visitor, conn, room, seconds, "1" if bye else "0")
        return _read(reply, LeaveReply)

    async def again(self, *, visitor: str, conn: str, room: str, lane: Lane) -> AgainReply:
        """Note that a visitor would meet the stranger of an ended room again; seat them if both."""
        reply = await self._again(self.redis, visitor, conn, room, random_id(), lane, AGAIN_MS)
        return _read(reply, AgainReply)

    async def report(
        self,
        *,
        visitor: str,
        conn: str,
        room: str,
        reference: str,
        window_ms: int,
        about: About | None = None,
    ) -> ReportReply:
        """End the room that is reported and give what was written there; '': this or the last.

        `about`: None for the only stranger there is.
        """
        seconds = int(settings.VISITOR_COOKIE_AGE.total_seconds())
        reply = await self._report(
            self.redis,
            visitor,
            conn,
            room,
            reference,
            window_ms,
            seconds,
            "" if about is None else about,
        )
        return _read(reply, ReportReply)

    async def expel(self, *, visitor: str) -> None:
        """End the visit of somebody who is kept out, and their room as `moderated`."""
        await self._expel(self.redis, visitor, "0")

    async def drop(self, *, visitor: str, conn: str, grace_ms: int) -> None:
        """Note that the connection is gone; its place is kept for the grace."""
        await self._drop(self.redis, visitor, conn, grace_ms)

    async def upkeep(self, *, process: str, first: bool, closed: bool = False) -> UpkeepReply:
        """Renew the process's lease and do what time alone brings about, a part with each call.

        `closed`: nobody may be paired.
        """
        reply = await self._upkeep_part(process, first=first, closed=closed)
        held = reply.held
        while reply.more:
            reply = await self._upkeep_part(process, first=False, closed=closed)
            held = held and reply.held
        return msgspec.structs.replace(reply, held=held)

    async def _upkeep_part(self, process: str, *, first: bool, closed: bool) -> UpkeepReply:
        reply = await self._upkeep(
            self.redis,
            process,
            LEASE_MS,
            GRACE_MS,
            random_id(),
            random_id(),
            "1" if first else "0",
            round(settings.IDLE_SECONDS * 1000),
            round(settings.IDLE_WARNING_SECONDS * 1000),
            "1" if closed else "0",
        )
        return _read(reply, UpkeepReply)

    async def park(self, *, process: str) -> None:
        """Let nobody find those who wait on this process, until they resume elsewhere."""
        cursor = b"0"
        while True:
            cursor = await self._park(self.redis, process, cursor)
            if cursor == b"0":
                return

    async def retire(self, *, process: str) -> None:
        """End the process's lease, once nothing hangs on it."""
        await self._retire(self.redis, process)

    async def relay(self, *, process: str, entries: Sequence[RelayEntry]) -> list[Relayed]:
        """Write a tick's entries to the logs, and tell the other processes.

        A message whose id its seat has used is not written again: it keeps its first number. Once a
        call has been made, an earlier one that was given up writes nothing any more.
        """
        packed, number = msgspec.msgpack.encode(entries), str(next(self._calls))
        reply = await self._line.run(self._relay, process, str(LOG_MESSAGES), packed, number)
        return _read(reply, list[Relayed])

    async def log(self, *, room: str, questions: bool = False) -> list[str]:
        """Give the room's last messages, and then its questions, as `events.Logged`."""
        entries: list[bytes] = []
        for part in ("log", "questions") if questions else ("log",):
            found = await self.redis.lrange(f"room:{room}:{part}", 0, -1)
            entries += cast("list[bytes]", found)
        return [entry.decode() for entry in entries]


def rooms_to_screen(redis: SyncClient, count: int) -> list[str]:
    """Give up to `count` rooms to look over; they are given again until `room_screened` says so."""
    for room in cast("list[str]", redis.srandmember(_SCREEN, count)):
        redis.smove(_SCREEN, _SCREENING, room)
    return cast("list[str]", redis.srandmember(_SCREENING, count))


def room_screened(redis: SyncClient, room: str) -> None:
    redis.srem(_SCREENING, room)


def talk_card(redis: SyncClient, room: str) -> TalkCard | None:
    """Give what was written in a room; None once it is gone."""
    key = f"room:{room}"
    with redis.pipeline() as pipe:
        pipe.hgetall(key)
        pipe.lrange(f"{key}:log", 0, -1)
        pipe.lrange(f"{key}:questions", 0, -1)
        for seat in SEATS:
            pipe.lrange(f"{key}:aside:{seat}", 0, -1)
        fields, log, questions, *asides = pipe.execute()
    if "began" not in fields:
        return None
    people = [
        (
            int(seat),
            fields[f"{seat}:name"],
            fields[f"{seat}:visitor"],
            fields.get(f"{seat}:address", ""),
        )
        for seat in fields["seats"]
    ]
    began, aside = int(fields["began"]), list(chain(*asides))
    return TalkCard(
        room,
        fields["mode"],
        began,
        None,
        people,
        log,
        aside,
        questions,
        fields.get("question", ""),
        fields.get("reveal") == "1",
        float(fields.get("0:gone", 0)),
    )


def call_seat(redis: SyncClient, visitor: str, room: str) -> Seat | None:
    """Give where a visitor sits in this video room; None when they are not in it, or it is over."""
    fields = cast("list[str]", redis.hmget(f"visitor:{visitor}", "place", "room", "seat"))
    place, current, seat = fields
    if place != "room" or current != room or redis.hget(f"room:{room}", "mode") != "video":
        return None
    return int(seat)


def room_stop(redis: SyncClient, room: str, seat: Seat) -> bool:
    """End a room as `moderated` because of this seat; False when it was over."""
    # Not made once for all: tests put another clock into scripts.
    script = Script(pool.LUA, _PLACES, lua(_LUA / "stop.lua"), clock=CLOCK)
    return bool(script.run(redis, room, seat))


def visitor_kick(redis: SyncClient, visitor: str) -> bool:
    """End a visit, its room as `moderated`, and close its socket; False when there is none."""
    # Not made once for all: tests put another clock into scripts.
    script = Script(pool.LUA, _PLACES, lua(_LUA / "expel.lua"), clock=CLOCK)
    return bool(script.run(redis, visitor, "1"))


def visitor_forget(redis: SyncClient, visitor: str, *, is_bound: bool) -> None:
    """Delete a visit, its blocks and whom it parted from; the room ends as when they leave.

    That others blocked them, and who reported whom, is for these others and stays. Sockets that
    were opened before and say hello after it are refused, unless a decision keeps the number
    (`is_bound`).
    """
    # Not made once for all: tests put another clock into scripts.
    script = Script(pool.LUA, _PLACES, lua(_LUA / "forget.lua"), clock=CLOCK)
    script.run(redis, visitor, "1" if is_bound else "0")


def blocks_undo(redis: SyncClient, visitor: str) -> None:
    """Undo a visitor's own blocks, of all at once."""
    Script(pool.LUA, "blocks_undo(ARGV[1])", clock=CLOCK).run(redis, visitor)


class Visit(NamedTuple):
    """What Redis has of a visitor.

    Attributes:
        place: `idle`, `queue`, `room`, `over` (a room that ended); '' when they are not here.
        blocks: how many they blocked themselves.
        blocks_seconds: for how long that is kept.
    """

    place: str
    blocks: int
    blocks_seconds: int


def visit_stored(redis: SyncClient, visitor: str) -> Visit:
    with redis.pipeline() as pipe:
        pipe.hget(f"visitor:{visitor}", "place")
        pipe.scard(f"blocks:{visitor}")
        pipe.ttl(f"blocks:{visitor}")
        place, blocks, seconds = pipe.execute()
    return Visit(place or "", blocks, max(seconds, 0))


def visitors_here(redis: SyncClient) -> Iterator[str]:
    """Give who is connected, and whose place is kept because they were until now."""
    for process in processes(redis):
        yield from redis.sscan_iter(f"process:{process}:visitors", count=1000)
    yield from cast("list[str]", redis.zrange("lapses", 0, -1))


def processes(redis: SyncClient) -> dict[str, int]:
    """Give how many visitors each web process holds."""
    flat = _processes.run(redis)
    return dict(zip(flat[::2], flat[1::2], strict=True))


def rooms_open(redis: SyncClient) -> int:
    """Give how many conversations go on."""
    return int(redis.zcard("rooms:quiet"))


def matches_lately(redis: SyncClient) -> int:
    """Give how many conversations began in the last whole minute."""
    seconds, _ = redis.time()
    return int(redis.get(f"matches:{seconds // 60 - 1}") or 0)


def leases_reaped(redis: SyncClient) -> int:
    """Give how many web processes ended without a word since Redis has its data."""
    return int(redis.get("leases:reaped") or 0)


def online_count(redis: SyncClient) -> int:
    """Give how many visitors are connected, over all processes."""
    return int(_online.run(redis))


def chat_waits_expected(redis: SyncClient) -> dict[Mode, int | None]:
    """Give how long the middle one of those who met lately had waited, in seconds; None: nobody."""
    flat = cast("list[list[int]]", _chat_waits.run(redis))
    modes: tuple[Mode, ...] = ("text", "video")
    return {
        mode: round(median(lately) / 1000) if lately else None
        for mode, lately in zip(modes, flat, strict=True)
    }


def _read(reply: bytes, shape: type[T]) -> T:
    return msgspec.msgpack.decode(reply, type=shape)
