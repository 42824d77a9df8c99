"""Deliberately broken versions of the product, each with the tests that must find it out.

    python -m tests.faults.mutants [name…]

Each is made in a copy of the tree by replacing exact texts; `test_mutants.py` checks that these
are still there. Not a part of `make test`: all of them take some minutes.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
_LEFT_OUT = shutil.ignore_patterns(".*", "node_modules", "__pycache__", "docs", "e2e", "js")
# Each runs several servers itself.
_AT_ONCE = 2
_TEST_SECONDS = 180
_PYTEST_FAILED = 1


@dataclass(frozen=True)
class Patch:
    path: str
    old: str
    new: str


@dataclass(frozen=True)
class Mutant:
    name: str
    patches: tuple[Patch, ...]
    tests: tuple[str, ...]


NETWORK = "tests/faults/test_network.py::test_"
PROCESSES = "tests/faults/test_processes.py::test_"
REDIS = "tests/faults/test_redis.py::test_"
CALL = "tests/chat/test_call.py::test_"
UPKEEP = "chat/lua/upkeep.lua"
RELAY = "chat/lua/relay.lua"
BOARD = "chat/switchboard.py"

MUTANTS = (
    Mutant(
        "nobody looks for dead processes",
        (
            Patch(
                UPKEEP,
                "ipairs(redis.call('ZRANGEBYSCORE', 'processes', '-inf', now))",
                "ipairs({})",
            ),
        ),
        (f"{PROCESSES}killed_process_loses_nothing_of_a_talk",),
    ),
    Mutant(
        "a lease is not renewed",
        (
            Patch(
                UPKEEP,
                "redis.call('ZADD', 'processes', now + lease, process)",
                "redis.call('ZADD', 'processes', 'NX', now + lease, process)",
            ),
        ),
        (f"{NETWORK}process_with_a_wrong_clock_changes_nothing",),
    ),
    Mutant(
        "a lease runs on the process's own clock",
        (
            Patch(UPKEEP, "local now = clock_now()", "local now = tonumber(ARGV[9])"),
            Patch(
                "chat/store.py",
                "round(settings.IDLE_WARNING_SECONDS * 1000),",
                "round(settings.IDLE_WARNING_SECONDS * 1000),\n"
                '            round(__import__("time").time() * 1000),',
            ),
        ),
        (f"{NETWORK}process_with_a_wrong_clock_changes_nothing",),
    ),
    Mutant(
        "places do not lapse",
        (
            Patch(
                UPKEEP,
                "ipairs(redis.call('ZRANGEBYSCORE', 'lapses', '-inf', now, 'LIMIT', 0, LIMIT))",
                "ipairs({})",
            ),
        ),
        (f"{NETWORK}road_cut_for_40_s_ends_the_room_honestly",),
    ),
    Mutant(
        "places lapse at once",
        (Patch("chat/store.py", "GRACE_MS = 30_000", "GRACE_MS = 1"),),
        (f"{PROCESSES}killed_process_loses_nothing_of_a_talk",),
    ),
    Mutant(
        "there is no log",
        (
            Patch(
                RELAY,
                "call('RPUSH', list, seat .. ':' .. number .. ':' .. first .. ':' .. frame)",
                "0",
            ),
        ),
        (
            f"{NETWORK}road_cut_for_10_s_loses_nothing",
            f"{REDIS}channels_that_break_while_people_talk_lose_nothing",
        ),
    ),
    Mutant(
        "a message is sent on before it is in the log",
        (
            Patch(
                "chat/ledger.py",
                "        connection.note_asked()\n        self._add(\n            RelayEntry(",
                "        connection.note_asked()\n"
                "        room.told[room.seat] += 1\n"
                "        connection.send(Sent(room=room.id, id=id, seq=room.told[room.seat]))\n"
                "        self._add(\n            RelayEntry(",
            ),
        ),
        ("tests/chat/test_faults.py::test_redis_away_is_an_error_and_not_the_end",),
    ),
    Mutant(
        "an id is not remembered",
        (Patch(RELAY, "its_id == id and its_seat == seat", "false"),),
        (f"{REDIS}redis_that_hangs_for_5_s_loses_nothing",),
    ),
    Mutant(
        "a call that was given up may come later",
        (Patch(RELAY, "tonumber(last) >= number", "false"),),
        ("tests/chat/test_faults.py::test_call_that_comes_after_its_repetition_writes_nothing",),
    ),
    Mutant(
        "`seen` is not looked at",
        (Patch("chat/delivery.py", "room.note_seen(seen)", "pass"),),
        (f"{NETWORK}resume_elsewhere_while_the_old_socket_is_open",),
    ),
    Mutant(
        "no epoch is compared",
        (
            Patch(BOARD, "lost = reply.epoch != self.epoch", "lost = False"),
            Patch(BOARD, "self._missed or not reply.held or", "self._missed or"),
        ),
        (f"{REDIS}flushed_redis_ends_rooms_honestly",),
    ),
    Mutant(
        "the epoch is always the same",
        (
            Patch(
                UPKEEP,
                "redis.call('SET', 'epoch', ARGV[5], 'NX')",
                "redis.call('SET', 'epoch', 'x')",
            ),
        ),
        (f"{REDIS}flushed_redis_ends_rooms_honestly",),
    ),
    Mutant(
        "nobody asks whether a broken channel swallowed something",
        (Patch(BOARD, "                    self._missed = True\n", "                    pass\n"),),
        (f"{REDIS}channels_that_break_while_people_talk_lose_nothing",),
    ),
    Mutant(
        "a gap is not filled",
        (
            Patch(
                "chat/delivery.py",
                "            self._later(connection, lambda: self._fill(connection, room))",
                "            room.told[event.seat] = event.seq\n"
                "            connection.send_text(event.frame)",
            ),
        ),
        (
            f"{REDIS}channels_that_break_while_people_talk_lose_nothing",
            "tests/chat/test_faults.py::test_gap_is_filled_from_the_log",
        ),
    ),
    Mutant(
        "events are not held while a script runs",
        (Patch("chat/connection.py", "            self.held = []", "            pass"),),
        (
            f"{NETWORK}resume_elsewhere_while_the_old_socket_is_open",
            "tests/chat/test_faults.py::test_message_that_overtakes_matched_is_told_after_it",
        ),
    ),
    Mutant(
        "visitors are not told that Redis is away",
        (Patch(BOARD, 'self._tell_all("warning", _AWAY)', "pass"),),
        (f"{REDIS}redis_that_hangs_for_5_s_loses_nothing",),
    ),
    Mutant(
        "nothing is looked up when Redis is back",
        (
            Patch(
                BOARD,
                "if lost or self._missed or not reply.held or self.is_away:",
                "if lost or self._missed:",
            ),
        ),
        (f"{REDIS}redis_that_hangs_for_5_s_loses_nothing",),
    ),
    Mutant(
        "no drain",
        (Patch(BOARD, "        self.is_draining = True\n", "        return\n"),),
        (
            f"{PROCESSES}draining_process_gives_everybody_to_the_other",
            f"{PROCESSES}rolling_restart_under_load_loses_nothing",
        ),
    ),
    Mutant(
        "who waits on a draining process is found",
        (Patch(BOARD, "await self.store.park(process=self.process)", "pass"),),
        (f"{PROCESSES}draining_process_gives_everybody_to_the_other",),
    ),
    Mutant(
        "a draining process waits for ever",
        (Patch(BOARD, "connection.close(Close.SERVER_LEAVING)\n            await", "await"),),
        (f"{PROCESSES}page_that_ignores_draining_is_closed_and_resumes",),
    ),
    Mutant(
        "an old socket is not closed",
        (Patch("chat/lua/hello.lua", "tell(visit.conn, {'replaced', visit.conn})", ""),),
        (f"{NETWORK}resume_elsewhere_while_the_old_socket_is_open",),
    ),
    Mutant(
        "the outbox has no end",
        (
            Patch(
                "chat/connection.py",
                "len(self._outbox) > OUTBOX_FRAMES or self._outbox_bytes > OUTBOX_BYTES",
                "False",
            ),
        ),
        (f"{NETWORK}client_that_never_reads_is_dropped_and_costs_little",),
    ),
    Mutant(
        "no pings",
        (Patch("omegle/server/web.py", '"ws_ping_interval": 5,', '"ws_ping_interval": None,'),),
        (f"{NETWORK}half_open_peer_is_noticed_within_20_s",),
    ),
    Mutant(
        "patience with those who say nothing",
        (Patch("omegle/server/sockets.py", "HANDSHAKE_SECONDS = 5.0", "HANDSHAKE_SECONDS = 60.0"),),
        (f"{NETWORK}connection_without_request_or_hello_is_cut_after_5_s",),
    ),
    Mutant(
        "messages have no limit",
        (
            Patch(
                "chat/handlers/talk.py",
                "if not connection.budget.messages.spend(time.monotonic()):",
                "if False:",
            ),
        ),
        (f"{NETWORK}flood_of_messages_is_limited_and_closed",),
    ),
    Mutant(
        "signals are not filtered",
        (Patch("chat/handlers/call.py", "signal_passed(frame.data)", "frame.data"),),
        (f"{CALL}signals_of_a_browser_bring_no_address_across",),
    ),
    Mutant(
        "the word relay is believed",
        (Patch("chat/sdp.py", 'or kind == "relay" or not passage.direct:', "or False:"),),
        (f"{CALL}signal_that_may_not_pass_is_refused_and_costs_nothing_else",),
    ),
    Mutant(
        "one who agreed to a direct call is enough",
        (Patch(RELAY, "(agreed[1] ~= '1' or agreed[2] ~= '1')", "agreed[tonumber(seat)] ~= '1'"),),
        (f"{CALL}no_address_is_learnt_before_both_agreed",),
    ),
    Mutant(
        "a silent call is idle",
        (Patch(UPKEEP, "and room_calls(room) then", "and false then"),),
        (f"{CALL}silent_call_goes_on",),
    ),
)


def main() -> None:
    wanted = sys.argv[1:]
    unknown = set(wanted) - {mutant.name for mutant in MUTANTS}
    if unknown:
        sys.exit(f"no such mutant: {', '.join(sorted(unknown))}")
    chosen = [mutant for mutant in MUTANTS if not wanted or mutant.name in wanted]
    survived = 0
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for mutant, (failed, why, seconds) in zip(
            chosen, pool.map(try_mutant, chosen), strict=True
        ):
            survived += not failed
            outcome = "failed as it should" if failed else "SURVIVED"
            print(f"{mutant.name:<58} {outcome:<20} {seconds:>4.0f} s  {why}", flush=True)
    sys.exit(survived > 0)


def try_mutant(mutant: Mutant) -> tuple[bool, str, float]:
    """Give whether a test failed on it, why, and the seconds it took."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="o-") as place:
        tree = Path(place) / "tree"
        shutil.copytree(ROOT, tree, ignore=_LEFT_OUT)
        for patch in mutant.patches:
            path = tree / patch.path
            path.write_text(path.read_text().replace(patch.old, patch.new))
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", "--tb=line", *mutant.tests],
            cwd=tree,
            env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            timeout=_TEST_SECONDS,
            check=False,
        )
    lines = done.stdout.splitlines()
    why = next((line for line in lines if "Error" in line), lines[-1] if lines else "")
    return (
        done.returncode == _PYTEST_FAILED,
        why.rpartition("tree/")[2][:160],
        time.monotonic() - began,
    )


if __name__ == "__main__":
    main()
