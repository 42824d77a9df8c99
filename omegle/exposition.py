"""The figures of all processes together, as Prometheus reads them (ADR 21).

Each process adds what it counted to one hash in Redis, every few seconds and when it ends; whoever
is asked reads that hash, and what `omegle.status` says. So one address answers for all hosts.
"""

import atexit
import logging
import threading
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec
from django.conf import settings
from django.db import Error
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import Metric
from prometheus_client.samples import Sample

from moderation.policy import Lane
from omegle import status
from omegle.lib import metrics
from omegle.lib.metrics import REGISTRY
from omegle.lib.redis import RedisError, sync_client

logger = logging.getLogger(__name__)

KEY: Final = "metrics"
PUSH_SECONDS: Final = 5.0
# prometheus_client adds the time at which it made each of them.
_UNWANTED = "_created"

_pushed: dict[str, float] = {}
_pushing = threading.Lock()


def push() -> None:
    """Add what this process has counted since the last time.

    Raises:
        RedisError: Redis is away. Nothing is lost; if the answer alone was, this counts twice.
    """
    with _pushing:
        grown: dict[str, float] = {}
        for group in _groups():
            more = {field: value - _pushed.get(field, 0.0) for field, value in group.items()}
            # All buckets of a histogram or none: one that is missing would falsify the others.
            if any(more.values()) or not group.keys() <= _pushed.keys():
                grown |= more
        if not grown:
            return
        with sync_client().pipeline() as pipe:
            for field, value in grown.items():
                pipe.hincrbyfloat(KEY, field, value)
            pipe.execute()
        for field, value in grown.items():
            _pushed[field] = _pushed.get(field, 0.0) + value


def push_or_wait() -> None:
    """The same; while Redis is away what was counted waits for the next time."""
    try:
        push()
    except RedisError:
        logger.debug("Figures wait: Redis is away")


def push_from_now_on() -> None:
    """Push every few seconds and at the end of the process, from a thread of its own."""
    if not settings.METRICS_TOKEN:
        return
    ending = threading.Event()

    def run() -> None:
        while not ending.wait(PUSH_SECONDS):
            push_or_wait()

    threading.Thread(target=run, name="metrics", daemon=True).start()
    atexit.register(push_or_wait)


