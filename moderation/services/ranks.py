"""Which role an account has: asked for by one who manages staff, approved by another."""

from django.contrib.auth.models import User

from moderation.audit import audit_append
from moderation.cases import NotPossible
from moderation.models import Request
from moderation.policy import Rank
from moderation.rights import rank_of, rank_set
from moderation.services.requests import request_make


def rank_ask(account: User, rank: Rank, *, by: User, why: str) -> Request:
    """Ask that an account be this from now on: a role, `superuser`, or `none`.

    Raises:
        BadRequest: no reason is given.
        NotPossible: they may not, it is so already, or another change of it waits.
    """
    before = rank_of(account)
    if rank == before:
        raise NotPossible("It is so already.")
    if "superuser" in (rank, before) and not by.is_superuser:
        raise NotPossible("Only a superuser asks for this.")
    return request_make(
        "role",
        account.get_username(),
        by=by,
        why=why,
        payload={"account": account.pk, "rank": rank, "before": before},
    )


def rank_give(asked: Request, by: User) -> None:
    """Carry an approved request out, if the account still is what it was.

    Raises:
        NotPossible: it is not.
    """
    account = User.objects.select_for_update().filter(pk=asked.payload["account"]).first()
    if account is None or rank_of(account) != asked.payload["before"]:
        raise NotPossible("The account has changed since: ask again.")
    rank_set(account, asked.payload["rank"])
    audit_append(
        actor=by.get_username(),
        action="role",
        target=asked.target,
        detail={
            "from": asked.payload["before"],
            "to": asked.payload["rank"],
            "by": asked.by.get_username(),
        },
    )
