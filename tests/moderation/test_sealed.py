"""What reports hold lies sealed: nobody who has the database or the disk reads a word of it."""

import io
import itertools
import json
from base64 import urlsafe_b64encode
from dataclasses import asdict
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone
from msgspec.structs import replace
from pytest_django import Settings

from moderation import sealing, spool
from moderation.audit import audit_verify
from moderation.cases import NotPossible
from moderation.drafts import NoticeDraft, ReportDraft
from moderation.models import AuditEntry, Case, Evidence, Notice, Report, Still
from moderation.sealing import BadSeal
from moderation.services.cases import case_claim, evidence_hold
from moderation.services.decisions import case_decide
from moderation.services.notices import notice_make, notice_read
from moderation.services.reports import report_receive, reports_sweep
from moderation.services.rotation import Rotation, evidence_reseal
from moderation.services.stills import still_attach
from moderation.services.upkeep import records_purge
from tests.moderation.drafts import draft, line, talk
from tests.moderation.factories import moderator, picture
from tests.moderation.staff import signed_in
from tests.moderation.test_desk_races import at_once

pytestmark = pytest.mark.django_db

OLD, NEW = (urlsafe_b64encode(bytes([each]) * 32).decode() for each in (1, 2))
SAID = ("naïve secret words", "masked secret words", "secret note of the reporter", "Quiet Bob")


@pytest.fixture(autouse=True)
def _own_keys(settings: Settings, tmp_path: Path) -> None:
    settings.FRAME_EVIDENCE, settings.EVIDENCE_KEYS = True, (OLD,)
    settings.RUN_DIR = tmp_path


def told(**fields: Any) -> ReportDraft:
    """Give a report from video in which somebody wrote each of `SAID`."""
    lines = line(1, SAID[0]), line(2, SAID[1], shown="****", verdict="mask")
    return draft(told=replace(talk(*lines), mode="video"), note=SAID[2], **fields)


def reported(**fields: Any) -> Report:
    """File such a report, with a still."""
    report = Report.objects.get(reference=report_receive(told(**fields)))
    still_attach(picture(), reference=report.reference, reporter=report.reporter)
    reports_sweep()
    report.refresh_from_db()
    return report


def seals() -> dict[str, bytes]:
    report, evidence, still = Report.objects.get(), Evidence.objects.get(), Still.objects.get()
    found = {"note": report.sealed_note, "talk": evidence.sealed, "still": still.sealed}
    return {what: bytes(sealed) for what, sealed in found.items()}


def decided() -> Case:
    senior = moderator()
    case = case_claim(Case.objects.get().pk, moderator=senior)
    case_decide(
        case.pk,
        moderator=senior,
        version=case.version,
        measure="warn",
        rule="harassment",
        facts="x",
    )
    return case


# --- What lies there ------------------------------------------------------------------------------


def database_dump() -> bytes:
    """Give every row of every table, as the database hands it out."""
    cells: list[bytes] = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {table}")
            for cell in itertools.chain.from_iterable(cursor.fetchall()):
                is_binary = isinstance(cell, bytes | memoryview)
                cells.append(bytes(cell) if is_binary else str(cell).encode())
    return b"\n".join(cells)


def assert_silent(data: bytes) -> None:
    for words in SAID:
        assert words.encode() not in data
        assert json.dumps(words).strip('"').encode() not in data
    assert b"\xff\xd8\xff" not in data


def test_dump_of_the_database_holds_no_word_of_a_talk() -> None:
    report = reported()
    decided()
    dump = database_dump()
    assert report.reference.encode() in dump
    assert_silent(dump)
    assert (report.note, Evidence.objects.get().transcript[0]["text"]) == (SAID[2], SAID[0])


def test_spool_holds_no_word_of_a_talk(tmp_path: Path) -> None:
    given = told()
    spool.spool_write(given)
    files = [path for path in (tmp_path / "spool").rglob("*") if path.is_file()]
    assert len(files) == 1
    assert_silent(files[0].read_bytes())
    reports_sweep()
    assert Evidence.objects.get().transcript[0]["text"] == SAID[0]
    assert Report.objects.get().note == SAID[2]


