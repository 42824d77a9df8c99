"""Rooms of three, in which one asks and reads along: as evidence, on the desk, and counted."""

import json
import re
from html import unescape
from pathlib import Path

import pytest
from django.test import Client
from msgspec import json as wire
from msgspec.structs import replace
from pytest_django import Settings

from moderation import spool
from moderation.drafts import Line, ReportDraft, Talk
from moderation.models import AuditEntry, Case, Decision, Evidence, FilterRule, Report
from moderation.receipts import statement_url
from moderation.sealing import seal, unseal
from moderation.selectors.desk import case_queue
from moderation.selectors.reporters import reporter_record
from moderation.services.cases import case_claim
from moderation.services.decisions import case_decide
from moderation.services.reports import (
    evidence_digest,
    report_file,
    report_receive,
    reports_sweep,
)
from moderation.services.screening import talk_screen
from tests.moderation.drafts import asked, discussion, draft, left, line
from tests.moderation.factories import moderator
from tests.moderation.factories import rule as made_rule
from tests.moderation.staff import signed_in

pytestmark = pytest.mark.django_db

QUESTION = "Which of you two is the older one?"
ADVERT = "come and see the page that I have made for my great collection of wooden ducks"


@pytest.fixture(autouse=True)
def _own_run_dir(settings: Settings, tmp_path: Path) -> None:
    settings.RUN_DIR = tmp_path


def revealed(text: str, **fields: object) -> Line:
    return asked(text, **({"shown": text} | fields))


def filed(given: ReportDraft) -> Report:
    report_receive(given)
    report = Report.objects.get(reference=given.reference)
    report_file(report.pk)
    report.refresh_from_db()
    return report


def of_question(told: Talk, reporter: str = "alice", **fields: object) -> ReportDraft:
    return draft(told=told, reporter=reporter, seat=0, about="question", **fields)  # type: ignore[arg-type]


def of_reader(told: Talk, reporter: str = "alice") -> ReportDraft:
    return draft(told=told, reporter=reporter, seat=0, about="reader")


def page_of(report: Report, *, claimed: bool = False) -> str:
    """Give the words of the page of its case, in one line."""
    client, user = signed_in("senior")
    assert report.case is not None
    if claimed:
        case_claim(report.case.pk, moderator=user)
    where = f"/admin/moderation/case/{report.case.pk}/change/?report={report}"
    page = client.get(where).content.decode()
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", page)).split())


# --- On the desk ----------------------------------------------------------------------------------


def test_hidden_question_is_shown_as_one() -> None:
    page = page_of(filed(draft(told=discussion(asked(QUESTION), line(1, "I am"), line(2, "No")))))
    assert f"Question, hidden: the strangers did not see it {QUESTION}" in page
    assert "never seen by" not in page
    assert "Saw the other stranger's messages and no question" in page
    assert "3 lines in" in page
    assert "1 by the reported person, 1 question." in page


def test_revealed_question_is_shown_with_what_was_made_of_it() -> None:
    told = discussion(
        revealed(QUESTION),
        asked("Which numpty is older?", shown="Which ****** is older?", verdict="mask"),
        asked("See ducks.example now", verdict="hold"),
        line(1, "me, numpty", shown="me, ******", verdict="mask"),
        line(2, "see ducks.example", shown=None, verdict="hold"),
    )
    page = page_of(filed(of_question(told)))
    assert f"Question, shown to both strangers {QUESTION}" in page
    assert "Both strangers saw Which ****** is older? masked" in page
    assert "Question, refused: nobody saw it See ducks.example now held back" in page
    assert "The others saw me, ******" in page
    assert "see ducks.example never seen by the others held back" in page
    assert "Saw the other stranger's messages and the questions" in page


def test_everybody_has_a_name_that_says_who_they_are() -> None:
    page = page_of(filed(draft(told=discussion())))
    assert "About Stranger 2 (Quiet Bob)" in page
    assert re.search(r"By Stranger 1 \(Quiet Alice\), \w{6}… : 0 upheld", page)
    assert "Stranger 2 (Quiet Bob) reported Saw" in page
    assert "Stranger 1 (Quiet Alice) reported it Saw" in page
    assert "Asker (Quiet Olga) Asked, and read along to the end; could not speak." in page


