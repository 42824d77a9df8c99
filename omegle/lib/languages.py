"""Which language somebody reads, and sentences in it (ADR 24)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext

from omegle.lib.words import Sentence, Value

# Unicode's first strong isolate: what stands in it does not turn the sentence's own marks around.
_ISOLATED = "\u2068%s\u2069"


def language_of(cookies: Mapping[str, str], accepted: str) -> str:
    """Give the language that a page would be in: as chosen, else as `Accept-Language` asks."""
    request = HttpRequest()
    request.COOKIES = dict(cookies)
    request.META["HTTP_ACCEPT_LANGUAGE"] = accepted
    return translation.get_language_from_request(request)


def say(sentence: Sentence) -> str:
    """Give a sentence in the language in use."""
    if sentence.many:
        message = ngettext(sentence.message, sentence.many, sentence.count)
    else:
        message = gettext(sentence.message)
    if not sentence.values:
        return message
    return message % {name: _said(value) for name, value in sentence.values.items()}


def moment(at: datetime) -> str:
    """Give a moment as the language in use writes it: `5 November 2026, 02:13 UTC`."""
    date, time = date_format(at, "DATE_FORMAT"), f"{at:%H:%M}"
    # Translators: a moment, in the time of UTC, as part of a sentence.
    return gettext("%(date)s, %(time)s UTC") % {"date": date, "time": time}


def _said(value: Value) -> Any:
    if isinstance(value, Sentence):
        return say(value)
    if isinstance(value, datetime):
        value = moment(value)
    return _ISOLATED % value if translation.get_language_bidi() else value
