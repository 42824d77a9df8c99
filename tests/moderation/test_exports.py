"""The file for an authority: what is in it, who gets it, and that a change of it shows."""

import hashlib
import io
import json
import subprocess
import zipfile
from base64 import urlsafe_b64encode
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.utils import timezone
from msgspec.structs import replace
from pytest_django import Settings

from moderation.audit import audit_verify
from moderation.cases import NotPossible
from moderation.exports import archive_problems, inert
from moderation.models import AuditEntry, Case, Decision, Evidence, Report, Request, Still
from moderation.policy import Reason
from moderation.services.approvals import request_approve
from moderation.services.cases import case_claim, evidence_view
from moderation.services.decisions import case_decide, decision_lift
from moderation.services.exports import Export, export_ask, export_fetch
from moderation.services.reports import report_receive, reports_sweep
from moderation.services.requests import BadRequest
from moderation.services.stills import still_attach
from moderation.services.upkeep import records_purge
from tests.moderation.drafts import asked, discussion, draft, left, line, talk
from tests.moderation.factories import moderator, picture
from tests.moderation.test_desk_races import at_once

pytestmark = pytest.mark.django_db

OLD, NEW = (urlsafe_b64encode(bytes([each]) * 32).decode() for each in (1, 2))
# What differs between two exports: the log has the first one by then.
CHANGES = {"audit.json", "SHA256SUMS"}
HOSTILE = "=cmd|' /C calc'!A0 \x1b[2J\u202egnp.exe\r\n\u2028[2026] seat 1: forged"


@pytest.fixture(autouse=True)
def _own_keys(settings: Settings, tmp_path: Path) -> None:
    settings.FRAME_EVIDENCE, settings.EVIDENCE_KEYS = True, (OLD,)
    settings.RUN_DIR = tmp_path
    settings.SITE_NAME, settings.PUBLIC_URL = "Omegle", "https://chat.example.org"


def reported(reason: Reason = "nudity", note: str = "he showed it", **fields: Any) -> Case:
    """File a report from video with a still; give its case."""
    lines = line(1, "Hello"), line(2, "You idiot", shown="You *****", verdict="mask")
    told = replace(talk(*lines, address="tag-of-an-address", **fields), mode="video")
    given = draft(told=told, reason=reason, note=note, **fields)
    report = Report.objects.get(reference=report_receive(given))
    still_attach(picture(), reference=report.reference, reporter=report.reporter)
    reports_sweep()
    case = Report.objects.get(pk=report.pk).case
    assert case is not None
    return case


def decided(case: Case, by: User) -> Decision:
    held = case_claim(case.pk, moderator=by)
    how: dict[str, Any] = {"measure": "day", "rule": "sexual", "facts": "showed something"}
    return case_decide(case.pk, moderator=by, version=held.version, **how)


def exported(case: Case, **fields: Any) -> Export:
    given: dict[str, Any] = {"why": "asked for by the police"} | fields
    by, other = given.pop("by", None), given.pop("approved_by", None)
    by, other = by or moderator("legal"), other or moderator("admin")
    request = export_ask(case, by=by, **given)
    request_approve(request.pk, by=other)
    return export_fetch(request.pk, by=by)


def files(export: Export) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(export.data)) as given:
        return {name: given.read(name) for name in given.namelist()}


def told(export: Export, name: str) -> Any:
    return json.loads(files(export)[name])


# --- What is in it --------------------------------------------------------------------------------


def test_file_has_all_there_is_of_a_case() -> None:
    case = reported()
    report = Report.objects.get()
    export = exported(case)
    assert list(files(export)) == [
        "README.txt",
        "SHA256SUMS",
        "audit.json",
        "decisions.json",
        "report.json",
        f"stills/{report}.jpg",
        f"transcripts/{report}.json",
        f"transcripts/{report}.txt",
    ]
    assert export.digest == hashlib.sha256(export.data).hexdigest()
    assert export.name == f"case-{case.pk}-{export.digest[:12]}.zip"


def test_transcript_and_still_are_byte_by_byte_what_was_kept() -> None:
    export = exported(reported())
    evidence, still = Evidence.objects.get(), Still.objects.get()
    kept = files(export)
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in kept.items()}
    assert digests[f"transcripts/{evidence.report}.json"] == evidence.digest
    assert digests[f"stills/{evidence.report}.jpg"] == still.digest
    text = kept[f"transcripts/{evidence.report}.txt"].decode()
    assert "seat 2, Quiet Bob, reported (masked): You idiot\n    shown as: You *****\n" in text
    assert "Note of the reporter, their claim: he showed it\n" in text


