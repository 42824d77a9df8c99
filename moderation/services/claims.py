"""Holding what is claimed before it is answered: appeals and notices. Cases have more to heed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from moderation.audit import audit_append
from moderation.cases import NotPossible, Stale
from moderation.models import Appeal, Notice
from moderation.policy import CLAIM
from moderation.selectors.claims import ClaimActions

Claimed = TypeVar("Claimed", Appeal, Notice)


@dataclass(frozen=True, slots=True)
class Claims(Generic[Claimed]):
    """The claims on one kind of them.

    Attributes:
        what: how one is called.
        actions: what somebody may do now with one.
    """

    model: type[Claimed]
    what: str
    actions: Callable[[Claimed, User], ClaimActions]

    def claim(self, id: int, *, moderator: User) -> Claimed:
        """Take one for a while; one they hold already stays theirs, for longer.

        Raises:
            NotPossible: somebody holds it, it is answered, or it is not for them to answer.
        """
        with transaction.atomic():
            claimed = self._locked(id)
            actions = self.actions(claimed, moderator)
            if actions.barred and not actions.can_claim:
                raise NotPossible(actions.barred)
            _hold(claimed, moderator)
            if actions.can_claim:
                audit_append(actor=moderator.get_username(), action="claim", target=str(claimed))
        return claimed

    def renew(self, id: int, *, moderator: User) -> Claimed:
        """Hold a claimed one for longer; nothing changes for one that they do not hold."""
        with transaction.atomic():
            claimed = self._locked(id)
            if not self.actions(claimed, moderator).barred:
                _hold(claimed, moderator)
        return claimed

    def release(self, id: int, *, moderator: User) -> Claimed:
        """Give a claimed one back.

        Raises:
            NotPossible: they do not hold it.
        """
        with transaction.atomic():
            claimed = self._locked(id)
            if claimed.claimed_by != moderator:
                raise NotPossible(f"You do not hold this {self.what}.")
            _hold(claimed, None)
        return claimed

    def to_answer(self, id: int, *, moderator: User, version: int) -> Claimed:
        """Give one that the moderator holds, locked and no longer claimed; its caller saves it.

        Raises:
            Stale: it has changed since `version`.
            NotPossible: they do not hold it, or it is not for them to answer.
        """
        claimed = self._locked(id)
        if claimed.version != version:
            raise Stale("It has changed since you saw it. Here is how it stands now.")
        if barred := self.actions(claimed, moderator).barred:
            raise NotPossible(barred)
        claimed.claimed_by = claimed.claimed_until = None
        claimed.version += 1
        return claimed

    def _locked(self, id: int) -> Claimed:
        # Alone: what is joined to a row that was waited for is as it was before the wait.
        return self.model.objects.select_for_update().get(pk=id)


def _hold(claimed: Appeal | Notice, moderator: User | None) -> None:
    """Give a locked one to somebody, or to nobody; another holder is another version."""
    if claimed.claimed_by != moderator:
        claimed.version += 1
    claimed.claimed_by = moderator
    claimed.claimed_until = timezone.now() + CLAIM if moderator else None
    claimed.save(update_fields=["version", "claimed_by", "claimed_until"])
