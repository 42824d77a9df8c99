"""What the path of a message needs of moderation, in this process's memory.

A compiled copy of the rules and of who is kept out, read from the database off the event loop and
asked from it. When it is older than a minute nobody is matched any more. `current` is the one of
this process; the switchboard refreshes it.
"""

import logging
import time
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import Any, cast

from django.conf import settings
from django.utils import timezone

from moderation.filters.book import RuleBook, Verdict
from moderation.filters.rules import Action, BadRule, Kind, rule_check
from moderation.filters.rules import FilterRule as CompiledRule
from moderation.models import FilterRule
from moderation.policy import SwitchName
from moderation.selectors.bans import (
    Ban,
    sanctioned_addresses,
    sanctions_lately,
    video_losses,
    visitor_bans,
    visitor_warnings,
)
from moderation.selectors.filter import rules_enabled, switches_off
from moderation.selectors.ranges import KeptOut, networks_kept_out, range_ban_of
from moderation.tags import AddressTag
from omegle.lib import metrics
from omegle.lib.network import Network

logger = logging.getLogger(__name__)

STALE_SECONDS = 60.0


class Guard:
    """The rules, the sanctions and the switches, as of `load`.

    Attributes:
        hits: how often each rule was met since they were last taken.
    """

    def __init__(self) -> None:
        self.hits: Counter[int] = Counter()
        self._book = RuleBook([])
        self._book_version: frozenset[Any] | None = None
        self._bans: dict[str, Ban] = {}
        self._warnings: dict[str, list[Ban]] = {}
        self._addresses: dict[AddressTag, datetime] = {}
        self._video_losses: dict[str, datetime] = {}
        self._sanctions: dict[str, datetime] = {}
        self._switched_off: frozenset[SwitchName] = frozenset()
        self._networks: list[KeptOut] = []
        self._loaded_at: float | None = None

    def load(self) -> None:
        """Read what has changed; raises what the database raises, and then nothing is different."""
        began = time.monotonic()
        bans, warnings, addresses = visitor_bans(), visitor_warnings(), sanctioned_addresses()
        losses, switched_off, sanctions = video_losses(), switches_off(), sanctions_lately()
        networks = networks_kept_out()
        version = frozenset(rules_enabled().values_list("pk", "changed_at"))
        if version != self._book_version:
            self._book = _book_of(rules_enabled(), before=self._book)
            self._book_version = version
        self._bans, self._warnings, self._addresses = bans, warnings, addresses
        self._video_losses, self._switched_off = losses, switched_off
        self._sanctions, self._networks = sanctions, networks
        self._loaded_at = began

    @property
    def is_fresh(self) -> bool:
        """Whether it is young enough to be believed."""
        return self._loaded_at is not None and time.monotonic() - self._loaded_at < STALE_SECONDS

    @property
    def may_match(self) -> bool:
        """Whether people may be brought together: it is fresh, and the operator lets them."""
        return self.is_fresh and self._switched_off.isdisjoint({"matches", "messages"})

    def is_off(self, name: SwitchName) -> bool:
        """Whether the operator has switched this off."""
        return name in self._switched_off

    def screen(self, text: str, *, early: bool = False) -> Verdict:
        """Say what becomes of a text; `early`: links and contacts are held back.

        A fault of the filter holds the text back: it costs its sender neither the talk nor us
        the safety of the other.
        """
        try:
            verdict = self._book.screen(text, early=early)
        except Exception:
            # The text is in no traceback.
            logger.exception("The filter failed")
            return Verdict(action="hold", text="", hits=(), reason="", is_reported=False)
        metrics.verdicts.labels(verdict.action).inc()
        for hit in verdict.hits:
            self.hits[hit.rule] += 1
        return verdict

    def take_hits(self) -> dict[int, int]:
        """Give the hits counted since the last call."""
        hits, self.hits = self.hits, Counter()
        return dict(hits)

    def ban_of(self, tag: str) -> Ban | None:
        ban = self._bans.get(tag)
        if ban is None or (ban.until is not None and ban.until <= timezone.now()):
            return None
        return ban

    def range_ban_of(self, network: Network | None) -> KeptOut | None:
        """Give what keeps a whole network out, of a `wide_network`; asked at the door alone."""
        return range_ban_of(network, self._networks) if network and self._networks else None

    def video_lost_until(self, tag: str) -> datetime | None:
        """Give until when a visitor has no video; None when they have."""
        until = self._video_losses.get(tag)
        return until if until is not None and until > timezone.now() else None

    def was_sanctioned_lately(self, tag: str) -> bool:
        """Whether a visitor was warned, or a ban of theirs ran out, within LANE_DAYS."""
        ended = self._sanctions.get(tag)
        return ended is not None and ended > timezone.now() - settings.LANE_SPAN

    def sanctioned_at(self, addresses: Iterable[AddressTag]) -> float:
        """Give when somebody behind this address was kept out last (seconds since 1970); 0: never.

        A sanction that has run out may count until the next `load`.
        """
        times = [self._addresses[each] for each in addresses if each in self._addresses]
        return max(times).timestamp() if times else 0.0

    def warnings_of(self, tag: str) -> list[Ban]:
        return self._warnings.get(tag, [])


def _book_of(rules: Iterable[FilterRule], *, before: RuleBook) -> RuleBook:
    """Give the book of these rules; one that can't be used is left out, loudly."""
    compiled = []
    for rule in rules:
        try:
            rule_check(cast("Kind", rule.kind), rule.text)
        except BadRule as error:
            logger.error("Filter rule %s can't be used: %s", rule.pk, error)
        else:
            compiled.append(rule_compiled(rule))
    try:
        return RuleBook(compiled)
    except BadRule as error:
        logger.error("The filter's rules can't be used together, the last ones stay: %s", error)
        return before


def book_now() -> RuleBook:
    """Give the book of the rules as they are in the database."""
    return _book_of(rules_enabled(), before=RuleBook([]))


def rule_compiled(rule: FilterRule) -> CompiledRule:
    """Give a rule of the database as the book takes it."""
    return CompiledRule(
        id=rule.pk or 0,
        kind=cast("Kind", rule.kind),
        text=rule.text,
        severity=rule.severity,
        action=cast("Action", rule.action),
        language=rule.language,
        observe=rule.state == FilterRule.State.OBSERVE,
    )


@cache
def current() -> Guard:
    """Give this process's guard."""
    return Guard()
