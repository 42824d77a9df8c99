"""A provider vouches for ages: the round trip, and every answer that is not believed."""

import json
import logging
import time
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.management import call_command
from django.test import Client
from pytest_django import Settings

from chat import visitors
from chat.assurance import public_key
from omegle.lib.ratelimit import Rate
from omegle.lib.tokens import b64_read, b64_write, token_read, token_sign
from tests.ages import URL, AgeProvider, asked_of, goes
from tests.chat.test_entry import ADULT, years_ago

pytestmark = pytest.mark.django_db


@pytest.fixture
def provider(settings: Settings) -> AgeProvider:
    made = AgeProvider()
    made.serves(settings)
    return made


def visitor_of(client: Client) -> visitors.Visitor | None:
    return visitors.visitor_read({name: each.value for name, each in client.cookies.items()})


def is_admitted(client: Client) -> bool:
    visitor = visitor_of(client)
    return visitor is not None and visitor.is_admitted


def entered() -> Client:
    """A browser that has answered at the door."""
    client = Client()
    assert client.post("/enter/", ADULT).status_code == 303
    return client


def returns(client: Client, token: str) -> Any:
    return client.get("/age/return/", {"token": token})


def test_who_was_vouched_for_is_admitted(provider: AgeProvider) -> None:
    client = entered()
    assert not is_admitted(client)
    page = client.get("/")
    assert not page.context["admitted"]
    assert 'href="/age/"' in page.content.decode()
    assert "age.example.org" in page.content.decode()
    before = visitor_of(client)
    response = returns(client, provider.token(goes(client)))
    assert (response.status_code, response["Location"]) == (303, "/")
    assert is_admitted(client)
    after = visitor_of(client)
    assert before is not None
    assert after is not None
    assert after.id == before.id, "whom they blocked stays blocked"
    assert (after.level, after.band) == ("provider", "18+")
    assert abs(after.until - time.time() - provider.lasts) < 10
    assert client.get("/").context["admitted"]
    assert client.get("/age/")["Location"] == "/", "there is nothing to ask any more"


def test_request_says_where_from_and_which_ages_matter_and_no_more(
    provider: AgeProvider, settings: Settings
) -> None:
    settings.MINIMUM_AGE, settings.AGE_BANDS = 16, (25,)
    client = entered()
    asked = goes(client)
    now = int(time.time())
    assert asked.pop("nonce")
    assert abs(asked.pop("iat") - now) < 10
    assert abs(asked.pop("exp") - now - 1800) < 10
    assert asked == {
        "iss": "http://127.0.0.1:8000",
        "aud": URL,
        "return_to": "http://127.0.0.1:8000/age/return/",
        "ages": [16, 18, 25],
    }


