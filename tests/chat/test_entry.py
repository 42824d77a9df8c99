"""Admission over HTTP: age, terms, cookies, and what nobody gets to know."""

import datetime
import logging
import re
from typing import Any

import pytest
from django.core import signing
from django.test import Client
from django.utils import timezone
from pytest_django import Settings
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from chat import visitors
from omegle.lib.ratelimit import Rate


def years_ago(years: int, *, days: int = 0) -> str:
    today = timezone.now().date()
    year = today.year - years
    try:
        birthday = today.replace(year=year)
    except ValueError:  # 29 February
        birthday = datetime.date(year, 3, 1)
    return (birthday + datetime.timedelta(days=days)).isoformat()


# Who is banned, and from where, is asked of the database.
pytestmark = pytest.mark.django_db

ADULT = {"birth_date": "1990-05-17", "terms": "on"}


def is_admitted(client: Client) -> bool:
    cookies = {name: morsel.value for name, morsel in client.cookies.items()}
    visitor = visitors.visitor_read(cookies)
    return visitor is not None and visitor.is_admitted


def test_landing_sets_the_csrf_cookie(client: Client) -> None:
    response = client.get("/")
    assert response.status_code == 200
    assert "csrftoken" in response.cookies
    assert "sessionid" not in response.cookies


def test_post_without_csrf_token_is_refused() -> None:
    client = Client(enforce_csrf_checks=True)
    assert client.post("/enter/", ADULT).status_code == 403


def test_adult_is_admitted(client: Client) -> None:
    response = client.post("/enter/", ADULT)
    assert response.status_code == 303
    assert response["Location"] == "/"
    cookie = response.cookies["visitor"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert is_admitted(client)
    assert client.get("/").context["admitted"]


def test_cookie_holds_no_birth_date(client: Client) -> None:
    value = client.post("/enter/", ADULT).cookies["visitor"].value
    assert "1990" not in value
    signed = signing.TimestampSigner(salt="chat.visitor").unsign(value)
    assert signed.split(".", 1)[1] == "self.18+.0.1"


def test_every_entry_is_another_visitor() -> None:
    values = {Client().post("/enter/", ADULT).cookies["visitor"].value for _ in range(2)}
    assert len({value.split(".")[0] for value in values}) == 2


def test_birthday_today_is_old_enough(client: Client) -> None:
    assert client.post("/enter/", ADULT | {"birth_date": years_ago(18)}).status_code == 303


def test_day_before_the_birthday_is_too_young(client: Client) -> None:
    response = client.post("/enter/", ADULT | {"birth_date": years_ago(18, days=1)})
    assert response.status_code == 403
    assert not is_admitted(client)


def test_refused_browser_stays_refused_for_a_day(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.post("/enter/", ADULT | {"birth_date": years_ago(10)})
    assert client.post("/enter/", ADULT).status_code == 403
    assert client.get("/").status_code == 403
    assert client.post("/enter/", {}).status_code == 403
    assert client.cookies["refused"]["max-age"] == 24 * 3600
    tomorrow = timezone.now().timestamp() + 24 * 3600 + 60
    monkeypatch.setattr("time.time", lambda: tomorrow)
    assert client.post("/enter/", ADULT).status_code == 303


def test_refusal_takes_an_earlier_admission_away(client: Client) -> None:
    client.post("/enter/", ADULT)
    client.post("/enter/", ADULT | {"birth_date": years_ago(10)})
    assert not is_admitted(client)


def test_too_young_without_terms_is_refused_all_the_same(client: Client) -> None:
    assert client.post("/enter/", {"birth_date": years_ago(10)}).status_code == 403
    assert client.post("/enter/", ADULT).status_code == 403


def test_refusal_gives_no_hint_of_the_threshold(client: Client) -> None:
    landing = client.get("/").content.decode()
    refusal = client.post("/enter/", ADULT | {"birth_date": years_ago(10)}).content.decode()
    for page in (landing, refusal):
        # A token is made of letters and digits by chance.
        body = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page.partition("<body")[2])
        assert "18" not in body
        assert "eighteen" not in body.lower()


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"birth_date": "1990-05-17"},
        {"terms": "on"},
        {"birth_date": "17.05.1990", "terms": "on"},
        {"birth_date": "1990-13-01", "terms": "on"},
        {"birth_date": "1990-1-1", "terms": "on"},
        {"birth_date": "1990-05-17", "terms": "no"},
        {"birth_date": "1890-01-01", "terms": "on"},
        {"birth_date": "2990-01-01", "terms": "on"},
        {"birth_date": "", "terms": "on"},
        {"birth_date": "<script>", "terms": "on"},
    ],
)
def test_missing_or_malformed_field_shows_the_form_again(
    client: Client, fields: dict[str, str]
) -> None:
    response = client.post("/enter/", fields)
    assert response.status_code == 400
    assert response.context["entry_form"].errors
    assert "<script>" not in response.content.decode().replace("<script type=", "")
    assert not is_admitted(client)


