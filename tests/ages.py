"""An age provider for tests: its key, and answers to what a browser was sent with."""

import json
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.test import Client

from omegle.lib.tokens import b64_read, token_sign

URL = "https://age.example.org/check"


@dataclass
class AgeProvider:
    """Vouches for whom it is told to, as long as `lasts`."""

    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    lasts: int = 86_400

    def serves(self, settings: Any) -> None:
        """Be the provider of these settings."""
        settings.AGE_ASSURANCE = "provider"
        settings.AGE_PROVIDER_URL = URL
        settings.AGE_PROVIDER_KEY = self.key.public_key().public_bytes_raw()

    def claims(self, asked: dict[str, Any], **changed: Any) -> dict[str, Any]:
        now = int(time.time())
        return {
            "aud": asked["iss"],
            "nonce": asked["nonce"],
            "iat": now,
            "exp": now + self.lasts,
            "level": "provider",
            "over": max(asked["ages"]),
        } | changed

    def token(self, asked: dict[str, Any], **changed: Any) -> str:
        return token_sign(self.key, "age-token+jwt", self.claims(asked, **changed))


def asked_of(location: str) -> dict[str, Any]:
    """Give what a browser that is sent to this address asks there."""
    assert location.startswith(f"{settings.AGE_PROVIDER_URL}?request=")
    (request,) = parse_qs(urlsplit(location).query)["request"]
    asked: dict[str, Any] = json.loads(b64_read(request.split(".")[1]))
    return asked


def goes(client: Client) -> dict[str, Any]:
    """Let a browser go to the provider."""
    response = client.get("/age/")
    assert response.status_code == 303
    return asked_of(response["Location"])
