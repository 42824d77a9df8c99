"""What every answer tells a browser, whichever page it is: all addresses are looked at."""

import asyncio
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from pytest_django import Settings

from moderation.receipts import receipt_url
from tests.moderation.factories import report
from tests.moderation.staff import signed_in
from tests.strangers import serving

pytestmark = pytest.mark.django_db

POLICY = {
    "default-src": "'none'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    **dict.fromkeys(
        ("script-src", "style-src", "img-src", "font-src", "connect-src", "worker-src"), "'self'"
    ),
    "manifest-src": "'self'",
}
INLINE = re.compile(
    rb"<style|<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")| style=| on\w+="
)


def names(patterns: Iterable[Any], space: str = "") -> Iterable[str]:
    """Give the name of every address that takes no argument."""
    for each in patterns:
        if isinstance(each, URLResolver):
            if each.pattern.regex.groups == 0:
                inner = f"{space}{each.namespace}:" if each.namespace else space
                yield from names(each.url_patterns, inner)
        elif isinstance(each, URLPattern) and each.name and each.pattern.regex.groups == 0:
            yield f"{space}{each.name}"


# The same for everybody, or for all of an age: a browser may keep them for a while.
KEPT = {"interests", "manifest", "worker"}
NAMES = sorted(set(names(get_resolver().url_patterns)))


def check(response: Any, *, keeps: bool = False) -> None:
    told = response.headers
    directives = dict(
        part.strip().split(" ", 1) for part in told["Content-Security-Policy"].split(";")
    )
    assert directives == POLICY
    assert told["X-Content-Type-Options"] == "nosniff"
    assert told["X-Frame-Options"] == "DENY"
    assert told["Referrer-Policy"] == "same-origin"
    assert told["Cross-Origin-Opener-Policy"] == "same-origin"
    assert told["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=(self)" in told["Permissions-Policy"]
    assert "geolocation=()" in told["Permissions-Policy"]
    if not keeps:
        assert "no-store" in told["Cache-Control"]
    if "html" in told.get("Content-Type", ""):
        assert not INLINE.search(response.content), INLINE.search(response.content)


def test_there_is_something_to_look_at() -> None:
    assert {"home", "privacy", "readyz", "admin:index", "admin:login"} <= set(NAMES)
    assert len([name for name in NAMES if name.startswith("admin:moderation_")]) > 8


def test_every_page_has_every_header() -> None:
    client, _ = signed_in("superuser")
    for name in NAMES:
        print(name)  # shown of the one that fails
        response = client.get(reverse(name))
        assert response.status_code < 500
        check(response, keeps=name in KEPT)


@pytest.mark.parametrize(
    ("path", "status"),
    [("/nowhere/", 404), ("/reports/OM-AAAA-AAAA/x/", 404), ("/enter/", 405), ("/admin/", 302)],
)
def test_refusals_have_every_header(client: Client, path: str, status: int) -> None:
    response = client.get(path)
    assert response.status_code == status
    check(response)


def test_secret_link_has_every_header(client: Client) -> None:
    reference = report().reports.get().reference
    response = client.get(urlsplit(receipt_url(reference)).path)
    assert response.status_code == 200
    check(response)


def test_case_has_every_header() -> None:
    client, _ = signed_in("superuser")
    response = client.get(reverse("admin:moderation_case_change", args=[report().pk]))
    assert response.status_code == 200
    check(response)


def test_static_file_may_be_kept_and_loaded_by_us_alone(
    client: Client, settings: Settings, tmp_path: Path
) -> None:
    settings.STATIC_ROOT = tmp_path
    (tmp_path / "a.css").write_text("a {}")
    (tmp_path / "a.0123456789ab.css").write_text("a {}")
    for name in ("a.css", "a.0123456789ab.css"):
        response = Client().get(f"/static/{name}")
        assert response.status_code == 200
        assert response["Cross-Origin-Resource-Policy"] == "same-origin"
        assert response["X-Content-Type-Options"] == "nosniff"
        assert "public" in response["Cache-Control"]


@pytest.mark.parametrize("announced", [True, False], ids=["announced", "in chunks"])
@pytest.mark.parametrize("path", ["/", "/enter/", "/admin/login/"])
async def test_body_longer_than_any_of_ours_is_refused(path: str, announced: bool) -> None:
    body = b"x" * (1024 * 1024 + 1)
    length = f"Content-Length: {len(body)}" if announced else "Transfer-Encoding: chunked"
    async with serving() as chat:
        reader, writer = await asyncio.open_connection(chat.host, chat.port)
        head = f"POST {path} HTTP/1.1\r\nHost: {chat.host}\r\n{length}\r\n\r\n"
        writer.write(head.encode())
        writer.write(body if announced else b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))
        told = await reader.readuntil(b"\r\n\r\n")
        writer.close()
    assert told.startswith(b"HTTP/1.1 413 ")
    assert b"x-content-type-options: nosniff" in told


def test_form_longer_than_any_of_ours_is_refused(client: Client) -> None:
    response = client.post("/enter/", {"birth_date": "x" * (256 * 1024 + 1)})
    assert response.status_code == 413
    check(response)


@pytest.mark.parametrize("secure", [True, False])
def test_hsts_follows_the_scheme(client: Client, settings: Settings, secure: bool) -> None:
    settings.SECURE_HSTS_SECONDS = 31_536_000
    response = client.get("/terms/", secure=secure)
    assert ("Strict-Transport-Security" in response) == secure
