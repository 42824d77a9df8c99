"""What an operator makes their own: name, logo, accent, house rules, contact."""

import json
import re
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image
from pytest_django import Settings

from omegle.lib.accent import SURFACES, contrast, palette, style_sheet
from omegle.lib.house_rules import Block, blocks, texts_read
from omegle.lib.logo import LOGO_BYTES, BadLogo, Logo, logo_read
from tests.environment import ROOT
from tests.omegle.test_configuration import load_settings

TOKENS = (ROOT / "static" / "css" / "tokens.css").read_text()
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><script>alert(1)</script></svg>'


def picture(width: int = 512, height: int = 512, kind: str = "PNG") -> bytes:
    kept = BytesIO()
    Image.new("RGB", (width, height), "#663399").save(kept, kind)
    return kept.getvalue()


# --- Accent ---------------------------------------------------------------------------------------


def test_surfaces_are_those_of_the_tokens() -> None:
    found = dict(re.findall(r"--([\w-]+): light-dark\((#\w+, #\w+)\)", TOKENS))
    for theme, surfaces in enumerate(SURFACES):
        assert surfaces == {name: found[name].split(", ")[theme] for name in surfaces}
    assert set(palette("#ff0000")) <= set(found)


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [("#000000", "#ffffff", 21), ("#ffffff", "#ffffff", 1), ("#777777", "#ffffff", 4.48)],
)
def test_contrast_is_that_of_wcag(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == contrast(other, one) == pytest.approx(ratio, abs=0.01)


@given(st.integers(0, 0xFFFFFF).map("#{:06x}".format))
@example("#000000")
@example("#ffffff")
@example("#ffff00")
@example("#ff0000")
@example("#001133")
@example("#0000ff")
@example("#808080")
@example("#00ffff")
def test_whatever_the_accent_everything_can_be_read(accent: str) -> None:
    tokens = palette(accent)
    for theme, surfaces in enumerate(SURFACES):
        colour = {name: colours[theme] for name, colours in tokens.items()}
        for surface in surfaces.values():
            for text in ("you", "you-strong"):
                assert contrast(colour[text], surface) >= 4.5
            # Who asks for more contrast has it in place of both.
            assert contrast(colour["you-ink"], surface) >= 7
            if "stranger" in colour:
                assert contrast(colour["stranger"], surface) >= 4.5
                assert contrast(colour["stranger-bright"], surface) >= 3
        for button in ("you", "you-strong"):
            assert contrast(colour["on-you"], colour[button]) >= 4.5
        assert colour["you"] != colour["you-strong"]
        assert contrast(colour["you-ink"], colour["you-soft"]) >= 4.5


def test_focus_ring_is_seen_on_every_surface() -> None:
    found = re.search(r"--focus: light-dark\((#\w+), (#\w+)\)", TOKENS)
    assert found
    for ring, surfaces in zip(found.groups(), SURFACES, strict=True):
        assert all(contrast(ring, surface) >= 3 for surface in surfaces.values())


@pytest.mark.parametrize(
    ("accent", "light", "dark"),
    [
        # Dark enough, and light enough: taken as it is.
        ("#0f766e", "#0f766e", None),
        ("#001133", "#001133", None),
        ("#ffff00", None, "#ffff00"),
        ("#ffffff", None, "#ffffff"),
    ],
)
def test_accent_that_can_be_read_stays_as_it_is(
    accent: str, light: str | None, dark: str | None
) -> None:
    you = palette(accent)["you"]
    assert light in (None, you[0])
    assert dark in (None, you[1])


@pytest.mark.parametrize(
    ("accent", "moved"),
    [
        ("#ff0000", True),
        ("#e2603f", True),
        ("#0f766e", False),
        ("#ffff00", False),
        ("#777777", False),
    ],
)
def test_stranger_is_teal_beside_an_accent_like_coral(accent: str, moved: bool) -> None:
    assert ("stranger" in palette(accent)) is moved
    sheet = style_sheet(accent)
    assert sheet.count("--stranger:") == 2 * moved


def test_who_asks_for_more_contrast_keeps_it() -> None:
    block = TOKENS.partition("(prefers-contrast: more)")[2]
    own = style_sheet("#ff0000").partition("(prefers-contrast: more)")[2]
    for name in ("you", "you-strong", "on-you"):
        rule = f"--{name}: var("
        assert rule in block
        assert re.findall(rf"{re.escape(rule)}[^;]*;", own) == re.findall(
            rf"{re.escape(rule)}[^;]*;", block
        )


def test_sheet_of_the_accent_comes_after_the_tokens_and_is_kept(
    client: Client, settings: Settings
) -> None:
    assert "/brand." not in client.get("/rules/").text
    settings.SITE_ACCENT = "#ff0000"
    page = client.get("/rules/").text
    found = re.search(r'tokens\.css">\s*<link rel="stylesheet" href="(/brand\.\w{16}\.css)">', page)
    assert found
    answer = client.get(found[1])
    assert answer.text == style_sheet("#ff0000")
    assert answer["Content-Type"] == "text/css; charset=utf-8"
    assert "immutable" in answer["Cache-Control"]
    assert not answer.cookies
    settings.SITE_ACCENT = "#00ff00"
    assert client.get(found[1]).status_code == 404


def icon_of(page: str) -> str:
    found = re.search(r'rel="icon"\s+type="image/svg\+xml"\s+href="([^"]+)"', page)
    assert found
    return found[1]


def test_our_own_mark_in_a_tab_follows_the_accent(client: Client, settings: Settings) -> None:
    settings.SITE_ACCENT = "#ff0000"
    drawn = client.get(icon_of(client.get("/rules/").text)).text
    tokens = palette("#ff0000")
    assert re.findall(r'fill="(#\w+)"', drawn) == [tokens["you"][0], tokens["stranger-bright"][0]]


# --- Logo -----------------------------------------------------------------------------------------


@pytest.fixture
def logo_of(tmp_path: Path) -> Any:
    def read(content: bytes) -> Logo:
        (tmp_path / "logo").write_bytes(content)
        return logo_read(tmp_path / "logo")

    return read


@pytest.mark.parametrize(
    ("content", "kind", "is_icon"),
    [
        (SVG, "svg", False),
        (b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- ours -->' + SVG, "svg", False),
        (picture(), "png", True),
        (picture(600, 512), "png", False),
        (picture(511, 511), "png", False),
        (picture(kind="WEBP"), "webp", False),
    ],
)
def test_logo_is_what_its_content_says(
    logo_of: Any, content: bytes, kind: str, is_icon: bool
) -> None:
    logo = logo_of(content)
    assert (logo.kind, logo.is_icon) == (kind, is_icon)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is no whole SVG, PNG or WebP"),
        (b"<html></html>", "is no whole SVG, PNG or WebP"),
        (b"<svg></svg>", "is no whole SVG, PNG or WebP"),
        (SVG[:-3], "is no whole SVG, PNG or WebP"),
        (b'<!DOCTYPE svg [<!ENTITY a "b">]>' + SVG, "is no whole SVG, PNG or WebP"),
        (b'<?xml version="1.0" encoding="none"?>' + SVG, "is no whole SVG, PNG or WebP"),
        (b'<?xml version="1.0" encoding="shift_jis"?>' + SVG, "is no whole SVG, PNG or WebP"),
        (picture()[:-40], "is no whole SVG, PNG or WebP"),
        (picture(kind="GIF"), "is no whole SVG, PNG or WebP"),
        (picture(4097, 1), "has more than 4096 pixels a side"),
        (bytes(LOGO_BYTES + 1), "is larger than 64 KiB"),
    ],
)
def test_what_is_no_logo_is_refused(logo_of: Any, content: bytes, told: str) -> None:
    with pytest.raises(BadLogo, match=told):
        logo_of(content)


