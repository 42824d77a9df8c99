"""The rules compiled, and what they say about a text before the stranger sees it.

A book is immutable and may be shared by everybody; who changes a rule compiles a new one. An
ordinary text is read once, in a few microseconds; disguises, patterns and contacts are looked for
where one pass of RE2 says so. Called for every message; knows nothing of who wrote it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

import ahocorasick
import re2

from moderation.filters import spelling
from moderation.filters.contacts import CONTACT_SIGNS, Contact, contacts_find
from moderation.filters.rules import Action, BadRule, FilterRule, pattern_compile, rule_check
from omegle.lib.skeleton import fold

Why = Literal["", "link", "phone", "handle", "rule"]

_STRENGTH: Final[dict[Action, int]] = {"report": 0, "allow": 0, "warn": 1, "mask": 2, "hold": 3}
# When its states no longer fit, RE2 begins anew and gets slow, so it is given room.
_SET_BYTES: Final = 64 << 20
_STRONG: Final = 2
_SHORTEST_STRETCHED: Final = 4
_SHORTEST_GAPPED: Final = 4
_SHORTEST_WITHOUT_SPACES: Final = 6
_ROUNDS: Final = 4
# Scripts that do not put spaces between words, so a word's end is nowhere to be seen: Thai to
# Myanmar, Khmer, Kana and Han.
_WITHOUT_SPACES: Final = (("\u0e00", "\u109f"), ("\u1780", "\u17ff"), ("\u3040", "\u9fff"))


@dataclass(frozen=True, slots=True)
class Hit:
    """One rule which matched, and where in the original text."""

    rule: int
    observe: bool
    action: Action
    severity: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a text.

    Attributes:
        action: the strongest of hold, mask, warn, allow; a rule with `report` only sets
            `is_reported`.
        text: what the stranger may see: the text itself, or with every character of what was
            masked made a star; "" if it is held.
        hits: the rules that matched, observing ones and exceptions among them, without those an
            exception covers.
        reason: why it was held, or its author is warned.
        is_reported: a person should look at it.
    """

    action: Action
    text: str
    hits: tuple[Hit, ...] = ()
    reason: Why = ""
    is_reported: bool = False


class _Term(NamedTuple):
    """A term as it is looked for."""

    rule: FilterRule
    exact: str  # with spaces around, as in `spelling.words`
    runs: tuple[int, ...]  # how often each letter of the key must be repeated
    is_doubled: bool
    is_strict: bool  # doubled letters of honest words do not count as stretched


class _Compiled(NamedTuple):
    rule: FilterRule
    pattern: "re2._Regexp"


