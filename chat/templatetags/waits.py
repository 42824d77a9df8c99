"""How long either side of question mode waits, in words, for who has not entered yet.

`static/js/core/phrases.js` says it on the start; `tests/contract/waits.json` holds both to it.
"""

import math
from collections.abc import Mapping

from django import template
from django.utils.translation import gettext

register = template.Library()

# Below this nobody waits worth mentioning.
_AT_ONCE_SECONDS = 3


@register.filter
def how_long(queues: Mapping[str, float | None] | None) -> str:
    """Give the sentence about who asks and who discusses, as far as it is known; empty: nothing is.

    Args:
        queues: `ask_seconds` and `discuss_seconds`; nothing while Redis is away.
    """
    if not queues:
        return ""
    ask, discuss = queues["ask_seconds"], queues["discuss_seconds"]
    return _sentence(_pace(ask), _pace(discuss)) % {"ask": _span(ask), "discuss": _span(discuss)}


@register.filter
def wanted(short: str | None) -> str:
    """Give the sentence about the side that is short of people; empty: neither is."""
    match short:
        case "ask":
            return gettext("More questions are wanted.")
        case "discuss":
            return gettext("More people are wanted to discuss questions.")
        case _:
            return ""


def _sentence(ask: str, discuss: str) -> str:
    match ask, discuss:
        case "at once", "at once":
            return gettext(
                "At the moment both people who ask and people who discuss are taken at once."
            )
        case "at once", "waits":
            return gettext(
                "At the moment people who ask are taken at once;"
                " people who discuss wait about %(discuss)s."
            )
        case "waits", "at once":
            return gettext(
                "At the moment people who ask wait about %(ask)s;"
                " people who discuss are taken at once."
            )
        case "waits", "waits":
            return gettext(
                "At the moment people who ask wait about %(ask)s;"
                " people who discuss wait about %(discuss)s."
            )
        case "at once", _:
            return gettext("At the moment people who ask are taken at once.")
        case "waits", _:
            return gettext("At the moment people who ask wait about %(ask)s.")
        case _, "at once":
            return gettext("At the moment people who discuss are taken at once.")
        case _, "waits":
            return gettext("At the moment people who discuss wait about %(discuss)s.")
        case _:
            return ""


def _pace(seconds: float | None) -> str:
    if seconds is None:
        return ""
    return "at once" if seconds < _AT_ONCE_SECONDS else "waits"


def _span(seconds: float | None) -> str:
    if seconds is None:
        return ""
    if seconds < 57.5:
        # Translators: so many seconds; the unit's symbol is the same for every number.
        return gettext("%(seconds)s s") % {"seconds": _rounded(seconds, 1 if seconds < 10 else 5)}
    # Translators: so many minutes; the unit's symbol is the same for every number.
    return gettext("%(minutes)s min") % {"minutes": _rounded(seconds, 60) // 60}


def _rounded(seconds: float, step: int) -> int:
    """Give the nearest multiple; halves go up as in JavaScript, not to the even one."""
    return math.floor(seconds / step + 0.5) * step
