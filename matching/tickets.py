"""What a wish to be matched is made of. No framework, no storage; anybody may import it."""

from dataclasses import dataclass
from typing import Literal, Self, cast

Mode = Literal["text", "video"]
Role = Literal["chat", "ask", "discuss"]
Level = Literal["none", "self", "provider"]
# The ages it holds: `16-17`, `18+`.
Band = str
Lane = Literal["open", "moderated"]


@dataclass(frozen=True, slots=True)
class Pool:
    """Who may meet at all: strangers of different pools never do.

    Attributes:
        level: how the visitor's age is known (`self`: as they said; `provider`: vouched for).
        band: how old they are, as far as that matters.
        role: one who asks meets two who discuss, in the pool that differs in the role alone.
        lane: those in the moderated one have only each other.
    """

    mode: Mode
    level: Level
    band: Band
    role: Role = "chat"
    lane: Lane = "open"

    @property
    def name(self) -> str:
        return f"{self.mode}:{self.role}:{self.level}:{self.band}:{self.lane}"

    @classmethod
    def named(cls, name: str) -> Self:
        """Give the pool of this `name`."""
        mode, role, level, band, lane = name.split(":")
        return cls(
            cast("Mode", mode), cast("Level", level), band, cast("Role", role), cast("Lane", lane)
        )


@dataclass(frozen=True, slots=True)
class Ticket:
    """One visitor's wish.

    Attributes:
        interests: folded, without repetition.
        languages: primary tags in lower case, in order of preference.
        patience: seconds to wait for a common interest before taking anyone.
    """

    visitor: str
    pool: Pool
    interests: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    patience: float = 10.0