class RuleBook:
    """Rules ready for use.

    Raises:
        BadRule: a rule is one that `rule_check` refuses.
    """

    __slots__ = ("_domains", "_first_pattern", "_gapped", "_patterns", "_set", "_terms")

    def __init__(self, rules: Iterable[FilterRule]) -> None:
        terms: dict[str, list[_Term]] = defaultdict(list)
        self._gapped: dict[tuple[int, str], list[tuple[str, FilterRule]]] = defaultdict(list)
        self._domains: dict[str, list[FilterRule]] = defaultdict(list)
        self._patterns: list[_Compiled] = []
        for rule in rules:
            text = rule_check(rule.kind, rule.text)
            if rule.kind == "pattern":
                self._patterns.append(_Compiled(rule, pattern_compile(text)))
            elif rule.kind == "domain":
                self._domains[fold(text)].append(rule)
            else:
                self._add_term(terms, rule, text)
        self._terms = ahocorasick.Automaton()
        for key, same in (terms or {"\0": []}).items():
            self._terms.add_word(key, (key, tuple(same)))
        self._terms.make_automaton()
        self._set, self._first_pattern = self._compiled_set()

    def _add_term(self, terms: dict[str, list[_Term]], rule: FilterRule, text: str) -> None:
        whole = text.replace(" ", "")
        forms = {text, whole} if len(whole) >= _SHORTEST_WITHOUT_SPACES else {text}
        is_strict = rule.severity < _STRONG or len(whole) < _SHORTEST_STRETCHED
        for form in forms:
            exact = _bordered(form)
            key, runs = spelling.repetitions(exact)
            terms[key].append(_Term(rule, exact, runs, max(runs) > 1, is_strict))
        if rule.severity >= _STRONG and " " not in text and rule.action != "allow":
            shapes = {text, rule.text.lower()} if len(rule.text) == len(text) else {text}
            for shape in shapes:
                self._gapped[len(text), shape[0]].append((shape, rule))

    def _compiled_set(self) -> tuple[re2.Set, int]:
        """Give one automaton that says which of our own and of the operator's expressions match."""
        options = re2.Options()
        options.case_sensitive = False
        options.log_errors = False
        options.dot_nl = True
        options.max_mem = _SET_BYTES
        found = re2.Set.SearchSet(options)
        own = (*spelling.DISGUISES, *CONTACT_SIGNS)
        for expression in own:
            found.Add(expression)
        for compiled in self._patterns:
            found.Add(compiled.rule.text.strip())
        try:
            found.Compile()
        except re2.error as wrong:
            raise BadRule("All patterns together are too large.") from wrong
        return found, len(own)

    def screen(self, text: str, *, early: bool = False) -> Verdict:
        """Return what becomes of a text.

        `early`: the strangers have only just met, so links, numbers to call, addresses and names
        on other services are held back; later only a `domain` rule does that. Never raises.
        """
        try:
            encoded = text.encode()
        except UnicodeEncodeError:  # a lone surrogate; what comes back keeps it
            encoded = text.encode("utf-8", "replace")
        odd = self._set.Match(encoded) or []
        if text.isascii():
            folded = text
            if not text.isprintable() or "  " in text or text[:1] == " " or text[-1:] == " ":
                folded = fold(text)
                odd = {*odd, *(self._set.Match(folded.encode()) or ())}
        else:
            folded = fold(text)
            other = folded.encode("utf-8", "replace")
            if other != encoded:
                odd = {*odd, *(self._set.Match(other) or ())}
        exact = f" {spelling.words_of_folded(folded)} "
        if not odd and not self._has_term(exact):
            return Verdict("allow", text)
        return self._screen_closely(text, folded, odd, exact, early)

    def _has_term(self, exact: str) -> bool:
        """Say whether a closer look could find a term; not for `as`, which is `ass` squeezed."""
        for _, (_, terms) in self._terms.iter(spelling.squeeze(exact)):
            if any(not term.is_doubled or term.exact in exact for term in terms):
                return True
        return False

    def _screen_closely(
        self, text: str, folded: str, odd: Iterable[int], exact: str, early: bool
    ) -> Verdict:
        odd = frozenset(odd)
        contacts: list[Contact] = []
        if (early or self._domains) and any(
            len(spelling.DISGUISES) <= at < self._first_pattern for at in odd
        ):
            contacts = contacts_find(text)
        hits = [
            *self._domain_hits(contacts),
            *self._pattern_hits(text, folded, odd),
        ]
        if any(at < len(spelling.DISGUISES) for at in odd) or self._has_term(exact):
            hits.extend(self._term_hits(text))
        hits = sorted(set(hits), key=lambda hit: (hit.start, hit.end, hit.rule))
        spared = [hit for hit in hits if hit.action == "allow" and not hit.observe]
        if spared:
            hits = [hit for hit in hits if hit.action == "allow" or not _is_within(hit, spared)]
            contacts = [each for each in contacts if not _is_within(each, spared)]
        contacts = [each for each in contacts if early and each.is_sure]
        return self._verdict(text, tuple(hits), contacts)

    def _verdict(self, text: str, hits: tuple[Hit, ...], contacts: list[Contact]) -> Verdict:
        acting = [hit for hit in hits if not hit.observe]
        is_reported = any(hit.action == "report" for hit in acting)
        actions = {hit.action for hit in acting}
        if "hold" in actions:
            reason = self._reason([hit for hit in acting if hit.action == "hold"])
            return Verdict("hold", "", hits, reason, is_reported)
        if contacts:
            return Verdict("hold", "", hits, contacts[0].kind, is_reported)
        if "mask" in actions:
            masked = self._masked(text, [hit for hit in acting if hit.action == "mask"])
            return Verdict("mask", masked, hits, "", is_reported)
        if "warn" in actions:
            reason = self._reason([hit for hit in acting if hit.action == "warn"])
            return Verdict("warn", text, hits, reason, is_reported)
        return Verdict("allow", text, hits, "", is_reported)

    def _reason(self, hits: list[Hit]) -> Why:
        domains = {rule.id for rules in self._domains.values() for rule in rules}
        return "link" if all(hit.rule in domains for hit in hits) else "rule"

    def _masked(self, text: str, hits: list[Hit]) -> str:
        """Give the text with stars; look again, for `f u fuck c k` must not leave its rest."""
        for _ in range(_ROUNDS):
            chars = list(text)
            for hit in hits:
                chars[hit.start : hit.end] = "*" * (hit.end - hit.start)
            text = "".join(chars)
            hits = [hit for hit in self._acting_hits(text) if hit.action == "mask"]
            if not hits:
                return text
        return "".join(char if char.isspace() else "*" for char in text)

    def _acting_hits(self, text: str) -> list[Hit]:
        folded = fold(text)
        encoded = (text.encode("utf-8", "replace"), folded.encode("utf-8", "replace"))
        odd = frozenset(at for each in encoded for at in self._set.Match(each) or ())
        contacts = contacts_find(text) if self._domains else []
        hits = [
            *self._domain_hits(contacts),
            *self._pattern_hits(text, folded, odd),
            *self._term_hits(text),
        ]
        spared = [hit for hit in hits if hit.action == "allow" and not hit.observe]
        return [hit for hit in hits if not hit.observe and not _is_within(hit, spared)]

    # --- What matches -----------------------------------------------------------------------------

    def _domain_hits(self, contacts: list[Contact]) -> Iterator[Hit]:
        for contact in contacts:
            labels = contact.host.split(".")
            for first in range(len(labels) - 1):
                for rule in self._domains.get(".".join(labels[first:]), ()):
                    yield _hit(rule, contact.start, contact.end)

    def _pattern_hits(self, text: str, folded: str, odd: frozenset[int]) -> Iterator[Hit]:
        for at in odd:
            if at >= self._first_pattern:
                rule, pattern = self._patterns[at - self._first_pattern]
                for start, end in _pattern_spans(pattern, text, folded):
                    yield _hit(rule, start, end)

    def _term_hits(self, text: str) -> Iterator[Hit]:
        for reading in spelling.readings(text):
            for last, (key, terms) in self._terms.iter(reading.text):
                first = last - len(key) + 1
                runs = reading.runs[first : last + 1]
                for term in terms:
                    if _is_spelled(term, key, runs):
                        start = next(at for at in reading.starts[first:] if at >= 0)
                        end = max(reading.ends[first : last + 1])
                        yield _hit(term.rule, start, end)
        for gapped in spelling.gapped_words(text):
            for shape in gapped.shapes:
                if shape[0] is not None and _may_be_gapped(shape):
                    for whole, rule in self._gapped.get((len(shape), shape[0]), ()):
                        if all(
                            char in (None, other) for char, other in zip(shape, whole, strict=True)
                        ):
                            yield _hit(rule, gapped.start, gapped.end)


