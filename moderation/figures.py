"""What moderation does, in figures: of some lanes and some days, in as many queries as questions.

Read by the desk's dashboard and the transparency report; nothing here changes anything or knows how
it is shown. A case opens with its first report and again with the first one after a decision.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from math import ceil
from statistics import median

from django.db.models import Count, F, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, TruncDate
from django.utils import timezone

from moderation.cases import Event, Status
from moderation.models import Activity, Case, Decision, FilterRule, Notice
from moderation.policy import Lane
from moderation.statements import EXTENDED, REPLACED

_OPENS = Q(event=Event.REPORT) & (Q(before=Status.DECIDED) | Q(version=2))
_WAITS = (Status.OPEN, Status.CLAIMED)


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days in UTC, from the first to the last."""

    first: date
    last: date

    @property
    def begin(self) -> datetime:
        return datetime(self.first.year, self.first.month, self.first.day, tzinfo=UTC)

    @property
    def end(self) -> datetime:
        """The first moment that is no longer of it."""
        return Period(self.last + timedelta(days=1), self.last).begin

    @property
    def days(self) -> list[date]:
        count = (self.last - self.first).days + 1
        return [self.first + timedelta(days=number) for number in range(count)]


@dataclass(frozen=True, slots=True)
class Waits:
    """How long something took, each time; what is not over is not in it."""

    spans: Sequence[timedelta]

    @property
    def middle(self) -> timedelta | None:
        if not self.spans:
            return None
        return timedelta(seconds=median(span.total_seconds() for span in self.spans))

    @property
    def most(self) -> timedelta | None:
        """Give what nine of ten took at most (nearest rank)."""
        return sorted(self.spans)[ceil(len(self.spans) * 0.9) - 1] if self.spans else None


@dataclass(frozen=True, slots=True)
class Openings:
    """The cases that opened in a period: when, and how long until somebody looked and decided."""

    opened: Counter[date]
    looked: dict[Lane, Waits]
    decided: dict[Lane, Waits]

    @property
    def count(self) -> int:
        return self.opened.total()

    @property
    def all_looked(self) -> Waits:
        return _together(self.looked)

    @property
    def all_decided(self) -> Waits:
        return _together(self.decided)


def _together(waits: dict[Lane, Waits]) -> Waits:
    return Waits([span for each in waits.values() for span in each.spans])


@dataclass(frozen=True, slots=True)
class Queue:
    """What waits in a lane, and since when its oldest case does."""

    count: int = 0
    oldest: datetime | None = None


@dataclass(frozen=True, slots=True)
class Decided:
    """The decisions of a period, counted.

    Attributes:
        restrictions: all but dismissals; warnings are among them.
        automated: what automation decided alone.
        reversed: restrictions that were lifted since. That a person's own restriction took the
            place of an automatic one is no reversal.
    """

    all: int = 0
    restrictions: int = 0
    automated: int = 0
    reversed: int = 0
    by_measure: Counter[str] = field(default_factory=Counter)
    by_rule: Counter[str] = field(default_factory=Counter)

    @property
    def dismissals(self) -> int:
        return self.all - self.restrictions


def queues(lanes: Collection[Lane]) -> dict[Lane, Queue]:
    """Give what waits in each of these lanes now."""
    opened = Activity.objects.filter(_OPENS, case=OuterRef("pk")).order_by("-pk").values("at")[:1]
    waiting = (
        Case.objects.filter(lane__in=lanes, status__in=_WAITS)
        .annotate(since=Coalesce(Subquery(opened), F("opened_at")))
        .order_by()
        .values_list("lane")
        .annotate(Count("pk"), Min("since"))
    )
    found = {lane: Queue(count, oldest) for lane, count, oldest in waiting}
    return {lane: found.get(lane, Queue()) for lane in lanes}


