"""Which role an account has, and its being enabled again: one asks for it, another approves."""

from typing import Final

from django.contrib.auth.models import User

from moderation.audit import audit_append
from moderation.cases import NotPossible
from moderation.models import Request
from moderation.policy.roles import Rank
from moderation.rights import is_enabled, rank_of, rank_set
from moderation.services.requests import request_make

_SUPERUSERS: Final = "Only a superuser asks for this."


def rank_ask(account: User, rank: Rank, *, by: User, why: str) -> Request:
    """Ask that an account be this from now on: a role, `superuser`, or `none`.

    One that is disabled is enabled with it; for that the role it has may be asked for.

    Raises:
        BadRequest: no reason is given.
        NotPossible: they may not, it is so already, or another change of it waits.
    """
    before, enabled = rank_of(account), is_enabled(account)
    if rank == before and (enabled or rank == "none"):
        raise NotPossible("It is so already.")
    if "superuser" in (rank, before) and not by.is_superuser:
        raise NotPossible(_SUPERUSERS)
    return request_make(
        "role",
        account.get_username(),
        by=by,
        why=why,
        payload={"account": account.pk, "rank": rank, "before": before, "enabled": enabled},
    )


def rank_give(asked: Request, by: User) -> None:
    """Carry an approved request out, if the account still is what it was, and called so.

    Raises:
        NotPossible: it is not, or whoever asked is no superuser any more where it takes one.
    """
    given = asked.payload
    account = User.objects.select_for_update().filter(pk=given["account"]).first()
    before = (asked.target, given["before"], given["enabled"])
    if account is None or before != (
        account.get_username(),
        rank_of(account),
        is_enabled(account),
    ):
        raise NotPossible("The account has changed since: ask again.")
    if "superuser" in (given["rank"], given["before"]) and not asked.by.is_superuser:
        raise NotPossible(_SUPERUSERS)
    if given["rank"] != "none":
        account.is_active = account.is_staff = True
    rank_set(account, given["rank"])
    audit_append(
        actor=by.get_username(),
        action="role",
        target=asked.target,
        detail={
            "from": given["before"],
            "to": given["rank"],
            "enabled": not given["enabled"] and is_enabled(account),
            "by": asked.by.get_username(),
        },
    )