def test_logo_takes_the_place_of_the_mark_and_opened_alone_is_harmless(
    client: Client, settings: Settings, logo_of: Any
) -> None:
    assert 'class="mark"' in client.get("/rules/").text
    settings.SITE_LOGO = logo_of(SVG)
    page = client.get("/rules/").text
    assert 'class="mark"' not in page
    url = re.findall(r'<img class="brand-logo" src="(/brand\.\w{16}\.svg)" alt=""', page)[0]
    assert icon_of(page) == url
    answer = client.get(url)
    assert answer.content == SVG
    assert answer["Content-Type"] == "image/svg+xml"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert (
        answer["Content-Security-Policy"]
        == "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    )
    assert "immutable" in answer["Cache-Control"]
    for other in (url.replace(".svg", ".png"), "/brand.0123456789abcdef.svg"):
        assert client.get(other).status_code == 404


@pytest.mark.parametrize(("content", "replaced"), [(picture(), True), (SVG, False)])
def test_large_square_png_is_the_icon_of_the_installed_site(
    client: Client, settings: Settings, logo_of: Any, content: bytes, replaced: bool
) -> None:
    settings.SITE_LOGO = logo_of(content)
    icons = json.loads(client.get("/manifest.webmanifest").content)["icons"]
    own = [icon for icon in icons if icon["src"].startswith("/brand.")]
    assert own == (icons if replaced else [])
    page = client.get("/rules/").text
    assert bool(re.search(r'rel="apple-touch-icon" href="/brand\.', page)) is replaced
    if replaced:
        assert own[0]["sizes"] == "512x512"
        assert client.get(own[0]["src"])["Content-Type"] == "image/png"


def test_page_for_offline_has_the_brand(client: Client, settings: Settings, logo_of: Any) -> None:
    settings.SITE_LOGO, settings.SITE_ACCENT = logo_of(SVG), "#ff0000"
    kept = client.get("/worker.js").text.partition("\n")[0]
    page = client.get("/offline/").text
    named = re.findall(r'(?:src="|stylesheet" href=")(/brand[^"]+)', page)
    assert len(named) == 2
    assert all(url in kept for url in named)


# --- House rules ----------------------------------------------------------------------------------

TEXT = """\
# Be kind

We are a small site
for people who knit.

- Talk about wool.
- Show patterns at
  https://example.org/patterns, or write to wool@example.org.

1. First a warning.
2) Then the door.
"""


def test_text_is_headings_paragraphs_and_lists() -> None:
    assert blocks(TEXT) == [
        Block("heading", ["Be kind"]),
        Block("paragraph", ["We are a small site for people who knit."]),
        Block(
            "list",
            [
                "Talk about wool.",
                "Show patterns at https://example.org/patterns, or write to wool@example.org.",
            ],
        ),
        Block("steps", ["First a warning.", "Then the door."]),
    ]


@given(st.text())
def test_any_text_has_blocks_with_lines(text: str) -> None:
    assert all(block.lines for block in blocks(text))


def test_house_rules_stand_beside_the_usual_ones_and_are_linked_at_the_door(
    client: Client, settings: Settings
) -> None:
    assert "house-rules" not in client.get("/rules/").text
    settings.SITE_RULES = {"": TEXT}
    page = client.get("/rules/").text
    assert '<h2 id="house-rules">House rules</h2>' in page
    assert "<h3>Be kind</h3>" in page
    assert '<a href="https://example.org/patterns" rel="nofollow">' in page
    assert '<a href="mailto:wool@example.org">' in page
    assert page.count('class="rule"') > 5


@pytest.mark.django_db
def test_door_leads_to_the_house_rules(client: Client, settings: Settings) -> None:
    assert "house-rules" not in client.get("/").text
    settings.SITE_RULES = {"": TEXT}
    assert 'href="/rules/#house-rules"' in client.get("/").text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<script>alert(1)</script>", "&lt;script&gt;"),
        ('<img src=x onerror="alert(1)">', "&lt;img"),
        ("# <b>x</b>", "&lt;b&gt;"),
        ("[click](javascript:alert(1))", "[click](javascript:alert(1))"),
        ("javascript://example.org/%0aalert(1)", "javascript://"),
        ("{{7*7}} {% now %}", "{{7*7}} {% now %}"),
        ('https://example.org/"onclick="alert(1)', "&quot;onclick"),
    ],
)
def test_text_is_text_whatever_it_holds(
    client: Client, settings: Settings, text: str, shown: str
) -> None:
    usual = client.get("/rules/").text
    settings.SITE_RULES = {"": text}
    page = client.get("/rules/").text
    assert shown in page
    assert page.count("<script") == usual.count("<script")
    assert not re.search(r'<img|<b>|href="javascript| on\w+="', page)


