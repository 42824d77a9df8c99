"""What looking at one small picture of a camera costs, and the process that does it.

    python -m benchmarks.frames

It needs the extras `frames` and `known`. One worker looks at one picture after the other; the bar
of 40 ms of processor time each lets it keep up with 500 cameras every 20 seconds.
"""

import os
import sys
import tempfile
from pathlib import Path
from random import Random

from moderation.frames.process import Checker
from tests.moderation.drawn import drawing, jpeg

_BAR = 40.0
_ROUNDS = 50
_HASHES = 100_000


def _list(place: Path) -> Path:
    random, path = Random(5), place / "list"
    path.write_text("".join(f"{random.getrandbits(256):064x}\n" for _ in range(_HASHES)))
    return path


def _milliseconds(checker: Checker) -> float:
    picture = jpeg(drawing())
    checker.look(picture)
    before = _used(checker)
    for _ in range(_ROUNDS):
        checker.look(picture)
    return (_used(checker) - before) / _ROUNDS * 1000


def _used(checker: Checker) -> float:
    """Give the seconds of processor time that the process has taken."""
    fields = Path(f"/proc/{checker.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _mebibytes(checker: Checker) -> dict[str, int]:
    status = Path(f"/proc/{checker.pid}/status").read_text().splitlines()
    fields = dict(line.split(":", 1) for line in status)
    return {name: int(fields[name].split()[0]) // 1024 for name in ("VmHWM", "VmPeak")}


def main() -> None:
    slow = False
    with tempfile.TemporaryDirectory() as place:
        known = [("nudity", _list(Path(place)))]
        for what, detector, lists in (
            ("nudenet", "nudenet", []),
            (f"{_HASHES} hashes", "none", known),
        ):
            checker = Checker(detector=detector, known=lists)
            try:
                taken, memory = _milliseconds(checker), _mebibytes(checker)
            finally:
                checker.close()
            slow |= taken > _BAR
            print(
                f"{what:>15}: {taken:5.1f} ms a picture, {memory['VmHWM']} MiB, "
                f"{memory['VmPeak']} MiB of address space"
            )
    sys.exit(f"slower than {_BAR:.0f} ms" if slow else 0)


if __name__ == "__main__":
    main()
