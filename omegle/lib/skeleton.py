"""Same to the eye, same string: the form in which texts and interests are compared.

Not here: leetspeak, stretched letters and letters set apart (moderation does that, on top of
this) and the meaning of words (`matching.interests` has the aliases). Called by
`matching.interests` and by moderation's filters; the table of look-alikes is `confusables`.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final
from unicodedata import category, decimal, normalize

from omegle.lib import confusables

# Marks that decorate a letter, and letters nobody sees. Not listed: vowel signs, viramas and tones
# of Indic and South-East Asian scripts, the voicing marks of Kana and the Arabic hamza and madda
# (U+0653-0655), for without them it would be another word.
_DECORATION = (
    "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\u2de0-\u2dff\ua66f-\ua67d"
    "\ua69e\ua69f\ufe20-\ufe2f"  # Latin, Greek, Cyrillic, symbols
    "\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7"  # Hebrew points
    "\u0610-\u061a\u0640\u064b-\u0652\u0656-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8"
    "\u06ea-\u06ed\u08ca-\u08e1\u08e3-\u08ff"  # Arabic vowel points, and the stretching line
    "\u115f\u1160\u17b4\u17b5\u3164\uffa0"  # fillers without a shape
    "\u180b-\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef"  # variation selectors
)
# A spacing accent would decompose into a space and an accent, and so tear a word apart.
_SPACING_ACCENTS = re.compile("[\u00a8\u00af\u00b4\u00b8\u02d8-\u02dd]")
# Letters of an alphabet, not letters with an accent: й ў ї ѓ ќ.
_CYRILLIC_WHOLE = re.compile(
    "[\u0418\u0438\u0423\u0443]\u0306|[\u0406\u0456]\u0308|[\u0413\u0433\u041a\u043a]\u0301"
)
_ASCII_LETTER = re.compile("[a-z]")


def _ranges(code_points: Iterable[int]) -> Iterator[str]:
    """Yield the parts of a character class, one for each run of sorted code points."""
    first = last = -2
    for code in code_points:
        if code != last + 1:
            if first >= 0:
                yield f"\\U{first:08x}-\\U{last:08x}"
            first = code
        last = code
    yield f"\\U{first:08x}-\\U{last:08x}"


def _table(text: str) -> dict[str, str]:
    """Map every character of a `confusables` table to its ASCII text."""
    rows = (line.split() for line in text.split("\n") if line)
    return {chr(int(code, 16)): row[0] for row in rows for code in row[1:]}


def _code_points_by_category() -> dict[str, list[int]]:
    """Map a general category to its code points; planes 0, 1 and 14 hold all that matters here."""
    found: dict[str, list[int]] = defaultdict(list)
    for code in (*range(0x20000), *range(0xE0000, 0xE0200)):
        found[category(chr(code))].append(code)
    return found


_CATEGORIES = _code_points_by_category()
# Not the controls which `str.split` takes for white space.
_UNSEEN = [*(c for c in _CATEGORIES["Cc"] if not chr(c).isspace()), *_CATEGORIES["Cf"]]
_MARKS = "".join(_ranges(sorted(_CATEGORIES["Mn"] + _CATEGORIES["Mc"] + _CATEGORIES["Me"])))
_DIGITS = {chr(c): str(decimal(chr(c))) for c in _CATEGORIES["Nd"] if c > 0x7F}
del _CATEGORIES

_IGNORED = re.compile(f"[{''.join(_ranges(_UNSEEN))}{_DECORATION}]+")
# A run of letters, digits and marks: within it `fold` decides about an alphabet.
WORD: Final = re.compile(f"(?:[^\\W_]+|[{_MARKS}]+)+")
_MARKS_ON_ASCII = re.compile(f"(?<=[a-z0-9])[{_MARKS}]+")

_ALWAYS = str.maketrans({**_table(confusables.ALWAYS), **_DIGITS, "\u2800": " "})
_SCRIPT_OF = {
    char: script for script, table in confusables.BY_SCRIPT.items() for char in _table(table)
}
_ASCII_OF = {
    char: ascii_text
    for table in confusables.BY_SCRIPT.values()
    for char, ascii_text in _table(table).items()
}
_LOOK_ALIKES = str.maketrans(_ASCII_OF)
_ONLY_LOOK_ALIKES = re.compile(f"[0-9{''.join(_ranges(sorted(map(ord, _ASCII_OF))))}]+")
_TWINS = frozenset(
    [
        *"0123456789",
        *(chr(int(c, 16)) for codes in confusables.TWINS.values() for c in codes.split()),
        *(c for c, script in _SCRIPT_OF.items() if script in confusables.TWIN_SCRIPTS),
    ]
)


def _passes_for_latin(word: str) -> bool:
    """Say whether a reader would take the case-folded word, none of it ASCII letters, for Latin."""
    if not _ONLY_LOOK_ALIKES.fullmatch(word):
        return False
    scripts = {_SCRIPT_OF[char] for char in word if char in _SCRIPT_OF}
    return len(scripts) > 1 or _TWINS.issuperset(word)


def _word(match: re.Match[str]) -> str:
    """Fold one word: a run of letters, digits and marks."""
    word = match[0]
    lower = word.casefold()
    if lower.isascii():
        return lower
    if _ASCII_LETTER.search(lower):
        # Capitals first: the capital Eta is an H, its small letter is an n.
        mapped = word.translate(_LOOK_ALIKES).casefold().translate(_LOOK_ALIKES)
        return _MARKS_ON_ASCII.sub("", mapped)
    if _passes_for_latin(lower):
        return lower.translate(_LOOK_ALIKES)
    if lower[-1] == "σ" and len(lower) > 1:
        return lower[:-1] + "ς"  # `casefold` takes it away, and the word is shown to people
    return lower


def fold(text: str) -> str:
    """Return the text so that two texts which look the same are the same string.

    Compatibility forms are taken apart (NFKD), format and control characters and decorating marks
    dropped, case folded, digits of any script made ASCII digits, look-alike letters made ASCII
    letters, white space collapsed and stripped; then letters are put together again (NFC).
    Folding twice changes nothing. A long text may come out up to 18 times as long (U+FDFA).

    Letters of another script become Latin ones only in a word (a run of letters, digits and marks)
    1. that has an ASCII letter as well: `fսck`, `ѕhіt`; or
    2. of which every letter is a twin, the same to the eye in lower case: `ѕех`, but also the
       Russian `хор`. It still looks as before, and meets `xop` only; or
    3. that mixes scripts and has nothing but look-alikes.
    So `сок`, `фильм`, `फ़िल्म`, `한국어` and `がんばれ` stay themselves, and `СОСК` becomes `соск`.
    An accent goes (`café`, `ё`, vowel points), but й, ў, ї, ѓ and ќ are letters and stay.

    Who joins letters afterwards (`f.ս.c.k`) folds again: then they are one word.
    Never raises: lone surrogates and unassigned code points pass as they are.
    """
    if text.isascii():
        if not text.isprintable():
            text = _IGNORED.sub("", text)
        return " ".join(text.lower().split())
    text = loosen(text)
    text = WORD.sub(_word, text)
    return " ".join(normalize("NFC", text).split())


def loosen(text: str) -> str:
    """Return the text as `fold` has it before words matter: no decoration, but case and alphabets.

    Of a letter with its marks the result is the same wherever it stands, so whoever must find the
    way back from a folded text to the original loosens it letter by letter, then folds words.
    """
    text = _SPACING_ACCENTS.sub(lambda found: "'" if found[0] == "\u00b4" else "", text)
    text = normalize("NFKD", text)
    text = _CYRILLIC_WHOLE.sub(lambda found: normalize("NFC", found[0]), text)
    return _IGNORED.sub("", text).translate(_ALWAYS)
