"""Networks that are kept out: which may be, by whom, at the door and on open sockets."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from channels.db import database_sync_to_async
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from moderation.cases import NotPossible
from moderation.models import AuditEntry, RangeBan, Request
from moderation.ranges import BadRange, range_read
from moderation.receipts import statement_path
from moderation.selectors.ranges import range_bans_in_force
from moderation.services.approvals import request_approve
from moderation.services.ranges import range_ban_ask, range_ban_lift
from moderation.services.requests import BadRequest
from moderation.services.upkeep import records_purge
from omegle.lib.network import client_address, parse_address, wide_network
from tests.moderation.factories import moderator
from tests.moderation.staff import signed_in
from tests.strangers import Chat

pytestmark = pytest.mark.django_db

NETWORK = "93.184.216.0/24"
FACTS = "Advertising was sent from it all day."
PAGE = reverse("admin:moderation_rangeban_changelist")
WITHIN = 2.0


@pytest.fixture(autouse=True)
def _own_run_dir(settings: Settings, tmp_path: Path) -> None:
    settings.RUN_DIR = tmp_path


def asked(by: User | None = None, network: str = NETWORK, **fields: Any) -> Request:
    given: dict[str, Any] = {"days": 3, "rule": "spam", "facts": FACTS, "why": "A bot farm."}
    return range_ban_ask(network, by=by or moderator(), **(given | fields))


def kept_out(network: str = NETWORK) -> RangeBan:
    request_approve(asked(network=network).pk, by=moderator())
    return RangeBan.objects.latest("pk")


def entering(address: str) -> Any:
    return Client(REMOTE_ADDR=address).get("/")


# --- Which ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", [NETWORK, "93.184.0.0/16", "2a00:1450:4001::/48", "2a00:1450::/32", f" {NETWORK} "]
)
def test_public_network_of_many_may_be_kept_out(text: str) -> None:
    assert str(range_read(text)) == text.strip()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "everybody",
        "93.184.216.34",
        "93.184.216.34/24",
        "93.184.216.0/25",
        "93.184.216.34/32",
        "93.0.0.0/8",
        "10.1.0.0/16",
        "192.168.7.0/24",
        "127.0.0.0/16",
        "224.0.0.0/24",
        "100.64.0.0/16",
        "2a00:1450:4001:800::/64",
        "2a00::/16",
        "fd00:1:2::/48",
        "fe80::/32",
        "::ffff:93.184.216.0/120",
        "::/0",
        "0.0.0.0/0",
        "0/0",
        "0.0.0.0/255.255.0.0",
        "::/32",
        "0:0::/48",
        "64:ff9b::/48",
        "fec0::/32",
        "4000::/32",
        "2a00:1450::%eth0/32",
        "2a00:1450::%<b>/32",
        "\u0669\u0663.184.216.0/24",
        "93.184.216.0/24\0",
    ],
)
def test_address_private_and_whole_world_may_not(text: str) -> None:
    with pytest.raises(BadRange):
        range_read(text)


def test_same_network_spelled_oddly_is_asked_for_once() -> None:
    asked()
    asked(network="2a00:1450:4001::/48")
    for text in ("93.184.216.0/255.255.255.0", "2A00:1450:4001:0:0:0:0:0/48"):
        with pytest.raises(NotPossible, match="asked for already"):
            asked(network=text)


def test_network_of_our_own_proxy_may_not(settings: Settings) -> None:
    settings.TRUSTED_PROXIES = [wide_network(client_address("93.184.216.34", "", ()))]
    with pytest.raises(BadRequest, match="proxy of ours"):
        asked()
    asked(network="93.184.217.0/24")


def test_proxy_that_came_meanwhile_stops_the_approval(settings: Settings) -> None:
    request = asked()
    settings.TRUSTED_PROXIES = [wide_network(client_address("93.184.216.34", "", ()))]
    with pytest.raises(NotPossible, match="proxy of ours"):
        request_approve(request.pk, by=moderator())
    request.refresh_from_db()
    assert request.outcome == ""


@pytest.mark.parametrize(
    "fields", [{"days": 0}, {"days": 31}, {"rule": "manners"}, {"facts": " "}, {"why": " "}]
)
def test_request_that_lacks_something_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(BadRequest):
        asked(**fields)


# --- By whom --------------------------------------------------------------------------------------


def test_one_alone_keeps_no_network_out() -> None:
    sam = moderator()
    request = asked(sam)
    with pytest.raises(NotPossible):
        request_approve(request.pk, by=sam)
    assert not RangeBan.objects.exists()
    assert entering("93.184.216.34").status_code == 200


@pytest.mark.parametrize("role", ["triage", "moderator", "legal"])
def test_it_takes_the_right_to_it(role: Any) -> None:
    with pytest.raises(NotPossible):
        asked(moderator(role))
    with pytest.raises(NotPossible):
        request_approve(asked().pk, by=moderator(role))
    with pytest.raises(NotPossible):
        range_ban_lift(kept_out("93.184.217.0/24").pk, by=moderator(role), why="x")
    client, _ = signed_in(role)
    assert client.get(PAGE).status_code == 403


@pytest.mark.parametrize(
    "fields",
    [{"prefix": 25}, {"prefix": 8}, {"version": 6}, {"seconds": 31 * 86_400}, {"facts": ""}, {}],
)
def test_database_refuses_an_address_no_end_and_one_person(fields: dict[str, Any]) -> None:
    sam, olga, now = moderator(), moderator(), timezone.now()
    row = {"network": NETWORK, "version": 4, "prefix": 24, "rule": "spam", "facts": FACTS}
    times = {"starts_at": now, "seconds": 60, "until": now + timedelta(seconds=60)}
    two = {"by": sam, "approved_by": olga if fields else sam}
    with pytest.raises(IntegrityError), transaction.atomic():
        RangeBan.objects.create(reference="B-1", **(row | times | two | fields))


def test_audit_log_has_the_ban_and_no_network() -> None:
    ban = kept_out("2a00:1450:4001::/48")
    range_ban_lift(ban.pk, by=moderator(), why="Too wide.")
    entries = AuditEntry.objects.order_by("id")
    told = list(entries.values_list("action", flat=True))
    assert told == ["request", "approve", "range-ban", "lift"]
    assert [each.target for each in entries][2:] == [ban.reference] * 2
    assert "2a00:1450" not in "".join(f"{each.target}{each.detail}" for each in entries)


# --- At the door ----------------------------------------------------------------------------------


def test_whoever_comes_from_it_sees_the_statement() -> None:
    ban = kept_out()
    page = entering("93.184.216.34")
    assert page.status_code == 403
    assert FACTS in page.content.decode()
    assert "Your network is kept out" in page.content.decode()
    assert statement_path(ban.reference) in page.content.decode()
    statement = Client().get(statement_path(ban.reference))
    assert FACTS in statement.content.decode()
    assert "93.184.216" not in statement.content.decode()
    assert entering("93.184.217.34").status_code == 200


def test_whoever_comes_from_it_cannot_enter() -> None:
    kept_out("93.184.0.0/16")
    client = Client(REMOTE_ADDR="93.184.216.34")
    answer = client.post("/enter/", {"birth_date": "1990-01-01", "terms": "on"})
    assert answer.status_code == 403
    assert "visitor" not in client.cookies


def test_run_out_and_lifted_it_lets_in(monkeypatch: pytest.MonkeyPatch) -> None:
    ban = kept_out()
    with pytest.raises(BadRequest):
        range_ban_lift(ban.pk, by=moderator(), why=" ")
    range_ban_lift(ban.pk, by=moderator(), why="Too wide.")
    assert entering("93.184.216.34").status_code == 200
    assert "Taken back" in Client().get(statement_path(ban.reference)).content.decode()
    with pytest.raises(NotPossible, match="over already"):
        range_ban_lift(ban.pk, by=moderator(), why="Again.")
    kept_out()
    later = timezone.now() + timedelta(days=3, seconds=1)
    monkeypatch.setattr("django.utils.timezone.now", lambda: later)
    assert entering("93.184.216.34").status_code == 200
    assert not range_bans_in_force().exists()


def test_range_bans_go_180_days_after_their_end(monkeypatch: pytest.MonkeyPatch) -> None:
    kept_out()
    now = timezone.now()
    monkeypatch.setattr("django.utils.timezone.now", lambda: now + timedelta(days=182))
    assert records_purge()["range_ban"] == 0
    monkeypatch.setattr("django.utils.timezone.now", lambda: now + timedelta(days=184))
    assert records_purge()["range_ban"] == 1


@pytest.mark.parametrize(
    ("address", "network"),
    [("93.184.216.34", NETWORK), ("2a00:1450:4001:812::200e", "2a00:1450:4001::/48")],
)
def test_connection_keeps_no_more_than_its_wide_network(address: str, network: str) -> None:
    parsed = parse_address(address)
    assert parsed is not None
    assert str(wide_network(parsed)) == network


@pytest.mark.django_db(transaction=True)
async def test_open_sockets_end_within_2_s_and_the_door_stays_shut(
    chat: Chat, settings: Settings
) -> None:
    settings.TRUSTED_PROXIES = [wide_network(client_address("127.0.0.1", "", ()))]
    there, elsewhere = "93.184.216.34", "93.184.217.34"
    async with (
        chat.stranger(x_forwarded_for=there) as bob,
        chat.stranger(x_forwarded_for=elsewhere) as carol,
    ):
        ban = await database_sync_to_async(kept_out)()
        async with asyncio.timeout(WITHIN):
            banned = await bob.hears("banned")
        assert "Your whole network" in banned["statement"]
        assert ban.reference in banned["url"]
        assert await bob.closes() == 4403
        await carol.find()
        async with chat.stranger(cookie=bob.cookie, hello=False, x_forwarded_for=there) as again:
            await again.send("hello", protocol=1)
            await again.hears("banned")
            assert await again.closes() == 4403
        async with chat.stranger(cookie=bob.cookie, x_forwarded_for=elsewhere):
            pass  # it is the network that is kept out, not Bob


# --- The desk -------------------------------------------------------------------------------------


def test_page_asks_lists_and_lifts() -> None:
    client, user = signed_in("senior")
    fields = {"network": NETWORK, "days": 2, "rule": "spam", "facts": FACTS, "why": "A bot farm."}
    assert client.post(PAGE, fields).status_code == 302
    assert client.post(PAGE, fields).status_code == 409, "it is asked for already"
    assert client.post(PAGE, fields | {"network": "10.0.0.0/16"}).status_code == 400
    assert client.post(PAGE, fields | {"days": "x"}).status_code == 400
    request = Request.objects.get()
    shown = client.get(reverse("admin:moderation_request_change", args=[request.pk]))
    assert FACTS in shown.content.decode()
    request_approve(request.pk, by=moderator("admin"))
    assert NETWORK in client.get(PAGE).content.decode()
    lift = reverse("admin:moderation_rangeban_lift", args=[RangeBan.objects.get().pk])
    assert client.post(lift, {"why": ""}).status_code == 400
    assert client.post(lift, {"why": "Too wide."}).status_code == 302
    assert "lifted by" in client.get(PAGE).content.decode()
    assert AuditEntry.objects.get(action="lift").actor == user.get_username()
