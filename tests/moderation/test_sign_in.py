"""Staff sign in with name, password and code; what ends a session, and what shuts the door."""

import logging
import re
import time
from collections.abc import Callable
from datetime import timedelta
from html.parser import HTMLParser
from ipaddress import ip_network
from typing import Any

import pytest
import redis
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib import admin
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django_otp.plugins.otp_totp.models import TOTPDevice
from pytest_django import Settings

from moderation import sessions, sign_in
from moderation.staff import staff_new_device
from tests.moderation.staff import enrol, signed_in, token

pytestmark = pytest.mark.django_db

LOGIN = "/admin/login/"
HOME, ELSEWHERE = "203.0.113.77", "198.51.100.23"


class Person:
    """Somebody with a browser, a name, a password and an authenticator app."""

    def __init__(self, client: Client | None = None) -> None:
        self.user, self.password, self.secret = enrol("moderator", name="mo-the-moderator")
        self.client = client or Client()

    def tries(
        self,
        *,
        client: Client | None = None,
        name: str | None = None,
        password: str | None = None,
        code: str | None = None,
        address: str = HOME,
        forwarded: str = "",
    ) -> Any:
        fields = {
            "username": self.user.username if name is None else name,
            "password": self.password if password is None else password,
            "otp_token": token(self.secret) if code is None else code,
            "next": "/admin/",
        }
        return (client or self.client).post(
            LOGIN, fields, REMOTE_ADDR=address, headers={"x-forwarded-for": forwarded}
        )

    def fails(self, times: int, *, address: str = HOME, **given: Any) -> Any:
        """Try a wrong password so often, each time with a new browser; give the last answer."""
        answers = [
            self.tries(client=Client(), password="wrong", address=address, **given)
            for _ in range(times)
        ]
        return answers[-1]

    def wrong_code(self) -> str:
        return f"{(int(token(self.secret)) + 500_000) % 1_000_000:06d}"


@pytest.fixture
def mo() -> Person:
    return Person()


def is_inside(client: Client) -> bool:
    return client.get("/admin/").status_code == 200


# --- The form -------------------------------------------------------------------------------------


def test_right_name_password_and_code_lead_in(mo: Person) -> None:
    answer = mo.tries()
    assert (answer.status_code, answer["Location"]) == (302, "/admin/")
    assert is_inside(mo.client)


def test_code_may_be_written_in_two_groups(mo: Person) -> None:
    code = token(mo.secret)
    assert mo.tries(code=f"{code[:3]} {code[3:]}").status_code == 302


@pytest.mark.parametrize("debug", [False, True])
def test_account_without_a_device_stays_outside(
    mo: Person, settings: Settings, debug: bool
) -> None:
    settings.DEBUG = debug
    TOTPDevice.objects.all().delete()
    assert mo.tries().status_code == 200
    assert not is_inside(mo.client)


def test_password_alone_stays_outside(mo: Person) -> None:
    mo.client.force_login(mo.user, backend="django.contrib.auth.backends.ModelBackend")
    assert not is_inside(mo.client)


def test_unconfirmed_device_does_not_count(mo: Person) -> None:
    TOTPDevice.objects.update(confirmed=False)
    assert mo.tries().status_code == 200
    assert not is_inside(mo.client)


def test_older_device_does_not_count_beside_a_new_one(mo: Person) -> None:
    TOTPDevice.objects.create(user=mo.user, name="new one")
    mo.tries()
    assert not is_inside(mo.client)


def test_somebody_elses_code_does_not_count(mo: Person) -> None:
    _, _, secret = enrol("senior")
    assert mo.tries(code=token(secret)).status_code == 200
    assert not is_inside(mo.client)


def test_account_that_is_no_staff_stays_outside(mo: Person) -> None:
    User.objects.update(is_staff=False)
    mo.tries()
    assert not is_inside(mo.client)


def test_refusal_does_not_tell_what_was_wrong(mo: Person) -> None:
    def told(**given: Any) -> list[str]:
        return re.findall(r'class="errornote"[^>]*>([^<]+)<', mo.tries(**given).content.decode())

    wrong_code = told(code=mo.wrong_code())
    assert "do not match" in wrong_code[0]
    assert told(password="wrong") == wrong_code
    assert told(name="nobody") == wrong_code


def test_missing_code_says_nothing_about_the_password(mo: Person) -> None:
    def errors(password: str) -> str:
        page = mo.tries(password=password, code="").content.decode()
        return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page)

    assert errors(mo.password) == errors("wrong")
    assert not is_inside(mo.client)


def test_tried_code_and_password_are_not_shown_again(mo: Person) -> None:
    code = mo.wrong_code()
    page = mo.tries(code=code).content.decode()
    assert code not in page
    assert mo.password not in page