def test_no_column_but_those_that_are_sealed_could_hold_a_talk() -> None:
    kept = {each.name for each in Evidence._meta.get_fields()}
    assert kept.isdisjoint({"transcript", "seats"})
    assert "note" not in {each.name for each in Report._meta.get_fields()}


def test_digest_is_of_what_was_sealed() -> None:
    reported()
    evidence = Evidence.objects.get()
    assert json.loads(evidence.content) == {
        "seats": evidence.seats,
        "transcript": evidence.transcript,
    }
    assert evidence.content.isascii()


@pytest.mark.parametrize("moved", ["report", "column"])
def test_seal_that_was_moved_does_not_open(moved: str) -> None:
    report = reported()
    other = Report.objects.get(reference=report_receive(draft(reporter="carol")))
    sealed = other.evidence.sealed if moved == "report" else report.sealed_note
    Evidence.objects.filter(report=report).update(sealed=sealed)
    with pytest.raises(BadSeal):
        _ = Evidence.objects.get(report=report).transcript


# --- Without the key ------------------------------------------------------------------------------


def test_page_of_a_case_says_that_the_key_is_lost_and_the_rest_works(settings: Settings) -> None:
    report = reported()
    settings.EVIDENCE_KEYS = (NEW,)
    client, user = signed_in("senior")
    case = case_claim(Case.objects.get().pk, moderator=user)
    shown = client.get(f"/admin/moderation/case/{case.pk}/change/")
    page = shown.content.decode()
    assert shown.status_code == 200
    assert "Nobody can read the conversation: the key it is sealed with is not here" in page
    assert "Nobody can read it: its key is not here any more" in page, "the note"
    assert "That you looked is written down.\n        </p>" not in page
    assert not AuditEntry.objects.filter(action="view").exists()
    assert client.get(f"/admin/moderation/report/{report.pk}/change/").status_code == 200
    case_decide(
        case.pk, moderator=user, version=case.version, measure="warn", rule="harassment", facts="x"
    )
    assert Report.objects.get().outcome == "upheld"


