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
from moderation.cases import NotPossible, Stale
from moderation.models import Appeal, Case, Decision
from moderation.policy import APPEAL_CHARS, CLAIM
from moderation.selectors.appeals import appeal_actions, appeal_barred
from moderation.services.cases import case_locked, desk_tell
from moderation.services.decisions import decision_reverse

WHY_CHARS: Final = 500
_LIFTED: Final = "An appeal was granted."


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


def appeal_claim(appeal_id: int, *, moderator: User) -> Appeal:
    """Take an appeal for a while; one they hold already stays theirs, for longer.

    Raises:
        NotPossible: somebody holds it, it is answered, or it is not for them to answer.
    """
    with transaction.atomic():
        appeal = _locked(appeal_id)
        actions = appeal_actions(appeal, moderator)
        if actions.barred and not actions.can_claim:
            raise NotPossible(actions.barred)
        _hold(appeal, moderator)
        if actions.can_claim:
            audit_append(actor=moderator.get_username(), action="claim", target=str(appeal))
    return appeal


def appeal_renew(appeal_id: int, *, moderator: User) -> Appeal:
    """Hold a claimed appeal for longer; nothing changes for one that they do not hold."""
    with transaction.atomic():
        appeal = _locked(appeal_id)
        if not appeal_actions(appeal, moderator).barred:
            _hold(appeal, moderator)
    return appeal


def appeal_release(appeal_id: int, *, moderator: User) -> Appeal:
    """Give a claimed appeal back.

    Raises:
        NotPossible: they do not hold it.
    """
    with transaction.atomic():
        appeal = _locked(appeal_id)
        if appeal.claimed_by != moderator:
            raise NotPossible("You do not hold this appeal.")
        _hold(appeal, None)
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
        appeal = _locked(appeal_id)
        if appeal.version != version:
            raise Stale("It has changed since you saw it. Here is how it stands now.")
        if barred := appeal_actions(appeal, moderator).barred:
            raise NotPossible(barred)
        name, decision = moderator.get_username(), appeal.decision
        appeal.outcome, appeal.why = outcome, why
        appeal.decided_by, appeal.decided_at = moderator, timezone.now()
        appeal.claimed_by = appeal.claimed_until = None
        appeal.version += 1
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


def _hold(appeal: Appeal, moderator: User | None) -> None:
    """Give a locked appeal to somebody, or to nobody; another holder is another version."""
    if appeal.claimed_by != moderator:
        appeal.version += 1
    appeal.claimed_by = moderator
    appeal.claimed_until = timezone.now() + CLAIM if moderator else None
    appeal.save(update_fields=["version", "claimed_by", "claimed_until"])


def _locked(appeal_id: int) -> Appeal:
    # Alone: what is joined to a row that was waited for is as it was before the wait.
    return Appeal.objects.select_for_update().get(pk=appeal_id)