def test_code_works_only_once(mo: Person) -> None:
    code = token(mo.secret)
    assert mo.tries(code=code).status_code == 302
    assert mo.tries(client=Client(), code=code).status_code == 200


def test_wrong_code_makes_the_next_one_wait(mo: Person) -> None:
    mo.tries(code=mo.wrong_code())
    assert TOTPDevice.objects.get().throttling_failure_count == 1
    assert mo.tries().status_code == 200


def test_session_is_a_new_one_after_signing_in(mo: Person) -> None:
    mo.client.session.save()
    before = mo.client.session.session_key
    mo.tries()
    assert mo.client.session.session_key != before


def test_session_cookie_is_for_this_site_only(mo: Person) -> None:
    cookie = mo.tries().cookies["sessionid"]
    assert (cookie["samesite"], cookie["httponly"]) == ("Lax", True)


# --- Every page -----------------------------------------------------------------------------------


def admin_pages() -> list[str]:
    pages = ["index", "password_change", "password_change_done", "jsi18n", "autocomplete"]
    for model in admin.site._registry:
        meta = model._meta
        pages.append(f"{meta.app_label}_{meta.model_name}_changelist")
    return [reverse(f"admin:{page}") for page in pages] + ["/admin/nowhere/"]


def test_every_admin_page_sends_those_without_a_second_factor_away(mo: Person) -> None:
    User.objects.update(is_superuser=True)
    pages = admin_pages()
    assert len(pages) > 8
    for page in pages:
        mo.client.force_login(mo.user, backend="django.contrib.auth.backends.ModelBackend")
        answer = mo.client.get(page)
        assert answer.status_code == 302, page
        assert answer["Location"].startswith(LOGIN), page


def test_admin_pages_are_there_for_those_with_one() -> None:
    client, _ = signed_in("superuser")
    assert {client.get(page).status_code for page in admin_pages()} <= {200, 403, 404}
    assert client.get(reverse("admin:auth_user_changelist")).status_code == 200


def test_admin_site_itself_asks_for_the_second_factor(mo: Person, rf: RequestFactory) -> None:
    """Also if the middleware that ends such sessions were not there."""
    request = rf.get("/admin/")
    request.user = mo.user
    assert not admin.site.has_permission(request)
    mo.user.otp_device = TOTPDevice.objects.get()  # type: ignore[attr-defined]
    assert admin.site.has_permission(request)


def test_session_without_a_second_factor_ends_on_any_page(mo: Person) -> None:
    mo.client.force_login(mo.user, backend="django.contrib.auth.backends.ModelBackend")
    mo.client.get("/terms/")
    assert SESSION_KEY not in mo.client.session


