"""`manage.py rotate_keys`: which keys are in use, and new ones with the order to set them in."""

import base64
import hashlib
import secrets
from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any, Final

from django.conf import settings

from omegle.lib.commands import Answer, Exit, OperatorCommand, Stop, table


def _token() -> str:
    return secrets.token_hex(32)


def _sealing() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


# How each is made, and the steps; {new} is the new one. After each step every process is restarted.
_KEYS: Final[dict[str, tuple[Callable[[], str], tuple[str, ...]]]] = {
    "SECRET_KEY": (
        _token,
        (
            "Set TAG_KEY to the present SECRET_KEY, unless it is set: bans hang on it, for good.",
            "Where there are several hosts, set SECRET_KEY_FALLBACKS={new} on all of them first.",
            "Set SECRET_KEY={new} and SECRET_KEY_FALLBACKS to the one before.",
            "After VISITOR_DAYS take SECRET_KEY_FALLBACKS away.",
        ),
    ),
    "EVIDENCE_KEYS": (
        _sealing,
        (
            "Put {new} in front of EVIDENCE_KEYS on every host, with a comma after it.",
            "Run manage.py rotate_evidence_keys on each host.",
            "Take the older ones away, but keep them for as long as backups are sealed with them.",
        ),
    ),
    "TURN_SECRET": (
        _token,
        (
            "Add static-auth-secret={new} to the TURN server, beside the present one.",
            "Set TURN_SECRET={new}.",
            "After ten minutes take the older one away from the TURN server.",
        ),
    ),
    "METRICS_TOKEN": (_token, ("Set METRICS_TOKEN={new}, and give it to Prometheus.",)),
    "SIMULATE_TOKEN": (_token, ("Set SIMULATE_TOKEN={new}.",)),
}


class Command(OperatorCommand):
    help = (
        "Say which keys are in use, by a fingerprint that hosts can be compared by, or make a new "
        "one for each that is named and say in which order to set them. Restart every process "
        "after each step. TAG_KEY has no successor (ADR 23); the key of an age provider is theirs."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", nargs="*", metavar="NAME", help=", ".join(_KEYS))

    def answer(self, **options: Any) -> Answer:
        names: list[str] = options["name"]
        for name in names:
            if name not in _KEYS:
                raise Stop(Exit.USAGE, f"{name} is none of {', '.join(_KEYS)}.")
        if not names:
            found = in_use()
            rows = [(name, ", ".join(prints) or "not set") for name, prints in found.items()]
            return Answer(found, table(rows))
        made: dict[str, dict[str, Any]] = {}
        lines: list[str] = []
        for name in names:
            make, steps = _KEYS[name]
            new = make()
            told = [step.format(new=new) for step in steps]
            made[name] = {"new": new, "steps": told}
            lines += [f"{name}:", *(f"  {n}. {step}" for n, step in enumerate(told, 1))]
        return Answer(made, lines)


def in_use() -> dict[str, list[str]]:
    """Give the fingerprints of the present keys, by setting, in their order."""
    is_own = settings.TAG_KEY != settings.SECRET_KEY
    keys: dict[str, list[str]] = {
        "SECRET_KEY": [settings.SECRET_KEY],
        "SECRET_KEY_FALLBACKS": list(settings.SECRET_KEY_FALLBACKS),
        "TAG_KEY": [settings.TAG_KEY] * is_own,
        "EVIDENCE_KEYS": list(settings.EVIDENCE_KEYS),
        "TURN_SECRET": [settings.TURN_SECRET],
        "METRICS_TOKEN": [settings.METRICS_TOKEN],
        "SIMULATE_TOKEN": [settings.SIMULATE_TOKEN],
    }
    return {name: [_fingerprint(key) for key in each if key] for name, each in keys.items()}


def _fingerprint(key: str) -> str:
    return hashlib.sha256(f"fingerprint {key}".encode()).hexdigest()[:8]