def test_report_has_the_terms_and_the_order_of_a_cybertipline_report() -> None:
    case = reported()
    report = told(exported(case), "report.json")
    assert list(report) == [
        "incidentSummary",
        "internetDetails",
        "personOrUserReported",
        "additionalInfo",
    ]
    kept = Report.objects.get()
    at = kept.created_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert report["incidentSummary"]["incidentDateTime"] == at
    assert report["personOrUserReported"] == {
        "espIdentifier": case.subject,
        "espService": "Omegle",
        "displayName": ["Quiet Bob"],
        "additionalInfo": "Tag of an address: tag-of-an-address (key 1)",
    }
    page, chat = report["internetDetails"]
    assert page == {"webPageIncident": {"url": "https://chat.example.org"}}
    assert chat["chatImIncident"]["chatRoomName"] == kept.room
    assert chat["chatImIncident"]["content"] == f"transcripts/{kept}.json"
    assert "a claim of the reporter" in chat["chatImIncident"]["additionalInfo"]
    assert report["additionalInfo"] == f"case {case.pk}, Sexual content."


def test_what_nobody_knows_is_left_out() -> None:
    given = draft(reason="spam")
    report_receive(given)
    reports_sweep()
    report = told(exported(Case.objects.get()), "report.json")
    assert "additionalInfo" not in report["personOrUserReported"]
    assert "null" not in json.dumps(report)
    assert "reporter" not in report
    assert "incidentType" not in report["incidentSummary"]


def test_decisions_say_on_which_files_they_rest() -> None:
    case, senior = reported(), moderator("senior")
    decision = decided(case, senior)
    decision_lift(decision, moderator=senior, why="It was another seat.")
    report = Report.objects.get()
    (given,) = told(exported(case), "decisions.json")
    assert [each["file"] for each in given["evidence"]] == [
        f"transcripts/{report}.json",
        f"stills/{report}.jpg",
    ]
    assert [each["sha256"] for each in given["evidence"]] == decision.evidence
    assert (given["by"], given["measure"]) == (senior.username, "Ban, 1 day")
    assert given["lifted"]["why"] == "It was another seat."


def test_audit_has_what_concerns_the_case_and_nothing_else() -> None:
    case, senior = reported(), moderator("senior")
    evidence_view(Evidence.objects.get(), moderator=senior)
    decision = decided(case, senior)
    other = reported(subject="eve", reporter="carol")
    decided(other, senior)
    entries = told(exported(case), "audit.json")
    report = case.reports.get()
    assert [(each["action"], each["target"]) for each in entries] == [
        ("still", f"still of {report}"),
        ("view", f"evidence of {report}"),
        ("claim", str(case)),
        ("decide", str(case)),
    ]
    assert decision.reference not in json.dumps(told(exported(other), "audit.json"))


