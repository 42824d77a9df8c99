import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.interests import ALIASES, BadInterest, interests_fold


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        ("Football", "football"),
        ("  #Football ", "football"),
        ("##music!!", "music"),
        ("# music", "music"),
        ("«Музыка»", "музыка"),
        ("“books”", "books"),
        ("open-source__code", "open source code"),
        ("movies   (80s)", "movies 80s"),
        ("Spider‑Man", "spider man"),
        ("c++", "c++"),
        ("<3", "<3"),
        ("☕️", "☕"),
        ("ｆｏｏｔｂａｌｌ", "football"),
        ("Pokémon", "pokemon"),
        ("фильмы", "фильмы"),
        ("アニメ", "アニメ"),
        ("foo\u200btball", "football"),
    ],
)
def test_interest_is_folded_and_stripped_of_signs(typed: str, folded: str) -> None:
    assert interests_fold([typed]) == (folded,)


@pytest.mark.parametrize(
    ("typed", "canonical"),
    [
        ("Soccer", "football"),
        ("Fútbol", "football"),
        ("FILMS", "movies"),
        ("#cinema", "movies"),
        ("video-games", "gaming"),
        ("Video_Games!", "gaming"),
        ("K-Pop", "kpop"),
        ("C#", "c sharp"),
        ("#c#", "c sharp"),
        (".NET", "dotnet"),
        ("A.I.", "artificial intelligence"),
        ("Rock ’n’ Roll", "rock and roll"),
        ("D&D", "dungeons and dragons"),
        ("sоссеr", "football"),
    ],
)
def test_other_name_becomes_the_canonical_one(typed: str, canonical: str) -> None:
    assert interests_fold([typed]) == (canonical,)


@pytest.mark.parametrize(("name", "canonical"), ALIASES.items())
def test_every_alias_leads_to_a_name_that_stays(name: str, canonical: str) -> None:
    assert canonical not in ALIASES
    assert interests_fold([name]) == (canonical,)
    assert interests_fold([canonical]) == (canonical,)


def test_repeated_interests_are_kept_once_in_order() -> None:
    given_interests = ["tea", "Soccer", "TEA", "football", "art", "#tea"]
    assert interests_fold(given_interests) == ("tea", "football", "art")


def test_no_interests_give_none() -> None:
    assert interests_fold([]) == ()


def test_more_than_the_limit_is_refused_even_when_repeated() -> None:
    assert interests_fold(["tea"] * 10) == ("tea",)
    with pytest.raises(BadInterest, match="at most 10 interests"):
        interests_fold(["tea"] * 11)
    with pytest.raises(BadInterest, match="at most 2 interests"):
        interests_fold(["a", "b", "c"], limit=2)


@pytest.mark.parametrize("typed", ["", "   ", "#", "...", "#-_-!", "\u200b", "\u0301", "()"])
def test_interest_with_nothing_left_is_refused(typed: str) -> None:
    with pytest.raises(BadInterest, match="at least one letter"):
        interests_fold([typed])


def test_length_is_counted_after_folding() -> None:
    assert interests_fold(["é" * 32]) == ("e" * 32,)
    assert interests_fold(["e\u0301\u0302" * 32]) == ("e" * 32,)
    assert interests_fold(["#" + "-" * 40 + "x"]) == ("x",)
    for typed in ("x" * 33, "ß" * 17, "x" + "\u0301" * 512):
        with pytest.raises(BadInterest, match="at most 32 characters"):
            interests_fold([typed])
    with pytest.raises(BadInterest, match="at most 4 characters"):
        interests_fold(["music"], chars=4)


@pytest.mark.parametrize("control", ["\x00", "\n", "\t", "\x1b", "\x7f", "\x85"])
def test_control_character_is_refused(control: str) -> None:
    with pytest.raises(BadInterest, match="one line"):
        interests_fold([f"foot{control}ball"])


@given(st.lists(st.text(max_size=40), max_size=10))
def test_folded_interests_stay_as_they_are(typed: list[str]) -> None:
    try:
        folded = interests_fold(typed)
    except BadInterest:
        return
    assert interests_fold(folded) == folded
    assert len(set(folded)) == len(folded)
    assert all(1 <= len(interest) <= 32 for interest in folded)


def test_page_suggests_interests_as_they_are_matched_by() -> None:
    """What is suggested is what the other one reads: folded, each once, in order."""
    page = Path(__file__).parents[2] / "static" / "js" / "core" / "interests.js"
    lines = re.findall(r'^ {4,}"(.*)"', page.read_text("utf-8"), re.MULTILINE)
    listed = "".join(lines).split(", ")
    assert len(listed) > 100
    assert listed == sorted(listed)
    assert interests_fold(listed, limit=len(listed)) == tuple(listed)