def test_who_enters_again_keeps_their_id(client: Client, settings: Settings) -> None:
    """Whom they blocked, and who blocked them, outlives a change of the terms."""
    first = client.post("/enter/", ADULT).cookies["visitor"].value
    settings.TERMS_VERSION = "2"
    second = client.post("/enter/", ADULT).cookies["visitor"].value
    assert first.split(".")[0] == second.split(".")[0]


def test_new_terms_are_asked_again(client: Client, settings: Settings) -> None:
    client.post("/enter/", ADULT)
    settings.TERMS_VERSION = "2"
    context = client.get("/").context
    assert not context["admitted"]
    assert context["terms_changed"]
    client.post("/enter/", ADULT)
    assert client.get("/").context["admitted"]


def test_young_adults_of_a_lower_threshold_have_their_own_band(
    client: Client, settings: Settings
) -> None:
    settings.MINIMUM_AGE = 16
    value = client.post("/enter/", ADULT | {"birth_date": years_ago(17)}).cookies["visitor"].value
    visitor = visitors.visitor_read({"visitor": value})
    assert visitor is not None
    assert visitor.band == "16-17"


@pytest.mark.parametrize(
    ("minimum", "more", "expected"),
    [
        (18, (), ("18+",)),
        (16, (), ("16-17", "18+")),
        (21, (), ("21+",)),
        (18, (25,), ("18-24", "25+")),
        (13, (16, 25), ("13-15", "16-17", "18-24", "25+")),
        (18, (16, 18), ("18+",)),
        (17, (), ("17-17", "18+")),
    ],
)
def test_every_age_has_one_band_and_no_minor_one_of_adults(
    settings: Settings, minimum: int, more: tuple[int, ...], expected: tuple[str, ...]
) -> None:
    settings.MINIMUM_AGE, settings.AGE_BANDS = minimum, more
    assert visitors.bands() == expected
    assert {visitors.band_of(age) for age in range(minimum)} == {None}
    assert {visitors.band_of(age) for age in range(minimum, 120)} == set(expected)
    minors = {visitors.band_of(age) for age in range(minimum, 18)}
    assert not minors & {visitors.band_of(age) for age in range(18, 120)}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"MINIMUM_AGE": 18}, {"MINIMUM_AGE": 21}),
        ({"MINIMUM_AGE": 16}, {"MINIMUM_AGE": 18, "born": 17}),
        ({}, {"AGE_BANDS": (25,)}),
        ({"AGE_ASSURANCE": "none"}, {"AGE_ASSURANCE": "self"}),
        ({}, {"AGE_ASSURANCE": "none"}),
    ],
    ids=str,
)
def test_other_ages_are_asked_again(
    client: Client, settings: Settings, before: dict[str, Any], after: dict[str, Any]
) -> None:
    """Nobody keeps what they said under other borders: a birth date is not there to look it up."""
    for name, value in before.items():
        setattr(settings, name, value)
    answer = {"birth_date": years_ago(after.pop("born", 19)), "terms": "on"}
    first = client.post("/enter/", answer).cookies["visitor"].value
    assert is_admitted(client)
    for name, value in after.items():
        setattr(settings, name, value)
    assert not is_admitted(client)
    page = client.get("/")
    assert not page.context["admitted"]
    assert 'name="birth_date"' in page.content.decode()
    if client.post("/enter/", ADULT).status_code == 303:
        assert is_admitted(client)
        assert client.cookies["visitor"].value.split(".")[0] == first.split(".")[0]


