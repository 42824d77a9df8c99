"""A reference age provider, to try the exchange with. It believes whatever it is told.

    python deploy/age-provider/provider.py --site https://chat.example.org=<its age_key>

It knows nothing of the site but that key, and needs only `cryptography`: docs/age-assurance.md is
all that it was written from. A real one shows its visitors something better than three buttons.
"""

import argparse
import base64
import html
import json
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

REQUEST_SECONDS = 30 * 60
MOST_BYTES = 16 * 1024

PAGE = """<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Reference age provider</title>
  </head>
  <body>
    <main>
      <h1>How old are you?</h1>
      <p>{site} asks whether you are old enough. This is a provider to try things with: it believes
      you, and is not for real visitors.</p>
      <form method="post">
        <input type="hidden" name="request" value="{request}">
        {buttons}
        <button name="over" value="0">Younger</button>
        <button name="over" value="">Cancel</button>
      </form>
    </main>
  </body>
</html>
"""


class Refused(Exception):
    """A request that no site of ours signed, or that was used before."""


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def key_of(path: Path) -> Ed25519PrivateKey:
    """Give the key kept in this file; the first time it is made."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(b64(Ed25519PrivateKey.generate().private_bytes_raw()))
    return Ed25519PrivateKey.from_private_bytes(unb64(path.read_text().strip()))


class Provider:
    """What the pages need: our key, the sites we answer, and what was answered already.

    Attributes:
        sites: the public key of each, by its address.
        days: how long an answer may be believed.
    """

    def __init__(self, key: Ed25519PrivateKey, sites: dict[str, bytes], days: float) -> None:
        self.key = key
        self.sites = sites
        self.days = days
        self._answered: dict[str, float] = {}

    def read(self, token: str, *, own: str) -> dict[str, Any]:
        """Give the request in a token; `own`: our address, as the site has to know it."""
        try:
            signed, _, signature = token.rpartition(".")
            head, _, body = signed.partition(".")
            if json.loads(unb64(head)) != {"alg": "EdDSA", "typ": "age-request+jwt"}:
                raise Refused("This is no request.")
            asked: dict[str, Any] = json.loads(unb64(body))
            key = Ed25519PublicKey.from_public_bytes(self.sites[asked["iss"]])
            key.verify(unb64(signature), signed.encode())
        except (ValueError, KeyError, TypeError, InvalidSignature):
            raise Refused("This request is of no site that we know.") from None
        if asked["aud"] != own or not asked["return_to"].startswith(asked["iss"] + "/"):
            raise Refused("This request is for somebody else.")
        if not asked["iat"] - 60 <= time.time() < asked["exp"] <= asked["iat"] + REQUEST_SECONDS:
            raise Refused("This request is too old.")
        if asked["nonce"] in self._answered:
            raise Refused("This request was answered before.")
        return asked

    def answer(self, asked: dict[str, Any], over: str) -> str:
        """Give where the browser goes back to: with a token, or without when it gave up."""
        if not over:
            return f"{asked['return_to']}?{urlencode({'error': 'cancelled'})}"
        if int(over) not in (0, *asked["ages"]):
            raise Refused("Nobody asked for that age.")
        now = int(time.time())
        self._answered = {nonce: end for nonce, end in self._answered.items() if end > now}
        self._answered[asked["nonce"]] = asked["exp"]
        claims = {
            "aud": asked["iss"],
            "nonce": asked["nonce"],
            "iat": now,
            "exp": now + round(self.days * 86_400),
            "level": "provider",
            "over": int(over),
        }
        head = b64(json.dumps({"alg": "EdDSA", "typ": "age-token+jwt"}).encode())
        body = b64(json.dumps(claims).encode())
        token = f"{head}.{body}.{b64(self.key.sign(f'{head}.{body}'.encode()))}"
        return f"{asked['return_to']}?{urlencode({'token': token})}"


class Handler(BaseHTTPRequestHandler):
    """The one page: a question, and the way back."""

    provider: Provider
    own: str

    def do_GET(self) -> None:
        fields = parse_qs(urlsplit(self.path).query)
        self._reply(lambda: self._ask(fields.get("request", [""])[0]))

    def do_POST(self) -> None:
        length = min(int(self.headers.get("Content-Length") or 0), MOST_BYTES)
        fields = parse_qs(self.rfile.read(length).decode("ascii", "replace"))
        token, over = fields.get("request", [""])[0], fields.get("over", [""])[0]
        self._reply(lambda: self._back(token, over))

    def _ask(self, token: str) -> None:
        asked = self.provider.read(token, own=self.own)
        buttons = "".join(
            f'<button name="over" value="{age:d}">{age:d} or older</button>'
            for age in reversed(asked["ages"])
        )
        site = html.escape(asked["iss"])
        self._page(200, PAGE.format(site=site, request=html.escape(token), buttons=buttons))

    def _back(self, token: str, over: str) -> None:
        where = self.provider.answer(self.provider.read(token, own=self.own), over)
        self.send_response(303)
        self.send_header("Location", where)
        self.send_header("Cache-Control", "no-store")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _reply(self, work: Any) -> None:
        try:
            work()
        except (Refused, ValueError) as refused:
            self._page(400, f"<!DOCTYPE html><title>Refused</title><p>{html.escape(str(refused))}")

    def _page(self, status: int, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
        self.send_header("Cache-Control", "no-store")
        self.send_header("Referrer-Policy", "no-referrer")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: requests are about people."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--site", action="append", required=True, metavar="ADDRESS=KEY")
    parser.add_argument(
        "--key", type=Path, default=Path("age-provider.key"), help="made if missing"
    )
    parser.add_argument("--port", type=int, default=8100)
    parser.add_argument("--days", type=float, default=30, help="how long an answer holds")
    chosen = parser.parse_args()
    sites = dict(each.split("=", 1) for each in chosen.site)
    key = key_of(chosen.key)
    server = ThreadingHTTPServer(("127.0.0.1", chosen.port), Handler)
    Handler.own = f"http://127.0.0.1:{server.server_port}/"
    keys = {site: unb64(text) for site, text in sites.items()}
    Handler.provider = Provider(key, keys, chosen.days)
    print(f"AGE_PROVIDER_URL={Handler.own}")
    print(f"AGE_PROVIDER_KEY={b64(key.public_key().public_bytes_raw())}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
