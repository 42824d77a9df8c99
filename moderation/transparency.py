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
from django.utils.formats import number_format
from django.utils.translation import gettext, ngettext

from moderation.agreement import is_near
from moderation.figures import Decided, Noticed, Period, Waits, decisions, notices, openings
from moderation.models import AuditEntry, Report
from moderation.policy import MEASURES, NOTICE_DUE, NOTICE_KINDS, REASONS, RULES, Lane
from moderation.policy.retention import RETENTION
from moderation.selectors.opinions import opinion_pairs
from moderation.statements import span_told
from moderation.suppression import FEW, SMALLEST_TOLD, WITHHELD, Sum, Told, counts_told
from omegle.lib.words import gettext_noop

# The public page: so many complete months, asked for anew after a while.
MONTHS: Final = 3
_KEPT_SECONDS: Final = 3600
_ALL_LANES: Final[tuple[Lane, ...]] = get_args(Lane)
_OUTCOMES: Final = {
    "outcome-upheld": gettext_noop("A rule was broken, and we acted"),
    "outcome-dismissed": gettext_noop("No broken rule that we could act on"),
    "outcome-pending": gettext_noop("Not decided yet"),
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


@dataclass(frozen=True, slots=True)
class _Figures:
    """What is told of a period, before there are words for it."""

    period: Period
    told: Mapping[str, Told]
    waits: Waits
    notice_waits: Waits


def report_of(period: Period) -> TransparencyReport:
    """Give the report of a period, as far as its records are still there."""
    return _worded(_figures(period))


def reports_public() -> list[dict[str, Any]]:
    """Give the reports of the last complete months as `report_plain` does, the newest first.

    Months, because they do not overlap: no two of them give away a third. And no older ones: of
    those some reports are deleted already. What was counted stands for an hour, the same in every
    language: two counts of one month could give away a third, too.
    """
    months = _months_complete(timezone.now().date())
    key = f"transparency:{months[0].first}"
    found: list[_Figures] | None = cache.get(key)
    if found is None:
        found = [_figures(month) for month in months]
        cache.set(key, found, _KEPT_SECONDS)
    return [report_plain(_worded(figures)) for figures in found]


def _months_complete(today: date) -> list[Period]:
    months = []
    end = today.replace(day=1) - timedelta(days=1)
    for _ in range(MONTHS):
        months.append(Period(end.replace(day=1), end))
        end = end.replace(day=1) - timedelta(days=1)
    return months


# --- Counting -------------------------------------------------------------------------------------


def _figures(period: Period) -> _Figures:
    """Count everything, and withhold what may not be told."""
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
    waits = openings(_ALL_LANES, period).all_decided
    return _Figures(period, counts_told(counts, sums), waits, came.decided)


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


def _worded(figures: _Figures) -> TransparencyReport:
    return TransparencyReport(figures.period, _sections(figures), _notes(figures.period))


def _sections(figures: _Figures) -> tuple[Section, ...]:
    told = figures.told

    def row(key: str, label: str) -> Row:
        return Row(key, label, told[key])

    return (
        Section(
            "notices",
            gettext("Reports by visitors"),
            (
                row("notices", gettext("All")),
                *(row(f"reason-{reason}", gettext(label)) for reason, label in REASONS.items()),
            ),
        ),
        Section(
            "outcomes",
            gettext("What became of them"),
            (
                *(row(key, gettext(label)) for key, label in _OUTCOMES.items()),
                Row(
                    "upheld-share",
                    gettext("Acted on, of those decided"),
                    _share(told, "outcome-upheld", ("outcome-upheld", "outcome-dismissed")),
                ),
            ),
        ),
        Section(
            "outside",
            gettext("Notices from outside"),
            (
                row("outside", gettext("All")),
                *(row(f"outside-{kind}", gettext(label)) for kind, label in NOTICE_KINDS.items()),
                row(
                    "outside-in-time",
                    gettext("Decided within %(span)s") % {"span": span_told(NOTICE_DUE)},
                ),
                row("outside-late", gettext("Decided later, or overdue")),
                row("outside-waiting", gettext("Not decided, and not due yet")),
                Row(
                    "outside-median-hours",
                    gettext("Median hours to decision"),
                    _median_hours(figures.notice_waits),
                ),
            ),
        ),
        Section("own", gettext("Our own checks"), (row("own", gettext("Reports they made")),)),
        Section(
            "decisions",
            gettext("Decisions"),
            (
                row("decisions", gettext("All")),
                row("dismissals", gettext("No action")),
                row("restrictions", gettext("Warnings and restrictions")),
                row("by-people", gettext("Taken by people")),
                row("automated", gettext("Taken by automation alone")),
                Row(
                    "automated-share",
                    gettext("Share of automation"),
                    _share(told, "automated", ("decisions",)),
                ),
                Row(
                    "median-hours",
                    gettext("Median hours to a person's decision"),
                    _median_hours(figures.waits),
                ),
            ),
        ),
        Section(
            "measures",
            gettext("Warnings and restrictions, by measure"),
            tuple(
                row(f"measure-{key}", gettext(label))
                for key, label in MEASURES.items()
                if key != "dismiss"
            ),
        ),
        Section(
            "rules",
            gettext("Warnings and restrictions, by rule"),
            tuple(row(f"rule-{key}", gettext(rule.title)) for key, rule in RULES.items()),
        ),
        Section(
            "reversals",
            gettext("Taken back"),
            (
                row("reversed", gettext("Warnings and restrictions taken back since")),
                Row(
                    "reversed-share", gettext("Of all"), _share(told, "reversed", ("restrictions",))
                ),
            ),
        ),
        Section(
            "opinions",
            gettext("Second opinions"),
            (
                Row(
                    "opinions-agree-share",
                    gettext("Of a sample of decisions, those that a second person agreed with"),
                    _share(told, "opinions-agree", ("opinions",)),
                ),
            ),
        ),
        Section(
            "holds",
            gettext("For the law"),
            (row("holds", gettext("Times evidence was put on legal hold")),),
        ),
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
    return number_format(waits.middle.total_seconds() / 3600, 1)


def _notes(period: Period) -> tuple[str, ...]:
    notes = [
        gettext("From 1 to %(most)s is told as %(few)s; what would give it away is %(withheld)s.")
        % {"most": SMALLEST_TOLD - 1, "few": FEW, "withheld": gettext(WITHHELD)},
        gettext(
            "Reports and notices count on the day they came, decisions on the day they were taken."
        ),
        gettext("What became of either is as of now."),
    ]
    kept = RETENTION["report"]
    if kept is not None and timezone.now() - period.begin > kept:
        note = ngettext(
            "Reports are deleted %(count)s day after they were decided on: of these days some may "
            "be missing.",
            "Reports are deleted %(count)s days after they were decided on: of these days some may "
            "be missing.",
            kept.days,
        )
        notes.append(note % {"count": kept.days})
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
