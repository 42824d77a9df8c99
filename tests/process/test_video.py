"""How `make run` chooses video: with a TURN server of its own, direct, or off."""

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from omegle.server import turn
from tests.process.copies import START_SECONDS, Copy, wait_until

pytestmark = pytest.mark.process

Make = Callable[..., Copy]


@pytest.fixture
def make(home: Path) -> Iterator[Make]:
    """Make copies; they end with the test."""
    copies = []

    def make(**settings: str) -> Copy:
        copies.append(Copy(Path(tempfile.mkdtemp(dir=home)), settings=settings))
        return copies[-1]

    yield make
    for copy in copies:
        copy.end()


@pytest.fixture
def without_coturn(home: Path) -> str:
    """Give a PATH that has all but the TURN server."""
    place = home / "bin"
    place.mkdir(exist_ok=True)
    for folder in reversed(os.environ["PATH"].split(os.pathsep)):
        for program in Path(folder).glob("*"):
            link = place / program.name
            link.unlink(missing_ok=True)
            if program.name != "turnserver":
                link.symlink_to(program)
    return str(place)


def turn_servers(copy: Copy) -> list[str]:
    return [line for line in copy.processes() if line.split()[0].endswith("/turnserver")]


def told(copy: Copy, name: str) -> str | None:
    """Give what the web server was told of a setting."""
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if b"omegle.server.web" not in (entry / "cmdline").read_bytes():
                continue
            pairs = (entry / "environ").read_text().split("\0")
        except OSError:
            continue
        values = dict(pair.split("=", 1) for pair in pairs if "=" in pair)
        if values.get("RUN_DIR") == str(copy.run_dir):
            return values.get(name)
    return None


def test_copy_on_this_machine_relays_by_a_server_of_its_own(make: Make) -> None:
    copy = make()
    copy.start()
    copy.wait_ready()
    assert len(turn_servers(copy)) == 1
    assert told(copy, "VIDEO") == "relay"
    assert told(copy, "TURN_RELAYS") == turn.RELAYS_FROM
    secret = told(copy, "TURN_SECRET")
    assert secret
    assert f"static-auth-secret={secret}\n" in (copy.run_dir / "turnserver.conf").read_text()
    assert (copy.run_dir / "turnserver.conf").stat().st_mode & 0o077 == 0
    assert copy.stop() == 0
    assert copy.err == ""


def test_copy_without_coturn_is_direct(make: Make, without_coturn: str) -> None:
    copy = make(PATH=without_coturn)
    copy.start()
    copy.wait_ready()
    assert turn_servers(copy) == []
    assert told(copy, "VIDEO") == "direct"


@pytest.mark.parametrize(
    "settings",
    [{"HOST": "0.0.0.0"}, {"PUBLIC_URL": "https://chat.example.org"}, {"VIDEO": "off"}],
    ids=str,
)
def test_copy_that_others_reach_or_without_video_gets_no_server(
    make: Make, settings: dict[str, str]
) -> None:
    copy = make(**settings)
    copy.start()
    wait_until(
        lambda: "Omegle is ready" in copy.out, seconds=START_SECONDS, otherwise=lambda: copy.err
    )
    assert turn_servers(copy) == []
    assert told(copy, "VIDEO") in (None, "off")


def test_relay_that_nobody_runs_stops_the_start(make: Make, without_coturn: str) -> None:
    copy = make(VIDEO="relay", PATH=without_coturn)
    code, lines = copy.fail()
    assert code == 2
    assert len(lines) == 1
    assert "the TURN server is not described" in lines[0]