def test_rules_are_in_the_readers_language_if_they_are_in_it(
    client: Client, settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "rules.txt").write_text("Be kind.")
    (tmp_path / "rules.de.txt").write_text("Seid nett.")
    (tmp_path / "rules.old.bak.txt").write_bytes(b"\xff")
    settings.SITE_RULES = texts_read(tmp_path / "rules.txt")
    assert settings.SITE_RULES == {"": "Be kind.", "de": "Seid nett."}
    german = client.get("/rules/", headers={"accept-language": "de"}).text
    assert "Seid nett." in german
    assert 'dir="auto" lang="de"' in german
    french = client.get("/rules/", headers={"accept-language": "fr"}).text
    assert "Be kind." in french
    assert 'dir="auto" lang=""' in french


# --- Contact and name -----------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/help/", "/terms/", "/privacy/", "/notice/"])
@pytest.mark.parametrize(
    ("contact", "url"),
    [
        ("help@example.org", "mailto:help@example.org"),
        ("https://example.org/contact", "https://example.org/contact"),
    ],
)
def test_contact_is_named_where_it_is_needed(
    client: Client, settings: Settings, path: str, contact: str, url: str
) -> None:
    assert "Who runs this site can be reached" not in client.get(path).text
    settings.SITE_CONTACT = contact
    assert f'can be reached at <a href="{url}">{contact}</a>' in client.get(path).text


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/rules/", "/help/", "/nowhere/", "/offline/", "/notice/"])
def test_name_is_on_every_page_as_text_and_no_other(
    client: Client, settings: Settings, path: str
) -> None:
    settings.SITE_NAME = "<b>Knit & Natter</b>"
    page = client.get(path).text
    assert '<span class="brand-name">&lt;b&gt;Knit &amp; Natter&lt;/b&gt;</span>' in page
    assert "<b>Knit" not in page
    assert "Omegle" not in page


