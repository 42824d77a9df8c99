"""Seeing through disguises: the ways in which a text may be read, and the way back to its letters.

`words` is the form in which ordinary texts are compared, made in a few microseconds. Only where
`DISGUISES` finds something odd, or a term was hit, are the `readings` made, which know for every
letter where it stands in the original. No rule is known here; called by `book` and `talk`.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain, groupby, islice, pairwise, product
from typing import Final, NamedTuple
from unicodedata import category

import re2

from omegle.lib.skeleton import WORD, fold, loosen

# --- The fast form --------------------------------------------------------------------------------

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
# Of bytes: that takes a tenth of what a table of characters does.
_AS_WORDS: Final = bytes(
    ord(chr(code).lower()) if chr(code).isalnum() else ord(" ") for code in range(128)
).ljust(256)
_NOT_SHOWN: Final = bytes(
    code for code in range(128) if not chr(code).isprintable() and not chr(code).isspace()
)
# Doubled in honest words. Every other doubled letter, and three of any, is a disguise.
_DOUBLED: Final = "bcdefglmnoprst"
_HALVES: Final = tuple((letter * 2, letter) for letter in _DOUBLED)
_NO_SPACES: Final = re.compile(r"\S+")
_REPEATED: Final = re.compile(r"([^\W\d])\1+")
_RUN: Final = re.compile(r"([^\W\d]|.)((?:(?!\d)\1)*)", re.DOTALL)
_HONEST_DOUBLES: Final = frozenset(_DOUBLED + "абвгдежзийклмнопрстцчшэ")


def words(text: str) -> str:
    """Return the words of a text, folded, with one space between them and no signs."""
    return words_of_folded(text if text.isascii() else fold(text))


def words_of_folded(text: str) -> str:
    """Return the same of what `fold` gave, or of any ASCII text."""
    if text.isascii():
        return b" ".join(text.encode().translate(_AS_WORDS, _NOT_SHOWN).split()).decode()
    return " ".join(WORD.findall(text))


def squeeze(text: str) -> str:
    """Return what `words` gave with a doubled letter made one, as far as that is quickly done."""
    if not text.isascii():
        return _REPEATED.sub(r"\1", text)
    for pair, letter in _HALVES:
        text = text.replace(pair, letter)
    return text


# RE2 expressions, without regard to case. Whatever none of them finds has only one reading.
DISGUISES: Final = (
    # Digits and signs among letters: sh1t, $hit, b!tch, shi+, !diot.
    r"\pL[0-9@$]|[0-9@$]\pL|\pL[!|(+<]+[\pL0-9@$]|(?:^|\s)[!|(<+@$]+\pL|\pL[!|(+<]*\+(?:\s|$)",
    # Letters set apart. An apostrophe only counts from four up, for there is "I'm a".
    r"(?:^|[^\pL\pN])[\pL\pN@$](?:[^\pL\pN']{1,3}[\pL\pN@$!]){2,}(?:[^\pL\pN]|$)",
    r"(?:^|[^\pL\pN])[\pL\pN@$](?:[^\pL\pN]{1,3}[\pL\pN@$]){3,}(?:[^\pL\pN]|$)",
    # Signs within a word: f*ck, fu_ck.
    r"\pL[*#%&^~_=-]+\pL",
    # Stretched.
    "|".join(char * 3 for char in _LETTERS + "абвгдежзийклмнопрстуфхцчшщыьэюя")
    + "|"
    + "|".join(char * 2 for char in "ahijkquvwxyzукхфщыюя"),
    # Two alphabets in one word: xyй.
    r"\p{Cyrillic}[a-z0-9@]|[a-z0-9@]\p{Cyrillic}",
)

# --- The readings ---------------------------------------------------------------------------------

_LEET = dict(zip("0345789@$€6¢£¥µ+(<", "oeastbgasegclyutcc", strict=True))
_LEET_I: Final = _LEET | dict.fromkeys("1!|", "i")
_LEET_L: Final = _LEET | dict.fromkeys("1!|", "l")
# Punctuation first of all: a letter only when a letter follows.
_PUNCTUATION: Final = frozenset("!|(<")
# What is written with Latin letters and digits in a Cyrillic word.
_CYRILLIC: Final = dict(
    zip("aceopxykmthbrunz0346@gdlwsij", "асеорхукмтнвгипзозчбагдлшсий", strict=True)
)
_IS_CYRILLIC: Final = re.compile("[\u0400-\u052f]")
# Between the letters of one word nobody honest writes these, except the hyphen, and that between
# whole words.
_WEAK: Final = frozenset("*#%&^~_=-|+")
_WILD: Final = frozenset("*#%&^~_-")
# Words of one letter that stand before or after a word whose letters are set apart: "a b.i.t.c.h".
_ONE_LETTER_WORDS: Final = frozenset("aiuoyernmxвикосуяе")
_MOST_ONE_LETTER_WORDS: Final = 2
_FEWEST_APART: Final = 3
# So much of a long text is read in every way; the rest of what looks odd is given up.
# Other alphabets take longer; of ASCII there should be room for the address of a page.
CLOSE: Final = 128
_HYPHENATED: Final = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)+[.,!?]*")
CLOSE_ASCII: Final = 320
_NEIGHBOURS: Final = 3
# One character which stands for so many letters that a text of them would take long to read.
_LONG_FORM: Final = re.compile("[\u3300-\u3357\ufdf0-\ufdfc\U0001f200]")
_MOST_LONG_FORMS: Final = 16


_ODD_BYTES: Final = 64 << 20


def _compiled(expression: str) -> "re2._Regexp":
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    options.max_mem = _ODD_BYTES
    return re2.compile(expression, options)


# Not the stretched ones: for them the plain reading does.
_ODD: Final = _compiled("|".join(f"(?:{each})" for each in (*DISGUISES[:4], DISGUISES[5])))


class Signs(NamedTuple):
    """A text as `loosen` has it: one character after the other, and where each stands."""

    chars: list[str]
    starts: list[int]
    ends: list[int]


class Reading(NamedTuple):
    """One way to read a text: words with a space before, between and after, repetitions taken out.

    `runs[i]` says how often `text[i]` was repeated; `starts[i]` and `ends[i]` where that is in the
    original, -1 for a space. `is_joined`: one word, of letters that all stood apart.
    """

    text: str
    runs: list[int]
    starts: list[int]
    ends: list[int]
    is_joined: bool = False


class Gapped(NamedTuple):
    """A word with signs in place of letters, None in its shapes: folded, and as typed."""

    shapes: tuple[tuple[str | None, ...], ...]
    start: int
    end: int


# The indexes of a word's letters.
Word = list[int]


class Look(NamedTuple):
    """What there is to match of a text.

    `is_costly`: to look once more would take too long. `is_too_odd`: more of it looks odd than is
    read closely, so only the plain reading is there.
    """

    readings: Iterator[Reading]
    gapped: Iterator[Gapped]
    is_costly: bool
    is_too_odd: bool


def look(text: str) -> Look:
    """Return the ways in which a text can be read, the plain one first.

    Of a long text only what looks odd is read in more ways than one, and only so much.
    """
    signs = loosened(text)
    room = CLOSE_ASCII if text.isascii() else CLOSE
    if len(signs.chars) <= room:
        return Look(_readings(signs), _gapped_words(signs), is_costly=False, is_too_odd=False)
    parts, size = _odd_parts("".join(signs.chars))
    close = [_part(signs, start, end) for start, end in parts]
    return Look(
        chain([_plain(signs)], *map(_readings, close)),
        chain.from_iterable(map(_gapped_words, close)),
        is_costly=size > CLOSE // 2,
        is_too_odd=size > CLOSE,
    )


def _weight(word: str) -> int:
    """Give what a word costs to be read closely: the length of one that may be read in all ways."""
    if _HYPHENATED.fullmatch(word):
        return len(word) // 4
    return len(word) * CLOSE // CLOSE_ASCII + 1 if word.isascii() else len(word) + 1


def _part(signs: Signs, start: int, end: int) -> Signs:
    return Signs(signs.chars[start:end], signs.starts[start:end], signs.ends[start:end])


def _odd_parts(text: str) -> tuple[list[tuple[int, int]], int]:
    """Give where the words are that look odd, with their neighbours, and what the odd ones weigh.

    Nowhere if that is more than `CLOSE`.
    """
    spans = [match.span() for match in _NO_SPACES.finditer(text)]
    ends = [end for _, end in spans]
    chosen: list[tuple[int, int]] = []  # the first of the words, and the last + 1
    size = at = 0
    while spans and at < ends[-1] and (match := _ODD.search(text, at)):
        first = min(bisect_right(ends, match.start()), len(ends) - 1)
        last = max(first, min(bisect_left(ends, match.end()), len(ends) - 1))
        size += _weight(text[spans[first][0] : ends[last]])
        if size > CLOSE:
            return [], size
        chosen.append((first, last + 1))
        at = max(ends[last], match.end())
    return _widened(text, chosen, spans, CLOSE // 2 - size), size


def _widened(
    text: str, chosen: list[tuple[int, int]], spans: list[tuple[int, int]], room: int
) -> list[tuple[int, int]]:
    """Give where the chosen words stand, with as many neighbours as there is room for."""
    inside = {at for first, last in chosen for at in range(first, last)}
    for distance in range(1, _NEIGHBOURS + 1):
        for first, last in chosen:
            for at in (first - distance, last - 1 + distance):
                if 0 <= at < len(spans) and at not in inside and room > 0:
                    room -= _weight(text[spans[at][0] : spans[at][1]]) + 1
                    if room >= 0:
                        inside.add(at)
    parts: list[tuple[int, int]] = []
    previous = -2
    for at in sorted(inside):
        start, end = spans[at]
        if at == previous + 1:
            start = parts.pop()[0]
        parts.append((start, end))
        previous = at
    return parts


def shortened(text: str) -> str:
    """Return the text with stars for what would take long only because it means so many letters."""
    if text.isascii() or not _LONG_FORM.search(text):
        return text
    kept = [match.start() for match in islice(_LONG_FORM.finditer(text), _MOST_LONG_FORMS)]
    return text[: kept[-1] + 1] + _LONG_FORM.sub("*", text[kept[-1] + 1 :])


def _plain(signs: Signs) -> Reading:
    decoded = [char if _is_letter(char) else "" for char in signs.chars]
    pieces = _pieces(decoded)
    return _reading(pieces, ["".join([decoded[at] for at in word]) for word in pieces], signs)


def _readings(signs: Signs) -> Iterator[Reading]:
    seen: set[str] = set()
    for decoded in _decodings(signs.chars):
        pieces = _pieces(decoded)
        for read in (pieces, *_rejoined(pieces, decoded, signs.chars)):
            words_read = ["".join([decoded[at] for at in word]) for word in read]
            key = " ".join(words_read)
            if key not in seen:
                seen.add(key)
                is_joined = len(read) == 1 < len(pieces)
                yield _reading(read, words_read, signs)._replace(is_joined=is_joined)


def _gapped_words(signs: Signs) -> Iterator[Gapped]:
    """Yield the words with signs in place of letters, as `f*ck`: at least half of it is letters."""
    if _WILD.isdisjoint(signs.chars):
        return
    for chunk in _chunks(signs.chars):
        while chunk and not _may_be_letter(signs.chars[chunk[0]]):
            del chunk[0]
        while chunk and not _may_be_letter(signs.chars[chunk[-1]]):
            del chunk[-1]
        chars = [
            None if signs.chars[at] in _WILD else _letter_at(signs.chars, at, _LEET_I)
            for at in chunk
        ]
        known = [char for char in chars if char is not None]
        if len(known) == len(chars) or "" in known or len(known) * 2 < len(chars):
            continue
        joined = "".join(known)
        shapes = (_filled(chars, folded_word(joined)), _filled(chars, joined.lower()))
        yield Gapped(tuple(dict.fromkeys(shapes)), signs.starts[chunk[0]], signs.ends[chunk[-1]])


def _may_be_letter(char: str) -> bool:
    return char.isalnum() or char in _LEET_I


def _filled(chars: Sequence[str | None], letters: str) -> tuple[str | None, ...]:
    rest = iter(letters)
    return tuple(None if char is None else next(rest, "") for char in chars)


def repetitions(text: str) -> tuple[str, tuple[int, ...]]:
    """Return the text with repeated letters made one, and how often each stood there."""
    runs = [(run[0], len(run[0]) + len(run[1])) for run in _RUN.findall(text)]
    return "".join(char for char, _ in runs), tuple(count for _, count in runs)


def is_honest_double(char: str) -> bool:
    """Say whether the letter stands doubled in ordinary words."""
    return char in _HONEST_DOUBLES


@lru_cache(maxsize=4096)
def _loosened_sign(cluster: str) -> str:
    return loosen(cluster).replace("ß", "ss").replace("ẞ", "SS")


def loosened(text: str) -> Signs:
    """Return every character as `loosen` has it, with its place in the original."""
    if text.isascii():
        if text.isprintable():
            return Signs(list(text), list(range(len(text))), list(range(1, len(text) + 1)))
        seen = [at for at, char in enumerate(text) if char.isprintable() or char.isspace()]
        return Signs([text[at] for at in seen], seen, [at + 1 for at in seen])
    signs = Signs([], [], [])
    start = 0
    for end in range(1, len(text) + 1):
        if end < len(text) and text[end] > "\x7f" and category(text[end])[0] == "M":
            continue
        cluster = text[start:end]
        for char in cluster if cluster.isascii() else _loosened_sign(cluster):
            signs.chars.append(char)
            signs.starts.append(start)
            signs.ends.append(end)
        start = end
    return signs


def _chunks(chars: Sequence[str]) -> Iterator[Word]:
    for is_space, chunk in groupby(range(len(chars)), lambda at: chars[at].isspace()):
        if not is_space:
            yield list(chunk)


def _decodings(chars: list[str]) -> Iterator[list[str]]:
    """Yield the text with signs and digits taken for what they stand for; "" is not a letter."""
    yield [char if _is_letter(char) else "" for char in chars]
    there = set(chars)
    if any(char.isdigit() for char in there):
        yield [char if char.isalpha() else "" for char in chars]
    if not there.isdisjoint(_LEET_I):
        yield [_letter_at(chars, at, _LEET_I) for at in range(len(chars))]
    if not there.isdisjoint("1!|"):
        yield [_letter_at(chars, at, _LEET_L) for at in range(len(chars))]
    if any(map(_IS_CYRILLIC.match, there)) and any(char.lower() in _CYRILLIC for char in there):
        yield list(_as_cyrillic(chars))


def _letter_at(chars: Sequence[str], at: int, table: dict[str, str]) -> str:
    char = chars[at]
    if _is_letter(char) and not char.isdigit():
        return char
    if char in _PUNCTUATION and not _letter_follows(chars, at):
        return ""
    return table.get(char, char if char.isalnum() else "")


def _letter_follows(chars: Sequence[str], at: int) -> bool:
    """Say whether a letter comes next, if need be after as many signs as stand before."""
    after = "".join(chars[at + 1 : at + 4]).lstrip("!|(<")
    if after and (after[0].isalnum() or after[0] in "@$+"):
        return True
    set_apart = at > 0 and not chars[at - 1].isalnum()
    return set_apart and after[1:2].isalnum()


def _as_cyrillic(chars: Sequence[str]) -> Iterator[str]:
    for is_space, group in groupby(chars, str.isspace):
        chunk = list(group)
        is_read = not is_space and (
            len(chunk) == 1 or _IS_CYRILLIC.search("".join(chunk)) is not None
        )
        for char in chunk:
            read = _CYRILLIC.get(char.lower(), char) if is_read else char
            yield read if _is_letter(read) else ""


def _is_letter(char: str) -> bool:
    return char.isalnum() or (char > "\x7f" and category(char)[0] == "M")


def _pieces(decoded: Sequence[str]) -> list[Word]:
    found: list[Word] = []
    is_inside = False
    for at, char in enumerate(decoded):
        if char and is_inside:
            found[-1].append(at)
        elif char:
            found.append([at])
        is_inside = bool(char)
    return found


def _rejoined(
    pieces: list[Word], decoded: Sequence[str], chars: Sequence[str]
) -> Iterator[list[Word]]:
    """Yield the pieces with those put together that were set apart, in the ways there are."""
    gaps = ["".join(chars[left[-1] + 1 : right[0]]) for left, right in pairwise(pieces)]
    weak = [bool(gap) and _WEAK.issuperset(gap) for gap in gaps]
    if any(weak):
        yield _joined(pieces, weak)
    for first, last in _runs_of_single_letters(pieces, decoded):
        run = pieces[first:last]
        between = gaps[first : last - 1]
        yield [[at for piece in run for at in piece]]
        narrowest = min(map(len, between))
        if narrowest < max(map(len, between)):
            yield _joined(run, [len(gap) == narrowest for gap in between])
        yield from _without_one_letter_words(run, decoded)


def _joined(pieces: Sequence[Word], is_joined: Sequence[bool]) -> list[Word]:
    whole: list[Word] = [list(pieces[0])] if pieces else []
    for piece, joined in zip(pieces[1:], is_joined, strict=True):
        if joined:
            whole[-1].extend(piece)
        else:
            whole.append(list(piece))
    return whole


def _runs_of_single_letters(
    pieces: Sequence[Word], decoded: Sequence[str]
) -> Iterator[tuple[int, int]]:
    """Yield where three or more pieces follow one another that are one letter, maybe repeated."""
    first = 0
    for at, piece in enumerate([*pieces, []]):
        if piece and len({decoded[each].lower() for each in piece}) == 1:
            continue
        if at - first >= _FEWEST_APART:
            yield first, at
        first = at + 1


def _without_one_letter_words(run: list[Word], decoded: Sequence[str]) -> Iterator[list[Word]]:
    most = range(_MOST_ONE_LETTER_WORDS + 1)
    for before, after in product(most, most):
        middle = run[before : len(run) - after]
        ends = run[:before] + run[len(run) - after :]
        if len(middle) < _FEWEST_APART or not (before or after):
            continue
        if all(decoded[piece[0]].lower() in _ONE_LETTER_WORDS for piece in ends):
            yield [[at for piece in middle for at in piece]]


def _reading(read: Sequence[Word], words_read: Sequence[str], signs: Signs) -> Reading:
    text, runs, starts, ends = [" "], [1], [-1], [-1]
    for word, typed in zip(read, words_read, strict=True):
        previous = ""
        for char, at in zip(folded_word(typed), word, strict=True):
            if char == previous and not char.isdigit():
                runs[-1] += 1
                ends[-1] = signs.ends[at]
            else:
                text.append(char)
                runs.append(1)
                starts.append(signs.starts[at])
                ends.append(signs.ends[at])
            previous = char
        text.append(" ")
        runs.append(1)
        starts.append(-1)
        ends.append(-1)
    return Reading("".join(text), runs, starts, ends)


def folded_word(word: str) -> str:
    """Return the word folded, as long as before."""
    if word.isascii():
        return word.lower()
    folded = fold(word)
    if len(folded) == len(word):
        return folded
    return "".join(map(_folded_letter, word))


@lru_cache(maxsize=4096)
def _folded_letter(letter: str) -> str:
    """Fold one letter of a Latin word; what would be several letters stays as it is."""
    folded = fold("a" + letter)[1:]
    return folded if len(folded) == 1 else letter.lower()[:1]
