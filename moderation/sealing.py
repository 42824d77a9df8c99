"""What is kept of a talk or of a notice, at rest: sealed with keys that are not in the database.

A seal holds what was sealed and of which report or notice, so that a row that is moved to another
one, or into another column, does not open.
"""

import contextlib
from typing import Literal

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

# A report before the database has it, its talk, its note, and the picture that came with it; a
# notice from outside.
Sealed = Literal["draft", "talk", "note", "still", "notice"]
# What becomes of a seal in a rotation: it is new, it was so already, or none of our keys opens it.
Fate = Literal["resealed", "newest", "unopened"]


class BadSeal(Exception):
    """It was changed, is another report's, or none of our keys opens it."""


def seal(data: bytes, what: Sealed, *, reference: str) -> bytes:
    """Seal with the newest key."""
    return _ring().encrypt(_label(what, reference) + data)


def unseal(sealed: bytes | memoryview, what: Sealed, *, reference: str) -> bytes:
    """Give what was sealed as this and for this report or notice.

    Raises:
        BadSeal: it is not.
    """
    label = _label(what, reference)
    try:
        data = _ring().decrypt(bytes(sealed))
    except InvalidToken:
        raise BadSeal("None of the present keys opens it, or it was changed.") from None
    if not data.startswith(label):
        raise BadSeal("It was sealed for another one, or as something else.")
    return data.removeprefix(label)


def reseal(sealed: bytes | memoryview) -> tuple[Fate, bytes]:
    """Seal the same with the newest key; what has it already, or does not open, stays as it is."""
    sealed = bytes(sealed)
    with contextlib.suppress(InvalidToken):
        Fernet(settings.EVIDENCE_KEYS[0]).decrypt(sealed)
        return "newest", sealed
    with contextlib.suppress(InvalidToken):
        return "resealed", _ring().rotate(sealed)
    return "unopened", sealed


def _label(what: Sealed, reference: str) -> bytes:
    return f"{what} {reference}\n".encode()


def _ring() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.EVIDENCE_KEYS])
