"""The process manager of one copy: which processes there are, and supervisord that keeps them.

supervisord restarts what dies and stops all in order: the web server, the workers and the beat
together, Redis last. Its socket and its process id live in the copy's private directory.
"""

import os
import secrets
import shlex
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self
from xmlrpc.client import ServerProxy

from supervisor.xmlrpc import SupervisorTransport

from omegle.server import private_redis
from omegle.server.parent import die_with_parent
from omegle.server.prepare import write_private
from omegle.server.trouble import Trouble

# Above what a process takes to end by itself once its time to drain is over.
_GRACE_SECONDS = 2
# A process that ends sooner after its start counts as one that did not start.
_START_SECONDS = 10
_DEAD = {"BACKOFF", "EXITED", "FATAL"}

_NAME = "omegle"

# The web server, as Python's arguments.
WEB = ["-m", "omegle.server.web"]
_CELERY = [
    # As root, in a container, Celery's advice would be repeated at every start.
    *("-W", "ignore:You're running the worker with superuser privileges"),
    *("-m", "celery", "--app", "omegle.celery", "--quiet"),
]
_WORKER = [
    *("worker", "--loglevel", "WARNING"),
    *("--without-gossip", "--without-mingle", "--without-heartbeat"),
]
_BEAT = ["beat", "--loglevel", "WARNING"]


@dataclass(frozen=True, slots=True)
class Program:
    """One process to keep running."""

    name: str
    command: list[str]
    stop_seconds: int
    stdout: str = "/dev/fd/1"
    stderr: str = "/dev/fd/2"
    # Whether its children need to be told to stop too.
    stop_children: bool = False


def programs(
    *, web: list[str], reloads: bool, drain_seconds: int, checks_frames: bool
) -> list[Program]:
    """Give the web server, the workers and the beat; `reloads` when the web server has a child.

    Looking over talks takes as long as there is to look over, so it has a worker of its own; so has
    looking at pictures, where that is done.
    """
    stop = drain_seconds + _GRACE_SECONDS
    python = [sys.executable]
    members = [
        Program("web", python + web, stop, stop_children=reloads),
        # Celery says “Warm shutdown” on stdout; what matters goes to stderr.
        Program("worker", python + _worker("worker", "reports", "upkeep"), stop, "NONE"),
        Program("screener", python + _worker("screener", "screening"), stop, "NONE"),
        Program("beat", [*python, *_CELERY, *_BEAT], stop, "NONE"),
    ]
    if checks_frames:
        # The one process that looks is its child: a pool in between would only take memory.
        frames = [*_worker("frames", "media"), "--pool", "solo", "--concurrency", "1"]
        members.append(Program("frames", python + frames, stop, "NONE"))
    return members


def _worker(name: str, *queues: str) -> list[str]:
    """Give a worker's arguments; it looks at these queues in this order."""
    return [*_CELERY, *_WORKER, "--hostname", f"{name}@%h", "--queues", ",".join(queues)]


def redis_program(private: Path) -> Program:
    log = str(private / "redis.log")
    return Program("redis", private_redis.command(private), _GRACE_SECONDS, log)


def turn_program(command: list[str]) -> Program:
    # It names kinds of sockets that the system lacks, and nothing else; see its configuration.
    return Program("turn", command, _GRACE_SECONDS, "NONE", "NONE")


