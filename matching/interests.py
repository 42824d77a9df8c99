"""Interests as typed, made into the words by which strangers are matched.

What is the same to the eye is `omegle.lib.skeleton`'s business; here is what is the same to the
mind: signs, spacing and a short table of other names. Whether an interest is allowed to be shown
is for moderation. Called wherever a `find` frame or a ticket is made; nothing is kept.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final
from unicodedata import category

from omegle.lib.skeleton import fold
from omegle.lib.words import Problem, sentence, sentence_counted

# What both strangers read: "You both like football" -> other names for it, folded, commas between.
_OTHER_NAMES: Final = {
    "american football": "nfl",
    "artificial intelligence": "ai, a.i",
    "basketball": "nba",
    "board games": "board game, boardgames, tabletop games",
    "books": "book, reading, reading books",
    "c sharp": "c#, csharp",
    "cars": "car, automobiles",
    "cats": "cat, kittens",
    "classical music": "classical",
    "comedy": "humor, humour, jokes",
    "cooking": "cook",
    "counter strike": "cs:go, csgo, cs go, cs2",
    "cryptocurrency": "crypto, cryptocurrencies",
    "cycling": "biking, bike riding",
    "dancing": "dance",
    "dogs": "dog, puppies",
    "dotnet": ".net",
    "drawing": "draw, sketching",
    "drum and bass": "dnb, d&b, drum n bass, drum & bass",
    "dungeons and dragons": "d&d, dnd, dungeons & dragons",
    "electronic music": "edm, electronic dance music",
    "esports": "e sports",
    "fitness": "gym, the gym, workout, working out",
    "football": "soccer, futbol, futebol, fussball",
    "formula 1": "f1, formula one",
    "gaming": "video games, video game, videogames, video gaming, games, gamer, gamers",
    "grand theft auto": "gta, gta 5, gta v",
    "guitar": "playing guitar",
    "hip hop": "hiphop",
    "horror movies": "horror films, scary movies",
    "javascript": "js",
    "jpop": "j pop",
    "kpop": "k pop",
    "learning english": "learn english, practice english, english practice",
    "learning languages": "language learning, languages",
    "lgbtq": "lgbt, lgbtq+, lgbtqia+",
    "lofi": "lo fi",
    "lord of the rings": "the lord of the rings, lotr",
    "makeup": "make up",
    "maths": "math, mathematics",
    "memes": "meme",
    "metal": "heavy metal, metal music",
    "motorcycles": "motorcycle, motorbikes",
    "movies": "movie, film, films, cinema, watching movies",
    "music": "musica, musik, musique, listening to music",
    "painting": "paint",
    "photography": "photo, photos",
    "podcasts": "podcast",
    "programming": "coding, computer programming, software development",
    "rap": "rap music",
    "rhythm and blues": "r&b, rnb",
    "rock": "rock music",
    "rock and roll": "rock n roll, rock & roll, rock 'n' roll",
    "role playing games": "rpg, rpgs",
    "running": "jogging",
    "science fiction": "sci fi, scifi",
    "singing": "sing",
    "skateboarding": "skateboard",
    "stand up comedy": "standup, standup comedy",
    "star wars": "starwars",
    "swimming": "swim",
    "table tennis": "ping pong",
    "theatre": "theater",
    "travel": "traveling, travelling",
    "tv shows": "tv, tv series, television",
    "virtual reality": "vr",
    "web development": "webdev, web dev",
    "writing": "write",
}
ALIASES: Final[Mapping[str, str]] = MappingProxyType(
    {name: canonical for canonical, names in _OTHER_NAMES.items() for name in names.split(", ")}
)

_BETWEEN_WORDS: Final = str.maketrans("-_()[]{}", " " * 8)
# Folding shortens a text with marks and invisible characters; nobody honest needs more of them.
_CHARS_BEFORE_FOLDING: Final = 16


class BadInterest(Problem):
    """An interest that cannot be matched by."""


def interests_fold(
    interests: Sequence[str], *, limit: int = 10, chars: int = 32
) -> tuple[str, ...]:
    """Return the interests in the form in which they are compared and shown, in the order given.

    `#Video-Games` becomes `gaming`: folded, leading `#` and punctuation at the ends dropped,
    hyphens, underscores and brackets made spaces, other names replaced (`ALIASES`). An interest
    named twice is kept once. Folding what was returned changes nothing.

    Raises:
        BadInterest: more than `limit` are given (repetitions count), or one has a control
            character, nothing left after folding, or more than `chars` code points after it (or
            16 times as many before it).
    """
    if len(interests) > limit:
        raise BadInterest(
            sentence_counted(
                "Please name at most %(count)s interest.",
                "Please name at most %(count)s interests.",
                limit,
            )
        )
    return tuple(dict.fromkeys(_interest_fold(interest, chars) for interest in interests))


def _interest_fold(interest: str, chars: int) -> str:
    if any(category(char) == "Cc" for char in interest):
        raise BadInterest(sentence("An interest is one line of plain text."))
    too_long = sentence_counted(
        "An interest has at most %(count)s character.",
        "An interest has at most %(count)s characters.",
        chars,
    )
    if len(interest) > chars * _CHARS_BEFORE_FOLDING:
        raise BadInterest(too_long)
    spaced = " ".join(fold(interest).lstrip("#").translate(_BETWEEN_WORDS).split())
    if spaced in ALIASES:  # before the ends are stripped: `c#`, `.net`
        return ALIASES[spaced]
    bare = _without_punctuation_at_ends(spaced)
    canonical = ALIASES.get(bare, bare)
    if not canonical:
        raise BadInterest(sentence("An interest needs at least one letter or digit."))
    if len(canonical) > chars:
        raise BadInterest(too_long)
    return canonical


def _without_punctuation_at_ends(text: str) -> str:
    start, end = 0, len(text)
    while start < end and _is_edge(text[start]):
        start += 1
    while end > start and _is_edge(text[end - 1]):
        end -= 1
    return text[start:end]


def _is_edge(char: str) -> bool:
    return char == " " or category(char)[0] == "P"