class _Inline(HTMLParser):
    """Collect what `script-src 'self'; style-src 'self'` would refuse."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = {name for name, _ in attrs}
        if tag == "style" or (tag == "script" and "src" not in names):
            self.found.append(tag)
        self.found += [name for name in names if name == "style" or name.startswith("on")]


def inline(page: bytes) -> list[str]:
    parser = _Inline()
    parser.feed(page.decode())
    return parser.found


def test_inline_parts_would_be_seen() -> None:
    seen = inline(b'<style></style><script></script><p style="" onclick="">')
    assert sorted(seen) == ["onclick", "script", "style", "style"]


def test_sign_in_pages_have_nothing_inline(mo: Person) -> None:
    for answer in (mo.client.get(LOGIN), mo.tries(password="wrong"), mo.fails(5)):
        assert "script-src 'self'" in answer["Content-Security-Policy"]
        assert inline(answer.content) == []


# --- Lockout --------------------------------------------------------------------------------------


def test_fifth_failure_locks_also_the_right_password_out(mo: Person) -> None:
    assert mo.fails(4).status_code == 200
    answer = mo.fails(1)
    assert answer.status_code == 429
    assert "closed to you for 15 minutes" in answer.content.decode()
    assert answer["Retry-After"] == "900"
    assert mo.tries().status_code == 429
    assert not is_inside(mo.client)


def test_four_failures_are_forgotten_with_the_right_password(mo: Person) -> None:
    mo.fails(4)
    assert mo.tries().status_code == 302
    assert mo.fails(4).status_code == 200


def test_wrong_codes_count_as_failures(mo: Person) -> None:
    answers = [mo.tries(code=mo.wrong_code()) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200] * 4 + [429]


def test_lock_holds_15_minutes_however_often_one_tries(mo: Person, redis_db: redis.Redis) -> None:
    mo.fails(5)
    keys = list(redis_db.scan_iter("cache:*axes*"))
    assert [840 < redis_db.ttl(key) <= 900 for key in keys] == [True]
    redis_db.expire(keys[0], 100)
    mo.fails(2)
    assert redis_db.ttl(keys[0]) <= 100
    redis_db.delete(keys[0])
    assert mo.tries().status_code == 302


def test_others_are_not_locked_out(mo: Person) -> None:
    mo.fails(5)
    assert mo.tries(address=ELSEWHERE).status_code == 302
    _, password, secret = enrol("senior", name="senta")
    answer = mo.tries(client=Client(), name="senta", password=password, code=token(secret))
    assert answer.status_code == 302


def test_forwarded_address_is_believed_from_a_trusted_proxy_only(mo: Person) -> None:
    answers = [mo.fails(1, forwarded=f"192.0.2.{number}") for number in range(5)]
    assert answers[-1].status_code == 429


def test_visitors_behind_a_trusted_proxy_are_told_apart(mo: Person, settings: Settings) -> None:
    settings.TRUSTED_PROXIES = (ip_network(HOME),)
    mo.fails(5, forwarded="192.0.2.1")
    assert mo.tries(forwarded="192.0.2.1").status_code == 429
    assert mo.tries(forwarded="192.0.2.2").status_code == 302


def test_many_addresses_together_shut_a_name_for_unknown_browsers(mo: Person) -> None:
    for number in range(sign_in.NAME_FAILURES):
        mo.fails(1, address=f"192.0.2.{number}")
    assert mo.tries().status_code == 429


def test_many_addresses_cannot_keep_a_browser_out_that_was_there_before(mo: Person) -> None:
    mo.tries()
    mo.client.post("/admin/logout/")
    for number in range(sign_in.NAME_FAILURES):
        mo.fails(1, address=f"192.0.2.{number}")
    assert mo.tries(client=Client(), code=token(mo.secret, steps=1)).status_code == 429
    assert mo.tries(code=token(mo.secret, steps=1)).status_code == 302


def test_browser_known_under_another_name_is_not_known(mo: Person) -> None:
    _, password, secret = enrol("senior", name="senta")
    mo.tries(name="senta", password=password, code=token(secret))
    for number in range(sign_in.NAME_FAILURES):
        mo.fails(1, address=f"192.0.2.{number}")
    assert mo.tries().status_code == 429


def test_shut_name_opens_within_five_minutes(mo: Person, redis_db: redis.Redis) -> None:
    for number in range(sign_in.NAME_FAILURES):
        mo.fails(1, address=f"192.0.2.{number}")
    [key] = redis_db.scan_iter("cache:*sign-in*")
    assert 0 < redis_db.ttl(key) <= 300
    mo.fails(1)
    assert cache.get(key.decode().split(":", 2)[2]) == sign_in.NAME_FAILURES
    redis_db.delete(key)
    assert mo.tries().status_code == 302


def test_redis_away_lets_nobody_in(mo: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*args: object, **kwargs: object) -> None:
        raise redis.ConnectionError

    monkeypatch.setattr(redis.Redis, "execute_command", away)
    assert mo.tries().status_code == 503
    assert not is_inside(mo.client)


def test_logs_name_nobody_and_hold_no_address(mo: Person, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    mo.fails(6)
    mo.tries(address=ELSEWHERE, code=mo.wrong_code())
    told = caplog.text + "".join(str(vars(record)) for record in caplog.records if record.args)
    assert "Locking out caller" in told
    for secret in (HOME, ELSEWHERE, mo.user.username, mo.password, mo.secret):
        assert secret not in told


def test_nothing_about_attempts_is_in_the_database(mo: Person) -> None:
    mo.fails(6)
    mo.tries(address=ELSEWHERE)
    tables = (AccessAttempt, AccessFailureLog, AccessLog)
    assert sum(table.objects.count() for table in tables) == 0


def test_cache_holds_no_address(mo: Person, redis_db: redis.Redis) -> None:
    mo.fails(3)
    held = [f"{key!r} {redis_db.get(key)!r}" for key in redis_db.scan_iter()]
    assert held
    for secret in (HOME, mo.user.username):
        assert secret not in " ".join(held)


# --- Sessions -------------------------------------------------------------------------------------


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Move the clock of the sessions."""
    passed = timedelta()

    def move(**span: float) -> None:
        nonlocal passed
        passed += timedelta(**span)
        offset = passed.total_seconds()
        monkeypatch.setattr(sessions, "now", lambda: int(time.time() + offset))

    return move


def test_logout_ends_the_session(mo: Person) -> None:
    mo.tries()
    assert mo.client.post("/admin/logout/").status_code in (200, 302)
    assert not is_inside(mo.client)
    assert SESSION_KEY not in mo.client.session