def test_room_of_two_is_as_it_was() -> None:
    page = page_of(filed(draft()))
    assert "Quiet Bob reported" in page
    for word in ("Asker", "Stranger 1", "Stranger 2", "About", "question"):
        assert word not in page


def test_page_says_when_the_asker_left() -> None:
    told = discussion(asked(QUESTION), line(1, "I am"), left(), line(2, "x", shown="y"))
    page = page_of(filed(draft(told=told)))
    assert "Asker (Quiet Olga) left; nothing after this was seen by them 0:02" in page
    assert "Asked, and read along until 0:02, not later; could not speak." in page
    assert "The other stranger saw y" in page
    assert "What came later" not in page


def test_report_of_an_asker_who_had_left_says_that_more_may_have_followed() -> None:
    told = discussion(asked(QUESTION), line(2, "you numpty"), left())
    page = page_of(filed(draft(told=told, reporter="olga")))
    assert "Asker (Quiet Olga) reported it Asked, and read along until 0:02" in page
    assert "What came later is not here." in page
    assert "By Asker (Quiet Olga)," in page


def test_reports_of_a_case_say_what_they_are_about() -> None:
    told = discussion(revealed(QUESTION), line(1, "hm"))
    question, reader = filed(of_question(told)), filed(of_reader(told))
    assert question.case == reader.case
    page = page_of(question)
    assert re.search("harassment: the reader .*harassment: the question .*Reported for", page)
    assert "About the question of Asker (Quiet Olga)" in page
    assert "About Asker (Quiet Olga), who reads along" in page_of(reader)
    client, _ = signed_in("senior")
    listed = client.get("/admin/moderation/report/?about=reader").content.decode()
    assert str(reader) in listed
    assert str(question) not in listed
    assert (
        "the reader" in client.get(f"/admin/moderation/report/{reader.pk}/change/").content.decode()
    )


def test_without_evidence_the_page_still_says_what_it_is_about() -> None:
    reader = filed(of_reader(discussion()))
    Evidence.objects.all().delete()
    assert "About the reader" in page_of(reader)


def test_facts_offered_fit_the_asker() -> None:
    told = discussion(revealed(QUESTION))
    assert "You insulted strangers in a question." in page_of(
        filed(of_question(told)), claimed=True
    )
    page = page_of(filed(draft(told=told)), claimed=True)
    assert "You insulted a stranger." in page
    assert "in a question." not in page


@pytest.mark.parametrize(
    ("question", "given", "is_warned"),
    [
        (asked(QUESTION), draft, True),
        (asked(QUESTION), of_reader, False),
        (revealed(QUESTION), draft, False),
    ],
)
def test_moderator_is_warned_of_a_question_that_the_reported_person_does_not_know(
    question: Line, given: object, is_warned: bool
) -> None:
    report = filed(given(told=discussion(question, line(2, "hm"))))  # type: ignore[operator]
    warning = "This person never saw the question: say nothing of it."
    assert (warning in page_of(report, claimed=True)) == is_warned


# --- Counting people ------------------------------------------------------------------------------


def test_asker_and_discusser_who_report_the_same_stranger_are_two() -> None:
    told = discussion()
    filed(draft(told=told, reporter="olga"))
    case = filed(draft(told=told, reporter="alice")).case
    assert case is not None
    assert ["2 reported, by weight", 40] in case.score_parts
    assert [queued.reporters for queued in case_queue(moderator())] == [2]
    assert not Decision.objects.exists()
    filed(draft(reporter="carol"))
    assert Decision.objects.get().automated_decision


def test_automatic_statement_about_a_discusser_tells_nothing_of_the_question(
    client: Client,
) -> None:
    for reporter in ("olga", "alice", "carol"):
        filed(draft(told=discussion(asked(QUESTION), line(2, "hm")), reporter="olga"))
        filed(draft(reporter=reporter))
    decision = Decision.objects.get()
    assert decision.automated_decision
    page = client.get(statement_url(decision.reference)).content.decode()
    assert "Several strangers reported you" in page
    for hint in (QUESTION, "question", "asker", "Olga"):
        assert hint not in page


