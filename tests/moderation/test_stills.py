"""Stills of a video: how they come in, how they lie, who sees them, how they go."""

from base64 import urlsafe_b64encode
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from channels.db import database_sync_to_async
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone
from msgspec.structs import replace
from PIL import Image
from pytest_django import Settings

from chat import visitors
from moderation import sealing
from moderation.cases import NotPossible
from moderation.models import AuditEntry, Case, Decision, Evidence, Report, Still
from moderation.policy import STILL_WINDOW
from moderation.policy.retention import RETENTION
from moderation.policy.roles import ROLES, Role
from moderation.receipts import reference_new, still_path
from moderation.sealing import BadSeal
from moderation.services import stills
from moderation.services.cases import case_claim, case_release, evidence_hold
from moderation.services.decisions import case_decide
from moderation.services.reports import report_receive, reports_sweep
from moderation.services.stills import (
    NoStill,
    StillBusy,
    StillLate,
    StillThere,
    still_attach,
    still_view,
    still_wanted,
)
from moderation.services.upkeep import records_purge
from moderation.tags import visitor_tag
from omegle import env
from omegle.lib.ratelimit import Rate
from omegle.server import prepare
from tests.moderation.drafts import draft, talk
from tests.moderation.factories import moderator, picture
from tests.moderation.staff import signed_in
from tests.strangers import Chat, Stranger

pytestmark = pytest.mark.django_db

OLD, NEW = (urlsafe_b64encode(bytes([each]) * 32).decode() for each in (1, 2))


@pytest.fixture(autouse=True)
def _on(settings: Settings, tmp_path: Path) -> None:
    settings.FRAME_EVIDENCE, settings.EVIDENCE_KEYS = True, (OLD,)
    settings.RUN_DIR = tmp_path


def video_report(reporter: str = "alice", **fields: Any) -> Report:
    """Report somebody from video."""
    given: dict[str, Any] = {"told": replace(talk(reporter=reporter), mode="video")}
    given |= {"reporter": reporter} | fields
    return Report.objects.get(reference=report_receive(draft(**given)))


def kept(report: Report, data: bytes = b"", reporter: str = "alice") -> Still:
    return still_attach(
        data or picture(), reference=report.reference, reporter=visitor_tag(reporter)
    )


def filed(report: Report) -> Case:
    reports_sweep()
    report.refresh_from_db()
    assert report.case is not None
    return report.case


def later(monkeypatch: pytest.MonkeyPatch, span: Any) -> None:
    moment = timezone.now() + span
    monkeypatch.setattr("django.utils.timezone.now", lambda: moment)


# --- The door -------------------------------------------------------------------------------------


def browser(visitor: str = "alice", **how: Any) -> Client:
    client = Client(**how)
    cookie = visitors.visitor_write(visitors.visitor_new(band="18+", id=visitor))
    client.cookies[visitors.VISITOR_COOKIE] = cookie
    return client


def sent(client: Client, report: Report, data: bytes = b"", *, path: str = "", **how: Any) -> Any:
    how = {"content_type": "image/jpeg"} | how
    return client.post(path or still_path(report.reference), data or picture(), **how)


def test_reporter_sends_a_still() -> None:
    report = video_report()
    assert sent(browser(), report).json() == {"receipt": report.reference}
    still = Still.objects.get()
    assert (still.evidence.report, still.width, still.height) == (report, 320, 240)


def test_same_still_again_is_fine_and_another_is_not() -> None:
    report = video_report()
    assert sent(browser(), report).status_code == 200
    assert sent(browser(), report).status_code == 200
    other = sent(browser(), report, picture("blue"))
    assert (other.status_code, other.json()["code"]) == (409, "already")
    assert Still.objects.count() == 1


