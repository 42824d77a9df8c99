"""The door over HTTP: bans, the proof of work behind a banned address, and the secret pages."""

import json
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import altcha
import pytest
from django.contrib.auth.models import User
from django.db import OperationalError
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from chat import visitors
from moderation.models import Case, Report, Sanction
from moderation.policy import Measure
from moderation.receipts import receipt_url, secret_token, statement_url
from moderation.services.cases import case_claim
from moderation.services.decisions import case_decide
from moderation.services.reports import report_receive, reports_sweep
from moderation.tags import address_tags
from omegle.lib.network import parse_address
from omegle.lib.ratelimit import Rate
from tests.moderation.drafts import draft

pytestmark = pytest.mark.django_db

ADULT = {"birth_date": "1990-05-17", "terms": "on"}


def admitted() -> tuple[Client, str]:
    """Give a client that has been let in, and its visitor id."""
    client = Client()
    assert client.post("/enter/", ADULT).status_code == 303
    visitor = visitors.visitor_read({"visitor": client.cookies["visitor"].value})
    assert visitor is not None
    return client, visitor.id


def ban(visitor: str, measure: Measure = "day", *, peer: str = "127.0.0.1") -> Report:
    given = draft(subject=visitor)
    report_receive(given)
    address = parse_address(peer)
    assert address is not None
    tag = address_tags(address)[0]
    Report.objects.filter(reference=given.reference).update(
        subject_address=tag.tag, subject_address_epoch=tag.epoch
    )
    reports_sweep()
    report = Report.objects.get(reference=given.reference)
    senior, _ = User.objects.get_or_create(username="senior", is_superuser=True)
    assert report.case is not None
    held = case_claim(report.case.pk, moderator=senior)
    case_decide(
        held.pk,
        moderator=senior,
        version=held.version,
        measure=measure,
        rule="harassment",
        facts="You insulted a stranger.",
    )
    return report


def solved(challenge: str) -> str:
    """Do the work of a challenge, and give what the page would post."""
    asked = altcha.Challenge.from_dict(json.loads(challenge))
    solution = altcha.solve_challenge(asked)
    assert solution is not None
    return altcha.Payload(challenge=asked, solution=solution).to_base64()


def test_banned_visitor_sees_the_statement_and_cannot_enter() -> None:
    client, visitor = admitted()
    ban(visitor)
    page = client.get("/")
    assert page.status_code == 403
    assert "You insulted a stranger." in page.content.decode()
    assert client.post("/enter/", ADULT).status_code == 403


def test_ban_that_has_run_out_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    client, visitor = admitted()
    ban(visitor, "cooldown")
    later = timezone.now() + timedelta(hours=1, minutes=1)
    monkeypatch.setattr("django.utils.timezone.now", lambda: later)
    assert client.get("/").status_code == 200


def test_others_behind_the_address_enter_after_a_proof_of_work() -> None:
    _, visitor = admitted()
    ban(visitor)
    neighbour = Client()
    asked = neighbour.post("/enter/", ADULT)
    assert asked.status_code == 428
    assert asked.context["entry_form"].data["birth_date"] == ADULT["birth_date"]
    proof = solved(asked.context["challenge"])
    assert neighbour.post("/enter/", ADULT | {"proof": proof}).status_code == 303
    assert Client().post("/enter/", ADULT | {"proof": proof}).status_code == 428, "used already"
    assert Client().post("/enter/", ADULT | {"proof": "bm9uc2Vuc2U="}).status_code == 428


def test_cookie_made_before_the_ban_needs_a_proof_and_keeps_its_id() -> None:
    neighbour, id = admitted()
    _, visitor = admitted()
    ban(visitor)
    page = neighbour.get("/")
    assert not page.context["admitted"]
    proof = solved(page.context["challenge"])
    assert neighbour.post("/enter/", ADULT | {"proof": proof}).status_code == 303
    assert neighbour.get("/").context["admitted"]
    now = visitors.visitor_read({"visitor": neighbour.cookies["visitor"].value})
    assert now is not None
    assert now.id == id


def test_another_address_is_asked_nothing() -> None:
    _, visitor = admitted()
    ban(visitor)
    assert Client(REMOTE_ADDR="198.51.100.9").post("/enter/", ADULT).status_code == 303


