"""Enrolling staff: an account with a role, a password and a second factor.

Doors are the command `create_moderator` and the first `make run`. What is returned is kept nowhere
else: the password only as a hash, the secret only in the device. Once two accounts can answer a
request for a role, an account begins without one, and a request is made for it.
"""

import secrets
from base64 import b32encode
from dataclasses import dataclass, field

from django.contrib.auth import get_user_model, password_validation
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django_otp.plugins.otp_totp.models import TOTPDevice

from moderation.audit import audit_append
from moderation.cases import NotPossible
from moderation.models import Request
from moderation.policy.roles import Role
from moderation.rights import rank_set, rights_are_free
from moderation.services.ranks import rank_ask


class Refused(Exception):
    """Somebody cannot be enrolled like this; the text says why."""


class Nobody(Refused):
    """There is nobody of this name."""


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What one person needs to sign in, shown once.

    Attributes:
        password: the one that was made; None when it was given, or the present one stays.
        secret: the second factor in base32, for typing into an authenticator app.
        uri: the same as an otpauth address, for a QR code.
        request: what asks for their role, when another person has to approve it first.
    """

    name: str
    password: str | None = field(repr=False)
    secret: str = field(repr=False)
    uri: str = field(repr=False)
    request: Request | None = None

    def lines(self) -> list[str]:
        """Give it for a terminal."""
        rows = {"name": self.name, "password": self.password, "secret": self.secret}
        rows["app link"] = self.uri
        return [f"  {label:<9} {value}" for label, value in rows.items() if value]


@transaction.atomic
def staff_enrol(
    *, name: str, role: Role | None, password: str | None = None, by: str = "", actor: str = ""
) -> Enrolment:
    """Make an account that may sign in; without a role it may do everything.

    Without a password one is made. `by`: who asks for the role, once another has to approve it.
    `actor`: who is written down for it; '' where a copy that starts makes its first account.

    Raises:
        Refused: the name is taken or impossible, the password is weak, or nobody asks for the role
            who may.
    """
    users = get_user_model().objects
    if users.filter(username=name).exists():
        raise Refused(f"{name} exists already; --new-device gives another second factor")
    user = User(username=name, is_staff=True)
    try:
        user.clean_fields(exclude=["password"])
        if password is not None:
            password_validation.validate_password(password, user)
    except ValidationError as error:
        raise Refused(" ".join(error.messages)) from None
    made = secrets.token_urlsafe(15) if password is None else None
    user.set_password(made or password)
    user.save()
    if actor:
        audit_append(actor=actor, action="add-account", target=name)
    asked = None
    if rights_are_free():
        rank_set(user, role or "superuser")
    else:
        asked = _role_ask(user, role, by)
    return _device_new(user, made, asked)


def _role_ask(user: User, role: Role | None, by: str) -> Request:
    asking = User.objects.filter(username=by).first()
    if asking is None:
        raise Refused("another person has to approve a role by now; --by NAME says who asks for it")
    try:
        return rank_ask(user, role or "superuser", by=asking, why="Enrolled by the command.")
    except NotPossible as refused:
        raise Refused(f"{by} cannot ask for it: {refused}") from None


@transaction.atomic
def staff_new_device(*, name: str, actor: str) -> Enrolment:
    """Replace somebody's second factor, which ends their sessions; `actor` is written down for it.

    Raises:
        Nobody: there is nobody of this name.
    """
    user = User.objects.filter(username=name).first()
    if user is None:
        raise Nobody(f"there is nobody called {name}")
    TOTPDevice.objects.filter(user=user).delete()
    audit_append(actor=actor, action="new-device", target=name)
    return _device_new(user, None, None)


def _device_new(user: User, password: str | None, asked: Request | None) -> Enrolment:
    device = TOTPDevice.objects.create(user=user, name="authenticator app")
    return Enrolment(
        name=user.get_username(),
        password=password,
        secret=b32encode(device.bin_key).decode(),
        uri=device.config_url,
        request=asked,
    )