def test_name_is_in_the_manifest(client: Client, settings: Settings) -> None:
    settings.SITE_NAME = 'Knit "&" Natter'
    manifest = json.loads(client.get("/manifest.webmanifest").content)
    assert manifest["name"] == manifest["short_name"] == settings.SITE_NAME


# --- Mistakes -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("SITE_NAME", "x" * 200, "SITE_NAME must be at most 40 characters"),
        ("SITE_NAME", "a\nb", "SITE_NAME must be at most 40 characters"),
        ("SITE_NAME", "a\u202eb", "SITE_NAME must be at most 40 characters"),
        ("SITE_ACCENT", "teal", "SITE_ACCENT must look like #0f766e, not 'teal'"),
        ("SITE_ACCENT", "#fff", "SITE_ACCENT must look like #0f766e, not '#fff'"),
        ("SITE_ACCENT", "#ffffff;}", "SITE_ACCENT must look like #0f766e, not '#ffffff;}'"),
        ("SITE_CONTACT", "javascript:alert(1)", "SITE_CONTACT must look like help@example.org or"),
        ("SITE_CONTACT", "http://example.org/", "SITE_CONTACT must look like help@example.org or"),
        ("SITE_CONTACT", "a@b?c=d@e.org", "SITE_CONTACT must look like help@example.org or"),
        ("SITE_LOGO", "/nowhere.svg", "SITE_LOGO: /nowhere.svg cannot be read: No such file"),
        ("SITE_LOGO", "README.md", "README.md is no whole SVG, PNG or WebP"),
        ("SITE_LOGO", "docs", "docs cannot be read: Is a directory"),
        ("SITE_RULES", "/nowhere.txt", "SITE_RULES: /nowhere.txt cannot be read: No such file"),
        ("SITE_RULES", "static/img/icon-192.png", "SITE_RULES: icon-192.png is not UTF-8"),
        ("SITE_RULES", "/dev/null", "SITE_RULES: null holds no text"),
    ],
)
def test_mistake_stops_the_start_with_one_line(name: str, value: str, told: str) -> None:
    result = load_settings(SECRET_KEY="s", **{name: value})
    assert result.returncode == 1
    assert told in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_what_is_right_starts_and_an_empty_value_is_none(tmp_path: Path) -> None:
    (tmp_path / "logo.png").write_bytes(picture())
    result = load_settings(
        SECRET_KEY="s",
        SITE_NAME="",
        SITE_ACCENT="FF0000",
        SITE_LOGO=str(tmp_path / "logo.png"),
        SITE_CONTACT="help@example.org",
        SITE_RULES="",
    )
    assert result.returncode == 0
    for line in (
        "SITE_NAME = 'Omegle'",
        "SITE_ACCENT = '#ff0000'",
        "SITE_LOGO = Logo(kind='png', width=512, height=512)",
        "SITE_CONTACT = 'help@example.org'",
        "SITE_RULES = {}",
    ):
        assert line in result.stdout
