"""What an operator decides from the command line, for a moderator who answers for it.

The ordinary services decide; beside their entry the audit log says which account of the machine it
was. A dry run goes all the way and takes everything back.
"""

from collections.abc import Sequence

from django.contrib.auth.models import User
from django.db import transaction

from moderation.audit import audit_append
from moderation.models import Case, Decision
from moderation.policy import Measure
from moderation.services.cases import case_claim
from moderation.services.decisions import case_decide, decision_lift


def case_ban(
    case: Case,
    *,
    moderator: User,
    actor: str,
    measure: Measure,
    rule: str,
    facts: str,
    why: str,
    dry_run: bool,
) -> Decision:
    """Claim and decide a case for this moderator, both or nothing.

    Raises:
        Stale, NotPossible, BadDecision: as `case_claim` and `case_decide`.
    """
    with transaction.atomic():
        held = case_claim(case.pk, moderator=moderator)
        decision = case_decide(
            case.pk,
            moderator=moderator,
            version=held.version,
            measure=measure,
            rule=rule,
            facts=facts,
            why=why,
        )
        detail = {"as": moderator.get_username(), "decision": decision.reference}
        audit_append(actor=actor, action="ban", target=str(case), detail=detail)
        transaction.set_rollback(dry_run)
    return decision


def bans_lift(
    bans: Sequence[Decision], *, moderator: User, actor: str, why: str, dry_run: bool
) -> None:
    """Lift these bans, all or none.

    Raises:
        NotPossible, BadDecision: as `decision_lift`.
    """
    with transaction.atomic():
        for ban in bans:
            decision_lift(ban, moderator=moderator, why=why)
            detail = {"as": moderator.get_username(), "decision": ban.reference}
            audit_append(actor=actor, action="unban", target=str(ban.case), detail=detail)
        transaction.set_rollback(dry_run)
