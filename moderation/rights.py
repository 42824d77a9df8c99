"""What accounts may do, and the guard over it: a role takes two people, once there were two.

`rank_set` is the one that changes a rank; `services.ranks` calls it for a request that another
approved, `staff` for the first accounts. Signals refuse every other way through Django, the admin
and a shell included, as long as two accounts could do it by request.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final, get_args

from django.contrib.auth.models import Group, User
from django.db.models import Q
from django.db.models.signals import m2m_changed, pre_save

from moderation.policy.roles import Rank, Role

# What a request for a role takes, of who asks and of who approves.
ROLE_PERMISSION: Final = "auth.change_user"

# What of an account's own row makes a difference.
_WATCHED: Final = frozenset({"is_superuser", "is_active", "is_staff"})

_changing: ContextVar[bool] = ContextVar("rights_changing", default=False)


class NeedsTwo(Exception):
    """What an account may do is changed by request only; a sentence."""


def rank_of(user: User) -> Rank:
    """Give the highest of what an account is: `superuser`, its role, or `none`."""
    if user.is_superuser:
        return "superuser"
    roles = set(user.groups.values_list("name", flat=True))
    return next((role for role in reversed(get_args(Role)) if role in roles), "none")


def has_rights(user: User) -> bool:
    """Whether an account may do anything, were it enabled."""
    return user.is_superuser or user.groups.exists() or user.user_permissions.exists()


def is_enabled(user: User) -> bool:
    """Whether an account may sign in at the desk."""
    return user.is_active and user.is_staff


def rank_set(user: User, rank: Rank) -> None:
    """Let an account be this and nothing else, enabled or not as it stands; the caller has seen to
    who may.
    """
    with rights_changing():
        user.is_superuser = rank == "superuser"
        user.save(update_fields=["is_superuser", "is_active", "is_staff"])
        groups = [] if rank in ("superuser", "none") else [Group.objects.get(name=rank)]
        user.groups.set(groups)
        user.user_permissions.clear()


def role_approvers() -> set[int]:
    """Give the accounts that may ask for roles and approve them, disabled ones too.

    Else whoever disables all the others would be free to give roles alone.
    """
    app, codename = ROLE_PERMISSION.split(".")
    same = {"content_type__app_label": app, "codename": codename}
    may = (
        Q(is_superuser=True)
        | Q(**{f"groups__permissions__{field}": value for field, value in same.items()})
        | Q(**{f"user_permissions__{field}": value for field, value in same.items()})
    )
    return set(User.objects.filter(may).values_list("pk", flat=True))


def rights_are_free() -> bool:
    """Whether a role may be given at once: there are not two yet who could ask and approve."""
    return _changing.get() or len(role_approvers()) < 2


@contextmanager
def rights_changing() -> Iterator[None]:
    """Let what accounts may do be changed; for `rank_set`, `roles.groups_sync` and tests."""
    before = _changing.set(True)
    try:
        yield
    finally:
        _changing.reset(before)


def guard_connect() -> None:
    """Have the signals refuse what goes around `rank_set`; once, when the app is ready."""
    for through in (User.groups.through, User.user_permissions.through, Group.permissions.through):
        m2m_changed.connect(_membership_check, sender=through, dispatch_uid=f"rights-{through}")
    pre_save.connect(_account_check, sender=User, dispatch_uid="rights-account")


def _membership_check(action: str, pk_set: set[Any] | None, **kwargs: Any) -> None:
    is_change = action in ("pre_add", "pre_remove") and pk_set
    if (is_change or action == "pre_clear") and not rights_are_free():
        raise NeedsTwo("Roles and their rights are changed by request: another person approves.")


def _account_check(
    instance: User, raw: bool, update_fields: frozenset[str] | None, **kwargs: Any
) -> None:
    written = _WATCHED if update_fields is None else _WATCHED & update_fields
    if raw or not written:
        return
    before = User.objects.filter(pk=instance.pk).first()
    # As the row will be: what is not written stays as it was.
    kept = {name: getattr(before, name) for name in _WATCHED - written} if before else {}
    after = User(**{name: getattr(instance, name) for name in _WATCHED} | kept)
    if after.is_superuser != bool(before and before.is_superuser) and not rights_are_free():
        raise NeedsTwo("A superuser is made and unmade by request: another person approves.")
    is_disabled = before is not None and not is_enabled(before) and has_rights(before)
    if is_disabled and is_enabled(after) and not rights_are_free():
        raise NeedsTwo("An account that has a role is enabled by request: another person approves.")