def test_discusser_who_reports_the_question_and_the_reader_is_one() -> None:
    told = discussion(revealed(QUESTION), line(1, "hm"))
    first = filed(of_question(told)).case
    case = filed(of_reader(told)).case
    assert first is not None
    assert case is not None
    assert Report.objects.filter(case=case).count() == 2
    assert case.score == first.score
    assert [queued.reporters for queued in case_queue(moderator())] == [1]
    filed(of_question(told, reporter="bob"))
    filed(of_reader(told, reporter="bob"))
    assert not Decision.objects.exists(), "four reports of two"
    filed(of_question(discussion(revealed(QUESTION), line(1, "hm")), reporter="olga"))
    assert Decision.objects.count() == 1


def test_reporter_who_moves_is_still_one() -> None:
    for number, address in enumerate(("a" * 32, "b" * 32, "c" * 32)):
        told = discussion(revealed(QUESTION))
        alice = replace(told.people["1"], address=address, address_epoch=1)
        about = of_question if number % 2 else of_reader
        filed(about(replace(told, people=told.people | {"1": alice})))
    assert not Decision.objects.exists()


def test_record_of_a_reporter_counts_a_room_once() -> None:
    told = discussion(revealed(QUESTION))
    filed(of_question(told))
    report = filed(of_reader(told))
    mo = moderator()
    assert report.case is not None
    held = case_claim(report.case.pk, moderator=mo)
    case_decide(held.pk, moderator=mo, version=held.version, measure="dismiss")
    assert reporter_record(report.reporter) == (0, 1)


def test_each_thing_is_reported_once() -> None:
    told = discussion(revealed(QUESTION), line(2, "hm"))
    given = (of_question(told), of_reader(told), draft(told=told))
    references = {report_receive(each) for each in given}
    again = {report_receive(each) for each in (of_question(told), of_reader(told))}
    assert len(references) == 3
    assert again < references
    assert Report.objects.count() == 3


# --- What is kept ---------------------------------------------------------------------------------


def test_evidence_has_the_kind_of_each_line_and_is_sealed_with_it() -> None:
    filed(draft(told=discussion(asked(QUESTION), line(2, "hm"), left())))
    evidence = Evidence.objects.get()
    assert [each["kind"] for each in evidence.transcript] == ["question", "message", "left"]
    assert evidence.digest == evidence_digest(evidence.seats, evidence.transcript)
    other = [each | {"kind": "message"} for each in evidence.transcript]
    assert evidence.digest != evidence_digest(evidence.seats, other)
    assert evidence.report.reporter_seat == 1


def test_spooled_report_from_before_questions_is_taken_in(tmp_path: Path) -> None:
    spool.spool_write(draft(told=discussion(line(1, "hi"), line(2, "you numpty"))))
    [waiting] = (tmp_path / "spool").iterdir()
    written = json.loads(unseal(waiting.read_bytes(), "draft", reference=waiting.stem))
    for each in written["talk"]["lines"]:
        del each["kind"]
    waiting.write_bytes(seal(json.dumps(written).encode(), "draft", reference=waiting.stem))
    reports_sweep()
    assert [each["kind"] for each in Evidence.objects.get().transcript] == ["message"] * 2


def test_spooled_report_comes_back_as_it_was(tmp_path: Path) -> None:
    given = of_reader(discussion(asked(QUESTION), line(1, "hm"), left()))
    spool.spool_write(given)
    [(_, back)] = spool.spool_read()
    assert back == given == wire.decode(wire.encode(given), type=ReportDraft)


def test_growing_evidence_keeps_its_beginning_though_the_first_question_stays_in_the_log() -> None:
    first = [asked(QUESTION), line(2, "first words"), line(1, "numpty", shown=None, verdict="hold")]
    told = discussion(*first, *(line(2, "buy my things") for _ in range(6)))
    talk_screen(told)
    reports_sweep()
    talk_screen(replace(told, lines=[told.lines[0], *told.lines[4:], left(), line(2, "more")]))
    evidence = Evidence.objects.get()
    texts = [each["text"] for each in evidence.transcript]
    assert texts == [QUESTION, "first words", "numpty", *["buy my things"] * 6, "", "more"]
    assert evidence.digest == evidence_digest(evidence.seats, evidence.transcript)