def test_request_is_signed_with_the_key_that_is_told(
    provider: AgeProvider, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("age_key")
    told = capsys.readouterr().out.strip()
    assert told == public_key()
    request = entered().get("/age/")["Location"].partition("request=")[2]
    asked = token_read(request, key=b64_read(told), kind="age-request+jwt", shape=dict[str, Any])
    assert asked["aud"] == URL


def test_cookie_of_the_check_is_out_of_reach(provider: AgeProvider) -> None:
    cookie = entered().get("/age/").cookies["age_check"]
    assert cookie["httponly"]
    assert (cookie["samesite"], cookie["path"]) == ("Lax", "/age/")
    assert cookie["max-age"] == 1800


def test_every_request_is_another(provider: AgeProvider) -> None:
    client = entered()
    assert goes(client)["nonce"] != goes(client)["nonce"]


@pytest.mark.parametrize(
    ("over", "band"), [(16, "16-17"), (18, "18-24"), (25, "25+")], ids=["16", "18", "25"]
)
def test_band_is_the_one_vouched_for_and_not_the_one_said(
    provider: AgeProvider, settings: Settings, over: int, band: str
) -> None:
    settings.MINIMUM_AGE, settings.AGE_BANDS = 16, (25,)
    client = entered()
    returns(client, provider.token(goes(client), over=over))
    visitor = visitor_of(client)
    assert visitor is not None
    assert visitor.band == band


def test_who_is_too_young_is_refused_for_a_day(provider: AgeProvider) -> None:
    client = entered()
    response = returns(client, provider.token(goes(client), over=0))
    assert response.status_code == 403
    assert not is_admitted(client)
    assert client.cookies["refused"]["max-age"] == 24 * 3600
    assert client.post("/enter/", ADULT).status_code == 403


def test_too_young_at_the_door_is_sent_nowhere(provider: AgeProvider) -> None:
    client = Client()
    assert client.post("/enter/", ADULT | {"birth_date": years_ago(10)}).status_code == 403
    assert client.get("/age/")["Location"] == "/"


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": "https://elsewhere.example"},
        {"nonce": "x" * 43},
        {"nonce": ""},
        {"nonce": "é"},
        {"iat": 0},
        {"iat": 99_999_999_999},
        {"exp": 0},
        {"exp": "99999999999"},
        {"exp": 99_999_999_999.5},
        {"exp": None},
        {"over": 21},
        {"over": -1},
        {"over": True},
        {"over": "18"},
        {"level": "self"},
        {"birth_date": "1990-05-17"},
    ],
    ids=str,
)
def test_answer_that_is_not_ours_is_not_believed(
    provider: AgeProvider, changed: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    client = entered()
    response = returns(client, provider.token(goes(client), **changed))
    assert response.status_code == 400
    assert response.context["age_problem"] == "refused"
    assert not is_admitted(client)
    assert "An answer of the age provider was refused" in caplog.text
    assert "1990" not in caplog.text


def test_answer_without_one_of_its_fields_is_not_believed(provider: AgeProvider) -> None:
    client = entered()
    asked = goes(client)
    for missing in provider.claims(asked):
        claims = provider.claims(asked)
        del claims[missing]
        assert returns(client, token_sign(provider.key, "age-token+jwt", claims)).status_code == 400
    assert not is_admitted(client)


def test_answer_signed_by_somebody_else_is_not_believed(provider: AgeProvider) -> None:
    client = entered()
    assert returns(client, AgeProvider().token(goes(client))).status_code == 400
    assert not is_admitted(client)


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none", "typ": "age-token+jwt"},
        {"alg": "HS256", "typ": "age-token+jwt"},
        {"alg": "eddsa", "typ": "age-token+jwt"},
        {"alg": "EdDSA", "typ": "JWT"},
        {"alg": "EdDSA", "typ": "age-request+jwt"},
        {"alg": "EdDSA"},
        {"alg": "EdDSA", "typ": "age-token+jwt", "crit": ["x"]},
        {"alg": "EdDSA", "typ": "age-token+jwt", "jwk": {}},
    ],
    ids=str,
)
def test_algorithm_is_not_the_senders_to_choose(
    provider: AgeProvider, header: dict[str, Any]
) -> None:
    client = entered()
    head = b64_write(json.dumps(header).encode())
    body = b64_write(json.dumps(provider.claims(goes(client))).encode())
    signature = b64_write(provider.key.sign(f"{head}.{body}".encode()))
    for end in (signature, "", b64_write(bytes(64))):
        assert returns(client, f"{head}.{body}.{end}").status_code == 400
    assert not is_admitted(client)


@pytest.mark.parametrize(
    "token", ["", "x", ".", "..", "a.b", "a.b.c.d", "é.é.é", "." * 5000, "e30.e30.e30"], ids=len
)
def test_nonsense_is_not_believed(provider: AgeProvider, token: str) -> None:
    client = entered()
    goes(client)
    assert returns(client, token).status_code == 400


def test_our_own_request_is_no_answer(provider: AgeProvider, settings: Settings) -> None:
    settings.AGE_PROVIDER_KEY = b64_read(public_key())
    client = entered()
    request = client.get("/age/")["Location"].partition("request=")[2]
    assert returns(client, request).status_code == 400


def test_answer_is_good_once(provider: AgeProvider) -> None:
    client = entered()
    token = provider.token(goes(client))
    before = {name: each.value for name, each in client.cookies.items()}
    assert returns(client, token).status_code == 303
    again = Client()
    for name, value in before.items():  # a browser put back to what it was
        again.cookies[name] = value
    assert returns(again, token).status_code == 400
    assert not is_admitted(again)


