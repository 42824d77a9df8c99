"""Who a browser is: the signed visitor cookie, and the refusal of one that said it is too young.

The cookie holds a random id, the accepted terms, how the age is known, until when, between which
ages it lies, and when a proof of work was done; nothing of it is stored.
Views write it, the consumer reads it.
"""

import datetime
import re
import time
from bisect import bisect
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import cast, get_args

from django.conf import settings
from django.core import signing

from matching.tickets import Band, Level
from omegle.lib.ids import random_id

VISITOR_COOKIE = "visitor"
REFUSAL_COOKIE = "refused"
_ADULT = 18
_SEPARATOR = "."
# `self`, or `provider-1790000000` with the end of what was vouched for.
_LEVEL = re.compile(rf"({'|'.join(get_args(Level))})(?:-([0-9]{{1,12}}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Visitor:
    """An admitted browser.

    Attributes:
        level: how its age is known.
        band: between which ages that is.
        until: when that has to be asked anew (seconds since 1970); 0: never.
        proven: when it did a proof of work last (seconds since 1970), 0 for never.
    """

    id: str
    terms: str
    level: Level
    band: Band
    proven: int = 0
    until: int = 0

    @property
    def has_current_terms(self) -> bool:
        return self.terms == settings.TERMS_VERSION

    @property
    def has_current_age(self) -> bool:
        """Whether the age is known as it has to be here, and now."""
        if self.level != settings.AGE_ASSURANCE or self.band not in bands():
            return False
        return self.level != "provider" or self.until > time.time()

    @property
    def is_admitted(self) -> bool:
        return self.has_current_terms and self.has_current_age

    @property
    def group(self) -> str:
        """Whom it may meet at all, whatever it looks for."""
        return f"{self.level}:{self.band}"


def visitor_new(
    *,
    band: Band,
    level: Level | None = None,
    until: int = 0,
    id: str | None = None,
    proven: int = 0,
) -> Visitor:
    """Give a visitor under the current terms; without `level` one who only said how old they are.

    `id`: of a browser that enters again. It keeps whom it blocked, and who blocked it.
    """
    said: Level = "none" if settings.AGE_ASSURANCE == "none" else "self"
    return Visitor(
        id=id or random_id(),
        terms=settings.TERMS_VERSION,
        level=level or said,
        band=band,
        proven=proven,
        until=until,
    )


def visitor_write(visitor: Visitor) -> str:
    """Give the cookie's value."""
    level = f"{visitor.level}-{visitor.until}" if visitor.until else visitor.level
    fields = (visitor.id, level, visitor.band, str(visitor.proven), visitor.terms)
    return _signer(VISITOR_COOKIE).sign(_SEPARATOR.join(fields))


def visitor_read(cookies: Mapping[str, str]) -> Visitor | None:
    """Give the visitor whose cookie this is, whatever terms they accepted.

    None when the cookie is missing, forged or too old, and for a browser that was refused.
    """
    if is_refused(cookies):
        return None
    value = _unsign(VISITOR_COOKIE, cookies, settings.VISITOR_COOKIE_AGE)
    fields = value.split(_SEPARATOR, 4) if value else []
    known = _LEVEL.fullmatch(fields[1]) if len(fields) == 5 else None
    if known is None:
        return None
    id, _, band, proven, terms = fields
    level, until = cast("Level", known[1]), int(known[2] or 0)
    return Visitor(id, terms, level, band, int(proven), until)


def cookie_until(cookies: Mapping[str, str]) -> datetime.datetime:
    """Give when a visitor's cookie, which was read before, is too old."""
    _, made, _ = cookies[VISITOR_COOKIE].rsplit(":", 2)
    at = datetime.datetime.fromtimestamp(signing.b62_decode(made), datetime.UTC)
    return at + settings.VISITOR_COOKIE_AGE


def refusal_write() -> str:
    """Give the value of the cookie that keeps a browser out for a day."""
    return _signer(REFUSAL_COOKIE).sign("1")


def is_refused(cookies: Mapping[str, str]) -> bool:
    return _unsign(REFUSAL_COOKIE, cookies, settings.REFUSAL_COOKIE_AGE) is not None


def age_on(birth: datetime.date, today: datetime.date) -> int:
    """Give the age in whole years; who was born on a 29 February has it on 1 March."""
    had_birthday = (today.month, today.day) >= (birth.month, birth.day)
    return today.year - birth.year - (0 if had_birthday else 1)


def ages() -> tuple[int, ...]:
    """Give the ages at which a band begins, the youngest first; under it nobody is let in."""
    borders = {_ADULT, *settings.AGE_BANDS}
    return (
        settings.MINIMUM_AGE,
        *sorted(age for age in borders if age > settings.MINIMUM_AGE),
    )


def bands() -> tuple[Band, ...]:
    """Give the bands in the order of `ages`: `16-17`, `18+`."""
    starts = ages()
    return (*(f"{start}-{next - 1}" for start, next in pairwise(starts)), f"{starts[-1]}+")


def band_of(age: int) -> Band | None:
    """Give the band of an age; None for who is too young."""
    at = bisect(ages(), age)
    return bands()[at - 1] if at else None


def _signer(name: str) -> signing.TimestampSigner:
    return signing.TimestampSigner(salt=f"chat.{name}")


def _unsign(name: str, cookies: Mapping[str, str], age: datetime.timedelta) -> str | None:
    try:
        return _signer(name).unsign(cookies.get(name, ""), max_age=age)
    except signing.BadSignature:
        return None
