"""Disguises and innocent texts, as tables: what must be caught, and what must pass."""

from collections.abc import Callable, Iterator
from typing import Final

_SMALL_CAPITALS = dict(zip("abcdefghijklmnoprtuvwz", "ᴀʙᴄᴅᴇғɢʜɪᴊᴋʟᴍɴᴏᴘʀᴛᴜᴠᴡᴢ", strict=True))
_CYRILLIC = dict(zip("aceopxyis", "асеорхуіѕ", strict=True))
_LEET = dict(zip("aeiost", "4310$7", strict=True))
_SIGNS = dict(zip("aist", "@!$+", strict=True))


def _mapped(table: dict[str, str]) -> Callable[[str], str]:
    return lambda word: "".join(table.get(char, char) for char in word)


def _shifted(first: int) -> Callable[[str], str]:
    return lambda word: "".join(chr(first + ord(char) - ord("a")) for char in word)


DISGUISES: Final[dict[str, Callable[[str], str]]] = {
    "plain": str,
    "capitals": str.upper,
    "mixed case": lambda word: "".join(
        char.upper() if at % 2 else char for at, char in enumerate(word)
    ),
    "small capitals": _mapped(_SMALL_CAPITALS),
    "cyrillic letters": _mapped(_CYRILLIC),
    "digits": _mapped(_LEET),
    "signs": _mapped(_SIGNS),
    "bold script": _shifted(0x1D4EA),
    "fraktur": _shifted(0x1D51E + 0x68),
    "full width": _shifted(0xFF41),
    "circled": _shifted(0x24D0),
    "spaces": " ".join,
    "wide spaces": "  ".join,
    "dots": ".".join,
    "underscores": "_".join,
    "hyphens": "-".join,
    "slashes": "/".join,
    "stars": "*".join,
    "zero width": "\u200b".join,
    "soft hyphens": "\u00ad".join,
    "combining": "\u0336".join,
    "accents": "\u0301".join,
    "stretched": lambda word: word[0] + word[1] * 6 + word[2:],
    "last stretched": lambda word: word + word[-1] * 3,
    "all doubled": lambda word: "".join(char * 2 for char in word),
    "all tripled": lambda word: "".join(char * 3 for char in word),
    "one star": lambda word: word[0] + "*" + word[2:],
    "one hash": lambda word: word[:2] + "#" + word[3:],
    "hyphen within": lambda word: word[:2] + "-" + word[2:],
    "underscore within": lambda word: word[:2] + "_" + word[2:],
    "punctuated": lambda word: f'"{word}!!"',
    "in a sentence": lambda word: f"well, you {word}, go away",
    "with digits behind": lambda word: word + "69",
    "spaces and capitals": lambda word: " ".join(word.upper()),
    "dots in a sentence": lambda word: f"I'm {'.'.join(word)} ok",
    "new lines": "\n".join,
}
TERMS: Final = (
    "fuck",
    "shit",
    "bitch",
    "cunt",
    "whore",
    "faggot",
    "nigger",
    "hurensohn",
    "fotze",
    "mierda",
    "puta",
    "connard",
    "salope",
    "caralho",
    "stronzo",
    "orospu",
    "kurwa",
)
BY_HAND: Final = (
    "ꜰᴜᴄᴋ",
    "fսck",
    "f u c k",
    "f.u.c.k",
    "f\u200buck",
    "f\u0301u\u0301ck",
    "𝓯𝓾𝓬𝓴",
    "FÜCK",
    "ｆｕｃｋ",
    "fuuuuuck",
    "sh1t",
    "b!tch",
    "ѕhіt",
    "f*ck",
    "f**k you",
    "s**t",
    "f_u_c_k",
    "fuckkk",
    "phuck",
    "ffuucckk",
    "a$$h0le",
    "a$$",
    "a s s",
    "🇫🇺🇨🇰",
    "🅱itch",
    "ⓟⓞⓡⓝ",
    "$h!t",
    "$h!+",
    "s h 1 t",
    "s h ! t",
    "(unt",
    "!diot",
    "you a b i t c h",
    "f u c k y o u",
    "f u  c k",
    "k1ll y0urself",
    "KILL   YOURSELF",
    "kill, yourself",
    "killyourself",
    "k i l l  y o u r s e l f",
    "k.y.s",
    "n1gg3r",
    "n*gger",
    "ni**er",
    "f@g",
    "wh0r3",
    "Scheiße",
    "SCHEISSE",
    "scheiẞe",
    "Sch31sse",
    "arschlöcher",
    "f!ck d!ch",
    "xyй",
    "хyй",
    "х у й",
    "х*й",
    "х.у.й",
    "хууууй",
    "СУКА",
    "сyка",
    "cукa",
    "с*ка",
    "с у к а",
    "пи3да",
    "п*здец",
    "бляtь",
    "бл*дь",
    "ебaть",
    "ё б а н ы й",
    "hijo   de puta",
    "h1jo de put@",
    "coñooo",
    "C0ÑO",
    "enculé",
    "ENCULE",
    "e n c u l é",
    "p.u.t.a.i.n",
    "va te faire f0utre",
    "puta que pariu",
    "c@ralho",
    "vaff@nculo",
    "c a z z o",
    "s1ktir",
    "sıktir",
    "SİKTİR",
    "k u r w a",
    "kurw@",
    "ch*j",
    "\u202efuck",
    "fuck\u3164",
    "fu\x00ck",
    "fu\u00adck",
)
_WORDS = """
    scunthorpe class assassin therapist Dickens cockpit Essex Penistone analysis cumulative
    Sussex Middlesex bass mass grass passage assume classic embassy cassette compass Titanic
    title competition constitution shuttlecock peacock cocktail Hancock Hitchcock document
    circumstance cucumber accumulate analyst canal Arsenal arsenic assist associate pussycat
    sextant sextet swanky shiitake mishit Lightwater Clitheroe Matsushita button butter
    bitter glitch Mitch pitch stitch witch hello shell count country account discount duck
    luck truck suck stuck deduct snigger niggardly Nigeria Niger Nigel night raccoon cocoon
    tycoon spice suspicion despicable retardant fagus Wankel Peniscola penne assertive
    rapeseed grape drape scrape therapy sexton glass-half-full as-is co-op re-entered well-
    known e-mail t-shirt x-ray
"""
INNOCENT: Final = (
    *_WORDS.split(),
    "pen is",
    "my pen is here",
    "as so",
    "is hit",
    "this hit",
    "who re-entered",
    "as soon as possible",
    "it's hit the shelves",
    "push it",
    "I'm a student",
    "he'll be here",
    "she'll see",
    "c l a s s",
    "c o c k p i t",
    "s c u n t h o r p e",
    "U.S.A. and U.K.",
    "a b c d e f g",
    "26m from u.s.a",
    "Scunthorpe",
    "Dick Van Dyke",
    "a maine coon cat",
    "spick and span",
    "Pussy Riot",
    "cul-de-sac",
    "2*3*4 = 24",
    "**bold** and *italic*",
    "p@ssw0rd",
    "h3ll0 w0rld",
    "c++ and c#",
    "haaaaaaallo",
    "coool, sooo goood",
    "yesss!!!",
    "noooooo",
    "ich bitte dich",
    "das ist dick",
    "guten Appetit, wie spät ist es",
    "die FDP und die CDU",
    "Johnny Depp",
    "un bimbo felice",
    "el año pasado",
    "un ratón",
    "je suis en retard",
    "une fiche",
    "baisse le son",
    "Toto - Africa",
    "Amina",
    "I like pedals",
    "рубашка",
    "хлеб",
    "застрахуй машину",
    "употреблять",
    "команда",
    "сок и кок",
    "оскорблять",
)


def hostile() -> Iterator[tuple[str, str]]:
    """Yield a name and a spelling, each of which means one of the start-up terms."""
    for term in TERMS:
        for name, disguise in DISGUISES.items():
            yield f"{term}, {name}", disguise(term)
    for text in BY_HAND:
        yield ascii(text), text