def test_answer_of_another_browser_is_not_believed(provider: AgeProvider) -> None:
    mine, theirs = entered(), entered()
    token = provider.token(goes(mine))
    goes(theirs)
    assert returns(theirs, token).status_code == 400
    theirs.cookies["age_check"] = mine.cookies["age_check"].value
    assert returns(theirs, token).status_code == 400, "the cookie is one visitor's"
    assert returns(mine, token).status_code == 303


def test_answer_to_an_older_request_of_the_same_browser_is_not_believed(
    provider: AgeProvider,
) -> None:
    client = entered()
    older = goes(client)
    newer = goes(client)
    assert returns(client, provider.token(older)).status_code == 400
    assert returns(client, provider.token(newer)).status_code == 303


def test_answer_after_half_an_hour_is_too_late(
    provider: AgeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = entered()
    asked = goes(client)
    later = time.time() + 1801
    monkeypatch.setattr("time.time", lambda: later)
    assert returns(client, provider.token(asked)).status_code == 400


@pytest.mark.parametrize(("seconds", "status"), [(-290, 303), (-310, 400), (50, 303), (70, 400)])
def test_answer_is_taken_while_it_is_fresh(
    provider: AgeProvider, seconds: int, status: int
) -> None:
    client = entered()
    token = provider.token(goes(client), iat=int(time.time()) + seconds)
    assert returns(client, token).status_code == status


def test_who_gave_up_can_try_again(provider: AgeProvider) -> None:
    client = entered()
    asked = goes(client)
    response = client.get("/age/return/", {"error": "cancelled"})
    assert response.status_code == 400
    assert response.context["age_problem"] == "unfinished"
    assert 'href="/age/"' in response.content.decode()
    assert returns(client, provider.token(asked)).status_code == 303


def test_age_that_has_run_out_is_asked_again(
    provider: AgeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = entered()
    returns(client, provider.token(goes(client)))
    later = time.time() + provider.lasts + 1
    monkeypatch.setattr("time.time", lambda: later)
    assert not is_admitted(client)
    assert 'href="/age/"' in client.get("/").content.decode()


def test_result_holds_no_longer_than_the_cookie(provider: AgeProvider, settings: Settings) -> None:
    provider.lasts = 10**9
    client = entered()
    returns(client, provider.token(goes(client)))
    visitor = visitor_of(client)
    assert visitor is not None
    assert visitor.until <= time.time() + settings.VISITOR_COOKIE_AGE.total_seconds()


def test_new_terms_ask_for_no_new_proof_of_age(provider: AgeProvider, settings: Settings) -> None:
    client = entered()
    returns(client, provider.token(goes(client)))
    before = visitor_of(client)
    settings.TERMS_VERSION = "2"
    assert client.get("/").context["terms_changed"]
    client.post("/enter/", ADULT)
    after = visitor_of(client)
    assert before is not None
    assert after is not None
    assert is_admitted(client)
    assert (after.level, after.until) == (before.level, before.until)


def test_stranger_to_us_is_sent_to_the_door_first(provider: AgeProvider) -> None:
    for path in ("/age/", "/age/return/?token=x"):
        response = Client().get(path)
        assert (response.status_code, response["Location"]) == (303, "/")


@pytest.mark.parametrize("path", ["/age/", "/age/return/"])
@pytest.mark.parametrize("level", ["none", "self"])
def test_without_a_provider_there_is_no_check(settings: Settings, level: str, path: str) -> None:
    settings.AGE_ASSURANCE = level
    client = entered()
    assert is_admitted(client)
    assert client.get(path).status_code == 404


def test_checks_are_limited(provider: AgeProvider, settings: Settings) -> None:
    client = entered()
    settings.LIMIT_ENTER = Rate(2, 60)
    assert [client.get("/age/").status_code for _ in range(3)] == [303, 303, 429]
    codes = [client.get("/age/return/").status_code for _ in range(3)]
    assert codes == [400, 400, 429]


def test_token_is_not_logged(provider: AgeProvider, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    client = entered()
    location = client.get("/age/")["Location"]
    token = provider.token(asked_of(location))
    returns(client, token)
    returns(client, AgeProvider(Ed25519PrivateKey.generate()).token(asked_of(location)))
    assert token not in caplog.text
    assert asked_of(location)["nonce"] not in caplog.text