def test_none_says_that_nothing_rests_on_the_answer(client: Client, settings: Settings) -> None:
    settings.AGE_ASSURANCE = "none"
    value = client.post("/enter/", ADULT).cookies["visitor"].value
    visitor = visitors.visitor_read({"visitor": value})
    assert visitor is not None
    assert (visitor.level, visitor.until) == ("none", 0)
    assert Client().post("/enter/", {"terms": "on"}).status_code == 400
    assert Client().post("/enter/", ADULT | {"birth_date": years_ago(10)}).status_code == 403


@pytest.mark.parametrize(
    "visitor",
    [
        visitors.Visitor("a", "1.2", "self", "18+", 0, 0),
        visitors.Visitor("a", "1", "provider", "16-17", 17, 1_790_000_000),
        visitors.Visitor("a", "", "none", "25+", 0, 0),
    ],
    ids=str,
)
def test_cookie_gives_back_what_was_written(visitor: visitors.Visitor) -> None:
    assert visitors.visitor_read({"visitor": visitors.visitor_write(visitor)}) == visitor


@pytest.mark.parametrize("value", ["", "x", "a.self.adult.1", "a.self.adult.1:x:y", "é"])
def test_forged_cookie_is_nobody(value: str) -> None:
    assert visitors.visitor_read({"visitor": value}) is None


@pytest.mark.parametrize("level", ["", "other", "provider-", "provider-x", "self-1-2", "self-٣"])
def test_signed_level_that_is_none_is_nobody(level: str) -> None:
    value = signing.TimestampSigner(salt="chat.visitor").sign(f"a.{level}.18+.0.1")
    assert visitors.visitor_read({"visitor": value}) is None


def test_old_cookie_is_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    value = visitors.visitor_write(visitors.visitor_new(band="18+"))
    later = timezone.now().timestamp() + 31 * 24 * 3600
    monkeypatch.setattr("time.time", lambda: later)
    assert visitors.visitor_read({"visitor": value}) is None


def test_entering_too_often_is_limited(client: Client, settings: Settings) -> None:
    settings.LIMIT_ENTER = Rate(3, 60)
    codes = [Client().post("/enter/", ADULT).status_code for _ in range(4)]
    assert codes == [303, 303, 303, 429]


def test_forged_forwarded_address_has_no_budget_of_its_own(settings: Settings) -> None:
    settings.LIMIT_ENTER = Rate(1, 60)
    codes = [
        Client().post("/enter/", ADULT, headers={"X-Forwarded-For": f"203.0.113.{n}"}).status_code
        for n in (1, 2)
    ]
    assert codes == [303, 429]


def test_birth_date_is_not_logged(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    client.post("/enter/", ADULT)
    client.post("/enter/", {"birth_date": "1990-05-17"})
    assert "1990" not in caplog.text


@pytest.mark.parametrize("path", ["/", "/terms/", "/safety/"])
def test_pages_have_the_strict_policy(client: Client, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 200
    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    body = response.content.decode()
    assert " style=" not in body
    assert " onclick=" not in body
    assert "<style" not in body


def test_status_names_every_queue(client: Client) -> None:
    assert client.get("/status.json").json() == {
        "online": 0,
        "waiting": {"text": 0, "video": 0, "ask": 0, "discuss": 0},
        "spy": {"ask_seconds": None, "discuss_seconds": None, "short": None},
        "waits": {"text": None, "video": None},
    }


def test_redis_away_is_said_gently(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    away = Redis(unix_socket_path="/nonexistent/redis.sock", retry=Retry(NoBackoff(), 0))
    monkeypatch.setattr("chat.views.status.sync_client", lambda: away)
    assert client.get("/").status_code == 200
    assert client.get("/status.json").status_code == 503
