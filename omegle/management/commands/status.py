"""`manage.py status`: how the service stands at this moment."""

from datetime import timedelta
from typing import Any

from omegle import status
from omegle.lib.commands import Answer, OperatorCommand, table


class Command(OperatorCommand):
    help = (
        "Say who is online and waits where, how many conversations there are and begin, which "
        "web processes and workers run, what the queues hold and how long the oldest case waits."
    )

    def answer(self, **options: Any) -> Answer:
        live, backlogs, workers = status.live(), status.backlogs(), status.workers()
        ages = [each.oldest for each in backlogs.values() if each.oldest is not None]
        data = {
            "online": live.online,
            "waiting": {pool.name: count for pool, count in live.waiting.items()},
            "rooms": live.rooms,
            "matches_per_minute": live.matches,
            "processes": live.processes,
            "workers": workers,
            "queues": live.jobs,
            "heartbeat_age": live.heartbeat_age,
            "cases": {lane: backlog.count for lane, backlog in backlogs.items()},
            "oldest_case_seconds": int(max(ages).total_seconds()) if ages else None,
        }
        rows = [
            ("online", live.online),
            *((f"waiting {pool.name}", count) for pool, count in sorted_pools(live)),
            ("conversations", live.rooms),
            ("matches a minute", live.matches),
            *((f"process {name}", visitors) for name, visitors in live.processes.items()),
            ("workers", len(workers)),
            *((f"queue {name}", count) for name, count in live.jobs.items()),
            *((f"cases {lane}", each.count) for lane, each in backlogs.items() if each.count),
        ]
        beat = "none" if live.heartbeat_age is None else f"{live.heartbeat_age} s ago"
        oldest = span_text(max(ages)) if ages else "none"
        return Answer(data, [*table(rows), f"last heartbeat: {beat}", f"oldest case: {oldest}"])


def sorted_pools(live: status.Live) -> list[tuple[Any, int]]:
    """Give the pools in which anybody waits, by name."""
    return sorted(live.waiting.items(), key=lambda each: each[0].name)


def span_text(span: timedelta) -> str:
    """Write a time like `3 d 4 h` or `12 min`."""
    minutes = int(span.total_seconds()) // 60
    hours, days = minutes // 60, minutes // 1440
    if days:
        return f"{days} d {hours % 24} h"
    return f"{hours} h {minutes % 60} min" if hours else f"{minutes} min"
