"""What this process counts and measures. Events and times; no label can name anybody.

Each process keeps its own, and `omegle.exposition` adds those of all processes up for `/metrics`.
docs/operations.md has a table of them, which a test compares with this file.
"""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram

REGISTRY: Final = CollectorRegistry()

_WAITS = (0.1, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600)
_CALLS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 3)
_JOBS = (0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60)
_DECISIONS = (60, 300, 900, 3600, 4 * 3600, 12 * 3600, 86_400, 3 * 86_400, 7 * 86_400)

samples_dropped = Counter(
    "omegle_camera_samples_dropped_total",
    "Small pictures of cameras that were not looked at: too many waited.",
    registry=REGISTRY,
)
origins_refused = Counter(
    "omegle_origins_refused_total",
    "Sockets refused because a foreign page opened them.",
    registry=REGISTRY,
)
wait_seconds = Histogram(
    "omegle_wait_seconds",
    "From a wish to its stranger, of visitors who stayed with the same process.",
    ["mode", "role"],
    buckets=_WAITS,
    registry=REGISTRY,
)
matched = Counter(
    "omegle_matched_total",
    "Visitors who were given a stranger, and whether the two like something in common.",
    ["mode", "common"],
    registry=REGISTRY,
)
find_seconds = Histogram(
    "omegle_match_seconds",
    "The one call to Redis that looks for a stranger.",
    buckets=_CALLS,
    registry=REGISTRY,
)
simulated = Counter(
    "omegle_simulated_total",
    "Simulated strangers whom no limit of addresses held up, at each door.",
    ["door"],
    registry=REGISTRY,
)
messages = Counter("omegle_messages_total", "Messages that were written.", registry=REGISTRY)
relay_seconds = Histogram(
    "omegle_relay_seconds",
    "The one call to Redis that writes what a process's visitors said during a tick.",
    buckets=_CALLS,
    registry=REGISTRY,
)
verdicts = Counter(
    "omegle_verdicts_total", "What the filter did with texts.", ["action"], registry=REGISTRY
)
outbox_overflows = Counter(
    "omegle_outbox_overflows_total",
    "Sockets closed because their client did not read.",
    registry=REGISTRY,
)
resumes = Counter(
    "omegle_resumes_total",
    "Visitors who came back, and whether their place was there yet.",
    ["outcome"],
    registry=REGISTRY,
)
decision_seconds = Histogram(
    "omegle_report_to_decision_seconds",
    "From each report to the decision of a person that answers it.",
    ["lane"],
    buckets=_DECISIONS,
    registry=REGISTRY,
)
jobs = Counter(
    "omegle_jobs_total", "Jobs that workers ended.", ["job", "outcome"], registry=REGISTRY
)
job_seconds = Histogram(
    "omegle_job_seconds", "How long jobs took.", ["job"], buckets=_JOBS, registry=REGISTRY
)
notices_late = Counter(
    "omegle_notices_late_total",
    "Notices from outside that waited for 36 hours (alerted), and for 48 (overdue).",
    ["mark"],
    registry=REGISTRY,
)
