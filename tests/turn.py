"""A real TURN server for tests: coturn on loopback, relaying from an address no browser has."""

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from omegle.server import turn
from omegle.server.parent import die_with_parent
from omegle.server.turn import Turn
from tests import provision

_START_SECONDS = 10


def answers(server: Turn) -> bool:
    with suppress(OSError), socket.create_connection((turn.LISTENS, server.port), timeout=1):
        return True
    return False


@contextmanager
def running_turn(
    server: Turn | None = None, text: str | None = None, *, options: Sequence[str] = ()
) -> Iterator[Turn]:
    """Run coturn, with a configuration of one's own if there is a `text`, and leave nothing.

    `options`: more for its command line, naming files in a directory of its own. It must not have
    said anything.

    Raises:
        provision.Missing: it is not installed.
    """
    program = turn.executable()
    if program is None:
        raise provision.Missing("coturn is missing: apt-get install coturn")
    server = server or turn.turn_new()
    place = Path(tempfile.mkdtemp(prefix="omegle-turn-"))
    try:
        file = place / "turnserver.conf"
        file.write_text(text or turn.configuration(server, directory=place))
        with (place / "out").open("wb") as out:
            process = subprocess.Popen(
                [*turn.command(program, file), *options],
                cwd=place,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                preexec_fn=die_with_parent(),  # noqa: PLW1509  (no thread of ours holds a lock)
            )
        try:
            deadline = time.monotonic() + _START_SECONDS
            while not answers(server):
                assert process.poll() is None, (place / "out").read_text()
                assert time.monotonic() < deadline, "coturn does not answer"
                time.sleep(0.02)
            yield server
        finally:
            process.terminate()
            process.wait()
        # Kinds of sockets that the system lacks, and nothing of who called.
        assert set((place / "out").read_text().splitlines()) <= {"socket: Protocol not supported"}
    finally:
        shutil.rmtree(place, ignore_errors=True)