def test_many_reports_are_no_too_long_question(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("moderation.selectors.exports._TERMS", 1)
    case, senior = reported(), moderator("senior")
    reported(reporter="carol")
    evidence_view(Evidence.objects.latest("pk"), moderator=senior)
    actions = [each["action"] for each in told(exported(case), "audit.json")]
    assert actions == ["still", "still", "view"]


def test_question_and_leaving_are_told() -> None:
    words = discussion(asked("Which month?"), line(1, "May"), left())
    report_receive(draft(told=words, about="question", seat=0))
    reports_sweep()
    export = exported(Case.objects.get())
    text = files(export)[f"transcripts/{Report.objects.get()}.txt"].decode()
    assert "seat 0, Quiet Olga, reported, asks: Which month?\n    shown to nobody\n" in text
    assert "seat 0, Quiet Olga, reported left\n" in text


def test_same_facts_are_the_same_file() -> None:
    case = reported()
    first = exported(case)
    second = exported(case)
    assert {name: data for name, data in files(first).items() if name not in CHANGES} == {
        name: data for name, data in files(second).items() if name not in CHANGES
    }
    with zipfile.ZipFile(io.BytesIO(first.data)) as given:
        assert {each.date_time for each in given.infolist()} == {(1980, 1, 1, 0, 0, 0)}


@pytest.mark.parametrize(("reason", "warns"), [("minor", True), ("nudity", False)])
def test_child_safety_has_a_warning_on_top(reason: Reason, warns: bool) -> None:
    readme = files(exported(reported(reason)))["README.txt"].decode()
    assert readme.startswith("WARNING: THIS MAY HOLD") == warns
    assert "No program has sent it" in readme
    assert "Addresses of the network: none are kept." in readme


def test_nothing_in_it_acts_on_a_terminal_or_a_spreadsheet() -> None:
    given = draft(told=talk(line(1, "Hello"), line(2, HOSTILE, shown=HOSTILE[1:])), note=HOSTILE)
    report_receive(given)
    reports_sweep()
    for name, data in files(exported(Case.objects.get())).items():
        text = data.decode()
        assert all(each.isprintable() or each == "\n" for each in text), name
        assert not any(each.lstrip(' "').startswith(("=", "+", "@")) for each in text.splitlines())
    assert json.loads(Evidence.objects.get().content)["transcript"][1]["text"] == HOSTILE


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("naïve 你好", "naïve 你好"),
        ("a\nb\tc", "a\\nb\\tc"),
        ("\x1b[31m\x07\x9b", "\\x1b[31m\\x07\\x9b"),
        ("\u202eabc\u2028", "\\u202eabc\\u2028"),
        ("\\n", "\\\\n"),
        ("\ud800", "\\ud800"),
    ],
)
def test_inert_text_is_one_line_and_means_one_thing(text: str, told: str) -> None:
    assert inert(text) == told


# --- Who gets it ----------------------------------------------------------------------------------


def test_export_is_in_the_log_with_both_names_and_the_digest() -> None:
    legal, admin = moderator("legal"), moderator("admin")
    case = reported()
    export = exported(case, by=legal, approved_by=admin, why="  court order 7 ")
    entry = AuditEntry.objects.get(action="export")
    assert (entry.actor, entry.target) == (legal.username, str(case))
    assert entry.detail == {
        "approved_by": admin.username,
        "why": "court order 7",
        "sha256": export.digest,
    }
    assert audit_verify() == []


def test_one_person_alone_gets_nothing() -> None:
    case, legal = reported(), moderator("legal")
    with pytest.raises(NotPossible):
        exported(case, by=legal, approved_by=legal)
    with pytest.raises(NotPossible, match="Nobody has approved"):
        export_fetch(Request.objects.get().pk, by=legal)
    with pytest.raises(BadRequest):
        exported(case, why=" ")
    assert not AuditEntry.objects.filter(action="export").exists()


@pytest.mark.parametrize("which", ["by", "approved_by"])
def test_lane_is_asked_of_both(which: str) -> None:
    case = reported("minor")
    with pytest.raises(NotPossible):
        exported(case, **{which: moderator("triage")})
    assert not AuditEntry.objects.filter(action="export").exists()


def test_evidence_that_is_gone_or_does_not_open_is_no_export(settings: Settings) -> None:
    case = reported()
    settings.EVIDENCE_KEYS = (NEW,)
    with pytest.raises(NotPossible, match="None of the present keys"):
        exported(case)
    Evidence.objects.all().delete()
    request = Request.objects.get()
    with pytest.raises(NotPossible, match="gone"):
        export_fetch(request.pk, by=request.by)
    assert not AuditEntry.objects.filter(action="export").exists()


def test_report_whose_evidence_is_gone_is_told_without_it() -> None:
    case = reported()
    reported(reporter="carol")
    gone = Report.objects.latest("pk")
    gone.evidence.delete()
    export = exported(case)
    assert f"transcripts/{gone}.json" not in files(export)
    assert "not kept any more" in json.dumps(told(export, "report.json"))


@pytest.mark.parametrize("model", [Evidence, Still])
def test_evidence_that_was_exchanged_is_no_export(model: Any) -> None:
    case = reported()
    model.objects.update(digest="0" * 64)
    with pytest.raises(NotPossible, match="not what its digest says"):
        exported(case)


@pytest.mark.django_db(transaction=True)
def test_export_and_purge_at_once_give_all_or_nothing() -> None:
    case = reported()
    decided(case, moderator("senior"))
    long_ago = timezone.now() - timedelta(days=100)
    Case.objects.update(decided_at=long_ago)
    Evidence.objects.update(purge_at=long_ago)
    legal, admin = moderator("legal"), moderator("admin")
    request = export_ask(case, by=legal, why="asked for by the police")
    request_approve(request.pk, by=admin)
    given, _ = at_once(partial(export_fetch, request.pk, by=legal), records_purge)
    if isinstance(given, Export):
        assert archive_problems(given.data) == []
        assert f"stills/{Report.objects.get()}.jpg" in files(given)
    else:
        assert isinstance(given, NotPossible)
        assert not Evidence.objects.exists()
    assert AuditEntry.objects.filter(action="export").exists() == isinstance(given, Export)