def test_too_young_is_refused_before_any_proof() -> None:
    _, visitor = admitted()
    ban(visitor)
    young = ADULT | {"birth_date": (timezone.now() - timedelta(days=4000)).date().isoformat()}
    assert Client().post("/enter/", young).status_code == 403


def test_many_who_enter_from_one_address_need_a_proof(settings: Settings) -> None:
    settings.LIMIT_PROOF = Rate.parse("2/60")
    codes = [Client().post("/enter/", ADULT).status_code for _ in range(3)]
    assert codes == [303, 303, 428]
    assert Client(REMOTE_ADDR="198.51.100.9").post("/enter/", ADULT).status_code == 303


def test_forged_forwarded_address_does_not_help() -> None:
    _, visitor = admitted()
    ban(visitor)
    forged = Client(HTTP_X_FORWARDED_FOR="198.51.100.9")
    assert forged.post("/enter/", ADULT).status_code == 428


def test_database_away_asks_everybody_for_a_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> bool:
        raise OperationalError

    monkeypatch.setattr("chat.views.entry.address_sanctioned_at", away)
    assert Client().post("/enter/", ADULT).status_code == 428


def test_admin_answers_503_while_the_database_is_away(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> None:
        raise OperationalError

    monkeypatch.setattr("django.contrib.sessions.backends.db.SessionStore.load", away)
    client.raise_request_exception = False
    client.cookies["sessionid"] = "whatever"
    assert client.get("/admin/").status_code == 503
    assert Client().get("/").status_code == 200


# --- Secret pages ---------------------------------------------------------------------------------


def path(url: str) -> str:
    return url.removeprefix("http://127.0.0.1:8000")


def test_receipt_follows_the_report() -> None:
    report_receive(draft())
    report = Report.objects.get()
    url = path(receipt_url(report.reference))
    shown = Client().get(url)
    assert shown.context["report"].state == "received"
    reports_sweep()
    senior = User.objects.create_superuser("senior")
    held = case_claim(Case.objects.get().pk, moderator=senior)
    assert Client().get(url).context["report"].state == "in_review"
    case_decide(held.pk, moderator=senior, version=held.version, measure="dismiss")
    decided = Client().get(url)
    assert (decided.context["report"].state, decided.context["report"].outcome) == (
        "decided",
        "no_action",
    )


def test_wrong_link_is_always_the_same_404() -> None:
    report_receive(draft())
    reference = Report.objects.get().reference
    answers = [
        Client().get(f"/reports/{reference}/{'0' * 32}/"),
        Client().get(f"/reports/R-NONE-NONE/{'0' * 32}/"),
        Client().get(f"/reports/R-NONE-NONE/{secret_token('R-NONE-NONE')}/"),
        Client().get(f"/decisions/{reference}/{secret_token(reference)}/"),
        *(
            Client().get(f"/{what}/{quote(odd)}/{token}/")
            for what in ("reports", "decisions")
            for odd in ("R-\0", "R" * 5000, "R-ä")
            for token in (secret_token(odd), "0" * 32)
        ),
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1


def test_wrong_token_asks_the_database_nothing(django_assert_num_queries: Any) -> None:
    report_receive(draft())
    reference = Report.objects.get().reference
    for what in ("reports", "decisions"):
        with django_assert_num_queries(0):
            Client().get(f"/{what}/{reference}/{'0' * 32}/")


def test_statement_says_all_that_the_law_asks() -> None:
    _, visitor = admitted()
    ban(visitor, "week")
    decision = Sanction.objects.filter(target="visitor").get().decision
    page = Client().get(path(statement_url(decision.reference)))
    text = page.content.decode()
    told = ("You insulted a stranger.", "No harassment", "report", "to a court")
    for part in (decision.reference, *told):
        assert part in text
    assert page.context["decision"].until is not None


@pytest.mark.parametrize(
    ("path", "code"), [("/", 400), ("/enter/", 400), ("/nowhere/", 404), ("/admin/login/", 400)]
)
def test_form_that_cannot_be_read_is_refused_quietly(
    path: str, code: int, caplog: pytest.LogCaptureFixture
) -> None:
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.get("/")
    answer = client.post(
        path, b"a=1", content_type="application/x-www-form-urlencoded; charset=latin-1"
    )
    assert answer.status_code == code
    assert not caplog.records
