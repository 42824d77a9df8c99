"""Appeals: taking them in, holding them, answering them.

An appeal comes, is answered and is overtaken under the lock of its case, as lifting and deleting
are. Granting lifts the decision, recounts its reports and rings, all in one transaction.
"""

from typing import Final, Literal

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import ngettext

from moderation.audit import audit_append
from moderation.cases import NotPossible
from moderation.models import Appeal, Case, Decision
from moderation.policy import APPEAL_CHARS
from moderation.selectors.appeals import appeal_actions, appeal_barred
from moderation.services.cases import case_locked, desk_tell
from moderation.services.claims import Claims
from moderation.services.decisions import decision_reverse

WHY_CHARS: Final = 500
_LIFTED: Final = "An appeal was granted."

_claims = Claims(Appeal, "appeal", appeal_actions)
appeal_claim, appeal_renew, appeal_release = _claims.claim, _claims.renew, _claims.release


class BadAppeal(ValueError):
    """An appeal or its answer lacks its text, or has too much; a sentence."""


def appeal_make(decision: Decision, *, text: str) -> Appeal:
    """Take an appeal in; the same one again is the one that is there.

    Raises:
        BadAppeal: it says nothing, or too much.
        NotPossible: there is another one, the time is over, or the decision was taken back.
        Decision.DoesNotExist: it was deleted at this moment.
    """
    text = text.strip()
    if not 1 <= len(text) <= APPEAL_CHARS:
        message = ngettext(
            "Say why the decision is wrong, in up to %(count)s character.",
            "Say why the decision is wrong, in up to %(count)s characters.",
            APPEAL_CHARS,
        )
        raise BadAppeal(message % {"count": APPEAL_CHARS})
    with transaction.atomic():
        try:
            case_locked(decision.case_id)
        except Case.DoesNotExist:
            raise Decision.DoesNotExist from None
        decision = Decision.objects.select_related("lifting", "appeal").get(pk=decision.pk)
        known: Appeal | None = getattr(decision, "appeal", None)
        if known is not None and known.text == text:
            return known
        if barred := appeal_barred(decision):
            raise NotPossible(barred)
        appeal = Appeal.objects.create(
            decision=decision,
            decision_by=decision.by,
            decision_approved_by=decision.approved_by,
            text=text,
            created_at=timezone.now(),
        )
        audit_append(actor="visitor", action="appeal", target=str(decision))
        desk_tell("appeal", decision.case_id)
    return appeal


def appeal_decide(
    appeal_id: int,
    *,
    moderator: User,
    version: int,
    outcome: Literal["granted", "refused"],
    why: str,
) -> Appeal:
    """Answer an appeal that the moderator holds, with a reason that the person reads.

    Granted, the decision is lifted, its reports count as dismissed and the case is scored anew.

    Raises:
        Stale: it has changed since `version`.
        NotPossible: they do not hold it, or it is not for them to answer.
        BadAppeal: no reason is given, or one that is too long.
    """
    why = why.strip()
    if not 1 <= len(why) <= WHY_CHARS:
        raise BadAppeal(f"Say why, in up to {WHY_CHARS} characters: the person reads it.")
    with transaction.atomic():
        case = case_locked(Decision.objects.get(appeal=appeal_id).case_id)
        appeal = _claims.to_answer(appeal_id, moderator=moderator, version=version)
        name, decision = moderator.get_username(), appeal.decision
        appeal.outcome, appeal.why = outcome, why
        appeal.decided_by, appeal.decided_at = moderator, timezone.now()
        appeal.save()
        if outcome == "granted":
            decision_reverse(case, decision, by=moderator, why=_LIFTED)
        audit_append(
            actor=name,
            action="grant" if outcome == "granted" else "refuse",
            target=str(appeal),
            detail={"measure": decision.measure},
        )
        desk_tell(outcome, case.pk, by=name)
    return appeal


def appeal_view(appeal: Appeal, *, moderator: User) -> None:
    """Write down that somebody reads what was said in an appeal."""
    audit_append(actor=moderator.get_username(), action="view", target=str(appeal))
