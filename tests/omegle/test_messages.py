"""Everything visitors are told is in every language, with the same places and the same markup."""

import re
import shutil
from collections import Counter
from pathlib import Path

import polib
import pytest
from django.conf import settings

from matching.interests import interests_fold
from tests import messages
from tests.environment import ROOT

CODES = [code for code, _ in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
FILES = [f"{code}/LC_MESSAGES/{domain}" for code in CODES for domain in messages.DOMAINS]

# What a translation must have as often as the message: named places, tags, entities, and what would
# end the attribute that it stands in.
_FIXED = re.compile(r"""%\(\w+\)[sd]|%[sd%]|</?\w[^>]*>|&\w+;|["<>]""")


def _entries(file: str) -> list[polib.POEntry]:
    return list(polib.pofile(str(ROOT / "locale" / f"{file}.po")))


def _said(entry: polib.POEntry | polib.MOEntry) -> list[tuple[str, str]]:
    """Give each translation beside the message that it stands for."""
    if not entry.msgid_plural:
        return [(entry.msgid, entry.msgstr)]
    return [(entry.msgid_plural, said) for said in entry.msgstr_plural.values()]


def _of_one_number(entry: polib.POEntry, said: str) -> bool:
    """Whether it is said of none, one or two alone, so that it need not say how many."""
    forms = list(entry.msgstr_plural.values())
    return said in (forms[:3] if len(forms) == 6 else forms[:1])


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sources, with their messages taken anew."""
    root = tmp_path_factory.mktemp("taken")
    for name in ("chat", "locale", "matching", "moderation", "omegle", "spymode", "templates"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "static" / "js", root / "static" / "js")
    messages.messages_take(root)
    return root


@pytest.mark.parametrize("file", FILES)
def test_messages_are_those_of_the_sources(taken: Path, file: str) -> None:
    """Else `make messages` takes them."""
    anew = polib.pofile(str(taken / "locale" / f"{file}.po"))
    kept = {(entry.msgctxt, entry.msgid, entry.msgid_plural) for entry in _entries(file)}
    assert {(entry.msgctxt, entry.msgid, entry.msgid_plural) for entry in anew} == kept


@pytest.mark.parametrize("file", FILES)
def test_every_message_is_translated(file: str) -> None:
    entries = _entries(file)
    assert entries
    assert [entry.msgid for entry in entries if entry.fuzzy or not entry.translated()] == []


@pytest.mark.parametrize("file", FILES)
def test_places_and_markup_are_those_of_the_message(file: str) -> None:
    for entry in _entries(file):
        for message, said in _said(entry):
            fixed, found = (Counter(_FIXED.findall(text)) for text in (message, said))
            if _of_one_number(entry, said):
                assert found <= fixed, said
                fixed, found = (
                    Counter(tag for tag in text if "<" in tag) for text in (fixed, found)
                )
            assert found == fixed, said
            assert (said[0].isspace(), said[-1].isspace()) == (
                message[0].isspace(),
                message[-1].isspace(),
            ), said


@pytest.mark.parametrize("file", FILES)
def test_sentences_are_not_left_in_english(file: str) -> None:
    same = [
        message
        for entry in _entries(file)
        for message, said in _said(entry)
        if said == message and len(re.findall(r"[a-z]{2,}", _FIXED.sub("", message))) > 3
    ]
    assert same == []


@pytest.mark.parametrize("code", CODES)
def test_interests_that_are_offered_can_be_taken(code: str) -> None:
    (entry,) = (
        entry
        for entry in _entries(f"{code}/LC_MESSAGES/djangojs")
        if entry.msgid.startswith("anime, ")
    )
    offered = entry.msgstr.split(", ")
    assert len(offered) >= 50
    assert len(interests_fold(offered, limit=len(offered))) == len(offered)


@pytest.mark.parametrize("file", FILES)
def test_compiled_words_are_those_of_the_translators(file: str) -> None:
    """Else `make messages` compiles them."""
    compiled = polib.mofile(str(ROOT / "locale" / f"{file}.mo"))
    assert {(entry.msgctxt, entry.msgid): _said(entry) for entry in compiled} == {
        (entry.msgctxt, entry.msgid): _said(entry) for entry in _entries(file)
    }
