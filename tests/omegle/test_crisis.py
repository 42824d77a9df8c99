"""Who listens: the table, an operator's file, and where it is shown."""

from pathlib import Path

import pytest
from django.template.loader import render_to_string
from django.test import Client
from pytest_django import Settings

from omegle.crisis import (
    DIRECTORIES,
    FILE_BYTES,
    HELPLINES,
    BadHelplines,
    countries_sorted,
    helplines_read,
)
from omegle.templatetags.crisis import crisis_help
from tests.environment import ROOT

POLISH = """
[PL]
name = "Polska"
[[PL.lines]]
name = "Centrum Wsparcia"
phone = "800 70 2222"
languages = ["pl"]
"""


def test_every_line_says_against_what_it_was_checked_and_how_to_reach_it() -> None:
    lines = [*DIRECTORIES, *(line for each in HELPLINES.values() for line in each.lines)]
    assert len(lines) > 20
    for line in lines:
        assert line.source
        assert line.phone or line.sms or line.url
        assert line.url.startswith("https://") or not line.url


def test_what_we_have_could_stand_in_a_file() -> None:
    for code, country in HELPLINES.items():
        rows = [f"[{code}]"]
        for line in country.lines:
            rows.append(f"[[{code}.lines]]")
            keys = ("name", "phone", "sms", "word", "url", "hours")
            rows += [f'{key} = "{getattr(line, key)}"' for key in keys]
        read = helplines_read("\n".join(rows))[code]
        assert [each.dial for each in read.lines] == [each.dial for each in country.lines]


def test_countries_of_the_service_come_first_and_a_part_counts_as_the_whole() -> None:
    first, others = countries_sorted(HELPLINES, ("US-TX", "DE", "US-CA", "XX"))
    assert [each.name for each in first] == ["United States", "Germany"]
    assert len(others) == len(HELPLINES) - 2


def test_file_adds_a_country_replaces_one_and_takes_one_away() -> None:
    table = helplines_read(f'{POLISH}\n[GB]\n[[GB.lines]]\nname = "Ours"\nsms = "11"\n[US]\n')
    assert table["PL"].lines[0].dial == "800702222"
    assert [line.name for line in table["GB"].lines] == ["Ours"]
    assert table["GB"].name == "United Kingdom"
    assert "US" not in table
    assert table["DE"] == HELPLINES["DE"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[PL", "Expected"),
        (f"PL = {'[' * 5_000}", "nested too deeply"),
        ("Poland = 1", "'Poland' is no table of a country"),
        ("GB = 1", "'GB' is no table of a country"),
        ("[PL]\nlines = []", "PL: it needs a name"),
        ("[GB]\nlines = 1", r"GB: lines must be \[\[GB.lines\]\]"),
        ("[GB]\nline = []", "'line' is nothing that a country has"),
        ("[GB]\nlines = [1]", "line 1: a line has"),
        ('[[GB.lines]]\nnumber = "1"', "line 1: a line has"),
        ('[[GB.lines]]\nphone = "1"', "line 1: it needs a name"),
        ('[[GB.lines]]\nname = "A"', "it needs a phone, an sms or a url"),
        ('[[GB.lines]]\nname = "A"\nphone = "<b>"', "phone must be a number like"),
        ('[[GB.lines]]\nname = "A"\nphone = 116123', "words of up to"),
        ('[[GB.lines]]\nname = "A"\nurl = "javascript:x"', "url must look like https"),
        ('[[GB.lines]]\nname = "A"\nurl = "https://["', "url must look like https"),
        ('[[GB.lines]]\nname = "A"\nphone = "1"\nlanguages = "en"', "languages must be codes"),
    ],
)
def test_file_that_is_wrong_is_refused(text: str, told: str) -> None:
    with pytest.raises(BadHelplines, match=told):
        helplines_read(text)


def test_example_of_the_documentation_can_be_used() -> None:
    page = (ROOT / "docs" / "configuration.md").read_text("utf-8")
    assert "PL" in helplines_read(page.partition("```toml\n")[2].partition("```")[0])


def test_lines_of_the_service_are_open_and_the_others_behind_their_country(
    settings: Settings,
) -> None:
    settings.COUNTRIES = ("GB",)
    shown = crisis_help()
    assert [each["name"] for each in shown["first"]] == ["United Kingdom"]
    page = render_to_string("parts/crisis.html", shown)
    before, _, after = page.partition("<details")
    assert 'href="tel:116123"' in before
    assert "Text SHOUT to 85258" in before
    assert "Germany" in after


def test_lines_of_a_file_are_shown(settings: Settings) -> None:
    settings.CRISIS_HELP = helplines_read(POLISH)
    settings.COUNTRIES = ("PL",)
    page = render_to_string("parts/crisis.html", crisis_help())
    assert 'Call <a href="tel:800702222">800 70 2222</a>' in page


@pytest.mark.parametrize("path", ["/safety/", "/help/"])
def test_pages_name_who_listens(client: Client, path: str) -> None:
    page = client.get(path).content.decode()
    assert 'id="crisis"' in page
    assert "988 Suicide &amp; Crisis Lifeline" in page


def test_setting_names_a_file(tmp_path: Path) -> None:
    from tests.omegle.test_configuration import load_settings

    file = tmp_path / "lines.toml"
    cases = (
        ("[PL", "cannot be used: "),
        ("#" * (FILE_BYTES + 1), "cannot be used: it is longer than 256 KiB"),
        (None, "cannot be read: "),
    )
    for text, told in cases:
        if text is None:
            file.unlink()
        else:
            file.write_text(text, "utf-8")
        result = load_settings(SECRET_KEY="s", CRISIS_HELP=str(file))
        assert result.returncode == 1
        assert f"CRISIS_HELP: {file} {told}" in result.stderr
        assert len(result.stderr.splitlines()) == 1
