"""Proof of work: a little computing that a browser does where many misuse what is open to all.

A challenge is signed, and its solution says all that is needed to check it. What is kept is which
ones were used, until they expire.
"""

import hmac
import json
import secrets
import time
from typing import Final

import altcha
from django.conf import settings
from django.http import HttpRequest

from omegle.lib.redis import sync_client

EXPIRES_SECONDS: Final = 10 * 60
# Hashes for each attempt, and between which attempts the right one is. About a million hashes take
# a phone's JavaScript 1 to 3 s; checking takes us a tenth of a millisecond. The bound makes the
# wait foreseeable, and lets the page show how far it is.
COST: Final = 64
ATTEMPTS: Final = (8_000, 24_000)
# A payload has about 800.
_MOST_CHARS: Final = 4096
_ALGORITHM: Final = "SHA-256"


def challenge_new() -> str:
    """Give a challenge for one request, as JSON for the page."""
    least, most = ATTEMPTS
    challenge = altcha.create_challenge(
        _ALGORITHM,
        COST,
        counter=least + secrets.randbelow(most - least),
        expires_at=int(time.time()) + EXPIRES_SECONDS,
        data={"most": most},
        hmac_secret=_key(),
    )
    return json.dumps(challenge.to_dict())


def proof_check(payload: str) -> str | None:
    """Give the id of the challenge that this solves; None when it does not, or came too late.

    The same challenge always has the same id, however it is written, so that the caller can refuse
    it the second time. An id may be forgotten after `EXPIRES_SECONDS`.
    """
    if not payload or len(payload) > _MOST_CHARS:
        return None
    try:
        solved = altcha.Payload.from_base64(payload)
        result = altcha.verify_solution(solved, _key())
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return solved.challenge.signature if result.verified else None


def is_proven(request: HttpRequest) -> bool:
    """Whether a form (`proof`) holds a proof of work that was not used before; it is now."""
    id = proof_check(request.POST.get("proof", ""))
    if id is None:
        return False
    return bool(sync_client().set(f"proof:{id}", "1", nx=True, ex=EXPIRES_SECONDS))


def _key() -> bytes:
    return hmac.digest(settings.SECRET_KEY.encode(), b"proof-of-work", "sha256")
