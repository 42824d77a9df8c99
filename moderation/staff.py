"""Enrolling staff: an account with a role, a password and a second factor.

Doors are the command `create_moderator` and the first `make run`. What is returned is kept nowhere
else: the password only as a hash, the secret only in the device.
"""

import secrets
from base64 import b32encode
from dataclasses import dataclass, field

from django.contrib.auth import get_user_model, password_validation
from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError
from django.db import transaction
from django_otp.plugins.otp_totp.models import TOTPDevice

from moderation.policy import Role


class Refused(Exception):
    """Somebody cannot be enrolled like this; the text says why."""


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What one person needs to sign in, shown once.

    Attributes:
        password: the one that was made; None when it was given, or the present one stays.
        secret: the second factor in base32, for typing into an authenticator app.
        uri: the same as an otpauth address, for a QR code.
    """

    name: str
    password: str | None = field(repr=False)
    secret: str = field(repr=False)
    uri: str = field(repr=False)

    def lines(self) -> list[str]:
        """Give it for a terminal."""
        rows = {"name": self.name, "password": self.password, "secret": self.secret}
        rows["app link"] = self.uri
        return [f"  {label:<9} {value}" for label, value in rows.items() if value]


@transaction.atomic
def staff_enrol(*, name: str, role: Role | None, password: str | None = None) -> Enrolment:
    """Make an account that may sign in; without a role it may do everything.

    Without a password one is made.

    Raises:
        Refused: the name is taken or impossible, or the password is weak.
    """
    users = get_user_model().objects
    if users.filter(username=name).exists():
        raise Refused(f"{name} exists already; --new-device gives another second factor")
    user = User(username=name, is_staff=True, is_superuser=role is None)
    try:
        user.clean_fields(exclude=["password"])
        if password is not None:
            password_validation.validate_password(password, user)
    except ValidationError as error:
        raise Refused(" ".join(error.messages)) from None
    made = secrets.token_urlsafe(15) if password is None else None
    user.set_password(made or password)
    user.save()
    if role is not None:
        user.groups.add(Group.objects.get(name=role))
    return _device_new(user, made)


@transaction.atomic
def staff_new_device(*, name: str) -> Enrolment:
    """Replace somebody's second factor, which ends their sessions.

    Raises:
        Refused: there is nobody of this name.
    """
    user = User.objects.filter(username=name).first()
    if user is None:
        raise Refused(f"there is nobody called {name}")
    TOTPDevice.objects.filter(user=user).delete()
    return _device_new(user, None)


def _device_new(user: User, password: str | None) -> Enrolment:
    device = TOTPDevice.objects.create(user=user, name="authenticator app")
    return Enrolment(
        name=user.get_username(),
        password=password,
        secret=b32encode(device.bin_key).decode(),
        uri=device.config_url,
    )
