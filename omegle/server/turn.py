"""A TURN server of our own for one copy or one test run: coturn, on loopback, with its own secret.

The launcher and the tests run it with the same configuration; what operators run is
`deploy/coturn/turnserver.conf`. This module starts nothing itself.
"""

import secrets
import shutil
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

LISTENS: str = "127.0.0.1"
# Where the system has it, an address that no browser has: a candidate that names another one has
# not come through the relay.
RELAYS_FROM: str = "127.0.0.2" if sys.platform == "linux" else "127.0.0.1"
# 50 calls; each browser relays once or twice.
_PORTS = (49160, 49359)


@dataclass(frozen=True, slots=True)
class Turn:
    """One server's place: `settings` is what a copy is told of it."""

    port: int
    secret: str

    @property
    def settings(self) -> dict[str, str]:
        at = f"turn:{LISTENS}:{self.port}"
        return {
            "TURN_URLS": f"{at}?transport=udp,{at}?transport=tcp",
            "TURN_SECRET": self.secret,
            "TURN_RELAYS": RELAYS_FROM,
            "TURN_PORTS": "{}-{}".format(*_PORTS),
        }


def executable() -> Path | None:
    """Give coturn's server, None when it is not installed."""
    found = shutil.which("turnserver")
    return Path(found) if found else None


def turn_new() -> Turn:
    """Give a place for a new server: a port that is free now, and a new secret."""
    with (
        socket.socket(type=socket.SOCK_STREAM) as stream,
        socket.socket(type=socket.SOCK_DGRAM) as datagrams,
    ):
        stream.bind((LISTENS, 0))
        port: int = stream.getsockname()[1]
        datagrams.bind((LISTENS, port))
    return Turn(port, secrets.token_hex(24))


def configuration(turn: Turn, *, directory: Path) -> str:
    """Give coturn's configuration; its files go to `directory`.

    It relays to nobody but itself: both ends of a call are its own relayed addresses. Nothing about
    who calls is written anywhere.
    """
    lowest, highest = _PORTS
    options: dict[str, object] = {
        "listening-ip": LISTENS,
        "listening-port": turn.port,
        # IPv4 alone: no IPv6 relay, no way round the list (CVE-2026-27624).
        "relay-ip": RELAYS_FROM,
        "min-port": lowest,
        "max-port": highest,
        "realm": "omegle",
        "use-auth-secret": "",
        "static-auth-secret": turn.secret,
        "fingerprint": "",
        "stale-nonce": 600,
        "user-quota": 12,
        "max-allocate-lifetime": 600,  # seconds until a relay has to be asked for again
        "total-quota": highest - lowest + 1,
        "max-bps": 250_000,  # bytes a second, each way
        "no-cli": "",
        "no-tls": "",
        "no-dtls": "",
        "no-tcp-relay": "",
        "no-multicast-peers": "",
        "no-software-attribute": "",
        # Only because it relays from a loopback address itself; the list denies all others.
        "allow-loopback-peers": "",
        "allowed-peer-ip": RELAYS_FROM,
        "simple-log": "",
        "log-file": "/dev/null",
        "no-stdout-log": "",
        "pidfile": directory / "turn.pid",
        "userdb": directory / "turn.db",
    }
    denied = ("0.0.0.0-255.255.255.255", "::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")
    lines = [f"{key}={value}" if value != "" else key for key, value in options.items()]
    return "\n".join([*lines, *(f"denied-peer-ip={each}" for each in denied), ""])


def command(program: Path, file: Path) -> list[str]:
    """Give the arguments that start it in the foreground."""
    return [str(program), "-c", str(file)]
