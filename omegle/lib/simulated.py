"""Whether a caller is one of an operator's simulated strangers (`manage.py simulate`).

The token lifts the limits of addresses at the entry and at the socket, and nothing else: bans,
screening, the question of age and every limit of a visitor hold for them as for anybody.
"""

from typing import Final, Literal

from django.conf import settings
from django.utils.crypto import constant_time_compare

from omegle.lib import metrics

HEADER: Final = "X-Simulate-Token"


def is_simulated(token: str, *, door: Literal["entry", "socket"]) -> bool:
    """Whether this is the operator's token; counts who comes with it."""
    wanted: str = settings.SIMULATE_TOKEN
    if not wanted or not constant_time_compare(token, wanted):
        return False
    metrics.simulated.labels(door).inc()
    return True
