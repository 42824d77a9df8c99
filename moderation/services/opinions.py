"""Second opinions: asking for them, and taking them. They change nothing else.

Both come under the lock of the case, as deleting its evidence does.
"""

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from moderation.audit import audit_append
from moderation.cases import NotPossible
from moderation.models import Case, Decision, SecondOpinion
from moderation.policy import Measure
from moderation.selectors.desk import permitted_measures
from moderation.selectors.opinions import (
    decisions_sampled,
    evidence_before,
    opinion_barred,
    rules_then,
)
from moderation.services.cases import case_locked
from moderation.statements import EXTENDED


class BadOpinion(ValueError):
    """An opinion lacks its measure or its rule; a sentence."""


def opinions_ask() -> int:
    """Ask about a sample of the last days' decisions, as far as their evidence is there.

    Running twice asks the same; give how many new ones.
    """
    asked = 0
    for decision in decisions_sampled():
        assert decision.by is not None  # noqa: S101  (the sample has none of automation's)
        with transaction.atomic():
            case_locked(decision.case_id)
            is_known = SecondOpinion.objects.filter(decision=decision).exists()
            there = Decision.objects.filter(evidence_before(""), pk=decision.pk)
            # Whoever approved the permanent one in its place knows this one.
            if is_known or not there.exclude(lifting__why=EXTENDED):
                continue
            SecondOpinion.objects.create(
                decision=decision, decision_by=decision.by, asked_at=timezone.now()
            )
            asked += 1
    return asked


def opinion_give(
    opinion_id: int, *, moderator: User, measure: Measure, rule: str = ""
) -> SecondOpinion:
    """Take what somebody would have decided.

    Raises:
        NotPossible: it is not for them, was given already, or went with its evidence.
        BadOpinion: a measure without its rule, or one that they may not impose.
    """
    with transaction.atomic():
        try:
            case_locked(SecondOpinion.objects.get(pk=opinion_id).decision.case_id)
            opinion = SecondOpinion.objects.select_for_update().get(pk=opinion_id)
        except (SecondOpinion.DoesNotExist, Case.DoesNotExist):
            raise NotPossible("This went with its evidence.") from None
        if barred := opinion_barred(opinion, moderator):
            raise NotPossible(barred)
        if measure not in permitted_measures(moderator):
            raise BadOpinion("Choose a measure that you may impose.")
        if measure != "dismiss" and rule not in dict(rules_then(opinion.decision)):
            raise BadOpinion("Choose the rule that was broken.")
        opinion.by, opinion.at = moderator, timezone.now()
        opinion.measure = measure
        opinion.rule = rule if measure != "dismiss" else ""
        opinion.save()
        audit_append(actor=moderator.get_username(), action="second-opinion", target=str(opinion))
    return opinion
