"""Counters of this process. They count events and name nobody."""

from prometheus_client import Counter

origins_refused = Counter(
    "omegle_origins_refused_total", "Sockets refused because a foreign page opened them."
)