def exposition() -> bytes:
    """Give the text; a part that is away leaves its figures out, and `omegle_up` says so."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Everything())
    return generate_latest(registry)


# What is asked at the moment it is told: kind, what it is, labels.
_ASKED: Final[dict[str, tuple[str, str, tuple[str, ...]]]] = {
    "omegle_up": ("gauge", "Whether a part answers.", ("part",)),
    "omegle_online": ("gauge", "Visitors who are connected.", ()),
    "omegle_waiting": (
        "gauge",
        "Visitors who wait, by pool.",
        ("mode", "role", "level", "band", "lane"),
    ),
    "omegle_rooms": ("gauge", "Conversations that go on.", ()),
    "omegle_matches_per_minute": (
        "gauge",
        "Conversations that began in the last whole minute.",
        (),
    ),
    "omegle_processes": ("gauge", "Web processes that live.", ()),
    "omegle_leases_reaped_total": ("counter", "Web processes that ended without a word.", ()),
    "omegle_jobs_waiting": ("gauge", "Jobs that no worker has taken.", ("queue",)),
    "omegle_heartbeat_age_seconds": (
        "gauge",
        "Since beat and worker showed that they live; missing when they have not lately.",
        (),
    ),
    "omegle_cases_open": ("gauge", "Cases that wait.", ("lane",)),
    "omegle_oldest_case_seconds": ("gauge", "How long the oldest case waits.", ("lane",)),
}


def families() -> Iterator[tuple[str, str, tuple[str, ...], str]]:
    """Give name, kind, labels and meaning of everything there is to read."""
    for name, (kind, text, labels) in _ASKED.items():
        yield name, kind, labels, text
    for own in (getattr(metrics, name) for name in dir(metrics)):
        if isinstance(own, Counter | Histogram):
            [family] = own.describe()
            name = f"{family.name}_total" if family.type == "counter" else family.name
            yield name, family.type, own._labelnames, family.documentation  # noqa: SLF001


class _Everything:
    """What is there to read, once."""

    def collect(self) -> Iterator[Metric]:
        push_or_wait()
        up: dict[str, float] = {}
        try:
            live, counted = status.live(), _counted()
        except RedisError:
            up["redis"] = 0
        else:
            up |= {"redis": 1, "jobs": live.jobs_done}
            yield from _live(live)
            yield from counted
        try:
            backlogs = status.backlogs()
        except Error:
            up["database"] = 0
        else:
            up["database"] = 1
            yield from _cases(backlogs)
        yield _asked("omegle_up", {(part,): value for part, value in up.items()})


def _live(live: status.Live) -> Iterator[Metric]:
    yield _asked("omegle_online", {(): live.online})
    waiting = {
        (pool.mode, pool.role, pool.level, pool.band, pool.lane): count
        for pool, count in live.waiting.items()
    }
    yield _asked("omegle_waiting", waiting)
    yield _asked("omegle_rooms", {(): live.rooms})
    yield _asked("omegle_matches_per_minute", {(): live.matches})
    yield _asked("omegle_processes", {(): len(live.processes)})
    yield _asked("omegle_leases_reaped_total", {(): live.leases_reaped})
    yield _asked("omegle_jobs_waiting", {(queue,): count for queue, count in live.jobs.items()})
    if live.heartbeat_age is not None:
        yield _asked("omegle_heartbeat_age_seconds", {(): live.heartbeat_age})


def _cases(backlogs: dict[Lane, status.Backlog]) -> Iterator[Metric]:
    yield _asked("omegle_cases_open", {(lane,): each.count for lane, each in backlogs.items()})
    oldest = {
        (lane,): each.oldest.total_seconds() if each.oldest else 0.0
        for lane, each in backlogs.items()
    }
    yield _asked("omegle_oldest_case_seconds", oldest)


def _asked(name: str, values: Mapping[Any, float]) -> Metric:
    """Give a family of `_ASKED`; `values` by what its labels say, in their order."""
    kind, text, labels = _ASKED[name]
    family = Metric(name.removesuffix("_total"), text, kind)
    for given, value in values.items():
        family.add_sample(name, dict(zip(labels, given, strict=True)), value)
    return family


def _counted() -> list[Metric]:
    """Give what all processes counted, in the families of this one."""
    told: dict[str, list[Sample]] = {}
    for field, value in sync_client().hgetall(KEY).items():
        name, labels = msgspec.json.decode(field)
        told.setdefault(name, []).append(Sample(name, labels, float(value)))
    families = []
    for own in REGISTRY.collect():
        family = Metric(own.name, own.documentation, own.type)
        # Of one that has no labels every process has samples, if only zeros.
        found = [each for name in _names(own) for each in told.get(name, ())]
        family.samples = sorted(found, key=_order) or _wanted(own.samples)
        families.append(family)
    return families


def _names(family: Metric) -> tuple[str, ...]:
    if family.type == "counter":
        return (f"{family.name}_total",)
    return tuple(f"{family.name}_{part}" for part in ("bucket", "count", "sum"))


def _order(sample: Sample) -> tuple[str, list[tuple[str, str]], float]:
    """Histograms are told bucket by bucket."""
    labels = sorted((name, value) for name, value in sample.labels.items() if name != "le")
    return sample.name, labels, float(sample.labels.get("le", 0))


def _groups() -> Iterator[dict[str, float]]:
    """Give the values of this process that belong together, by their fields in Redis."""
    for family in REGISTRY.collect():
        groups: dict[str, dict[str, float]] = {}
        for sample in _wanted(family.samples):
            labels = {name: value for name, value in sample.labels.items() if name != "le"}
            groups.setdefault(str(labels), {})[_field(sample)] = sample.value
        yield from groups.values()


def _wanted(samples: Iterable[Sample]) -> list[Sample]:
    return [sample for sample in samples if not sample.name.endswith(_UNWANTED)]


def _field(sample: Sample) -> str:
    return msgspec.json.encode((sample.name, dict(sorted(sample.labels.items())))).decode()
