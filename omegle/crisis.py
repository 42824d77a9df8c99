"""Who listens to somebody in a crisis, by country. Pure.

Each line names the page it was last checked against, in November 2026; what could not be checked is
not here. Operators replace or add countries with a file of their own (`CRISIS_HELP`), which
`helplines_read` reads. Templates show it by `{% crisis_help %}`; nothing else uses it.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from omegle.lib.words import gettext_noop

# As `hours`: shown in words.
ALWAYS: Final = "24/7"

_CODE: Final = re.compile(r"[A-Z]{2}")
_NUMBER: Final = re.compile(r"[+(]?[0-9][0-9 ()-]{1,24}")
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}")
_LONGEST: Final = 120
FILE_BYTES: Final = 256 * 1024


@dataclass(frozen=True, slots=True)
class Helpline:
    """One that listens; it has a number or an address.

    Attributes:
        name: as it calls itself.
        phone: to call, as one writes it there.
        sms: to write to; `word`: what to write, '' for anything.
        hours: `ALWAYS`, or words of whoever wrote the file; '' when that is not known.
        languages: ISO 639 codes; none when that is not known.
        source: against what it was checked.
    """

    name: str
    phone: str = ""
    sms: str = ""
    word: str = ""
    url: str = ""
    hours: str = ""
    languages: tuple[str, ...] = ()
    source: str = ""

    @property
    def dial(self) -> str:
        return re.sub(r"[ ()-]", "", self.phone)


@dataclass(frozen=True, slots=True)
class Country:
    """A country's lines, the first one to try first. `name` is translated by who shows it."""

    name: str
    lines: tuple[Helpline, ...]


class BadHelplines(ValueError):
    """A file that cannot be used; the message says what is wrong with it."""


