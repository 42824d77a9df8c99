"""Keeps the process that looks at pictures: started when the first one comes, again when it died.

One picture at a time, each within its time. What goes wrong costs that picture and nothing else.
"""

import logging
import os
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

import msgspec

from moderation.frames.detector import LENGTH, Finding

logger = logging.getLogger(__name__)

_ROOT: Final = Path(__file__).resolve().parent.parent.parent
# A model of 12 MB is loaded, on a machine that is busy.
_START_SECONDS: Final = 30.0
# What is given to a picture: some 60 ms on an idle core.
LOOK_SECONDS: Final = 5.0
# Above what is loaded. A picture of ours takes some 20 MiB of it.
HEADROOM_MIB: Final = 128
# What an answer may be long: a picture has some dozen findings.
_ANSWER_BYTES: Final = 64 * 1024
# Else numeric libraries take a thread for every core, and address space for each.
_ENVIRONMENT: Final = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"
)


class _Answer(msgspec.Struct):
    """What the process says. A picture may have taken it over: it is believed no more than this."""

    findings: list[Finding] = []
    # It gets into the log.
    failed: Annotated[str, msgspec.Meta(pattern=r"^\w*\Z", max_length=80)] = ""


class NotChecked(Exception):
    """The picture was not looked at: the process died, or took too long."""


class Checker:
    """Looks at pictures in a process of its own.

    Attributes:
        failures: how many pictures were lost.
        pid: of the process, None while there is none.
    """

    def __init__(
        self,
        *,
        detector: str,
        known: Sequence[tuple[str, Path]],
        seconds: float = LOOK_SECONDS,
        headroom: int = HEADROOM_MIB,
    ) -> None:
        self.failures = 0
        self._command = [
            *(sys.executable, "-m", "moderation.frames.child"),
            *("--detector", detector, "--headroom", str(headroom)),
            *(part for reason, path in known for part in ("--known", f"{reason}={path}")),
        ]
        self._seconds = seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._line: socket.socket | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None else None

    def look(self, picture: bytes) -> list[Finding]:
        """Give what is found in a picture as it came; nothing in what is none.

        Raises:
            NotChecked: it was not looked at.
        """
        try:
            line = self._started()
            until = time.monotonic() + self._seconds
            line.settimeout(self._seconds)
            line.sendall(LENGTH.pack(len(picture)) + picture)
            answer = _hear(line, until)
            if answer.failed:
                raise NotChecked(answer.failed)
        except (OSError, EOFError, msgspec.MsgspecError, NotChecked) as error:
            self.failures += 1
            logger.error("A picture was not checked (%d so far): %s", self.failures, _why(error))
            self.close()
            raise NotChecked from None
        return answer.findings

    def _started(self) -> socket.socket:
        if self._process is not None and self._process.poll() is not None:
            self.close()
        if self._line is None:
            ours, theirs = socket.socketpair()
            self._line = ours
            with theirs:
                self._process = subprocess.Popen(  # noqa: S603
                    self._command,
                    cwd=_ROOT,
                    # No settings, no secret, no address of Redis or the database.
                    env={"PATH": os.defpath} | _ENVIRONMENT,
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
            _hear(ours, time.monotonic() + _START_SECONDS)
        return self._line

    def close(self) -> None:
        """End the process; the next picture starts another."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
        if self._line is not None:
            self._line.close()
            self._line = None


def _hear(line: socket.socket, until: float) -> _Answer:
    """Give the next answer.

    Raises:
        OSError: it did not come in time.
        EOFError: the process ended, or its answer does not.
        MsgspecError: it is none.
    """
    heard = b""
    while not heard.endswith(b"\n"):
        line.settimeout(max(until - time.monotonic(), 0.001))
        part = line.recv(65_536)
        heard += part
        if not part or len(heard) > _ANSWER_BYTES:
            raise EOFError
    return msgspec.json.decode(heard, type=_Answer)


def _why(error: Exception) -> str:
    return str(error) if isinstance(error, NotChecked) else type(error).__name__
