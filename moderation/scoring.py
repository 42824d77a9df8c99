"""How urgent a case is: arithmetic that explains itself. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from moderation.policy import LANES, REASONS, Lane, Measure, Reason

_LANE: Final[dict[Lane, int]] = {
    "child_safety": 1000,
    "imminent_harm": 800,
    "sexual": 60,
    "harassment": 40,
    "spam": 20,
    "other": 30,
}
_REASON: Final[dict[Reason, int]] = {"self_harm": 60, "hate": 20, "illegal": 20}
_REPORTER: Final = 20
_MOST_REPORTERS: Final = 5
_PRIOR: Final[dict[Measure, int]] = {
    "warn": 5,
    "video": 5,
    "cooldown": 10,
    "day": 15,
    "week": 25,
    "permanent": 40,
}
_AUTOMATIC: Final = 15
# The subject is talking to the next stranger right now; added when the queue is read.
ONLINE: Final = 100

# A reporter about whom nothing is known.
_PRIOR_UPHELD, _PRIOR_DECIDED = 2, 3
LIGHTEST: Final = 0.2

Parts = list[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class ReportWeight:
    """A report, as far as it counts: its reason, and how often its reporter is right.

    Attributes:
        reporter: who reported, as a label; empty for our own checks.
    """

    reason: Reason
    weight: float
    reporter: str


def reporter_weight(*, upheld: int, dismissed: int) -> float:
    """Give how much a reporter counts: 1 for a new one, up to 1.5, never less than 0.2."""
    share = (upheld + _PRIOR_UPHELD) / (upheld + dismissed + _PRIOR_DECIDED)
    return max(LIGHTEST, round(1.5 * share, 2))


def case_score(lane: Lane, reports: Sequence[ReportWeight], priors: Sequence[Measure]) -> Parts:
    """Give the parts of a case's score, each with its reason; the score is their sum.

    Who reports several things of one person counts once.
    """
    parts: Parts = [(f"lane: {LANES[lane]}", _LANE[lane])]
    reasons = {report.reason for report in reports}
    parts += [
        (f"reason: {REASONS[reason]}", _REASON[reason])
        for reason in sorted(reasons & _REASON.keys())
    ]
    weights: dict[str, float] = {}
    for report in reports:
        weights[report.reporter] = max(report.weight, weights.get(report.reporter, 0.0))
    is_automatic = weights.pop("", None) is not None
    if weights:
        counted = sorted(weights.values(), reverse=True)[:_MOST_REPORTERS]
        parts.append((f"{len(weights)} reported, by weight", round(_REPORTER * sum(counted))))
    if is_automatic:
        parts.append(("our own checks", _AUTOMATIC))
    if priors:
        worst = max(_PRIOR.get(measure, 0) for measure in priors)
        parts.append((f"{len(priors)} earlier sanctions", worst + 5 * (len(priors) - 1)))
    return parts
