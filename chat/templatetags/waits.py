"""How long either side of question mode waits, in words, for who has not entered yet.

`static/js/core/phrases.js` says it on the start; `tests/contract/waits.json` holds both to it.
"""

import math
from collections.abc import Mapping

from django import template

register = template.Library()

_WANTED = {"ask": "More questions are wanted.", "discuss": "More people to discuss are wanted."}


@register.filter
def how_long(queues: Mapping[str, float | None] | None) -> str:
    """Give the sentence about who asks and who discusses, as far as it is known; empty: nothing is.

    Args:
        queues: `ask_seconds` and `discuss_seconds`; nothing while Redis is away.
    """
    if not queues:
        return ""
    known = [(side, queues[f"{side}_seconds"]) for side in ("ask", "discuss")]
    both = [f"people who {side} {_waited(wait)}" for side, wait in known if wait is not None]
    return f"At the moment {'; '.join(both)}." if both else ""


@register.filter
def wanted(short: str | None) -> str:
    """Give the sentence about the side that is short of people; empty: neither is."""
    return _WANTED.get(short or "", "")


def _waited(seconds: float) -> str:
    if seconds < 3:
        return "are taken at once"
    if seconds < 57.5:
        return f"wait about {_rounded(seconds, 1 if seconds < 10 else 5)} s"
    return f"wait about {_rounded(seconds, 60) // 60} min"


def _rounded(seconds: float, step: int) -> int:
    """Give the nearest multiple; halves go up as in JavaScript, not to the even one."""
    return math.floor(seconds / step + 0.5) * step
