"""What may be asked."""

import pytest

from spymode.questions import BadQuestion, question_check


@pytest.mark.parametrize(
    "text",
    [
        "x" * 10,
        "x" * 200,
        "😀" * 10,
        "😀" * 200,
        "あなたの夢は何ですか",
        "1+1=2, no?",
        "e\u0301" * 5,
    ],
)
def test_good_question_is_given_as_it_is(text: str) -> None:
    assert question_check(text) == text


@pytest.mark.parametrize("text", ["", "x" * 9, "x" * 201, "😀" * 9, "😀" * 201])
def test_length_is_counted_in_code_points(text: str) -> None:
    with pytest.raises(BadQuestion, match="10 to 200"):
        question_check(text)


@pytest.mark.parametrize("blank", ["\u200b", "\u2800", "\u3164", "\u2060", "\u00ad", "\u0301"])
def test_question_that_shows_nothing_is_refused(blank: str) -> None:
    with pytest.raises(BadQuestion, match="readable"):
        question_check(12 * blank)


def test_lines_are_made_one() -> None:
    assert question_check("What\n\n\nwould   you\ttake?") == "What would you take?"
