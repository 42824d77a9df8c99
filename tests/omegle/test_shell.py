"""The site as something to install: manifest, icons, the service worker and what it keeps."""

import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from PIL import Image

from tests.languages import Catalogue

STATIC = Path(settings.BASE_DIR) / "static"


def test_manifest_names_icons_that_are_as_it_says(client: Client) -> None:
    response = client.get("/manifest.webmanifest")
    assert response["Content-Type"] == "application/manifest+json"
    manifest = json.loads(response.content)
    assert (manifest["start_url"], manifest["scope"]) == ("/", "/")
    assert {icon["purpose"] for icon in manifest["icons"]} == {"any", "maskable"}
    for icon in manifest["icons"]:
        with Image.open(STATIC / icon["src"].removeprefix("/static/")) as image:
            assert icon["sizes"] == f"{image.width}x{image.height}"


def test_every_page_leads_to_the_manifest(client: Client) -> None:
    page = client.get("/rules/").content.decode()
    assert 'rel="manifest" href="/manifest.webmanifest"' in page


def shell(client: Client) -> dict[str, Any]:
    response = client.get("/worker.js")
    assert response["Content-Type"] == "text/javascript"
    assert "no-cache" in response["Cache-Control"]
    first, _, rest = response.content.decode().partition("\n")
    assert rest == (STATIC / "js" / "shell" / "worker.js").read_text("utf-8")
    found = re.fullmatch(r"self\.shell = (\{.*\});", first)
    assert found
    told: dict[str, Any] = json.loads(found[1])
    return told


def test_worker_keeps_only_what_is_the_same_for_everybody(client: Client) -> None:
    told = shell(client)
    assert told["version"] == ""
    assert told["offline"] == "/offline/"
    for url in told["files"]:
        assert (STATIC / url.removeprefix(told["static"])).is_file()
    client.cookies["visitor"] = "whatever"
    kept = client.get("/offline/")
    assert kept.cookies == {}
    assert kept.content == Client().get("/offline/").content


def test_worker_is_another_one_after_a_switch_and_keeps_the_page_in_that_language(
    client: Client,
) -> None:
    assert shell(client)["language"] == "en"
    client.cookies["language"] = "de"
    assert shell(client)["language"] == "de"
    assert {"Accept-Language", "Cookie"} <= set(client.get("/worker.js")["Vary"].split(", "))
    # It asks without cookies, by this header alone.
    kept = Client().get("/offline/", headers={"accept-language": "de"})
    assert '<html lang="de"' in kept.text


def test_worker_is_another_one_with_other_files(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = []
    for version in ("one", "two"):
        storage = SimpleNamespace(manifest_hash=version)
        monkeypatch.setattr("omegle.shell.staticfiles_storage", storage)
        answers.append(client.get("/worker.js").content)
    assert answers[0] != answers[1]


def test_manifest_is_in_the_language_of_the_page(client: Client, german: Catalogue) -> None:
    german.teach({"Talk to a stranger, one to one and without an account.": "Sprich."})
    answer = client.get("/manifest.webmanifest", headers={"accept-language": "de"})
    told = json.loads(answer.content)
    assert (told["description"], told["lang"], told["dir"]) == ("Sprich.", "de", "ltr")
    assert {"Accept-Language", "Cookie"} <= set(answer["Vary"].split(", "))
    arabic = client.get("/manifest.webmanifest", headers={"accept-language": "ar"})
    assert json.loads(arabic.content)["dir"] == "rtl"
