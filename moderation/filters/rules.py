"""One rule of the filters, and whether what an operator typed can be one.

A term is a word or a phrase, a pattern an RE2 expression, a domain a host name with all that is
under it. What a rule matches is `book`'s business. Used by the admin's forms before a rule is
stored, and by `book` once more, so a rule that slipped in by another door fails loudly.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

import re2

from moderation.filters.spelling import words
from omegle.lib.skeleton import fold

Kind = Literal["term", "pattern", "domain"]
Action = Literal["allow", "mask", "hold", "warn", "report"]

LONGEST_RULE: Final = 200
# What one pattern may take of memory when compiled; `(\w{1,500}){1,500}` asks for more.
_PATTERN_BYTES: Final = 1 << 20
_HOST: Final = re.compile(
    r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+(?:xn--[a-z0-9-]{2,59}|[^\W\d_]{2,63})"
)
_AROUND_HOST: Final = re.compile(r"^(?:[a-z][a-z0-9+.-]*://|@)?(?:\*\.|www\.)?|[/?#:].*$|\.$")
# A pattern which matches more than a quarter of these would be in everybody's way.
_ORDINARY: Final = (
    "hello",
    "hi, how are you today?",
    "i'm from Spain, and you?",
    "I am 25 and I study biology.",
    "what music do you like?",
    "lol that is so funny",
    "ok",
    "no, I don't think so",
    "see you at 18:30 then",
    "it was 3.5 out of 5",
    "Thanks, bye!",
    "hola, qué tal?",
    "me gusta mucho el cine",
    "hallo, wie geht es dir?",
    "ich wohne in München",
    "bonjour, ça va?",
    "j'aime bien la musique",
    "oi, tudo bem?",
    "привет, как дела?",
    "я учусь в университете",
    "ciao, come stai?",
    "merhaba, nasılsın?",
    "cześć, co słychać?",
    "😀😀",
)


@dataclass(frozen=True, slots=True)
class FilterRule:
    """One rule as it is stored.

    Attributes:
        severity: 1 mild, 2 strong, 3 severe. Disguises that could be an honest text (`s**t`,
            `bittch`) only count from 2 up.
        action: `allow` makes an exception: what it covers is never acted on.
        language: whose word it is, for people who look at the rules; "" for any. Every rule
            applies to every text, for nobody says in which language they write.
        observe: counted, never acted on.
    """

    id: int
    kind: Kind
    text: str
    severity: int
    action: Action
    language: str = ""
    observe: bool = False


class BadRule(ValueError):
    """A rule that cannot be used; the message is a sentence for whoever typed it."""


def rule_check(kind: Kind, text: str) -> str:
    """Return the text of a rule as it is stored: terms and domains folded, patterns as they are.

    Raises:
        BadRule: it is empty or too long, or cannot be what `kind` says, or would match what
            everybody says.
    """
    text = text.strip()
    if not text:
        raise BadRule("Write what to look for.")
    if len(text) > LONGEST_RULE:
        raise BadRule(f"A rule has at most {LONGEST_RULE} characters.")
    if kind == "term":
        return _term(text)
    if kind == "domain":
        return _domain(text)
    pattern_compile(text)
    return text


def _term(text: str) -> str:
    term = words(text)
    letters = sum(char.isalnum() for char in term)
    if not letters:
        raise BadRule(
            "A term needs letters: signs and spaces are left out when texts are compared."
        )
    if letters < 2:
        raise BadRule("A term needs at least two letters or digits.")
    return term


def _domain(text: str) -> str:
    host = _AROUND_HOST.sub("", fold(text))
    if not _HOST.fullmatch(host):
        raise BadRule("This is no domain; write it like example.com.")
    return host


def pattern_options() -> re2.Options:
    """Give the options by which every pattern is compiled."""
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    options.dot_nl = True
    options.max_mem = _PATTERN_BYTES
    return options


def pattern_compile(text: str) -> "re2._Regexp":
    """Return the compiled pattern, which takes linear time whatever it is given.

    Raises:
        BadRule: RE2 refuses it (look-around, back references), or it matches nothing at all,
            ordinary text, or the stars that stand for a masked word.
    """
    try:
        pattern = re2.compile(text, pattern_options())
    except (re2.error, UnicodeEncodeError) as wrong:
        raise BadRule(f"This pattern cannot be used: {_reason(wrong)}.") from wrong
    if pattern.search("") or _matches_nothing(pattern, _ORDINARY):
        raise BadRule("This pattern also matches where there is nothing.")
    if sum(pattern.search(line) is not None for line in _ORDINARY) > len(_ORDINARY) // 4:
        raise BadRule("This pattern matches ordinary text; make it narrower.")
    if any(pattern.search("*" * count) for count in range(1, 33)):
        raise BadRule("This pattern matches the stars that replace a masked word.")
    return pattern


def _matches_nothing(pattern: "re2._Regexp", lines: Iterable[str]) -> bool:
    found = (pattern.search(line) for line in lines)
    return any(match is not None and match.start() == match.end() for match in found)


def _reason(wrong: Exception) -> str:
    said = wrong.args[0] if wrong.args else ""
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    if isinstance(wrong, UnicodeEncodeError):
        return "it has a character that is none"
    return text.rstrip(".") or "RE2 refuses it"
