"""Which language a page is in, the switch, and the scripts' words."""

import re

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.utils import translation

from omegle.languages import words_url


@pytest.fixture
def page() -> Client:
    return Client()


@pytest.mark.parametrize(
    ("asked", "language", "direction"),
    [
        ("de-AT,de;q=0.9,en;q=0.8", "de", "ltr"),
        ("pt-BR", "pt", "ltr"),
        ("ar", "ar", "rtl"),
        ("tlh, fr;q=0.4", "fr", "ltr"),
        ("xx", "en", "ltr"),
        ("", "en", "ltr"),
        ("de" * 5000, "en", "ltr"),
    ],
)
def test_browser_asks_for_language_page_is_in_it(
    page: Client, asked: str, language: str, direction: str
) -> None:
    answer = page.get("/help/", headers={"accept-language": asked})
    assert re.search(rf'<html lang="{language}"\s+dir="{direction}">', answer.text)
    assert answer.headers["Content-Language"] == language
    assert "Accept-Language" in answer.headers["Vary"]


def test_language_chosen_outweighs_the_browsers(page: Client) -> None:
    came_from = {"referer": "http://testserver/help/?from=footer"}
    answer = page.post("/language/", {"language": "es"}, headers=came_from)
    assert answer.headers["Location"] == came_from["referer"]
    cookie = answer.cookies["language"]
    assert cookie.value == "es"
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert '<html lang="es"' in page.get("/help/", headers={"accept-language": "de"}).text


@pytest.mark.parametrize("wish", ["tlh", "", "../de", "d" * 10_000])
def test_language_that_is_none_of_ours_changes_nothing(page: Client, wish: str) -> None:
    answer = page.post("/language/", {"language": wish})
    assert answer.status_code == 302
    assert "language" not in answer.cookies


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "javascript:1"])
def test_switch_leads_nowhere_else(page: Client, elsewhere: str) -> None:
    answer = page.post(
        "/language/", {"language": "es", "next": elsewhere}, headers={"referer": elsewhere}
    )
    assert "evil" not in answer.headers["Location"]
    assert "javascript" not in answer.headers["Location"]


@pytest.mark.django_db
def test_switch_leads_from_a_refused_entry_to_the_start(page: Client) -> None:
    """The page stands at an address that only takes what is posted there."""
    shown = page.post("/enter/", {})
    assert shown.status_code == 400
    found = re.search(r'name="next"\s+value="(.+?)"', shown.text)
    assert found
    assert page.get(found[1]).status_code == 200


def test_request_that_cannot_be_read_is_answered_in_the_language_asked_for(page: Client) -> None:
    answer = page.get("/help/", headers={"host": "not ours", "accept-language": "ar"})
    assert answer.status_code == 400
    assert re.search(r'<html lang="ar"\s+dir="rtl">', answer.text)


@pytest.mark.parametrize(
    "name", ["400", "403", "403_csrf", "404", "500", "offline", "errors/429", "errors/503"]
)
def test_error_pages_need_neither_request_nor_database(name: str) -> None:
    with translation.override("ar"):
        page = render_to_string(f"{name}.html")
    assert re.search(r'<html lang="ar"\s+dir="rtl">', page)
    assert 'action="/language/"' not in page


def test_desk_is_in_one_language(page: Client) -> None:
    answer = page.get("/admin/login/", headers={"accept-language": "de"})
    assert '<html lang="en' in answer.text


def test_words_are_where_the_page_says_and_may_be_kept(page: Client) -> None:
    shown = page.get("/help/", headers={"accept-language": "ar"}).text
    found = re.search(r'<script src="(/words/ar\.\w+\.js)" defer>', shown)
    assert found
    answer = page.get(found[1])
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert "immutable" in answer.headers["Cache-Control"]
    assert "public" in answer.headers["Cache-Control"]
    assert not answer.cookies


def test_words_of_english_need_no_script(page: Client) -> None:
    with translation.override("en"):
        assert words_url() == ""
    assert "/words/" not in page.get("/help/", headers={"accept-language": "en"}).text


@pytest.mark.parametrize("path", ["/words/de.0123456789abcdef.js", "/words/tlh.x.js"])
def test_words_that_are_not_there_are_not_found(page: Client, path: str) -> None:
    assert page.get(path).status_code == 404
