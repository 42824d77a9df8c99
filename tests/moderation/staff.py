"""Members of staff for tests: enrolled ones, and clients in which they are signed in."""

import secrets
from base64 import b32decode
from typing import Any, Literal

from django.contrib.auth.models import User
from django.test import Client
from django_otp import DEVICE_ID_SESSION_KEY
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice

from moderation.policy.roles import Role
from moderation.rights import rights_changing
from moderation.staff import staff_enrol

Rank = Role | Literal["superuser"]


def enrol(role: Rank = "moderator", name: str = "") -> tuple[User, str, str]:
    """Give a new member of staff, the password and the secret of the second factor in base32."""
    with rights_changing():
        enrolment = staff_enrol(
            name=name or f"{role}-{secrets.token_hex(3)}",
            role=None if role == "superuser" else role,
        )
    assert enrolment.password
    return User.objects.get(username=enrolment.name), enrolment.password, enrolment.secret


def token(secret: str, *, steps: int = 0) -> str:
    """Give the code an authenticator app shows now, or some steps of 30 s later."""
    return f"{totp(b32decode(secret), t0=-30 * steps):06d}"


def counted(page: Any) -> dict[str, int]:
    """Give what the row of links above a page counts, by their labels; only what there is."""
    return {link["label"]: link["count"] for link in page.context["desk_links"] if link["count"]}


def signed_in(role: Rank = "moderator", *, client: Client | None = None) -> tuple[Client, User]:
    """Give a client in which a new member of staff is signed in with a verified second factor."""
    user, _, _ = enrol(role)
    client = client or Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    session = client.session
    session[DEVICE_ID_SESSION_KEY] = TOTPDevice.objects.get(user=user).persistent_id
    session.save()
    return client, user