def test_still_is_taken_for_two_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    report, other = video_report(), video_report("carol")
    later(monkeypatch, STILL_WINDOW - timedelta(seconds=5))
    assert sent(browser(), report).status_code == 200
    later(monkeypatch, timedelta(seconds=10))
    assert not still_wanted(other.reference)
    late = sent(browser("carol"), other)
    assert (late.status_code, late.json()["code"]) == (410, "too_late")


def wrong_links(report: Report) -> list[str]:
    path = still_path(report.reference)
    token = path.split("/")[-3]
    return [
        path.replace(token, "0" * 32),
        path.replace(token, token[:-1]),
        path.replace(report.reference, reference_new("R")),
        still_path(reference_new("R")),
    ]


def test_every_refusal_of_a_link_is_the_same_404(settings: Settings) -> None:
    report = video_report()
    receipt = Client().get(f"/reports/{report.reference}/{'0' * 32}/")
    assert receipt.status_code == 404
    pages = [sent(browser(), report, path=path) for path in wrong_links(report)]
    pages += [sent(browser("mallory"), report), sent(Client(), report)]
    pages.append(sent(browser("bob"), report))
    text = report_receive(draft(reporter="dora"))
    pages.append(sent(browser("dora"), Report.objects.get(reference=text)))
    settings.FRAME_EVIDENCE = False
    pages.append(sent(browser(), report))
    pages.append(sent(browser(), report, content_type="text/plain"))
    assert {(page.status_code, page.content) for page in pages} == {(404, receipt.content)}
    assert not Still.objects.exists()


def test_report_of_the_reader_takes_none() -> None:
    assert still_wanted(video_report().reference)
    report = video_report("carol", about="reader")
    assert not still_wanted(report.reference)
    assert sent(browser("carol"), report).status_code == 404


def test_report_of_our_own_checks_takes_none() -> None:
    report = video_report(reporter="", told=replace(talk(), mode="video"))
    assert not still_wanted(report.reference)
    with pytest.raises(NoStill):
        still_attach(picture(), reference=report.reference, reporter="")


def test_length_is_looked_at_before_the_body(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(*_: object) -> bytes:
        raise AssertionError("The body was read.")

    monkeypatch.setattr("django.core.handlers.wsgi.WSGIRequest.read", read)
    report = video_report()
    long = sent(browser(), report, bytes(512 * 1024 + 1))
    assert (long.status_code, long.json()["code"]) == (413, "too_large")
    unknown = sent(browser(), report, CONTENT_LENGTH="")
    assert (unknown.status_code, unknown.json()["code"]) == (411, "no_length")
    words = sent(browser(), report, content_type="text/plain")
    assert (words.status_code, words.json()["code"]) == (415, "bad_type")


def test_longest_still_is_taken_though_forms_are_shorter() -> None:
    noise = Image.effect_noise((900, 500), 90).convert("RGB")
    out = BytesIO()
    noise.save(out, "JPEG", quality=90)
    assert 300 * 1024 < len(out.getvalue()) < 512 * 1024
    assert sent(browser(), video_report(), out.getvalue()).status_code == 200


def test_what_is_no_picture_is_refused_with_a_sentence() -> None:
    answer = sent(browser(), video_report(), b"<svg/>", content_type="image/svg+xml")
    assert answer.status_code == 422
    assert answer.json() == {"code": "bad_picture", "detail": "A picture is a JPEG, PNG or WebP."}


def test_page_of_another_site_sends_none() -> None:
    client = browser(enforce_csrf_checks=True)
    report = video_report()
    assert sent(client, report).status_code == 403
    client.get("/")
    token = client.cookies["csrftoken"].value
    assert sent(client, report, headers={"X-CSRFToken": token}).status_code == 200


def test_get_is_refused() -> None:
    assert browser().get(still_path(video_report().reference)).status_code == 405


def test_address_that_sends_many_waits(settings: Settings) -> None:
    settings.LIMIT_STILLS = Rate.parse("1/600")
    report = video_report()
    assert sent(browser(), report).status_code == 200
    answer = sent(browser(), report)
    assert (answer.status_code, answer.json()["code"]) == (429, "too_fast")
    assert sent(browser(REMOTE_ADDR="198.51.100.9"), report).status_code == 200


def test_database_away_is_503_in_json(monkeypatch: pytest.MonkeyPatch) -> None:
    report = video_report()

    def away(*_: object) -> None:
        raise OperationalError

    monkeypatch.setattr("moderation.services.stills._evidence", away)
    answer = sent(browser(), report)
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")


def test_so_many_are_decoded_at_once_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stills, "_DECODING_SECONDS", 0.01)
    report = video_report()
    with stills._decoding, stills._decoding:
        assert sent(browser(), report).status_code == 503
        with pytest.raises(StillBusy):
            kept(report)
    assert sent(browser(), report).status_code == 200


