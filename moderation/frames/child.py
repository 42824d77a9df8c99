"""The process that looks at pictures. What strangers sent is decoded here and nowhere else.

    python -m moderation.frames.child --detector nudenet --known minor=/etc/omegle/list.txt

It is told pictures on its standard input (four bytes of length, then as many), and answers each
with a line of JSON on the same socket; first it says `{"ready": …}`. It knows no secret, writes no
file, and ends with its parent. `process` starts it, and kills it when it takes too long.
"""

import argparse
import os
import resource
import socket
import sys
from io import BytesIO
from pathlib import Path
from typing import Any, Final, cast

import msgspec
from PIL import Image

from moderation.frames.detector import LENGTH, SAMPLE_BYTES, SAMPLE_PIXELS, Detector, Finding
from moderation.pictures import BadPicture, picture_clean
from moderation.policy import Reason

# Not a limit of the picture's own, but of one whose decoding never ends after our parent has gone.
_CPU_SECONDS: Final = 10
_MIB: Final = 1024 * 1024


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--detector", choices=["none", "nudenet"], required=True)
    parser.add_argument("--known", action="append", default=[])
    parser.add_argument("--headroom", type=int, required=True, help="MiB above what is loaded")
    arguments = parser.parse_args()
    line = socket.socket(fileno=os.dup(0))
    # What a library prints must not look like an answer.
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    detectors = _detectors(arguments.detector, arguments.known)
    _look(detectors, _blank())
    _shut_in(arguments.headroom)
    _say(line, {"ready": True})
    incoming = line.makefile("rb")
    while len(head := incoming.read(LENGTH.size)) == LENGTH.size:
        (length,) = LENGTH.unpack(head)
        if length > SAMPLE_BYTES:
            return
        data = incoming.read(length)
        if len(data) < length:
            return
        _allow_time()
        _say(line, _answer(detectors, data))


def _detectors(name: str, known: list[str]) -> list[Detector]:
    detectors: list[Detector] = []
    if name == "nudenet":
        from moderation.frames.nude import NudeNet

        detectors.append(NudeNet())
    if known:
        from moderation.frames.known import KnownPictures

        lists = [each.split("=", 1) for each in known]
        detectors.append(
            KnownPictures([(cast("Reason", reason), Path(path)) for reason, path in lists])
        )
    return detectors


def _answer(detectors: list[Detector], data: bytes) -> dict[str, Any]:
    try:
        return {"findings": _look(detectors, picture_clean(data, pixels=SAMPLE_PIXELS).jpeg)}
    except BadPicture:
        return {"findings": [], "bad": True}
    except Exception as error:  # noqa: BLE001  (also a MemoryError: the picture is given up, not we)
        return {"failed": type(error).__name__}


def _look(detectors: list[Detector], jpeg: bytes) -> list[Finding]:
    return [finding for detector in detectors for finding in detector.detect(jpeg)]


def _blank() -> bytes:
    """Give a picture to warm up with: what a detector loads late is loaded then."""
    out = BytesIO()
    Image.new("RGB", (320, 240), "grey").save(out, "JPEG")
    return out.getvalue()


def _shut_in(headroom: int) -> None:
    """Let this process take no more memory than this, write no file and leave no core."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    if sys.platform == "linux":
        # Address space is all that Linux limits. How much the libraries reserve is each machine's
        # own, so that the limit is told as what comes on top.
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        most = pages * resource.getpagesize() + headroom * _MIB
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _allow_time() -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    limit = int(used.ru_utime + used.ru_stime) + _CPU_SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))


def _say(line: socket.socket, answer: dict[str, Any]) -> None:
    line.sendall(msgspec.json.encode(answer) + b"\n")


if __name__ == "__main__":
    main()
