"""How often something may happen: the `count/seconds` notation and a bucket for one process.

Limits shared by several processes live in `omegle.lib.redis` (`RateGate`); HTTP requests are
limited by django-ratelimit. Both take their numbers from a `Rate`. No framework is imported here.
"""

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Rate:
    """`count` events in `seconds`; a count of 0 means that there is no limit."""

    count: int
    seconds: int

    @classmethod
    def parse(cls, value: str) -> Self:
        """Read `20/60` or `0`.

        Raises:
            ValueError: the text is neither.
        """
        if value == "0":
            return cls(0, 1)
        count, slash, seconds = value.partition("/")
        numeric = count.isascii() and count.isdigit() and seconds.isascii() and seconds.isdigit()
        if not slash or not numeric or int(seconds) == 0:
            raise ValueError(
                f"must be count/seconds such as 20/60, or 0 for no limit, not {value!r}"
            )
        return cls(int(count), int(seconds))

    @property
    def unlimited(self) -> bool:
        return self.count == 0

    @property
    def interval(self) -> float:
        """Seconds in which one event is earned back."""
        return self.seconds / self.count

    def __str__(self) -> str:
        return "0" if self.unlimited else f"{self.count}/{self.seconds}"


class TokenBucket:
    """A budget in one process: `rate.count` at once, then one for every `rate.interval` seconds."""

    __slots__ = ("_rate", "_tokens", "_updated")

    def __init__(self, rate: Rate, now: float) -> None:
        self._rate = rate
        self._tokens = float(rate.count)
        self._updated = now

    def spend(self, now: float) -> bool:
        """Take one token; False when none is left. `now` is a monotonic time in seconds."""
        rate = self._rate
        if rate.count == 0:
            return True
        earned = (now - self._updated) * rate.count / rate.seconds
        self._updated = now
        self._tokens = min(float(rate.count), self._tokens + earned)
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    def is_full(self, now: float) -> bool:
        """Whether everything has been earned back."""
        rate = self._rate
        earned = (now - self._updated) * rate.count / rate.seconds
        return self._tokens + earned >= rate.count