def test_picture_that_breaks_gives_its_place_back() -> None:
    report = video_report()
    for _ in range(3):
        assert sent(browser(), report, b"\xff\xd8\xff").status_code == 422
    assert sent(browser(), report).status_code == 200


def test_arrival_is_in_the_log_and_told_to_the_desk(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    told: list[dict[str, Any]] = []
    monkeypatch.setattr(
        "moderation.services.cases.group_tell", lambda _, message: told.append(message)
    )
    report = video_report()
    case = filed(report)
    still = kept(report)
    entry = AuditEntry.objects.get(action="still")
    assert (entry.target, entry.detail) == (f"still of {report}", {"sha256": still.digest})
    assert told[-1] == {"type": "desk.changed", "event": "still", "case": case.pk, "by": ""}
    kept(report)
    assert AuditEntry.objects.filter(action="still").count() == 1


def test_still_of_an_unfiled_report_is_there_when_it_is_filed() -> None:
    report = video_report()
    still = kept(report)
    assert list(Still.objects.filter(evidence__report__case=filed(report))) == [still]


def test_second_still_is_refused_by_the_database_too() -> None:
    report = video_report()
    kept(report)
    with pytest.raises(StillThere):
        kept(report, picture("blue"))
    assert not still_wanted(report.reference)


def test_late_still_is_not_even_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    report = video_report()
    later(monkeypatch, STILL_WINDOW * 2)
    monkeypatch.setattr(stills, "picture_clean", lambda _: pytest.fail("decoded"))
    with pytest.raises(StillLate):
        kept(report)


# --- At rest --------------------------------------------------------------------------------------


def raw() -> bytes:
    with connection.cursor() as cursor:
        cursor.execute("SELECT sealed FROM moderation_still")
        return bytes(cursor.fetchone()[0])


def test_database_holds_no_picture() -> None:
    report = video_report()
    kept(report)
    held = raw()
    jpeg = sealing.unseal(held, "still", reference=report.reference)
    assert jpeg.startswith(b"\xff\xd8\xff")
    assert b"\xff\xd8\xff" not in held
    assert jpeg[100:140] not in held
    assert report.reference.encode() not in held


def test_what_is_kept_is_made_anew() -> None:
    report = video_report()
    data = picture() + b"SECRET"
    kept(report, data)
    jpeg = sealing.unseal(raw(), "still", reference=report.reference)
    assert jpeg != data
    assert b"SECRET" not in jpeg


def test_still_moved_to_another_report_does_not_open() -> None:
    first, second = video_report(), video_report("carol")
    kept(first), kept(second, picture("blue"), "carol")
    one, two = Still.objects.order_by("pk")
    Still.objects.filter(pk=one.pk).update(sealed=two.sealed)
    case = filed(first)
    senior = moderator("senior")
    case_claim(case.pk, moderator=senior)
    with pytest.raises(BadSeal):
        still_view(Evidence.objects.get(report=first), moderator=senior)
    assert not AuditEntry.objects.filter(action="view-still").exists()


def test_changed_still_does_not_open() -> None:
    sealed = bytearray(sealing.seal(b"picture", "still", reference="R-1"))
    sealed[30] ^= 1
    with pytest.raises(BadSeal):
        sealing.unseal(bytes(sealed), "still", reference="R-1")


def test_copy_makes_its_key_once_for_itself_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EVIDENCE_KEYS", OLD)
    prepare.evidence_key(tmp_path)
    file = tmp_path / "evidence-key"
    assert not file.exists()
    monkeypatch.delenv("EVIDENCE_KEYS")
    prepare.evidence_key(tmp_path)
    made = file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
    assert env.sealing_keys("EVIDENCE_KEYS", made) == (made,)
    prepare.evidence_key(tmp_path)
    assert file.read_text() == made


@pytest.mark.parametrize(
    "key", ["short", "=" * 44, urlsafe_b64encode(bytes(31)).decode(), "ä" * 44]
)
def test_malformed_key_is_named_and_not_repeated(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVIDENCE_KEYS", f"{OLD},{key}")
    with pytest.raises(ImproperlyConfigured, match="EVIDENCE_KEYS: key 2") as raised:
        env.sealing_keys("EVIDENCE_KEYS")
    assert key not in str(raised.value)


def test_keys_of_the_environment_come_before_the_one_of_this_copy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("EVIDENCE_KEYS")
    assert env.sealing_keys("EVIDENCE_KEYS") == ()
    assert env.sealing_keys("EVIDENCE_KEYS", OLD) == (OLD,)
    monkeypatch.setenv("EVIDENCE_KEYS", f"{NEW}, {OLD}")
    assert env.sealing_keys("EVIDENCE_KEYS", "other") == (NEW, OLD)


# --- On the desk ----------------------------------------------------------------------------------


def still_url(case: Case, report: Report) -> str:
    return f"/admin/moderation/case/{case.pk}/still/{report.reference}/"


def with_still(**fields: Any) -> tuple[Case, Report]:
    report = video_report(**fields)
    kept(report)
    return filed(report), report


def test_holder_sees_the_still_and_the_log_says_so() -> None:
    case, report = with_still()
    client, user = signed_in("moderator")
    case_claim(case.pk, moderator=user)
    shown = client.get(still_url(case, report))
    assert shown.status_code == 200
    assert shown.content == sealing.unseal(raw(), "still", reference=report.reference)
    assert shown["Content-Type"] == "image/jpeg"
    assert "no-store" in shown["Cache-Control"]
    assert shown["X-Content-Type-Options"] == "nosniff"
    assert shown["Content-Security-Policy"] == "default-src 'none'; sandbox"
    entry = AuditEntry.objects.get(action="view-still")
    assert (entry.actor, entry.target) == (user.username, f"still of {report}")


def test_nothing_is_sent_when_the_log_takes_no_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    case, report = with_still()
    senior = moderator("senior")
    case_claim(case.pk, moderator=senior)

    def away(**_: object) -> None:
        raise OperationalError

    monkeypatch.setattr(stills, "audit_append", away)
    with pytest.raises(OperationalError):
        still_view(Evidence.objects.get(report=report), moderator=senior)


def test_page_of_the_case_fetches_and_logs_no_picture() -> None:
    case, report = with_still()
    client, user = signed_in("moderator")
    case_claim(case.pk, moderator=user)
    page = client.get(f"/admin/moderation/case/{case.pk}/change/").content.decode()
    assert f'data-src="{still_url(case, report)}"' in page
    assert f'src="{still_url(case, report)}"' not in page.replace("data-src", "")
    assert "their claim, not our log" in page
    assert not AuditEntry.objects.filter(action="view-still").exists()


def test_who_does_not_hold_the_case_sees_none() -> None:
    case, report = with_still()
    client, _ = signed_in("senior")
    url, page = still_url(case, report), f"/admin/moderation/case/{case.pk}/change/"
    assert client.get(url).status_code == 403
    assert "Only who holds the case sees it." in client.get(page).content.decode()
    case_claim(case.pk, moderator=moderator("senior"))
    assert client.get(url).status_code == 403
    assert not AuditEntry.objects.filter(action="view-still").exists()
    assert still_url(case, report) not in client.get(page).content.decode()
    assert Client().get(url).status_code == 302


def test_claim_that_ran_out_or_was_given_back_shows_none() -> None:
    case, report = with_still()
    client, user = signed_in("senior")
    case_claim(case.pk, moderator=user)
    case_release(case.pk, moderator=user)
    assert client.get(still_url(case, report)).status_code == 403
    case_claim(case.pk, moderator=user)
    Case.objects.filter(pk=case.pk).update(claimed_until=timezone.now())
    assert client.get(still_url(case, report)).status_code == 403


@pytest.mark.parametrize("role", list(ROLES))
@pytest.mark.parametrize("reason", ["nudity", "minor"])
def test_matrix_of_who_sees_a_still(role: Role, reason: str) -> None:
    case, report = with_still(reason=reason)
    client, user = signed_in(role)
    rights = ROLES[role]
    in_lane = case.lane in rights.lanes
    if in_lane and rights.measures:
        case_claim(case.pk, moderator=user)
    holds = in_lane and bool(rights.measures)
    may = holds and rights.sees_stills
    assert client.get(still_url(case, report)).status_code == (200 if may else 403)
    assert AuditEntry.objects.filter(action="view-still").exists() == may
    assert may == (role in {"senior", "admin"} or (role, reason) == ("moderator", "nudity"))


def decided(case: Case) -> Decision:
    senior = moderator("senior")
    held = case_claim(case.pk, moderator=senior)
    return case_decide(
        case.pk, moderator=senior, version=held.version, measure="dismiss", rule="", facts=""
    )


@pytest.mark.parametrize(("role", "may"), [("triage", False), ("moderator", True), ("legal", True)])
def test_decided_case_shows_it_to_who_sees_stills(role: Role, may: bool) -> None:
    case, report = with_still()
    decided(case)
    client, _ = signed_in(role)
    assert client.get(still_url(case, report)).status_code == (200 if may else 403)


def test_still_of_another_case_or_report_is_404() -> None:
    case, _ = with_still()
    client, user = signed_in("senior")
    case_claim(case.pk, moderator=user)
    missing = video_report("erin")
    filed(missing)
    assert client.get(still_url(case, missing)).status_code == 404
    assert client.get(f"/admin/moderation/case/{case.pk}/still/R-NONE/").status_code == 404


def test_still_that_does_not_open_is_gone_and_not_logged_as_seen(settings: Settings) -> None:
    case, report = with_still()
    client, user = signed_in("senior")
    case_claim(case.pk, moderator=user)
    settings.EVIDENCE_KEYS = (NEW,)
    assert client.get(still_url(case, report)).status_code == 410
    assert not AuditEntry.objects.filter(action="view-still").exists()


def test_decision_names_the_still_it_rests_on() -> None:
    case, _ = with_still()
    still = Still.objects.get()
    assert decided(case).evidence == [still.evidence.digest, still.digest]


# --- How it goes ----------------------------------------------------------------------------------


def test_still_goes_with_its_evidence(monkeypatch: pytest.MonkeyPatch) -> None:
    case, _ = with_still()
    later(monkeypatch, timedelta(days=60))
    assert not records_purge()["still"], "nobody has decided yet"
    decided(case)
    later(monkeypatch, timedelta(days=29))
    assert not records_purge()["still"]
    later(monkeypatch, timedelta(days=2))
    counts = records_purge()
    assert (counts["still"], counts["evidence"]) == (1, 1)
    assert not Still.objects.exists()


def test_still_goes_before_its_evidence_where_the_table_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(RETENTION, "still", timedelta(days=7))
    case, _ = with_still()
    decided(case)
    later(monkeypatch, timedelta(days=8))
    assert records_purge(dry_run=True)["still"] == 1
    assert Still.objects.exists()
    counts = records_purge()
    assert (counts["still"], counts["evidence"]) == (1, 0)


def held(report: Report) -> None:
    evidence_hold(
        Evidence.objects.get(report=report), moderator=moderator("legal"), why="asked for"
    )


@pytest.mark.parametrize("days", [7, 30])
def test_legal_hold_keeps_the_still(days: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(RETENTION, "still", timedelta(days=days))
    case, report = with_still()
    decided(case)
    held(report)
    later(monkeypatch, timedelta(days=500))
    records_purge()
    assert Still.objects.exists()


def test_stills_are_never_kept_longer_than_their_evidence() -> None:
    still, evidence = RETENTION["still"], RETENTION["evidence"]
    assert still is not None
    assert evidence is not None
    assert still <= evidence


def test_purged_report_shows_no_still() -> None:
    case, report = with_still()
    senior = moderator("senior")
    case_claim(case.pk, moderator=senior)
    evidence = Evidence.objects.get(report=report)
    Still.objects.all().delete()
    with pytest.raises(NotPossible):
        still_view(evidence, moderator=senior)


# --- On the wire ----------------------------------------------------------------------------------


@pytest.fixture
def _relay(settings: Settings) -> None:
    settings.VIDEO = "relay"
    settings.TURN_URLS, settings.TURN_SECRET = ("turn:turn.example.org",), "s"
    settings.TURN_RELAYS = frozenset({"203.0.113.7"})


async def reported(stranger: Stranger, *, again: bool = False) -> dict[str, Any]:
    await stranger.send("report", reason="nudity")
    if not again:
        await stranger.hears("ended")
    return await stranger.hears("reported")


def posted(stranger: Stranger, path: str, colour: str = "red") -> int:
    client = Client()
    client.cookies[visitors.VISITOR_COOKIE] = stranger.cookie
    return client.post(path, picture(colour), content_type="image/jpeg").status_code


@pytest.mark.usefixtures("_relay")
@pytest.mark.django_db(transaction=True)
async def test_reporter_alone_is_told_where_a_still_goes_until_there_is_one(chat: Chat) -> None:
    post = database_sync_to_async(posted)
    async with chat.pair(mode="video") as (alice, bob):
        told = await reported(alice)
        assert told["still"] == still_path(told["receipt"])
        again = await reported(alice, again=True)
        assert again["still"] == told["still"], "the answer may have been lost"
        assert await post(bob, told["still"]) == 404
        assert await post(alice, told["still"]) == 200
        assert await post(alice, told["still"], "blue") == 409
        assert "still" not in await reported(alice, again=True)
        await bob.hears("ended")
        await bob.hears_nothing()


@pytest.mark.usefixtures("_relay")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("mode", "on"), [("text", True), ("video", False)])
async def test_no_still_is_asked_for_where_none_is_taken(
    mode: str, on: bool, chat: Chat, settings: Settings
) -> None:
    settings.FRAME_EVIDENCE = on
    async with chat.pair(mode=mode) as (alice, _):
        assert "still" not in await reported(alice)


@pytest.mark.usefixtures("_relay")
@pytest.mark.django_db(transaction=True)
async def test_report_that_waits_on_disk_asks_for_no_still(
    chat: Chat, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> str:
        raise OperationalError

    settings.RUN_DIR = tmp_path
    monkeypatch.setattr("moderation.services.reports.report_receive", away)
    async with chat.pair(mode="video") as (alice, _):
        told = await reported(alice)
        assert "still" not in told
        assert (tmp_path / "spool" / f"{told['receipt']}.sealed").exists()
        monkeypatch.setattr("chat.services.still_wanted", away)
        assert "still" not in await reported(alice, again=True), "the report is kept all the same"
