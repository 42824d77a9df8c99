"""Which language somebody reads, and sentences in it."""

from datetime import UTC, datetime

import pytest
from django.utils import translation

from omegle.lib.languages import language_of, moment, say
from omegle.lib.words import sentence, sentence_counted
from tests.languages import Catalogue

AT = datetime(2026, 3, 5, 7, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("cookies", "accepted", "language"),
    [
        ({}, "de-AT,de;q=0.9,en;q=0.8", "de"),
        ({"language": "es"}, "de", "es"),
        ({"language": "tlh"}, "fr", "fr"),
        ({"language": "../de"}, "", "en"),
        ({"language": "d" * 10_000}, "ar", "ar"),
        ({}, "", "en"),
        ({}, "*", "en"),
        ({}, "de" * 5_000, "en"),
        ({}, "de," * 5_000, "de"),
        ({}, "\x00;q=,,;;\xff", "en"),
        ({}, "de;q=nonsense", "en"),
    ],
)
def test_language_is_the_one_chosen_else_one_that_the_browser_asks_for(
    cookies: dict[str, str], accepted: str, language: str
) -> None:
    assert language_of(cookies, accepted) == language


def test_sentence_is_said_in_the_language_in_use(german: Catalogue) -> None:
    german.teach(
        {
            "Wait until %(until)s.": "Bis %(until)s warten.",
            "%(date)s, %(time)s UTC": "%(date)s, %(time)s UTC",
            ("%(count)s word: %(why)s", "%(count)s words: %(why)s"): "%(why)s (%(count)s)",
            "Because.": "Darum.",
        }
    )
    until = sentence("Wait until %(until)s.", until=AT)
    counted = sentence_counted(
        "%(count)s word: %(why)s", "%(count)s words: %(why)s", 3, why=sentence("Because.")
    )
    with translation.override("de"):
        assert say(until) == "Bis 5. März 2026, 07:09 UTC warten."
        assert say(counted) == "Darum. (3)"
    with translation.override("en"):
        assert say(until) == "Wait until 5 March 2026, 07:09 UTC."
        assert say(counted) == str(counted) == "3 words: Because."


def test_sign_of_a_percentage_without_values_is_itself() -> None:
    assert say(sentence("100 %")) == "100 %"


@pytest.mark.parametrize("language", ["en", "es", "de", "fr", "pt", "ar"])
def test_moment_is_told_in_every_language(language: str) -> None:
    with translation.override(language):
        assert "2026" in moment(AT)
        assert moment(AT).count("UTC") == 1


def test_value_from_right_to_left_keeps_the_marks_of_its_sentence_in_place() -> None:
    greeting = sentence("Hello, %(name)s!", name="Quiet Heron")
    with translation.override("ar"):
        assert say(greeting) == "Hello, \u2068Quiet Heron\u2069!"
