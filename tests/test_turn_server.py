"""The TURN server as we run it and as operators do: who gets a relay, and whither it relays.

Tried with coturn's own client.
"""

import base64
import hmac
import re
import subprocess
import time
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from chat.turn import LIVES_SECONDS, ice_servers
from omegle.server import turn
from omegle.server.turn import Turn
from tests import provision
from tests.environment import ROOT
from tests.turn import running_turn

pytestmark = pytest.mark.process

FOLDER = ROOT / "deploy" / "coturn"
SHIPPED = (FOLDER / "turnserver.conf").read_text()
# What keeps the relay to itself; without it the list of special ranges has to do.
STRICT = (
    "denied-peer-ip=0.0.0.0-255.255.255.255\n"
    "denied-peer-ip=::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff\n"
)


def filled_in(server: Turn, text: str) -> str:
    """Give the shipped file as an operator on this machine's loopback address would write it."""
    changes = {
        "listening-ip": turn.LISTENS,
        "relay-ip": turn.RELAYS_FROM,
        "allowed-peer-ip": turn.RELAYS_FROM,
        "listening-port": server.port,
        "static-auth-secret": server.secret,
    }
    for key, value in changes.items():
        text, count = re.subn(rf"^#?{key}=.*$", f"{key}={value}", text, flags=re.MULTILINE)
        assert count == 1, key
    return text + "allow-loopback-peers\n"


# Where it keeps what it needs itself: the file leaves that to the system.
KEEPS = ("--pidfile=turn.pid", "--userdb=turn.db")


@pytest.fixture(scope="module", params=["ours", "shipped", "shipped, its list alone"])
def server(request: pytest.FixtureRequest) -> Iterator[Turn]:
    place, text = turn.turn_new(), None
    if request.param != "ours":
        assert STRICT in SHIPPED
        kept = SHIPPED if request.param == "shipped" else SHIPPED.replace(STRICT, "")
        text = filled_in(place, kept)
    with running_turn(place, text, options=KEEPS) as running:
        yield running


def credentials(server: Turn, *, lives: float = LIVES_SECONDS) -> tuple[str, str]:
    name = f"{time.monotonic_ns()}"
    now = time.time() - LIVES_SECONDS + lives
    [offered] = ice_servers(("turn:x",), server.secret, now=now, name=name)
    return offered.username, offered.credential


def client(server: Turn, username: str, password: str, *options: str) -> tuple[bool, str]:
    """Let coturn's client try to relay something; give whether it could, and what it said."""
    program = provision.coturn()
    assert program is not None, "coturn is missing: python -m tests.provision"
    whom = ["-u", username, "-w", password, "-p", str(server.port)]
    # Two small messages; without RTCP beside it.
    sends = ["-n", "1", "-m", "1", "-l", "50", "-c"]
    done = subprocess.run(
        [str(program), *whom, *sends, *options, turn.LISTENS],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    return done.returncode == 0, done.stdout + done.stderr


def test_two_relays_of_ours_reach_each_other(server: Turn) -> None:
    reached, said = client(server, *credentials(server), "-y")
    assert reached, said
    assert "Total lost packets 0" in said


@pytest.mark.parametrize(
    ("lives", "spoil"),
    [(-1, ""), (LIVES_SECONDS, "x")],
    ids=["expired", "wrong"],
)
def test_credential_that_does_not_hold_gets_no_relay(
    server: Turn, lives: float, spoil: str
) -> None:
    username, password = credentials(server, lives=lives)
    reached, said = client(server, username, password + spoil, "-y")
    assert not reached
    assert "Cannot complete Allocation" in said


@pytest.mark.parametrize(
    "peer",
    [
        *("169.254.169.254", "10.0.0.1", "172.16.0.1", "192.168.0.1", "100.64.0.1"),
        *("127.0.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255"),
    ],
)
@pytest.mark.parametrize("way", [(), ("-s",)], ids=["channel", "permission"])
def test_nobody_else_is_reached_through_it(server: Turn, peer: str, way: tuple[str, ...]) -> None:
    reached, said = client(server, *credentials(server), *way, "-e", peer)
    assert not reached
    assert "error 403 (Forbidden IP)" in said


@pytest.mark.parametrize("peer", ["::ffff:127.0.0.1", "::ffff:10.0.0.1", "::1", "fd00::1"])
def test_it_relays_no_ipv6(server: Turn, peer: str) -> None:
    reached, said = client(server, *credentials(server), "-e", peer)
    assert not reached
    assert re.search(r"error 44[03]", said), said


def test_it_relays_no_tcp(server: Turn) -> None:
    reached, said = client(server, *credentials(server), "-T", "-e", "169.254.169.254")
    assert not reached
    assert "error 442" in said


def test_one_visitor_gets_no_more_than_a_few_relays(server: Turn) -> None:
    username, password = credentials(server)
    said = ""
    for _ in range(20):
        _, said = client(server, username, password, "-e", "169.254.169.254")
        if "error 486 (Allocation Quota Reached)" in said:
            return
    pytest.fail(said)


def test_shipped_file_without_a_secret_grants_nobody_a_relay() -> None:
    place = turn.turn_new()
    text = filled_in(place, SHIPPED).replace(f"static-auth-secret={place.secret}\n", "")
    assert place.secret not in text
    name = f"{int(time.time()) + LIVES_SECONDS}:x"
    empty = base64.b64encode(hmac.digest(b"", name.encode(), "sha1")).decode()
    with running_turn(place, text, options=KEEPS) as running:
        for password in (empty, "", "x"):
            could, said = client(running, name, password)
            assert not could, said


# --- In a container -------------------------------------------------------------------------------


@pytest.fixture
def service() -> dict[str, Any]:
    described = yaml.safe_load((FOLDER / "compose.yaml").read_text())
    [(_, service)] = described["services"].items()
    return dict(service)


def test_container_may_do_no_more_than_relay(service: dict[str, Any]) -> None:
    assert re.fullmatch(r"docker\.io/coturn/coturn:[0-9.]+-r[0-9]+-debian", service["image"])
    assert service["network_mode"] == "host"
    assert service["read_only"]
    assert service["user"] == "65534:65534"
    assert (service["cap_drop"], service["cap_add"]) == (["ALL"], ["NET_BIND_SERVICE"])
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["restart"] == "unless-stopped"
    assert "environment" not in service
    [mounted] = service["volumes"]
    source, target, mode = mounted.split(":")
    assert (FOLDER / source).read_text() == SHIPPED
    assert (target, mode) == ("/etc/coturn/turnserver.conf", "ro")


def test_command_of_the_container_starts_it(service: dict[str, Any]) -> None:
    assert service["entrypoint"] == ["turnserver"]
    conf, file, *options = service["command"]
    assert (conf, file) == ("-c", "/etc/coturn/turnserver.conf")
    # What it writes goes where it may write.
    directories = {each.partition(":")[0] for each in service["tmpfs"]}
    assert {each.partition("=")[2].rpartition("/")[0] for each in options} <= directories
    here = [each.replace("/tmp/", "") for each in options]
    place = turn.turn_new()
    with running_turn(place, filled_in(place, SHIPPED), options=here) as running:
        reached, said = client(running, *credentials(running), "-y")
    assert reached, said
