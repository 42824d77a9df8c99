"""Seeing through disguises: the ways in which a text may be read, and the way back to its letters.

`words` is the form in which ordinary texts are compared, made in a few microseconds. Only where
`DISGUISES` finds something odd, or a term was hit, are the `readings` made, which know for every
letter where it stands in the original. No rule is known here; called by `book` and `talk`.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import groupby, pairwise, product
from typing import Final, NamedTuple
from unicodedata import category

from omegle.lib.skeleton import WORD, fold, loosen

# --- The fast form --------------------------------------------------------------------------------

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_AS_WORDS: Final = str.maketrans(
    {
        chr(code): None if not chr(code).isprintable() and not chr(code).isspace() else " "
        for code in range(128)
        if not chr(code).isalnum()
    }
    | dict(zip(_LETTERS.upper(), _LETTERS, strict=True))
)
# Doubled in honest words. Every other doubled letter, and three of any, is a disguise.
_DOUBLED: Final = "bcdefglmnoprst"
_HALVES: Final = tuple((letter * 2, letter) for letter in _DOUBLED)
_REPEATED: Final = re.compile(r"([^\W\d])\1+")
_RUN: Final = re.compile(r"([^\W\d]|.)((?:(?!\d)\1)*)", re.DOTALL)
_HONEST_DOUBLES: Final = frozenset(_DOUBLED + "абвгдежзийклмнопрстцчшэ")


def words(text: str) -> str:
    """Return the words of a text, folded, with one space between them and no signs."""
    return words_of_folded(text if text.isascii() else fold(text))


def words_of_folded(text: str) -> str:
    """Return the same of what `fold` gave, or of any ASCII text."""
    if text.isascii():
        return " ".join(text.translate(_AS_WORDS).split())
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
    r"\pL[0-9@$]|[0-9@$]\pL|\pL[!|(+<]+\pL|(?:^|\s)[!|(<]+\pL|\pL\+(?:\s|$)",
    # Letters set apart. An apostrophe only counts from four up, for there is "I'm a".
    r"(?:^|[^\pL\pN])[\pL\pN@$!]+[^\pL\pN']{1,3}(?:[\pL\pN@$!][^\pL\pN']{1,3})+[\pL\pN@$!]{1,3}",
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

_LEET = {
    **dict(zip("0345789@$€", "oeastbgase", strict=True)),
    **dict(zip("6¢£¥µ+(<", "gcLyutcc".lower(), strict=True)),
}
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
_SIGN_ALONE: Final = 2
# Words of one letter that stand before or after a word whose letters are set apart: "a b.i.t.c.h".
_ONE_LETTER_WORDS: Final = frozenset("aiuoyernmxвикосуяе")
_MOST_ONE_LETTER_WORDS: Final = 2
_FEWEST_APART: Final = 3


class Letter(NamedTuple):
    """One letter of a reading, and where it stands in the original."""

    char: str
    start: int
    end: int
    index: int  # among all characters of the loosened text


class Reading(NamedTuple):
    """One way to read a text: words with a space before, between and after, repetitions taken out.

    `runs[i]` says how often `text[i]` was repeated; `starts[i]` and `ends[i]` where that is in the
    original, -1 for a space.
    """

    text: str
    runs: list[int]
    starts: list[int]
    ends: list[int]


class Gapped(NamedTuple):
    """A word with signs in place of letters: None where a sign is. `shapes`: folded, and as typed."""

    shapes: tuple[tuple[str | None, ...], ...]
    start: int
    end: int


Word = list[Letter]


def readings(text: str) -> Iterator[Reading]:
    """Yield the ways in which a text can be read, the plain one first."""
    signs = loosened(text)
    seen: set[tuple[str, ...]] = set()
    for decoded in _decodings(signs):
        pieces = list(_pieces(decoded))
        for read in (pieces, *_rejoined(pieces, signs)):
            key = tuple("".join(letter.char for letter in word) for word in read)
            if key not in seen:
                seen.add(key)
                yield _reading(read)


def gapped_words(text: str) -> Iterator[Gapped]:
    """Yield the words with signs in place of letters, as `f*ck`: at least half of it is letters."""
    for chunk in _chunks(loosened(text)):
        while chunk and not chunk[0].char.isalnum() and chunk[0].char not in _LEET_I:
            del chunk[0]
        while chunk and not chunk[-1].char.isalnum() and chunk[-1].char not in _LEET_I:
            del chunk[-1]
        chars = [
            None if sign.char in _WILD else _letter_at(chunk, at, _LEET_I)
            for at, sign in enumerate(chunk)
        ]
        known = [char for char in chars if char is not None]
        if len(known) == len(chars) or "" in known or len(known) * 2 < len(chars):
            continue
        joined = "".join(known)
        shapes = (_filled(chars, folded_word(joined)), _filled(chars, joined.lower()))
        yield Gapped(tuple(dict.fromkeys(shapes)), chunk[0].start, chunk[-1].end)


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


def loosened(text: str) -> list[Letter]:
    """Return every character as `loosen` has it, with its place in the original."""
    if text.isascii():
        return [
            Letter(char, at, at + 1, at)
            for at, char in enumerate(text)
            if char.isprintable() or char.isspace()
        ]
    found: list[Letter] = []
    start = 0
    for end in range(1, len(text) + 1):
        if end < len(text) and not text[end].isascii() and category(text[end])[0] == "M":
            continue
        for char in _loosened_sign(text[start:end]):
            found.append(Letter(char, start, end, len(found)))
        start = end
    return [sign._replace(index=at) for at, sign in enumerate(found)]


def _chunks(signs: Sequence[Letter]) -> Iterator[Word]:
    for is_space, chunk in groupby(signs, lambda sign: sign.char.isspace()):
        if not is_space:
            yield list(chunk)


def _decodings(signs: list[Letter]) -> Iterator[list[Letter]]:
    """Yield the text with signs and digits taken for what they stand for; "" is not a letter."""
    yield [sign if _is_letter(sign.char) else sign._replace(char="") for sign in signs]
    chars = {sign.char for sign in signs}
    if any(char.isdigit() for char in chars):
        yield [sign if sign.char.isalpha() else sign._replace(char="") for sign in signs]
    if not chars.isdisjoint(_LEET):
        yield _decoded(signs, _LEET_I)
    if not chars.isdisjoint("1!|"):
        yield _decoded(signs, _LEET_I)
        yield _decoded(signs, _LEET_L)
    if any(map(_IS_CYRILLIC.match, chars)) and any(char in _CYRILLIC for char in chars):
        yield list(_as_cyrillic(signs))


def _decoded(signs: list[Letter], table: dict[str, str]) -> list[Letter]:
    return [sign._replace(char=_letter_at(signs, at, table)) for at, sign in enumerate(signs)]


def _letter_at(signs: Sequence[Letter], at: int, table: dict[str, str]) -> str:
    char = signs[at].char
    if char in _PUNCTUATION and not _letter_follows(signs, at):
        return ""
    return table.get(char, char if _is_letter(char) else "")


def _letter_follows(signs: Sequence[Letter], at: int) -> bool:
    """Say whether a letter comes next, if need be after as many signs as stand before."""
    after = "".join(sign.char for sign in signs[at + 1 : at + 4]).lstrip("!|(<")
    if after and (after[0].isalnum() or after[0] in "@$"):
        return True
    set_apart = at > 0 and not signs[at - 1].char.isalnum()
    return set_apart and len(after) >= _SIGN_ALONE and after[1].isalnum()


def _as_cyrillic(signs: Sequence[Letter]) -> Iterator[Letter]:
    for is_space, group in groupby(signs, lambda sign: sign.char.isspace()):
        chunk = list(group)
        has_cyrillic = any(_IS_CYRILLIC.match(sign.char) for sign in chunk)
        for sign in chunk:
            char = sign.char.lower()
            if not is_space and (has_cyrillic or len(chunk) == 1):
                char = _CYRILLIC.get(char, char)
            yield sign._replace(char=char if _is_letter(char) else "")


def _is_letter(char: str) -> bool:
    return char.isalnum() or bool(char and category(char)[0] == "M")


def _pieces(signs: Sequence[Letter]) -> Iterator[Word]:
    for is_letters, piece in groupby(signs, lambda sign: bool(sign.char)):
        if is_letters:
            yield list(piece)


def _rejoined(pieces: list[Word], signs: Sequence[Letter]) -> Iterator[list[Word]]:
    """Yield the pieces with those put together that were set apart, in the ways there are."""
    gaps = [
        "".join(sign.char for sign in signs[left[-1].index + 1 : right[0].index])
        for left, right in pairwise(pieces)
    ]
    within = _joined(pieces, [bool(gap) and _WEAK.issuperset(gap) for gap in gaps])
    if len(within) < len(pieces):
        yield within
    for first, last in _runs_of_single_letters(pieces):
        run = pieces[first:last]
        between = gaps[first : last - 1]
        yield [[letter for piece in run for letter in piece]]
        narrowest = min(map(len, between))
        if narrowest < max(map(len, between)):
            apart = _joined(run, [len(gap) == narrowest for gap in between])
            yield apart
        yield from _without_one_letter_words(run)


def _joined(pieces: Sequence[Word], is_joined: Sequence[bool]) -> list[Word]:
    whole: list[Word] = [list(pieces[0])] if pieces else []
    for piece, joined in zip(pieces[1:], is_joined, strict=True):
        if joined:
            whole[-1].extend(piece)
        else:
            whole.append(list(piece))
    return whole


def _runs_of_single_letters(pieces: Sequence[Word]) -> Iterator[tuple[int, int]]:
    """Yield where three or more pieces follow one another that are one letter, maybe repeated."""
    at = 0
    for is_single, group in groupby(pieces, _is_single):
        count = len(list(group))
        if is_single and count >= _FEWEST_APART:
            yield at, at + count
        at += count


def _is_single(piece: Word) -> bool:
    first = piece[0].char.lower()
    return all(letter.char.lower() == first for letter in piece)


def _without_one_letter_words(run: list[Word]) -> Iterator[list[Word]]:
    most = range(_MOST_ONE_LETTER_WORDS + 1)
    for before, after in product(most, most):
        middle = run[before : len(run) - after]
        ends = run[:before] + run[len(run) - after :]
        if len(middle) < _FEWEST_APART or not (before or after):
            continue
        if all(piece[0].char.lower() in _ONE_LETTER_WORDS for piece in ends):
            yield [[letter for piece in middle for letter in piece]]


def _reading(read: Sequence[Word]) -> Reading:
    text, runs, starts, ends = [" "], [1], [-1], [-1]
    for word in read:
        previous = ""
        folded = folded_word("".join(letter.char for letter in word))
        for char, letter in zip(folded, word, strict=True):
            if char == previous and not char.isdigit():
                runs[-1] += 1
                ends[-1] = letter.end
            else:
                text.append(char)
                runs.append(1)
                starts.append(letter.start)
                ends.append(letter.end)
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