def openings(lanes: Collection[Lane], period: Period) -> Openings:
    """Give the openings of a period in these lanes, and what came of each."""

    def first_after(*events: Event) -> Subquery:
        later = Activity.objects.filter(
            case=OuterRef("case"), event__in=events, pk__gt=OuterRef("pk")
        )
        return Subquery(later.order_by("pk").values("at")[:1])

    found = (
        Activity.objects.filter(
            _OPENS, case__lane__in=lanes, at__gte=period.begin, at__lt=period.end
        )
        # A case of which all reports were set aside may never have been claimed.
        .annotate(
            looked=first_after(Event.CLAIM, Event.EMPTY),
            decided=first_after(Event.DECIDE, Event.EMPTY),
        )
        .order_by()
        .values_list("case__lane", "at", "looked", "decided")
    )
    opened: Counter[date] = Counter()
    looks: dict[str, list[timedelta]] = defaultdict(list)
    ends: dict[str, list[timedelta]] = defaultdict(list)
    for lane, at, looked, decided in found.iterator():
        opened[at.astimezone(UTC).date()] += 1
        if looked is not None:
            looks[lane].append(looked - at)
        if decided is not None:
            ends[lane].append(decided - at)
    return Openings(
        opened,
        {lane: Waits(looks[lane]) for lane in lanes},
        {lane: Waits(ends[lane]) for lane in lanes},
    )


def decided_by_day(lanes: Collection[Lane], period: Period) -> dict[date, int]:
    """Give how many cases people decided on each day."""
    found = (
        Activity.objects.filter(
            event__in=(Event.DECIDE, Event.EMPTY),
            case__lane__in=lanes,
            at__gte=period.begin,
            at__lt=period.end,
        )
        .annotate(day=TruncDate("at", tzinfo=UTC))
        .order_by()
        .values_list("day")
        .annotate(Count("pk"))
    )
    return dict(found)


def decisions(lanes: Collection[Lane], period: Period) -> Decided:
    """Count the decisions of a period in these lanes."""
    found = (
        with_reversal(Decision.objects.all())
        .filter(case__lane__in=lanes, created_at__gte=period.begin, created_at__lt=period.end)
        .order_by()
        .values("measure", "rule", "automated_decision")
        .annotate(count=Count("pk"), reversals=Count("pk", filter=REVERSED))
    )
    measures, rules = Counter[str](), Counter[str]()
    automated = reversals = 0
    for row in found:
        measures[row["measure"]] += row["count"]
        rules[row["rule"]] += row["count"]
        automated += row["count"] if row["automated_decision"] else 0
        reversals += row["reversals"]
    del rules[""]  # a dismissal rests on none
    dismissed = measures.pop("dismiss", 0)
    return Decided(
        all=measures.total() + dismissed,
        restrictions=measures.total(),
        automated=automated,
        reversed=reversals,
        by_measure=measures,
        by_rule=rules,
    )


# Of decisions as `with_reversal` gives them.
REVERSED = (
    Q(lifting__isnull=False)
    & ~Q(lifting__why=EXTENDED)
    & (~Q(lifting__why=REPLACED) | Q(replaced_by="dismiss"))
)


def with_reversal(made: QuerySet[Decision]) -> QuerySet[Decision]:
    """Give decisions with the measure by which a person took the place of an automatic one."""
    after = Decision.objects.filter(case=OuterRef("case"), by__isnull=False, pk__gt=OuterRef("pk"))
    return made.annotate(replaced_by=Subquery(after.order_by("pk").values("measure")[:1]))


@dataclass(frozen=True, slots=True)
class Noticed:
    """The notices from outside of a period, counted as of now.

    Attributes:
        in_time: decided by when they were due.
        late: decided later than that, or due and not decided.
        waiting: not decided, and not due yet.
    """

    by_kind: Counter[str]
    decided: Waits
    in_time: int
    late: int
    waiting: int


def notices(period: Period) -> Noticed:
    """Count the notices that came in a period."""
    now = timezone.now()
    kinds, spans = Counter[str](), list[timedelta]()
    in_time = late = waiting = 0
    came = Notice.objects.filter(received_at__gte=period.begin, received_at__lt=period.end)
    for kind, received, due, decided in came.order_by().values_list(
        "kind", "received_at", "due_at", "decided_at"
    ):
        kinds[kind] += 1
        if decided is not None:
            spans.append(decided - received)
        in_time += decided is not None and decided <= due
        late += (decided or now) > due
        waiting += decided is None and now <= due
    return Noticed(kinds, Waits(spans), in_time=in_time, late=late, waiting=waiting)


def rules_hit(limit: int) -> list[FilterRule]:
    """Give the filter's rules that were met most, and act."""
    acting = FilterRule.objects.filter(state=FilterRule.State.ACT, enabled=True, hits__gt=0)
    return list(acting.order_by("-hits", "pk")[:limit])


def rules_observing(limit: int) -> list[FilterRule]:
    """Give the rules that only observe, the longest first."""
    observing = FilterRule.objects.filter(state=FilterRule.State.OBSERVE, enabled=True)
    return list(observing.order_by("observed_since", "pk")[:limit])
