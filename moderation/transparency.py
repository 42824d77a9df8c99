"""The transparency report: what was reported and decided in some days, fit to be published.

Of what a report may be asked for (EU DSA Art. 15 and 24; `docs/moderation.md` says what is in it),
with every count below five suppressed (`moderation.suppression`). Nothing here changes anything.
"""

import csv
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from io import StringIO
from typing import Any, Final, get_args

from django.core.cache import cache
from django.db.models import Count
from django.utils import timezone

from moderation.agreement import is_near
from moderation.figures import Decided, Noticed, Period, Waits, decisions, notices, openings
from moderation.models import AuditEntry, Report
from moderation.policy import MEASURES, NOTICE_DUE, NOTICE_KINDS, REASONS, RULES, Lane
from moderation.policy.retention import RETENTION
from moderation.selectors.opinions import opinion_pairs
from moderation.statements import span_told
from moderation.suppression import FEW, SMALLEST_TOLD, WITHHELD, Sum, Told, counts_told

# The public page: so many complete months, asked for anew after a while.
MONTHS: Final = 3
_KEPT_SECONDS: Final = 3600
_ALL_LANES: Final[tuple[Lane, ...]] = get_args(Lane)
_OUTCOMES: Final = {
    "outcome-upheld": "A rule was broken, and we acted",
    "outcome-dismissed": "No broken rule that we could act on",
    "outcome-pending": "Not decided yet",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One figure: a count, a suppressed one, a share or a time in words, or None for unknown."""

    key: str
    label: str
    told: Told | None


@dataclass(frozen=True, slots=True)
class Section:
    key: str
    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class TransparencyReport:
    """What may be published of a period."""

    period: Period
    sections: tuple[Section, ...]
    notes: tuple[str, ...]


def report_of(period: Period) -> TransparencyReport:
    """Give the report of a period, as far as its records are still there."""
    counts, sums, waits = _counted(period)
    told = counts_told(counts, sums)
    return TransparencyReport(period, _sections(told, *waits), _notes(period))


def reports_public() -> list[dict[str, Any]]:
    """Give the reports of the last complete months as `report_plain` does, the newest first.

    Months, because they do not overlap: no two of them give away a third. And no older ones: of
    those some reports are deleted already. What was counted stands for an hour.
    """
    months = _months_complete(timezone.now().date())
    key = f"transparency:{months[0].first}"
    found: list[dict[str, Any]] | None = cache.get(key)
    if found is None:
        found = [report_plain(report_of(month)) for month in months]
        cache.set(key, found, _KEPT_SECONDS)
    return found


def _months_complete(today: date) -> list[Period]:
    months = []
    end = today.replace(day=1) - timedelta(days=1)
    for _ in range(MONTHS):
        months.append(Period(end.replace(day=1), end))
        end = end.replace(day=1) - timedelta(days=1)
    return months


# --- Counting -------------------------------------------------------------------------------------


def _counted(period: Period) -> tuple[dict[str, int], list[Sum], tuple[Waits, Waits]]:
    """Give every count, which of them add up, and how long decisions on cases and notices took."""
    made, came = decisions(_ALL_LANES, period), notices(period)
    counts = _notices(period) | _outside(came) | _restrictions(made) | {"holds": _holds(period)}
    counts |= _opinions(period)
    sums = [
        Sum("notices", tuple(f"reason-{reason}" for reason in REASONS)),
        Sum("notices", tuple(_OUTCOMES)),
        Sum("outside", tuple(f"outside-{kind}" for kind in NOTICE_KINDS)),
        Sum("outside", ("outside-in-time", "outside-late", "outside-waiting")),
        Sum("decisions", ("dismissals", "restrictions")),
        Sum("decisions", ("automated", "by-people")),
        Sum("restrictions", tuple(f"measure-{each}" for each in MEASURES if each != "dismiss")),
        Sum("restrictions", tuple(f"rule-{rule}" for rule in RULES)),
        Sum("opinions", ("opinions-agree", "opinions-differ")),
    ]
    return counts, sums, (openings(_ALL_LANES, period).all_decided, came.decided)


def _notices(period: Period) -> dict[str, int]:
    received = Report.objects.filter(created_at__gte=period.begin, created_at__lt=period.end)
    grouped = received.order_by().values_list("source", "reason", "outcome").annotate(Count("pk"))
    sources, reasons, outcomes = Counter[str](), Counter[str](), Counter[str]()
    for source, reason, outcome, count in grouped:
        sources[source] += count
        if source == Report.Source.VISITOR:
            reasons[reason] += count
            outcomes[f"outcome-{outcome or 'pending'}"] += count
    return {
        "notices": sources[Report.Source.VISITOR],
        "own": sources[Report.Source.AUTOMATIC],
        **{f"reason-{reason}": reasons[reason] for reason in REASONS},
        **{outcome: outcomes[outcome] for outcome in _OUTCOMES},
    }


def _outside(came: Noticed) -> dict[str, int]:
    return {
        "outside": came.by_kind.total(),
        "outside-in-time": came.in_time,
        "outside-late": came.late,
        "outside-waiting": came.waiting,
        **{f"outside-{kind}": came.by_kind[kind] for kind in NOTICE_KINDS},
    }


def _restrictions(made: Decided) -> dict[str, int]:
    return {
        "decisions": made.all,
        "dismissals": made.dismissals,
        "restrictions": made.restrictions,
        "automated": made.automated,
        "by-people": made.all - made.automated,
        "reversed": made.reversed,
        **{f"measure-{each}": made.by_measure[each] for each in MEASURES if each != "dismiss"},
        **{f"rule-{rule}": made.by_rule[rule] for rule in RULES},
    }


def _holds(period: Period) -> int:
    set_then = AuditEntry.objects.filter(action="hold", at__gte=period.begin, at__lt=period.end)
    return set_then.count()


def _opinions(period: Period) -> dict[str, int]:
    near = [is_near(pair) for _, pair in opinion_pairs(_ALL_LANES, period.begin, period.end)]
    agree = sum(near)
    return {
        "opinions": len(near),
        "opinions-agree": agree,
        "opinions-differ": len(near) - agree,
    }


# --- Wording --------------------------------------------------------------------------------------


def _sections(told: Mapping[str, Told], waits: Waits, notice_waits: Waits) -> tuple[Section, ...]:
    def row(key: str, label: str) -> Row:
        return Row(key, label, told[key])

    return (
        Section(
            "notices",
            "Reports by visitors",
            (
                row("notices", "All"),
                *(row(f"reason-{reason}", label) for reason, label in REASONS.items()),
            ),
        ),
        Section(
            "outcomes",
            "What became of them",
            (
                *(row(key, label) for key, label in _OUTCOMES.items()),
                Row(
                    "upheld-share",
                    "Acted on, of those decided",
                    _share(told, "outcome-upheld", ("outcome-upheld", "outcome-dismissed")),
                ),
            ),
        ),
        Section(
            "outside",
            "Notices from outside",
            (
                row("outside", "All"),
                *(row(f"outside-{kind}", label) for kind, label in NOTICE_KINDS.items()),
                row("outside-in-time", f"Decided within {span_told(NOTICE_DUE)}"),
                row("outside-late", "Decided later, or overdue"),
                row("outside-waiting", "Not decided, and not due yet"),
                Row(
                    "outside-median-hours", "Median hours to decision", _median_hours(notice_waits)
                ),
            ),
        ),
        Section("own", "Our own checks", (row("own", "Reports they made"),)),
        Section(
            "decisions",
            "Decisions",
            (
                row("decisions", "All"),
                row("dismissals", "No action"),
                row("restrictions", "Warnings and restrictions"),
                row("by-people", "Taken by people"),
                row("automated", "Taken by automation alone"),
                Row(
                    "automated-share",
                    "Share of automation",
                    _share(told, "automated", ("decisions",)),
                ),
                Row("median-hours", "Median hours to a person's decision", _median_hours(waits)),
            ),
        ),
        Section(
            "measures",
            "Warnings and restrictions, by measure",
            tuple(
                row(f"measure-{key}", label) for key, label in MEASURES.items() if key != "dismiss"
            ),
        ),
        Section(
            "rules",
            "Warnings and restrictions, by rule",
            tuple(row(f"rule-{key}", rule.title) for key, rule in RULES.items()),
        ),
        Section(
            "reversals",
            "Taken back",
            (
                row("reversed", "Warnings and restrictions taken back since"),
                Row("reversed-share", "Of all", _share(told, "reversed", ("restrictions",))),
            ),
        ),
        Section(
            "opinions",
            "Second opinions",
            (
                Row(
                    "opinions-agree-share",
                    "Of a sample of decisions, those that a second person agreed with",
                    _share(told, "opinions-agree", ("opinions",)),
                ),
            ),
        ),
        Section("holds", "For the law", (row("holds", "Times evidence was put on legal hold"),)),
    )


def _share(told: Mapping[str, Told], part: str, whole: Sequence[str]) -> str | None:
    """Give a share in percent of what is told anyway; None where that does not give one."""
    of, counts = told[part], [told[cell] for cell in whole]
    told_counts = [count for count in counts if isinstance(count, int)]
    if not isinstance(of, int) or len(told_counts) < len(counts) or not sum(told_counts):
        return None
    return f"{100 * of / sum(told_counts):.0f} %"


def _median_hours(waits: Waits) -> str | None:
    if waits.middle is None or len(waits.spans) < SMALLEST_TOLD:
        return None
    return f"{waits.middle.total_seconds() / 3600:.1f}"


def _notes(period: Period) -> tuple[str, ...]:
    notes = [
        f"From 1 to {SMALLEST_TOLD - 1} is told as {FEW}; what would give it away is {WITHHELD}.",
        "Reports and notices count on the day they came, decisions on the day they were taken.",
        "What became of either is as of now.",
    ]
    kept = RETENTION["report"]
    if kept is not None and timezone.now() - period.begin > kept:
        notes.append(
            f"Reports are deleted {kept.days} days after they were decided on: of these days some "
            "may be missing."
        )
    return tuple(notes)


# --- Formats --------------------------------------------------------------------------------------


def report_plain(report: TransparencyReport) -> dict[str, Any]:
    """Give a report as plain data: for JSON, pages and the cache."""
    return {
        "from": report.period.first.isoformat(),
        "to": report.period.last.isoformat(),
        "sections": [
            {
                "key": section.key,
                "title": section.title,
                "rows": [
                    {"key": row.key, "label": row.label, "value": row.told} for row in section.rows
                ],
            }
            for section in report.sections
        ],
        "notes": list(report.notes),
    }


def report_csv(report: TransparencyReport) -> str:
    """Give a report as CSV (RFC 4180), one figure a line."""
    out = StringIO()
    write = csv.writer(out)
    write.writerow(["from", "to", "section", "figure", "label", "value"])
    first, last = report.period.first.isoformat(), report.period.last.isoformat()
    for section in report.sections:
        for row in section.rows:
            told = "" if row.told is None else str(row.told)
            cells = (first, last, section.key, row.key, row.label, told)
            write.writerow([_cell(cell) for cell in cells])
    return out.getvalue()


def _cell(text: str) -> str:
    """Keep a spreadsheet from taking a text for a formula (OWASP, CSV injection)."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