def test_growing_evidence_keeps_what_was_written_under_a_mask() -> None:
    masked = line(2, "you numpty", shown="you ******", verdict="mask")
    told = discussion(asked(QUESTION), masked, *(line(2, "buy my things") for _ in range(5)))
    talk_screen(told)
    bare = replace(masked, text="you ******", verdict="allow")
    talk_screen(replace(told, lines=[told.lines[0], bare, *told.lines[2:], line(2, "more")]))
    assert "you numpty" in [each["text"] for each in Evidence.objects.get().transcript]


# --- Our own checks -------------------------------------------------------------------------------


def found(*lines: Line) -> list[tuple[int, str, str]]:
    """Screen a discussion; give what was reported of whom."""
    talk_screen(discussion(*lines))
    reports = Report.objects.order_by("subject_seat", "reason")
    return [(each.subject_seat, each.reason, each.about) for each in reports]


def test_leaving_is_nothing_that_was_said() -> None:
    assert found(*(left() for _ in range(6))) == []


def test_same_question_in_many_rooms_is_what_questions_are_for() -> None:
    for _ in range(8):
        assert found(revealed(ADVERT), line(1, "well"), line(2, "hm")) == []
    for _ in range(4):
        assert found(asked(QUESTION), line(1, ADVERT), line(2, "hm")) == []
    assert found(asked(QUESTION), line(1, ADVERT), line(2, "hm")) == [(1, "spam", "seat")]


def test_question_again_and_again_floods_who_must_read_it() -> None:
    assert found(*(asked("Who are you two?") for _ in range(6))) == []
    assert found(*(revealed("Who are you two?") for _ in range(6))) == [(0, "spam", "question")]


def test_refused_questions_count_where_questions_are_shown() -> None:
    refused = [asked("You two numpties, why?", verdict="hold") for _ in range(3)]
    assert found(asked(QUESTION), *refused) == []
    assert found(revealed(QUESTION), *refused) == [(0, "harassment", "question")]


def test_grooming_by_questions_is_found_where_they_are_shown() -> None:
    courting = ("How old are you two?", "Which of you will send me a pic?")
    assert found(*(asked(text) for text in courting)) == []
    assert found(*(revealed(text) for text in courting)) == [(0, "minor", "question")]


def test_request_of_the_asker_to_a_stated_minor_is_grooming() -> None:
    assert found(revealed("Who wants to send pics?"), line(2, "i'm 15")) == [
        (0, "minor", "question")
    ]


def test_what_a_minor_says_after_the_asker_left_was_not_said_to_them() -> None:
    assert found(revealed("Who wants to send pics?"), left(), line(2, "i'm 15")) == []


def test_age_in_a_question_is_not_what_a_stranger_said() -> None:
    """The strangers discuss it with each other, not with whoever asks."""
    assert found(revealed("im 15, is that too young?"), line(1, "send me a pic")) == []
    assert found(
        revealed("im 15, is that too young?"), line(1, "send me a pic"), line(2, "14")
    ) == [(1, "minor", "seat")]


def test_requests_in_a_question_and_by_a_stranger_are_not_added_up() -> None:
    assert found(revealed("How old are you two?"), line(1, "25. send me a pic")) == []


@pytest.mark.parametrize("shown", [None, QUESTION])
def test_rule_that_asks_for_a_review_finds_a_question_hidden_or_not(shown: str | None) -> None:
    rule = made_rule(action=FilterRule.Action.REPORT, state="act", reason="hate")
    question = asked(QUESTION, shown=shown, rules=(rule.pk,), reported=True, verdict="report")
    assert found(question) == [(0, "hate", "question")]


def test_case_of_our_own_about_questions_can_be_read_and_decided() -> None:
    found(*(revealed("Who are you two?") for _ in range(6)))
    reports_sweep()
    report = Report.objects.get()
    page = page_of(report)
    assert "By our own checks" in page
    assert "About the question of Asker (Quiet Olga)" in page
    mo = moderator()
    held = case_claim(Case.objects.get().pk, moderator=mo)
    case_decide(
        held.pk,
        moderator=mo,
        version=held.version,
        measure="warn",
        rule="spam",
        facts="Your questions were written by a program.",
    )
    assert Decision.objects.get().evidence == [Evidence.objects.get().digest]
    assert not AuditEntry.objects.filter(detail__icontains="who are you").exists()
