"""The rules compiled, and what they say about a text before the stranger sees it.

A book is immutable and may be shared by everybody; who changes a rule compiles a new one. An
ordinary text is read once, in a few microseconds; disguises, patterns and contacts are looked for
where one pass of RE2 says so. Called for every message; knows nothing of who wrote it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final, Literal, NamedTuple

import ahocorasick
import re2

from moderation.filters import spelling
from moderation.filters.contacts import CONTACT_SIGNS, Contact, contacts_find
from moderation.filters.rules import Action, BadRule, FilterRule, pattern_compile, rule_check
from moderation.filters.spelling import Gapped, Reading
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
_ROUNDS_LONG: Final = 1
# Who writes more of what is masked has everything masked.
_MOST_HITS: Final = 48
# So many letters that all stand apart are no longer one honest word.
_SENTENCE: Final = 16
# Between the terms of a sentence whose letters stand apart; no endings of honest words.
_LITTLE_WORDS: Final = """
    you u your ur youre my me i am are so the this that and off what who why how dont du dich dir
    bist der die das ein eine und tu una que je ты тебя тебе я это что sen bir
"""
_LITTLE: Final = FilterRule(0, "term", "", 1, "allow")

Span = tuple[int, int]
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


class Verdict(NamedTuple):
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
    is_open: bool = False  # said twice, the word may go on: `fuckfuckfuck`


class _Compiled(NamedTuple):
    rule: FilterRule
    pattern: "re2._Regexp"


class RuleBook:
    """Rules ready for use.

    Raises:
        BadRule: a rule is one that `rule_check` refuses.
    """

    __slots__ = ("_domains", "_first_pattern", "_gapped", "_inner", "_patterns", "_set", "_terms")

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
        self._terms = _automaton(terms)
        self._inner = _automaton(_inner_terms(terms))
        self._set, self._first_pattern = self._compiled_set()

    def _add_term(self, terms: dict[str, list[_Term]], rule: FilterRule, text: str) -> None:
        whole = text.replace(" ", "")
        forms = {text, whole} if len(whole) >= _SHORTEST_WITHOUT_SPACES else {text}
        is_strict = rule.severity < _STRONG or len(whole) < _SHORTEST_STRETCHED
        for form in forms:
            exact = _bordered(form)
            key, runs = spelling.repetitions(exact)
            terms[key].append(_Term(rule, exact, runs, max(runs) > 1, is_strict))
        if not is_strict and " " not in text and rule.action != "allow":
            exact = _bordered(text * 2).rstrip(" ")
            key, runs = spelling.repetitions(exact)
            terms[key].append(_Term(rule, exact, runs, max(runs) > 1, is_strict, is_open=True))
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

        The work is bounded for a text as long as may be said: one that is odd from end to end, or
        full of what is masked, is masked whole, maybe without hits.

        `early`: the strangers have only just met, so links, numbers to call, addresses and names
        on other services are held back; later only a `domain` rule does that. Never raises.
        """
        limited = spelling.shortened(text)
        verdict = self._screened(limited, early=early)
        if limited == text or verdict.action in ("mask", "hold"):
            return verdict
        return Verdict("mask", limited, verdict.hits, "", verdict.is_reported)

    def _screened(self, text: str, *, early: bool) -> Verdict:
        odd, folded, exact = self._glance(text)
        if not odd and not self._has_term(exact):
            return Verdict("allow", text)
        return self._screen_closely(text, folded, odd, exact, early)

    def _glance(self, text: str) -> tuple[Collection[int], str, str]:
        """Give what looks odd, the folded text and its words: enough for an ordinary text."""
        try:
            encoded = text.encode()
        except UnicodeEncodeError:  # a lone surrogate; what comes back keeps it
            encoded = text.encode("utf-8", "replace")
        odd: Collection[int] = self._set.Match(encoded) or ()
        folded = text
        if not text.isascii():
            folded = fold(text)
            other = folded.encode("utf-8", "replace")
            if other != encoded:
                odd = {*odd, *(self._set.Match(other) or ())}
        elif not text.isprintable() or "  " in text or text[:1] == " " or text[-1:] == " ":
            folded = fold(text)
            odd = {*odd, *(self._set.Match(folded.encode()) or ())}
        return odd, folded, f" {spelling.words_of_folded(folded)} "

    def _has_term(self, exact: str) -> bool:
        """Say whether a closer look could find a term; not for `as`, which is `ass` squeezed."""
        for _, (_, terms) in self._terms.iter(spelling.squeeze(exact)):
            if any(not term.is_doubled or term.exact in exact for term in terms):
                return True
        return False

    def _screen_closely(
        self, text: str, folded: str, odd: Collection[int], exact: str, early: bool
    ) -> Verdict:
        odd = frozenset(odd)
        terms: set[Hit] = set()
        is_too_odd = False
        if any(at < len(spelling.DISGUISES) for at in odd) or self._has_term(exact):
            terms, is_too_odd = self._term_hits(text)
        contacts: list[Contact] = []
        if (
            not is_too_odd
            and (early or self._domains)
            and any(len(spelling.DISGUISES) <= at < self._first_pattern for at in odd)
        ):
            contacts = contacts_find(text)
        hits = [
            *self._domain_hits(contacts),
            *self._pattern_hits(text, folded, odd),
        ]
        hits = sorted({*hits, *terms}, key=lambda hit: (hit.start, hit.end, hit.rule))
        spared = [hit for hit in hits if hit.action == "allow" and not hit.observe]
        if spared:
            hits = [hit for hit in hits if hit.action == "allow" or not _is_within(hit, spared)]
            contacts = [each for each in contacts if not _is_within(each, spared)]
        contacts = [each for each in contacts if early and each.is_sure]
        return self._verdict(text, tuple(hits), contacts, is_too_odd)

    def _verdict(
        self, text: str, hits: tuple[Hit, ...], contacts: list[Contact], is_too_odd: bool
    ) -> Verdict:
        acting = [hit for hit in hits if not hit.observe]
        is_reported = any(hit.action == "report" for hit in acting)
        actions = {hit.action for hit in acting}
        if "hold" in actions:
            reason = self._reason([hit for hit in acting if hit.action == "hold"])
            return Verdict("hold", "", hits, reason, is_reported)
        if contacts:
            return Verdict("hold", "", hits, contacts[0].kind, is_reported)
        if is_too_odd:
            return Verdict("mask", _starred(text), hits, "", is_reported)
        if "mask" in actions:
            spans = [(hit.start, hit.end) for hit in acting if hit.action == "mask"]
            masked = self._masked(text, spans)
            return Verdict("mask", masked, hits, "", is_reported)
        if "warn" in actions:
            reason = self._reason([hit for hit in acting if hit.action == "warn"])
            return Verdict("warn", text, hits, reason, is_reported)
        return Verdict("allow", text, hits, "", is_reported)

    def _reason(self, hits: list[Hit]) -> Why:
        domains = {rule.id for rules in self._domains.values() for rule in rules}
        return "link" if all(hit.rule in domains for hit in hits) else "rule"

    def _masked(self, text: str, spans: list[Span]) -> str:
        """Give the text with stars; look again, for `f u fuck c k` must not leave its rest."""
        for _ in range(_ROUNDS if len(text) <= spelling.CLOSE else _ROUNDS_LONG):
            chars = list(text)
            for start, end in spans:
                chars[start:end] = "*" * (end - start)
            text = "".join(chars)
            spans = self._mask_spans(text)
            if not spans:
                return text
        return _starred(text)

    def _mask_spans(self, text: str) -> list[Span]:
        odd, folded, exact = self._glance(text)
        if len(text) > spelling.CLOSE and not odd and not self._has_term(exact):
            return []
        terms, is_too_odd = self._term_hits(text)
        if is_too_odd:
            return [(0, len(text))]
        contacts = contacts_find(text) if self._domains else []
        hits = [
            *self._domain_hits(contacts),
            *self._pattern_hits(text, folded, frozenset(odd)),
            *terms,
        ]
        spared = [hit for hit in hits if hit.action == "allow" and not hit.observe]
        masking = [hit for hit in hits if hit.action == "mask" and not hit.observe]
        return [(hit.start, hit.end) for hit in masking if not _is_within(hit, spared)]

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

    def _term_hits(self, text: str) -> tuple[set[Hit], bool]:
        """Give where terms are, and whether the text is to be masked from end to end.

        So it is if there is too much to look at, or of what a mask may leave to look at again.
        """
        looked = spelling.look(text)
        hits: set[Hit] = set()
        masking: set[Span] = set()
        for hit in chain(self._read_hits(looked.readings), self._gapped_hits(looked.gapped)):
            hits.add(hit)
            if hit.action == "mask" and not hit.observe:
                masking.add((hit.start, hit.end))
                if len(masking) > _MOST_HITS:
                    return hits, True
        return hits, looked.is_too_odd or (looked.is_costly and bool(masking))

    def _read_hits(self, readings: Iterable[Reading]) -> Iterator[Hit]:
        for reading in readings:
            for last, (key, terms) in self._terms.iter(reading.text):
                first = last - len(key) + 1
                runs = reading.runs[first : last + 1]
                for term in terms:
                    if _is_spelled(term, key, runs):
                        start = next(at for at in reading.starts[first:] if at >= 0)
                        past = reading.text.find(" ", last) if term.is_open else last + 1
                        yield _hit(term.rule, start, max(reading.ends[first:past]))
            if reading.is_joined:
                yield from self._inner_hits(reading)

    def _inner_hits(self, reading: Reading) -> Iterator[Hit]:
        """Yield the terms in a word made of single letters, if they and little words are all of it.

        Of a whole sentence one term is enough: `s c u n t h o r p e` is none.
        """
        size = len(reading.text) - 1  # after the last letter
        covered = {1: False}  # up to where: whether by a term
        found: list[tuple[int, int, FilterRule]] = []
        for last, (key, terms) in self._inner.iter(reading.text):
            first, after = last - len(key) + 1, last + 1
            runs = reading.runs[first:after]
            rules = [term.rule for term in terms if _is_spelled(term, key, runs)]
            found += [(first, after, rule) for rule in rules if rule is not _LITTLE]
            if rules and first in covered:
                by_term = covered[first] or any(rule is not _LITTLE for rule in rules)
                # A letter may end one word and begin the next: `fuc(kk)ill`.
                for end in (after, after - 1) if runs[-1] > 1 else (after,):
                    covered[end] = covered.get(end, False) or by_term
        if covered.get(size, False) or sum(reading.runs[1:size]) >= _SENTENCE:
            for first, after, rule in found:
                yield _hit(rule, reading.starts[first], max(reading.ends[first:after]))

    def _gapped_hits(self, words: Iterable[Gapped]) -> Iterator[Hit]:
        for gapped in words:
            for shape in gapped.shapes:
                if shape[0] is not None and _may_be_gapped(shape):
                    for whole, rule in self._gapped.get((len(shape), shape[0]), ()):
                        if all(
                            char in (None, other) for char, other in zip(shape, whole, strict=True)
                        ):
                            yield _hit(rule, gapped.start, gapped.end)


def _starred(text: str) -> str:
    return "".join(char if char.isspace() else "*" for char in text)


def _automaton(terms: Mapping[str, Sequence[_Term]]) -> ahocorasick.Automaton:
    made = ahocorasick.Automaton()
    for key, same in (terms or {"\0": []}).items():
        made.add_word(key, (key, tuple(same)))
    made.make_automaton()
    return made


def _inner_terms(terms: Mapping[str, Sequence[_Term]]) -> dict[str, list[_Term]]:
    """Give the terms that are looked for within joined letters, and the little words."""
    inner: dict[str, list[_Term]] = defaultdict(list)
    for same in terms.values():
        for term in same:
            whole = term.exact.strip(" ")
            if not (term.is_strict or term.is_open or " " in whole or term.rule.action == "allow"):
                key, runs = spelling.repetitions(whole)
                inner[key].append(term._replace(runs=runs))
    for word in map(fold, _LITTLE_WORDS.split()):
        key, runs = spelling.repetitions(word)
        inner[key].append(_Term(_LITTLE, word, runs, max(runs) > 1, is_strict=False))
    return inner


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
