"""Whoever is told of a decision reads their own language; what is kept is nobody's."""

from typing import Any

import pytest
from channels.db import database_sync_to_async
from django.contrib.auth.models import User
from django.test import Client
from django.utils import translation

from chat import visitors
from moderation.models import Case, Decision
from moderation.policy import Measure
from moderation.receipts import receipt_url, statement_path
from moderation.services.cases import case_claim
from moderation.services.decisions import case_decide
from moderation.services.reports import report_receive, reports_sweep
from moderation.statements import (
    AUTOMATIC_FACTS,
    decision_why,
    facts_told,
    statement_text,
    why_told,
)
from moderation.tags import visitor_tag
from tests.languages import Catalogue
from tests.moderation.drafts import draft
from tests.strangers import Chat, Stranger

WORDS: dict[str | tuple[str, str], str] = {
    "No harassment": "Niemanden bedrängen",
    "Do not insult, humiliate or pursue anyone.": "Beleidige niemanden.",
    "You insulted a stranger.": "Du hast jemanden beleidigt.",
    "You are kept out until %(until)s.": "Bis %(until)s kommst du nicht herein.",
    "%(rule)s. %(facts)s %(next)s": "%(rule)s: %(facts)s %(next)s",
    "What happened is what the rule “%(rule)s” asks of everybody not to do.": "Gegen „%(rule)s“.",
    "This is a warning: you can go on. If it happens again you may be kept out.": "Eine Warnung.",
    "Ban, 1 day": "Einen Tag gesperrt",
    "You have appealed against this decision already.": "Schon geschehen.",
    "Insults or harassment": "Beleidigung",
    "You are looking for a stranger already.": "Du suchst schon.",
    "You still never meet this stranger again.": "Ihr trefft euch nie wieder.",
    "We found no broken rule that we could act on.": "Wir fanden nichts.",
    "withheld": "zurückgehalten",
    "Reports by visitors": "Meldungen",
    (
        "Please name at most %(count)s interest.",
        "Please name at most %(count)s interests.",
    ): "Höchstens %(count)s Interessen.",
    "There is no such frame.": "Das gibt es nicht.",
}


@pytest.fixture(autouse=True)
def _german(german: Catalogue) -> None:
    german.teach(WORDS)


def decided(measure: Measure, *, subject: str = "bob") -> Decision:
    """Let a moderator decide what was reported of a visitor."""
    report_receive(draft(subject=subject))
    reports_sweep()
    senior, _ = User.objects.get_or_create(username="senior", is_superuser=True, is_active=True)
    held = case_claim(Case.objects.get(subject=visitor_tag(subject)).pk, moderator=senior)
    stated = {"rule": "harassment", "facts": "You insulted a stranger."}
    case_decide(
        held.pk,
        moderator=senior,
        version=held.version,
        measure=measure,
        **({} if measure == "dismiss" else stated),
    )
    return Decision.objects.get(case=held)


def id_of(stranger: Stranger) -> str:
    visitor = visitors.visitor_read({"visitor": stranger.cookie})
    assert visitor is not None
    return visitor.id


# --- Sentences ------------------------------------------------------------------------------------


def test_fact_of_the_list_is_translated_and_one_that_was_written_is_not() -> None:
    with translation.override("de"):
        assert facts_told("You insulted a stranger.") == "Du hast jemanden beleidigt."
        assert facts_told("You said “idiot” twice.") == "You said “idiot” twice."
        assert facts_told("") == "", "no header of a catalogue"
        assert facts_told(AUTOMATIC_FACTS) != AUTOMATIC_FACTS


def test_words_of_a_moderator_that_are_a_message_stay_as_they_were_written() -> None:
    with translation.override("de"):
        for written in ("Insults or harassment", "withheld", "May"):
            assert facts_told(written) == written
            assert why_told("harassment", written) == written


def test_reason_is_kept_in_english_and_told_in_the_readers_language() -> None:
    with translation.override("de"):
        kept = decision_why("harassment")
        assert kept.startswith("What happened is what the rule “No harassment”")
        assert why_told("harassment", kept) == "Gegen „Niemanden bedrängen“."
        assert why_told("harassment", "Twice.") == "Twice."


def test_statement_is_a_whole_in_the_readers_language() -> None:
    told: dict[str, Any] = {"measure": "warn", "rule": "harassment", "until": None}
    with translation.override("de"):
        statement = statement_text(facts="You insulted a stranger.", **told)
    assert statement == "Niemanden bedrängen: Du hast jemanden beleidigt. Eine Warnung."


# --- Pages ----------------------------------------------------------------------------------------