HELPLINES: Final[Mapping[str, Country]] = {
    "AR": Country(
        gettext_noop("Argentina"),
        (
            Helpline(
                "Línea de Salud Mental",
                phone="0800 999 0091",
                hours=ALWAYS,
                languages=("es",),
                source="ospia.org.ar",
            ),
            Helpline(
                "Centro de Asistencia al Suicida",
                phone="(011) 5275-1135",
                languages=("es",),
                source="elauditor.info, lapostacomodorense.com.ar 2025-09",
            ),
        ),
    ),
    "AU": Country(
        gettext_noop("Australia"),
        (
            Helpline(
                "Lifeline",
                phone="13 11 14",
                sms="0477 13 11 14",
                url="https://www.lifeline.org.au/",
                hours=ALWAYS,
                languages=("en",),
                source="thepushupchallenge.com.au 2024-06, 9news.com.au",
            ),
        ),
    ),
    "AT": Country(
        gettext_noop("Austria"),
        (
            Helpline(
                "TelefonSeelsorge",
                phone="142",
                url="https://www.telefonseelsorge.at/",
                hours=ALWAYS,
                languages=("de",),
                source="nachrichten.at",
            ),
        ),
    ),
    "BE": Country(
        gettext_noop("Belgium"),
        (
            Helpline(
                "Zelfmoordlijn",
                phone="1813",
                url="https://www.zelfmoord1813.be/",
                hours=ALWAYS,
                languages=("nl",),
                source="vrt.be",
            ),
            Helpline(
                "Centre de Prévention du Suicide",
                phone="0800 32 123",
                url="https://www.preventionsuicide.be/",
                hours=ALWAYS,
                languages=("fr",),
                source="lalibre.be 2023-02, dhnet.be 2023-09",
            ),
        ),
    ),
    "BR": Country(
        gettext_noop("Brazil"),
        (
            Helpline(
                "CVV",
                phone="188",
                url="https://cvv.org.br/",
                hours=ALWAYS,
                languages=("pt",),
                source="cdlvca.com.br, folhadoestado.com.br",
            ),
        ),
    ),
    "CA": Country(
        gettext_noop("Canada"),
        (
            Helpline(
                "9-8-8: Suicide Crisis Helpline",
                phone="988",
                sms="988",
                url="https://988.ca/",
                hours=ALWAYS,
                languages=("en", "fr"),
                source="napaneebeaver.ca, cmhasaskatoon.ca",
            ),
        ),
    ),
    "FR": Country(
        gettext_noop("France"),
        (
            Helpline(
                "3114",
                phone="3114",
                url="https://3114.fr/",
                hours=ALWAYS,
                languages=("fr",),
                source="3114.fr, mayotte.ars.sante.fr",
            ),
        ),
    ),
    "DE": Country(
        gettext_noop("Germany"),
        (
            Helpline(
                "TelefonSeelsorge",
                phone="0800 1110111",
                url="https://www.telefonseelsorge.de/",
                hours=ALWAYS,
                languages=("de",),
                source="domradio.de, spektrum.de 2022-09",
            ),
            Helpline(
                "TelefonSeelsorge",
                phone="116 123",
                hours=ALWAYS,
                languages=("de",),
                source="ansbach-evangelisch.de",
            ),
        ),
    ),
    "IN": Country(
        gettext_noop("India"),
        (
            Helpline(
                "Tele MANAS",
                phone="14416",
                hours=ALWAYS,
                source="theshillongtimes.com 2025-02, lokmattimes.com 2025-12",
            ),
        ),
    ),
    "IE": Country(
        gettext_noop("Ireland"),
        (
            Helpline(
                "Samaritans",
                phone="116 123",
                url="https://www.samaritans.org/",
                hours=ALWAYS,
                languages=("en",),
                source="forelight.org.uk",
            ),
            Helpline(
                "50808",
                sms="50808",
                word="TALK",
                hours=ALWAYS,
                languages=("en",),
                source="todayfm.com, irishexaminer.com",
            ),
        ),
    ),
    "MX": Country(
        gettext_noop("Mexico"),
        (
            Helpline(
                "Línea de la Vida",
                phone="800 911 2000",
                languages=("es",),
                source="cronica.com.mx 2025-09",
            ),
        ),
    ),
    "NZ": Country(
        gettext_noop("New Zealand"),
        (
            Helpline(
                "Need to talk?",
                phone="1737",
                sms="1737",
                hours=ALWAYS,
                languages=("en",),
                source="vice.com",
            ),
        ),
    ),
    "PT": Country(
        gettext_noop("Portugal"),
        (
            Helpline(
                "Linha Nacional de Prevenção do Suicídio",
                phone="1411",
                hours=ALWAYS,
                languages=("pt",),
                source="deco.proteste.pt 2025-09, 24noticias.sapo.pt 2026-03",
            ),
        ),
    ),
    "ES": Country(
        gettext_noop("Spain"),
        (
            Helpline(
                "Línea 024",
                phone="024",
                hours=ALWAYS,
                languages=("es",),
                source="rtve.es, maldita.es",
            ),
        ),
    ),
    "CH": Country(
        gettext_noop("Switzerland"),
        (
            Helpline(
                "Die Dargebotene Hand, La Main Tendue, Telefono Amico",
                phone="143",
                url="https://www.143.ch/",
                hours=ALWAYS,
                languages=("de", "fr", "it"),
                source="bag-blueprint.ch 2023-07",
            ),
        ),
    ),
    "GB": Country(
        gettext_noop("United Kingdom"),
        (
            Helpline(
                "Samaritans",
                phone="116 123",
                url="https://www.samaritans.org/",
                hours=ALWAYS,
                languages=("en",),
                source="samaritans.org, fullfact.org 2022-12",
            ),
            Helpline(
                "Shout",
                sms="85258",
                word="SHOUT",
                url="https://giveusashout.org/",
                hours=ALWAYS,
                languages=("en",),
                source="giveusashout.org, fullfact.org 2022-12",
            ),
        ),
    ),
    "US": Country(
        gettext_noop("United States"),
        (
            Helpline(
                "988 Suicide & Crisis Lifeline",
                phone="988",
                sms="988",
                url="https://988lifeline.org/",
                hours=ALWAYS,
                languages=("en", "es"),
                source="mcphs.edu, mhanational.org",
            ),
            Helpline(
                "Crisis Text Line",
                sms="741741",
                word="HOME",
                hours=ALWAYS,
                languages=("en",),
                source="alexproject.org, sfisd.net",
            ),
        ),
    ),
}

