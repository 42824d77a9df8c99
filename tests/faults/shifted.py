"""A web process whose wall clock is off: `python -m tests.faults.shifted SECONDS`.

The monotonic clock, which timers run on, is left alone.
"""

import datetime
import sys
import time
from typing import Self


def main() -> None:
    shift = int(sys.argv[1])
    now, now_ns = time.time, time.time_ns

    class Shifted(datetime.datetime):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> Self:
            return cls.fromtimestamp(time.time(), tz)

    time.time = lambda: now() + shift
    time.time_ns = lambda: now_ns() + shift * 1_000_000_000
    datetime.datetime = Shifted  # type: ignore[misc]
    from omegle.server import web

    web.main()


if __name__ == "__main__":
    main()
