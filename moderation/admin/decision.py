"""The form in which a case is decided: what it offers, and what is filled in."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from moderation.admin.forms import DecisionForm
from moderation.admin.shown import MEASURE_KEYS
from moderation.policy import MEASURES, PERMANENT_UNTIL_APPROVED, RULES, Measure, measure_span
from moderation.selectors.desk import CaseActions
from moderation.statements import decision_why, statement_next


def decision_form(
    actions: CaseActions,
    form: DecisionForm | None,
    now: datetime,
    presets: Mapping[str, tuple[str, ...]],
) -> dict[str, Any]:
    """Give what the form offers, and what is filled in: what was typed, or the suggestion."""
    rule, suggested = actions.rules[0]
    filled = {
        "measure": suggested if suggested in actions.measures else "",
        "rule": rule,
        "facts": "",
        "why": decision_why(rule),
    }
    typed = form.typed() if form is not None else None
    return {
        "filled": typed or filled,
        "takes_two": MEASURES["permanent"] if "permanent" in actions.measures else "",
        "was_typed": bool(typed and (typed["facts"] or typed["why"])),
        "measures": [
            {
                "key": measure,
                "label": MEASURES[measure],
                "shortcut": MEASURE_KEYS[measure],
                "next": _follows(measure, now),
            }
            for measure in actions.measures
        ],
        "rules": [
            {
                "key": key,
                "title": RULES[key].title,
                "why": decision_why(key),
                "suggested": step,
                "suggested_label": MEASURES[step],
                "may": step in actions.measures,
                "presets": presets.get(key, ()),
            }
            for key, step in actions.rules
        ],
    }


def _follows(measure: Measure, now: datetime) -> str:
    if measure == "dismiss":
        return ""
    span = measure_span(PERMANENT_UNTIL_APPROVED if measure == "permanent" else measure)
    return statement_next(measure, now + span if span else None)
