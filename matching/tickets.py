"""What a wish to be matched is made of. No framework, no storage; anybody may import it."""

from dataclasses import dataclass
from typing import Literal

Mode = Literal["text", "video"]
Role = Literal["chat", "ask", "discuss"]
Band = Literal["adult", "minor"]
Level = Literal["none", "self"]


@dataclass(frozen=True, slots=True)
class Pool:
    """Who may meet at all: strangers of different pools never do.

    Attributes:
        level: how the visitor's age is known (`self`: as they said).
        band: on which side of 18 they are.
        role: one who asks meets two who discuss, in the pool that differs in the role alone.
    """

    mode: Mode
    level: Level
    band: Band
    role: Role = "chat"

    @property
    def name(self) -> str:
        return f"{self.mode}:{self.role}:{self.level}:{self.band}"


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