def text(path: str, language: str) -> str:
    answer = Client().get(path, headers={"accept-language": language})
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.django_db
def test_statement_page_is_in_the_readers_language_and_the_row_in_english() -> None:
    decision = decided("day")
    page = text(statement_path(decision.reference), "de")
    assert "Einen Tag gesperrt" in page
    assert "Du hast jemanden beleidigt." in page
    assert "Gegen „Niemanden bedrängen“." in page
    assert "You insulted a stranger." in text(statement_path(decision.reference), "en")
    kept = Decision.objects.get()
    assert kept.facts == "You insulted a stranger."
    assert kept.why == decision_why("harassment")


@pytest.mark.django_db
def test_receipt_is_in_the_readers_language() -> None:
    decided("dismiss")
    report = Decision.objects.get().case.reports.get()
    path = receipt_url(report.reference).removeprefix("http://127.0.0.1:8000")
    page = text(path, "de")
    assert "Beleidigung" in page
    assert "Wir fanden nichts. Ihr trefft euch nie wieder." in page
    assert "We found no broken rule that we could act on. You still never" in text(path, "en")


@pytest.mark.django_db
def test_figures_are_counted_for_all_languages_at_once(django_assert_num_queries: Any) -> None:
    report_receive(draft())
    reports_sweep()
    assert "Reports by visitors" in text("/transparency/", "en")
    with django_assert_num_queries(0):
        assert "Meldungen" in text("/transparency/", "de")


# --- Sockets --------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("measure", ["warn", "day"])
async def test_each_hears_a_decision_in_the_language_of_their_handshake(
    chat: Chat, measure: Measure
) -> None:
    """It is made elsewhere, and reaches both by the same look at what is in force."""
    heard = "warned" if measure == "warn" else "banned"
    async with chat.stranger(accept_language="de") as bob, chat.stranger() as cem:
        for stranger in (bob, cem):
            await database_sync_to_async(decided)(measure, subject=id_of(stranger))
        german, english = await bob.hears(heard), await cem.hears(heard)
    assert german["statement"].startswith("Niemanden bedrängen: Du hast jemanden beleidigt. ")
    assert english["statement"].startswith("No harassment. You insulted a stranger. ")
    kept = {(each.facts, each.why) async for each in Decision.objects.all()}
    assert kept == {("You insulted a stranger.", decision_why("harassment"))}


@pytest.mark.django_db(transaction=True)
async def test_whoever_comes_back_banned_hears_it_in_the_language_they_have_now(
    chat: Chat,
) -> None:
    async with chat.stranger() as bob:
        await database_sync_to_async(decided)("day", subject=id_of(bob))
        await bob.hears("banned")
    german = f"{bob.cookie}; language=de"
    async with chat.stranger(cookie=german, hello=False, accept_language="fr") as again:
        await again.send("hello", protocol=1)
        told = await again.hears("banned")
    assert told["statement"].startswith("Niemanden bedrängen: ")


@pytest.mark.django_db(transaction=True)
async def test_refusal_is_in_the_language_of_the_handshake(chat: Chat) -> None:
    async with chat.stranger(accept_language="de-AT") as bob, chat.stranger() as cem:
        both = (bob, "Höchstens 10 Interessen."), (cem, "Please name at most 10 interests.")
        for stranger, told in both:
            await stranger.send("find", mode="text", interests=["x"] * 11)
            await stranger.hears("error", code="bad_interest", detail=told)
        await bob.find("a", "b")
        await bob.send("find", mode="text", ref="r")
        await bob.hears("error", code="already_waiting", detail="Du suchst schon.")
        await bob.send("nonsense")
        await bob.hears("error", code="unknown_type", detail="Das gibt es nicht.")


# The server itself turns longer headers away.
@pytest.mark.parametrize("asked", ["de" * 1_500, "de," * 1_000, ";q=,,*;q=9", "../../de", "x-" * 9])
async def test_hostile_wish_for_a_language_disturbs_nothing(chat: Chat, asked: str) -> None:
    async with chat.stranger(accept_language=asked) as bob, chat.stranger() as cem:
        await bob.find()
        await cem.find()
        await bob.hears("matched")
        await cem.hears("matched")
        await bob.says("Hello!")
        await cem.hears("message", text="Hello!")
        await bob.send("nonsense")
        await bob.hears("error", code="unknown_type")


# --- Forms ----------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_form_says_in_the_readers_language_what_is_wrong(german: Catalogue) -> None:
    german.teach(
        {
            "Please enter your date of birth.": "Wann bist du geboren?",
            "Say where and when.": "Wo und wann?",
            "A threat": "Eine Drohung",
            ("%(count)s hour", "%(count)s hours"): "%(count)s Stunden",
        }
    )
    for path, said in (("/enter/", "Wann bist du geboren?"), ("/notice/", "Wo und wann?")):
        answer = Client().post(path, {"terms": "on"}, headers={"accept-language": "de"})
        assert answer.status_code == 400
        assert said in answer.content.decode()
    assert "48 Stunden" in text("/notice/", "de")
    assert "48 hours" in text("/notice/", "en")
