"""What rules make of what was reported: counts, and never a text."""

import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings

from moderation.audit import audit_append
from moderation.filters.book import RuleBook
from moderation.filters.rows import Row
from moderation.filters.rules import FilterRule
from moderation.guard import book_now, rule_compiled
from moderation.models import Evidence
from moderation.sealing import BadSeal
from moderation.selectors.filter import rules_enabled

_SEEN_EVERY: Final = 20


@dataclass(slots=True)
class Replay:
    """What came of it.

    Attributes:
        unopened: evidence that none of the present keys opens.
        changes: how many lines had one verdict and have another: `allow > mask`.
        rules: in how many lines each rule was met, observing ones too, by the rule's words.
    """

    evidence: int = 0
    unopened: int = 0
    lines: int = 0
    changes: Counter[str] = field(default_factory=Counter)
    rules: Counter[str] = field(default_factory=Counter)


def evidence_count() -> int:
    return Evidence.objects.count()


def filter_replay(
    proposed: Iterable[Row] | None, *, actor: str, seen: Callable[[int], None]
) -> Replay:
    """Screen every line of the kept evidence anew, in memory; written down before it is opened.

    Without `proposed` what the filter did then is compared with what the present rules do; with it
    the present rules with those that would be there, acting, were these rows taken over.
    """
    done = Replay()
    audit_append(
        actor=actor, action="replay", target="evidence", detail={"evidence": evidence_count()}
    )
    present = [rule_compiled(rule) for rule in rules_enabled()]
    rules = present if proposed is None else _with(present, proposed)
    names = {rule.id: f"{rule.kind}: {rule.text}" for rule in rules}
    before, after = book_now(), RuleBook(rules)
    records = Evidence.objects.select_related("report").order_by("pk").iterator(chunk_size=100)
    for number, evidence in enumerate(records, 1):
        try:
            lines = json.loads(evidence.content)["transcript"]
        except BadSeal:
            done.unopened += 1
            continue
        done.evidence += 1
        for line in lines:
            if line["kind"] == "left":
                continue
            early = _is_early(line, evidence.began_at)
            verdict = after.screen(line["text"], early=early)
            was = line["verdict"]
            if proposed is not None:
                was = before.screen(line["text"], early=early).action
            done.lines += 1
            if was != verdict.action:
                done.changes[f"{was} > {verdict.action}"] += 1
            done.rules.update({names.get(hit.rule, "") for hit in verdict.hits} - {""})
        if number % _SEEN_EVERY == 0:
            seen(number)
    seen(done.evidence + done.unopened)
    return done


def _with(present: list[FilterRule], proposed: Iterable[Row]) -> list[FilterRule]:
    """Give the present rules with the proposed ones in place of those of the same words."""
    rules = {(rule.kind, rule.text): rule for rule in present}
    free = max((rule.id for rule in present), default=0) + 1
    for row in proposed:
        known = rules.pop((row.kind, row.text), None)
        if not row.enabled:
            continue
        if known is not None:
            new = replace(known, severity=row.severity, action=row.action, observe=False)
        else:
            new = FilterRule(free, row.kind, row.text, row.severity, row.action, row.language)
            free += 1
        rules[row.kind, row.text] = new
    return list(rules.values())


def _is_early(line: dict[str, Any], began: datetime | None) -> bool:
    if began is None or line["kind"] != "message":
        return False
    early = timedelta(seconds=settings.EARLY_SECONDS)
    return datetime.fromisoformat(line["at"]) - began < early