def configuration(
    members: list[Program], *, redis: Program | None, private: Path, root: Path, password: str
) -> str:
    """Give supervisord's configuration; `password` is asked on its socket."""
    socket = private / "supervisor.sock"
    sign_in = {"username": _NAME, "password": password}
    sections: dict[str, dict[str, object]] = {
        "supervisord": {
            "nodaemon": "true",
            "pidfile": private / "supervisord.pid",
            "logfile": "/dev/null",
            "logfile_maxbytes": 0,
            "loglevel": "warn",
            "umask": "077",
            "directory": root,
            **({"user": "root"} if os.geteuid() == 0 else {}),
        },
        "unix_http_server": {"file": socket, "chmod": "0700", **sign_in},
        "supervisorctl": {"serverurl": f"unix://{socket}", **sign_in},
        "rpcinterface:supervisor": {
            "supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface"
        },
        # Groups start in this order and stop in the reverse one, one after the other.
        "group:omegle": {"programs": ",".join(program.name for program in members), "priority": 2},
    }
    for program in members if redis is None else [redis, *members]:
        sections[f"program:{program.name}"] = {
            "command": shlex.join(program.command),
            "priority": 1,
            "autorestart": "true",
            "startsecs": _START_SECONDS,
            "startretries": 10,
            "stopwaitsecs": program.stop_seconds,
            "stopasgroup": str(program.stop_children).lower(),
            "killasgroup": "true",
            "stdout_logfile": program.stdout,
            # Only files can be cut, and the one file there is starts anew.
            "stdout_logfile_maxbytes": 0 if program.stdout.startswith("/dev/") else "64KB",
            "stdout_logfile_backups": 0,
            "stderr_logfile": program.stderr,
            "stderr_logfile_maxbytes": 0,
        }
    return "".join(
        f"[{title}]\n" + "".join(f"{key}={_escaped(value)}\n" for key, value in section.items())
        for title, section in sections.items()
    )


def _escaped(value: object) -> str:
    return str(value).replace("%", "%%")


class Supervisor:
    """A running supervisord: entered when it is started, left when all it kept has ended."""

    def __init__(
        self,
        members: list[Program],
        *,
        redis: Program | None,
        run_dir: Path,
        private: Path,
        root: Path,
    ) -> None:
        self._private = private
        self._password = secrets.token_urlsafe()
        self._file = run_dir / "supervisord.conf"
        text = configuration(
            members, redis=redis, private=private, root=root, password=self._password
        )
        write_private(self._file, text)

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "supervisor.supervisord", "-c", str(self._file)]
        # A session of its own: Ctrl-C reaches the launcher alone, which then stops all in order.
        self._process = subprocess.Popen(  # noqa: S603
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            preexec_fn=die_with_parent(),  # noqa: PLW1509  (no thread has started yet)
        )
        self._relays = [
            threading.Thread(target=_relay, args=pair, daemon=True)
            for pair in ((self._process.stdout, 1), (self._process.stderr, 2))
        ]
        for relay in self._relays:
            relay.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.terminate()
        self._process.wait()
        for relay in self._relays:
            relay.join()

    def check(self) -> None:
        """Raise Trouble when supervisord or one of its processes has ended."""
        if self._process.poll() is not None:
            raise Trouble("the process manager ended")
        # A new connection each time: after a failure the transport cannot be used again.
        address = f"unix://{self._private / 'supervisor.sock'}"
        transport = SupervisorTransport(_NAME, self._password, address)
        rpc: Any = ServerProxy("http://127.0.0.1", transport=transport)
        try:
            processes = rpc.supervisor.getAllProcessInfo()
        except OSError:
            return  # its socket is not there yet
        for process in processes:
            if process["statename"] in _DEAD:
                self._explain_redis(process["name"])
                reason = process["spawnerr"] or process["description"]
                raise Trouble(f"{process['name']} ended while starting ({reason})")

    def _explain_redis(self, name: str) -> None:
        if name == "redis":
            with suppress(OSError):
                sys.stderr.write((self._private / "redis.log").read_text())

    def wait(self) -> None:
        """Return when supervisord has ended."""
        self._process.wait()


def _relay(source: IO[bytes], target: int) -> None:
    """Pass on all that is said, through our own descriptor: a file we write to stays in order."""
    while chunk := os.read(source.fileno(), 65_536):
        # A terminal that is gone must not stop the processes.
        with suppress(OSError):
            while chunk:
                chunk = chunk[os.write(target, chunk) :]
    source.close()
