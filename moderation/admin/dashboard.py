"""The dashboard: how the queue does, in the lanes its reader may review, over some days."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils import timezone

from moderation.admin.plots import Bars, Days, counts_plot, days_plot, shares_plot, waits_plot
from moderation.admin.shown import span_words, wait_words
from moderation.agreement import FEWEST, Agreement, agreement
from moderation.figures import (
    Decided,
    Openings,
    Period,
    Queue,
    Waits,
    decided_by_day,
    decisions,
    openings,
    queues,
    rules_hit,
    rules_observing,
)
from moderation.models import Evidence, FilterRule
from moderation.policy import LANES, MEASURES, Lane
from moderation.selectors.custody import holds
from moderation.selectors.desk import permitted_lanes
from moderation.selectors.opinions import opinion_pairs
from moderation.selectors.shifts import lanes_short_of_people
from moderation.services.cases import may_hold
from moderation.services.rules import rule_may_act

RANGES: Final = (7, 30, 90)
_USUAL: Final = 30
_RULES: Final = 10


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure that is read at a glance, and what it means."""

    label: str
    value: str
    note: str


@dataclass(frozen=True, slots=True)
class ObservedRule:
    """A rule that only counts, worded."""

    rule: FilterRule
    age: str
    may_act: bool


def dashboard_context(request: HttpRequest, moderator: User) -> dict[str, Any]:
    """Give what the page shows; the same number of queries however much there is."""
    asked = request.GET.get("days", "")
    length = next((days for days in RANGES if str(days) == asked), _USUAL)
    now = timezone.now()
    period = Period(now.date() - timedelta(days=length - 1), now.date())
    lanes = permitted_lanes(moderator)
    waiting = queues(lanes)
    opened = openings(lanes, period)
    made = decisions(lanes, period)
    sees_rules = moderator.has_perm("moderation.view_filterrule")
    return {
        "title": "Dashboard",
        "length": length,
        "ranges": RANGES,
        "hidden_lanes": [label for lane, label in LANES.items() if lane not in lanes],
        "tiles": _tiles(waiting, opened, made, now),
        "plots": _plots(lanes, waiting, opened, made, now),
        "days": _days(lanes, period, opened),
        "sees_rules": sees_rules,
        "short_lanes": _short_lanes(moderator),
        "old_holds": _old_holds(moderator, lanes, now),
        "opinions": _opinions(lanes, period),
        "hits": _hits() if sees_rules else None,
        "observing": _observing(now) if sees_rules else [],
    }


def _tiles(
    waiting: dict[Lane, Queue], opened: Openings, made: Decided, now: datetime
) -> list[Tile]:
    count = sum(queue.count for queue in waiting.values())
    oldest = min((queue.oldest for queue in waiting.values() if queue.oldest), default=None)
    looked, decided = opened.all_looked, opened.all_decided
    return [
        Tile("Open now", str(count), "claimed ones too"),
        Tile("Oldest", span_words(now - oldest) if oldest else "–", "has waited since it opened"),
        Tile("Time to first look", _middle(looked), _of(looked, opened.count)),
        Tile("Time to decision", _middle(decided), _of(decided, opened.count)),
        Tile(
            "By automation alone",
            _percent(made.automated, made.all),
            f"{made.automated} of {made.all} decisions",
        ),
        Tile(
            "Taken back",
            _percent(made.reversed, made.restrictions),
            f"{made.reversed} of {made.restrictions} warnings and bans",
        ),
    ]


def _middle(waits: Waits) -> str:
    return wait_words(waits.middle) if waits.middle is not None else "–"


def _of(waits: Waits, opened: int) -> str:
    return f"median of {len(waits.spans)}; {opened} opened"


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %" if whole else "–"


def _plots(
    lanes: Collection[Lane],
    waiting: dict[Lane, Queue],
    opened: Openings,
    made: Decided,
    now: datetime,
) -> list[Bars]:
    return [
        counts_plot(
            "Open now, by lane",
            "Open",
            [(lane, LANES[lane], waiting[lane].count) for lane in lanes],
            noted="Oldest",
            notes={
                lane: span_words(now - queue.oldest)
                for lane, queue in waiting.items()
                if queue.oldest is not None
            },
        ),
        counts_plot(
            "Decisions, by measure",
            "Decisions",
            [
                (
                    measure,
                    label,
                    made.dismissals if measure == "dismiss" else made.by_measure[measure],
                )
                for measure, label in MEASURES.items()
            ],
        ),
        _waits("Time to first look", opened.looked),
        _waits("Time to decision", opened.decided),
    ]


def _waits(title: str, waits: dict[Lane, Waits]) -> Bars:
    return waits_plot(
        title,
        [
            (lane, LANES[lane], len(each.spans), each.middle, each.most)
            for lane, each in waits.items()
        ],
    )


def _days(lanes: Collection[Lane], period: Period, opened: Openings) -> Days:
    decided = decided_by_day(lanes, period)
    return days_plot(
        period.days,
        [opened.opened[day] for day in period.days],
        [decided.get(day, 0) for day in period.days],
    )


def _short_lanes(moderator: User) -> list[tuple[str, int]]:
    """Give the lanes that too few are left for, to whoever can change that."""
    if not moderator.has_perm("auth.change_user"):
        return []
    return [(LANES[lane], count) for lane, count in lanes_short_of_people().items()]


def _old_holds(
    moderator: User, lanes: Collection[Lane], now: datetime
) -> list[tuple[Evidence, str]]:
    """Give the holds that may be forgotten, and for how long each is on, to whoever may set one."""
    if not may_hold(moderator):
        return []
    return [(each.evidence, span_words(now - each.since)) for each in holds(lanes) if each.is_old]


@dataclass(frozen=True, slots=True)
class Opinions:
    """How well second opinions agree, in words, and by lane as a plot; never by person."""

    tiles: list[Tile]
    plot: Bars


def _opinions(lanes: Collection[Lane], period: Period) -> Opinions:
    pairs = opinion_pairs(lanes, period.begin, period.end)
    by_lane = {lane: agreement([pair for of, pair in pairs if of == lane]) for lane in lanes}
    told = [
        (lane, LANES[lane], each.count, each.near if each.is_told else None)
        for lane, each in by_lane.items()
    ]
    return Opinions(
        _agreement_tiles(agreement([pair for _, pair in pairs])),
        shares_plot(
            "Second opinions that agree, by lane",
            "Both dismissed, or both restricted within one step of the ladder.",
            told,
            FEWEST,
        ),
    )


def _agreement_tiles(all_: Agreement) -> list[Tile]:
    labels = ("Same side", "Within one step", "Kappa")
    if not all_.is_told:
        return [Tile(label, "–", f"fewer than {FEWEST}") for label in labels]
    kappa = Tile(labels[2], "–", "all took one side")
    if all_.kappa is not None and all_.kappa_between is not None:
        low, high = all_.kappa_between
        kappa = Tile(labels[2], f"{all_.kappa:.2f}", f"{low:.2f} to {high:.2f}")
    return [
        Tile(labels[0], _percent(all_.same, all_.count), f"{all_.same} of {all_.count}"),
        Tile(labels[1], _percent(all_.near, all_.count), f"{all_.near} of {all_.count}"),
        kappa,
    ]


def _hits() -> Bars:
    met = rules_hit(_RULES)
    return counts_plot(
        "Rules that were met most", "Hits", [("rule", str(rule), rule.hits) for rule in met]
    )


def _observing(now: datetime) -> list[ObservedRule]:
    return [
        ObservedRule(rule, span_words(now - rule.observed_since), rule_may_act(rule))
        for rule in rules_observing(_RULES)
    ]
