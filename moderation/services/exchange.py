"""Taking over the filter's rules of another copy, all or none."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db import transaction

from moderation.filters.book import RuleBook
from moderation.filters.rows import Refused, Row
from moderation.filters.rules import BadRule
from moderation.guard import rule_compiled
from moderation.models import FilterRule
from moderation.selectors.exchange import row_of
from moderation.selectors.filter import rules_enabled
from moderation.services.rules import rule_save

# What a rule of a start-up list has of its list for good.
_LISTED = {"severity", "language"}


@dataclass(slots=True)
class Import:
    """What became of the lines of a file; with any refused one nothing was changed."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: list[Refused] = field(default_factory=list)


def rules_import(
    rows: Iterable[tuple[int, Row] | Refused], *, actor: str, dry_run: bool = False
) -> Import:
    """Add the rules that are not there, which observe as any new one, and change those that are.

    No import makes a rule act; one that acts there and observes in the file observes here too.
    """
    done = Import()
    lines: dict[tuple[str, str], int] = {}
    with transaction.atomic():
        there = {
            (rule.kind, rule.text): rule for rule in FilterRule.objects.select_for_update().all()
        }
        for found in rows:
            if isinstance(found, Refused):
                done.refused.append(found)
                continue
            line, row = found
            first = lines.setdefault((row.kind, row.text), line)
            if first != line:
                done.refused.append(Refused(line, f"Line {first} has the same rule."))
            else:
                _take(line, row, there.get((row.kind, row.text)), actor=actor, done=done)
        if not done.refused:
            _see_together(done)
        transaction.set_rollback(dry_run or bool(done.refused))
    return done


def _take(line: int, row: Row, rule: FilterRule | None, *, actor: str, done: Import) -> None:
    if rule is None:
        fields = {name: getattr(row, name) for name in Row.__struct_fields__ if name != "state"}
        rule_save(FilterRule(**fields), actor=actor, changed=fields)
        done.added += 1
        return
    before = row_of(rule)
    changed = {
        name for name in Row.__struct_fields__ if getattr(row, name) != getattr(before, name)
    }
    if row.state != "observe":
        changed.discard("state")
    if rule.origin == FilterRule.Origin.LIST and changed & _LISTED:
        listed = " and ".join(sorted(changed & _LISTED))
        why = f"{rule} is of a start-up list, which says its {listed}."
        done.refused.append(Refused(line, why))
    elif changed:
        for name in changed:
            setattr(rule, name, getattr(row, name))
        rule_save(rule, actor=actor, changed=changed)
        done.changed += 1
    else:
        done.unchanged += 1


def _see_together(done: Import) -> None:
    """Refuse rules each of which is good, but which no book can hold together."""
    try:
        RuleBook(rule_compiled(rule) for rule in rules_enabled())
    except BadRule as bad:
        done.refused.append(Refused(0, str(bad)))
