"""The sign of life of beat and worker: what `omegle.tasks` writes and `omegle.health` reads."""

from datetime import timedelta

KEY = "jobs:heartbeat"
QUEUE = "upkeep"
KEPT = timedelta(hours=1)