# --- The check ------------------------------------------------------------------------------------


def packed(kept: dict[str, bytes], *, sums: bool = True) -> bytes:
    """Pack the files anew; with sums as they are, when wanted."""
    if sums:
        names = sorted(kept.keys() - {"SHA256SUMS"})
        told = [f"{hashlib.sha256(kept[name]).hexdigest()}  {name}\n" for name in names]
        kept = kept | {"SHA256SUMS": "".join(told).encode()}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name, data in kept.items():
            made.writestr(name, data)
    return out.getvalue()


@pytest.fixture
def whole() -> dict[str, bytes]:
    case = reported()
    decided(case, moderator("senior"))
    return files(exported(case))


def test_whole_export_holds(whole: dict[str, bytes], tmp_path: Path, capsys: Any) -> None:
    file = tmp_path / "export.zip"
    file.write_bytes(packed(whole, sums=False))
    call_command("export_check", file)
    assert hashlib.sha256(file.read_bytes()).hexdigest() in capsys.readouterr().out
    with zipfile.ZipFile(file) as given:
        given.extractall(tmp_path / "out")
    ran = subprocess.run(
        ["sha256sum", "-c", "--strict", "SHA256SUMS"],
        cwd=tmp_path / "out",
        capture_output=True,
        check=False,
    )
    assert ran.returncode == 0


def test_every_changed_missing_or_added_file_is_found(whole: dict[str, bytes]) -> None:
    for name, data in whole.items():
        assert archive_problems(packed(whole | {name: data + b" "}, sums=False)), name
        less = whole.keys() - {name}
        assert archive_problems(packed({each: whole[each] for each in less}, sums=False)), name
    assert archive_problems(packed(whole | {"more.txt": b""}, sums=False))
    twice = io.BytesIO(packed(whole))
    with zipfile.ZipFile(twice, "a") as made:
        with pytest.warns(UserWarning, match="Duplicate"):
            made.writestr("report.json", b"{}")
    assert archive_problems(twice.getvalue()) == ["A file is there twice."]


def test_archive_that_would_grow_is_not_unpacked() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("SHA256SUMS", bytes(10_000_000))
    assert archive_problems(out.getvalue()) == ["It was packed anew, by another program."]


@pytest.mark.parametrize("kind", [".json", ".jpg"])
def test_evidence_with_new_sums_is_not_what_the_decision_rests_on(
    whole: dict[str, bytes], kind: str
) -> None:
    report = str(Report.objects.get())
    name = next(each for each in whole if each.endswith(f"{report}{kind}"))
    reference = Decision.objects.get().reference
    wrong = [f"{name} is not what decision {reference} rests on."]
    assert archive_problems(packed(whole | {name: whole[name] + b" "})) == wrong
    less = {each: data for each, data in whole.items() if each != name}
    assert archive_problems(packed(less)) == wrong


def test_decisions_that_cannot_be_read_are_a_problem(whole: dict[str, bytes]) -> None:
    for decisions in (b"", b"[1]", b'[{"evidence": []}, 3]', b"\xff", b"[" * 100_000):
        problems = archive_problems(packed(whole | {"decisions.json": decisions}))
        assert problems == ["decisions.json cannot be read."]


def test_command_tells_by_its_code(whole: dict[str, bytes], tmp_path: Path) -> None:
    file = tmp_path / "export.zip"
    file.write_bytes(packed(whole | {"\x1b[2J": b""}, sums=False))
    said = io.StringIO()
    with pytest.raises(CommandError) as raised:
        call_command("export_check", file, stderr=said)
    assert raised.value.returncode == 1
    assert "\x1b" not in said.getvalue()
    for data in (b"", b"PK\x03\x04", packed(whole)[:-300]):
        file.write_bytes(data)
        with pytest.raises(CommandError) as raised:
            call_command("export_check", file)
        assert raised.value.returncode == 2
    with pytest.raises(CommandError) as raised:
        call_command("export_check", tmp_path / "nowhere.zip")
    assert raised.value.returncode == 2
