"""Who a browser is: the signed visitor cookie, and the refusal of one that said it is too young.

The cookie holds a random id, the accepted terms, how the age is known and when a proof of work was
done; nothing of it is stored.
Views write it, the consumer reads it.
"""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast, get_args

from django.conf import settings
from django.core import signing

from matching.tickets import Band, Level
from omegle.lib.ids import random_id

VISITOR_COOKIE = "visitor"
REFUSAL_COOKIE = "refused"
_ADULT = 18
_SEPARATOR = "."


@dataclass(frozen=True, slots=True)
class Visitor:
    """An admitted browser.

    Attributes:
        level: how its age is known.
        band: on which side of 18 it is.
        proven: when it did a proof of work last (seconds since 1970), 0 for never.
    """

    id: str
    terms: str
    level: Level
    band: Band
    proven: int = 0

    @property
    def has_current_terms(self) -> bool:
        return self.terms == settings.TERMS_VERSION


def visitor_new(*, band: Band, id: str | None = None, proven: int = 0) -> Visitor:
    """Give a visitor under the current terms.

    `id`: of a browser that enters again. It keeps whom it blocked, and who blocked it.
    """
    return Visitor(
        id=id or random_id(),
        terms=settings.TERMS_VERSION,
        level="self",
        band=band,
        proven=proven,
    )


def visitor_write(visitor: Visitor) -> str:
    """Give the cookie's value."""
    fields = (visitor.id, visitor.level, visitor.band, str(visitor.proven), visitor.terms)
    return _signer(VISITOR_COOKIE).sign(_SEPARATOR.join(fields))


def visitor_read(cookies: Mapping[str, str]) -> Visitor | None:
    """Give the visitor whose cookie this is, whatever terms they accepted.

    None when the cookie is missing, forged or too old, and for a browser that was refused.
    """
    if is_refused(cookies):
        return None
    value = _unsign(VISITOR_COOKIE, cookies, settings.VISITOR_COOKIE_AGE)
    fields = value.split(_SEPARATOR, 4) if value else []
    if len(fields) != 5 or fields[1] not in get_args(Level) or fields[2] not in get_args(Band):
        return None
    id, level, band, proven, terms = fields
    return Visitor(id, terms, cast(Level, level), cast(Band, band), int(proven))


def refusal_write() -> str:
    """Give the value of the cookie that keeps a browser out for a day."""
    return _signer(REFUSAL_COOKIE).sign("1")


def is_refused(cookies: Mapping[str, str]) -> bool:
    return _unsign(REFUSAL_COOKIE, cookies, settings.REFUSAL_COOKIE_AGE) is not None


def age_on(birth: datetime.date, today: datetime.date) -> int:
    """Give the age in whole years; who was born on a 29 February has it on 1 March."""
    had_birthday = (today.month, today.day) >= (birth.month, birth.day)
    return today.year - birth.year - (0 if had_birthday else 1)


def band_of(age: int) -> Band:
    return "adult" if age >= _ADULT else "minor"


def _signer(name: str) -> signing.TimestampSigner:
    return signing.TimestampSigner(salt=f"chat.{name}")


def _unsign(name: str, cookies: Mapping[str, str], age: datetime.timedelta) -> str | None:
    try:
        return _signer(name).unsign(cookies.get(name, ""), max_age=age)
    except signing.BadSignature:
        return None