def _bordered(form: str) -> str:
    before = "" if _is_unspaced(form[0]) else " "
    return before + form + ("" if _is_unspaced(form[-1]) else " ")


def _is_unspaced(char: str) -> bool:
    return any(first <= char <= last for first, last in _WITHOUT_SPACES)


def _hit(rule: FilterRule, start: int, end: int) -> Hit:
    return Hit(rule.id, rule.observe, rule.action, rule.severity, start, end)


def _is_within(inner: Hit | Contact, outer: list[Hit]) -> bool:
    return any(each.start <= inner.start and inner.end <= each.end for each in outer)


def _may_be_gapped(shape: tuple[str | None, ...]) -> bool:
    """Say whether so few letters still name a word: `f*g` does not, `х*й` does."""
    known = "".join(char for char in shape if char)
    return len(shape) >= _SHORTEST_GAPPED or (len(known) > 1 and not known.isascii())


def _is_spelled(term: _Term, key: str, runs: list[int]) -> bool:
    """Say whether letters are repeated as the term has it, or more often than honest words do."""
    for char, needed, there in zip(key, term.runs, runs, strict=True):
        if there < needed:
            return False
        is_honest = there == 2 and needed == 1 and spelling.is_honest_double(char)
        if is_honest and term.is_strict:
            return False
    return True


def _pattern_spans(pattern: "re2._Regexp", text: str, folded: str) -> Iterator[tuple[int, int]]:
    """Yield where a pattern matches; in the folded text only whole words can be found again."""
    seen = text.encode("utf-8", "replace").decode()
    there = [(match.start(), match.end()) for match in pattern.finditer(seen)]
    spans = [(start, end) for start, end in there if start < end]
    if spans:
        yield from spans
        return
    words = _word_spans(text)
    shown = folded.encode("utf-8", "replace").decode()
    at, borders = 0, []
    for word in shown.split(" "):
        borders.append((at, at + len(word)))
        at += len(word) + 1
    for match in pattern.finditer(shown):
        covered = [
            place
            for place, (start, end) in enumerate(borders)
            if start < match.end() and match.start() < end
        ]
        if len(words) != len(borders) or not covered:
            yield 0, len(text)
        else:
            yield words[covered[0]][0], words[covered[-1]][1]


def _word_spans(text: str) -> list[tuple[int, int]]:
    """Give where the words stand of which folding makes a word, not those it drops."""
    spans, at = [], 0
    for word in text.split():
        start = text.index(word, at)
        at = start + len(word)
        if fold(word):
            spans.append((start, at))
    return spans
