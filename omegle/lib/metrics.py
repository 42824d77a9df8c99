"""Counters of this process. They count events and name nobody."""

from prometheus_client import Counter

samples_dropped = Counter(
    "omegle_camera_samples_dropped_total",
    "Small pictures of cameras that were not looked at: too many waited.",
)
origins_refused = Counter(
    "omegle_origins_refused_total", "Sockets refused because a foreign page opened them."
)
notices_late = Counter(
    "omegle_notices_late_total",
    "Notices from outside that waited for 36 hours (alerted), and for 48 (overdue).",
    ["mark"],
)
