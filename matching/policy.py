"""The pairing rule in plain words, as functions of two tickets and their ages.

`lua/pool.lua` does the same over indexes inside Redis; `tests/matching` holds the two against each
other. Times are seconds since each ticket was opened. No framework, no storage.
"""

from dataclasses import dataclass, replace
from typing import Literal

from matching.tickets import Pool, Ticket

# The wish for a common language is dropped after this many patiences.
LANGUAGE_PATIENCE = 3
# Two who chat and whose patience ended look on for a common interest for this part of it before
# they take each other (ADR 13) …
LINGER_PATIENCE = 0.25
# … unless no more others wait than these.
FEW = 14
# A pair that parted stays apart this long while others are there …
PARTED_SECONDS = 300.0
# … and this long when nobody else waits.
PARTED_ALONE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Waiting:
    """A ticket that has waited `waited` seconds; `relaxed` when its visitor asked for anyone."""

    ticket: Ticket
    waited: float = 0.0
    relaxed: bool = False

    @property
    def takes_anyone(self) -> bool:
        return self.relaxed or not self.ticket.interests or self.waited >= self.ticket.patience

    @property
    def lingers(self) -> bool:
        """Whether they take anyone but would rather not take another one who lingers."""
        return (
            self.takes_anyone
            and not self.relaxed
            and bool(self.ticket.interests)
            and self.waited < (1 + LINGER_PATIENCE) * self.ticket.patience
        )

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages still insisted on."""
        dropped = self.waited >= LANGUAGE_PATIENCE * self.ticket.patience
        return () if dropped else self.ticket.languages


@dataclass(frozen=True, slots=True)
class Past:
    """What two visitors have behind them.

    Attributes:
        blocked: one of them wants never to meet the other again.
        parted: seconds since they last parted, None when they never met.
        others: how many others wait whom one of them might meet instead.
    """

    blocked: bool = False
    parted: float | None = None
    others: int = 0


def may_meet(a: Waiting, b: Waiting, past: Past = Past()) -> bool:
    """Whether the two may sit in one room now.

    Of three it must hold for each two. What somebody who discusses likes concerns the other one
    alone, not who asks.
    """
    if a.ticket.visitor == b.ticket.visitor or past.blocked:
        return False
    if not _roles_fit(a.ticket.pool, b.ticket.pool):
        return False
    if a.languages and b.languages and not set(a.languages) & set(b.languages):
        return False
    if past.parted is not None and past.parted < PARTED_SECONDS:
        apart = min(a.ticket.patience, b.ticket.patience) if past.others else PARTED_ALONE_SECONDS
        if max(a.waited, b.waited) < apart:
            return False
    if set(a.ticket.interests) & set(b.ticket.interests):
        return True
    a_takes = a.takes_anyone or b.ticket.pool.role == "ask"
    b_takes = b.takes_anyone or a.ticket.pool.role == "ask"
    if a.ticket.pool.role == "chat" and past.others > FEW and a.lingers and b.lingers:
        return False
    return a_takes and b_takes


def _roles_fit(a: Pool, b: Pool) -> bool:
    """Two who chat, two who discuss, or one of those and one who asks."""
    if a.role == b.role:
        return a == b and a.role != "ask"
    return {a.role, b.role} == {"ask", "discuss"} and replace(a, role=b.role) == b


def affinity(a: Waiting, b: Waiting, wished: dict[str, int]) -> float:
    """How well they go together: shared interests count one each, rare ones a little more.

    `wished` says how often an interest was wished for lately. Between equals the one who waited
    longest comes first; of those who linger the one whose interests were wished for least in all.
    """
    shared = set(a.ticket.interests) & set(b.ticket.interests)
    return sum(1 + 0.09 / wished.get(interest, 1) for interest in shared)


def side_short(*, asking: int, discussing: int) -> Literal["ask", "discuss"] | None:
    """Which of the two more people should take, by how many wait for each; None: neither.

    Every one who asks needs two who discuss. Where both wait, they wait for other languages or
    interests, and nobody else would help.
    """
    if discussing >= 2 and not asking:
        return "ask"
    if asking and discussing < 2:
        return "discuss"
    return None