def test_half_an_hour_without_a_request_ends_the_session(later: Callable[..., None]) -> None:
    client, _ = signed_in()
    later(minutes=29)
    assert is_inside(client)
    later(minutes=31)
    assert not is_inside(client)
    assert SESSION_KEY not in client.session


def test_session_ends_after_12_hours_of_work(later: Callable[..., None]) -> None:
    client, _ = signed_in()
    for _ in range(12 * 4):
        assert is_inside(client)
        later(minutes=15)
    later(seconds=1)
    assert not is_inside(client)


def test_what_a_page_asks_by_itself_is_no_work(later: Callable[..., None]) -> None:
    client, _ = signed_in()
    for _ in range(4):
        later(minutes=10)
        client.get("/status.json")
    assert not is_inside(client)


def test_session_is_not_written_at_every_request(later: Callable[..., None]) -> None:
    client, _ = signed_in()
    client.get("/admin/")
    with_nothing_new = _writes(client)
    later(seconds=61)
    assert (with_nothing_new, _writes(client)) == (0, 1)


def _writes(client: Client) -> int:
    with CaptureQueriesContext(connection) as queries:
        client.get("/admin/")
    return sum("UPDATE" in query["sql"] and "session" in query["sql"] for query in queries)


def test_session_without_stamps_is_ended() -> None:
    client, _ = signed_in()
    session = client.session
    del session[sessions.BEGAN]
    session.save()
    assert not is_inside(client)


def test_visitors_page_does_not_depend_on_a_session() -> None:
    assert "Cookie" not in Client().get("/terms/").get("Vary", "")


@pytest.mark.parametrize(
    "end",
    [
        lambda user: User.objects.filter(pk=user.pk).update(is_active=False),
        lambda user: User.objects.filter(pk=user.pk).update(is_staff=False),
        lambda user: (user.set_password("another one"), user.save()),
        lambda user: TOTPDevice.objects.filter(user=user).delete(),
        lambda user: TOTPDevice.objects.filter(user=user).update(confirmed=False),
        lambda user: staff_new_device(name=user.username, actor="op"),
    ],
    ids=["disabled", "no-staff", "password", "device-removed", "unconfirmed", "device-replaced"],
)
def test_change_of_the_account_ends_its_sessions_at_once(end: Callable[[User], object]) -> None:
    client, user = signed_in()
    assert is_inside(client)
    end(user)
    assert not is_inside(client)


def test_disabled_account_cannot_sign_in(mo: Person) -> None:
    User.objects.update(is_active=False)
    mo.tries()
    assert not is_inside(mo.client)


# --- Who manages staff ----------------------------------------------------------------------------


def test_who_manages_staff_cannot_make_a_superuser() -> None:
    client, user = signed_in("admin")
    page = reverse("admin:auth_user_change", args=[user.pk])
    form = client.get(page)
    assert form.status_code == 200
    fields = {"username": user.username, "is_staff": "on", "is_active": "on", "is_superuser": "on"}
    dates = {"date_joined_0": "2025-01-01", "date_joined_1": "00:00:00"}
    answer = client.post(page, fields | dates)
    assert answer.status_code == 302
    user.refresh_from_db()
    assert not user.is_superuser


def test_who_manages_staff_cannot_touch_a_superuser() -> None:
    client, _ = signed_in("admin")
    root, _, _ = enrol("superuser")
    device = TOTPDevice.objects.get(user=root)
    assert client.post(reverse("admin:auth_user_change", args=[root.pk])).status_code == 403
    change = reverse("admin:auth_user_password_change", args=[root.pk])
    assert client.post(change).status_code == 403
    delete = reverse("admin:otp_totp_totpdevice_delete", args=[device.pk])
    assert client.post(delete, {"post": "yes"}).status_code == 403


def test_who_manages_staff_removes_a_lost_device_but_reads_no_secret() -> None:
    client, _ = signed_in("admin")
    user, _, _ = enrol("moderator")
    device = TOTPDevice.objects.get(user=user)
    page = client.get(reverse("admin:otp_totp_totpdevice_change", args=[device.pk]))
    assert page.status_code == 200
    assert device.key not in page.content.decode()
    assert client.get(f"/admin/otp_totp/totpdevice/{device.pk}/config/").status_code == 403
    assert client.get(reverse("admin:otp_totp_totpdevice_add")).status_code == 403
    delete = reverse("admin:otp_totp_totpdevice_delete", args=[device.pk])
    assert client.post(delete, {"post": "yes"}).status_code == 302
    assert not TOTPDevice.objects.filter(pk=device.pk).exists()