# Directories of lines all over the world.
DIRECTORIES: Final = (
    Helpline("Find A Helpline", url="https://findahelpline.com/", source="findahelpline.com"),
    Helpline("Befrienders Worldwide", url="https://befrienders.org/", source="befrienders.org"),
)


def countries_sorted(
    known: Mapping[str, Country], offered: tuple[str, ...]
) -> tuple[list[Country], list[Country]]:
    """Give the countries where the service is offered, in that order, and the others.

    `offered`: codes of ISO 3166; a part of a country has the lines of the whole. One without lines
    is left out.
    """
    codes = list(dict.fromkeys(code.partition("-")[0] for code in offered))
    first = [known[code] for code in codes if code in known and known[code].lines]
    return first, [country for code, country in known.items() if code not in codes]


def helplines_read(text: str) -> dict[str, Country]:
    """Give our table with what an operator's file (TOML) says in place of it, or besides.

    A table for each country by its code: `name` (not needed for one that we have) and `lines`, each
    with `name` and `phone`, `sms`, `word`, `url`, `hours` or `languages`. Without lines the country
    is shown no more.

    Raises:
        BadHelplines: it is not that.
    """
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as wrong:
        raise BadHelplines(str(wrong)) from None
    except RecursionError:
        raise BadHelplines("it is nested too deeply") from None
    table = dict(HELPLINES)
    for code, members in tables.items():
        if not _CODE.fullmatch(code) or not isinstance(members, dict):
            raise BadHelplines(f"{code!r} is no table of a country, such as [GB]")
        country = _country(code, members)
        if country.lines:
            table[code] = country
        else:
            table.pop(code, None)
    return table


def _country(code: str, members: dict[str, Any]) -> Country:
    if unknown := set(members) - {"name", "lines"}:
        raise BadHelplines(f"{code}: {min(unknown)!r} is nothing that a country has")
    lines = members.get("lines", [])
    if not isinstance(lines, list):
        raise BadHelplines(f"{code}: lines must be [[{code}.lines]]")
    known = HELPLINES.get(code)
    name = members.get("name", known.name if known else "")
    if not _is_words(name) or not name:
        raise BadHelplines(f"{code}: it needs a name")
    return Country(
        name, tuple(_line(f"{code}, line {at}", each) for at, each in enumerate(lines, 1))
    )


def _line(where: str, members: Any) -> Helpline:
    known = {"name", "phone", "sms", "word", "url", "hours", "languages"}
    if not isinstance(members, dict) or set(members) - known:
        raise BadHelplines(f"{where}: a line has {', '.join(sorted(known))} and nothing else")
    fields = dict(members)
    languages = fields.pop("languages", [])
    if not isinstance(languages, list) or not all(
        isinstance(each, str) and _LANGUAGE.fullmatch(each) for each in languages
    ):
        raise BadHelplines(f'{where}: languages must be codes like ["en", "fr"]')
    if not all(_is_words(value) for value in fields.values()) or not fields.get("name"):
        raise BadHelplines(f"{where}: it needs a name, and words of up to {_LONGEST} characters")
    for key in ("phone", "sms"):
        if fields.get(key) and not _NUMBER.fullmatch(fields[key]):
            raise BadHelplines(f"{where}: {key} must be a number like 116 123, not {fields[key]!r}")
    if fields.get("url") and not _is_page(fields["url"]):
        raise BadHelplines(f"{where}: url must look like https://example.org/")
    if not (fields.get("phone") or fields.get("sms") or fields.get("url")):
        raise BadHelplines(f"{where}: it needs a phone, an sms or a url")
    return Helpline(**fields, languages=tuple(languages))


def _is_words(value: object) -> bool:
    return isinstance(value, str) and len(value) <= _LONGEST and value.isprintable()


def _is_page(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme == "https" and bool(parts.hostname) and " " not in url
    except ValueError:
        return False