def test_purge_removes_what_nobody_can_open(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    reported()
    decided()
    settings.EVIDENCE_KEYS = (NEW,)
    later = timezone.now() + timedelta(days=400)
    monkeypatch.setattr("django.utils.timezone.now", lambda: later)
    records_purge()
    assert not Report.objects.exists()


def test_evidence_that_does_not_open_does_not_grow(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    first = draft(reporter="", told=talk(line(2, SAID[0])))
    report_receive(first)
    before = bytes(Evidence.objects.get().sealed)
    settings.EVIDENCE_KEYS = (NEW,)
    more = replace(first.talk, lines=[*first.talk.lines, line(2, "more")])
    assert report_receive(replace(first, talk=more)) == first.reference
    assert bytes(Evidence.objects.get().sealed) == before
    assert "does not grow" in caplog.text


def test_draft_that_does_not_open_waits_for_its_key(settings: Settings) -> None:
    spool.spool_write(told())
    settings.EVIDENCE_KEYS = (NEW,)
    reports_sweep()
    assert not Report.objects.exists()
    settings.EVIDENCE_KEYS = (NEW, OLD)
    reports_sweep()
    assert Report.objects.exists()


# --- Rotation -------------------------------------------------------------------------------------


def test_rotation_seals_all_with_the_newest_key(settings: Settings, tmp_path: Path) -> None:
    report = reported()
    notice_make("threat", NoticeDraft(text="They say they know my street."))
    spool.spool_write(draft(reporter="carol"))
    [waiting] = (tmp_path / "spool").iterdir()
    before, drafted = seals(), waiting.read_bytes()
    settings.EVIDENCE_KEYS = (NEW, OLD)
    said = io.StringIO()
    call_command("rotate_evidence_keys", "--dry-run", stdout=said)
    assert "Nothing was changed." in said.getvalue()
    assert (seals(), waiting.read_bytes()) == (before, drafted)
    assert not AuditEntry.objects.filter(action="reseal").exists()
    said = io.StringIO()
    call_command("rotate_evidence_keys", "--json", stdout=said)
    one = asdict(Rotation(resealed=1))
    counts = dict.fromkeys(("draft", "talk", "note", "still", "notice"), one)
    assert json.loads(said.getvalue()) == counts
    entry = AuditEntry.objects.get(action="reseal")
    assert entry.detail == counts
    assert entry.actor.startswith("command by ")
    settings.EVIDENCE_KEYS = (NEW,)
    for what, sealed in seals().items():
        assert sealing.unseal(sealed, what, reference=report.reference)  # type: ignore[arg-type]
    assert "street" in notice_read(Notice.objects.get(), moderator=moderator()).text
    assert set(evidence_reseal(actor="ada").values()) == {Rotation(newest=1)}
    reports_sweep()
    assert Report.objects.count() == 2
    assert audit_verify() == []


def test_rotation_goes_on_after_a_batch(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("moderation.services.rotation._BATCH", 2)
    for number in range(5):
        report_receive(draft(subject=f"s{number}"))
    settings.EVIDENCE_KEYS = (NEW, OLD)
    assert evidence_reseal(actor="ada")["talk"] == Rotation(resealed=5)


def test_rotation_says_what_it_could_not_open(settings: Settings) -> None:
    reported()
    spool.spool_write(draft(reporter="carol"))
    before = seals()
    settings.EVIDENCE_KEYS = (NEW,)
    with pytest.raises(CommandError, match="None of the present keys opens 4 of them"):
        call_command("rotate_evidence_keys", stdout=io.StringIO())
    assert seals() == before


def test_rotation_changes_the_seal_of_what_is_held_and_nothing_else(settings: Settings) -> None:
    reported()
    legal = moderator("legal")
    evidence = evidence_hold(Evidence.objects.get(), moderator=legal, why="asked for")
    content = evidence.content
    settings.EVIDENCE_KEYS = (NEW, OLD)
    evidence_reseal(actor="ada")
    after = Evidence.objects.get()
    assert (after.on_hold, after.content, after.digest) == (True, content, evidence.digest)


@pytest.mark.django_db(transaction=True)
def test_rotation_purge_and_hold_at_once_lose_nothing_of_what_is_held(settings: Settings) -> None:
    reported()
    decided()
    long_ago = timezone.now() - timedelta(days=100)
    Case.objects.update(decided_at=long_ago)
    Evidence.objects.update(purge_at=long_ago)
    evidence, legal = Evidence.objects.select_related("report").get(), moderator("legal")
    content = evidence.content
    settings.EVIDENCE_KEYS = (NEW, OLD)
    refused, _, _ = at_once(
        partial(evidence_hold, evidence, moderator=legal, why="asked for"),
        partial(evidence_reseal, actor="ada"),
        records_purge,
    )
    settings.EVIDENCE_KEYS = (NEW,)
    held = Evidence.objects.filter(on_hold=True).first()
    # Whoever came first: the hold has it, whole and sealed anew, or it was gone before.
    assert isinstance(refused, Evidence if held else NotPossible)
    assert Evidence.objects.exists() == bool(held)
    if held:
        assert held.content == content
    assert Report.objects.get().note == SAID[2]


@pytest.mark.django_db(transaction=True)
def test_rotation_and_growth_at_once_keep_what_was_said_since(settings: Settings) -> None:
    first = draft(reporter="", told=talk(line(2, SAID[0])))
    report_receive(first)
    settings.EVIDENCE_KEYS = (NEW, OLD)
    more = replace(first.talk, lines=[*first.talk.lines, line(2, "more")])
    at_once(
        partial(report_receive, replace(first, talk=more)), partial(evidence_reseal, actor="ada")
    )
    settings.EVIDENCE_KEYS = (NEW,)
    assert [each["text"] for each in Evidence.objects.get().transcript] == [SAID[0], "more"]
