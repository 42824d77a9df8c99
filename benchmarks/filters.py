"""What screening one message costs, with the start-up lists and 200 patterns of an operator's.

    python -m benchmarks.filters

Every message is screened on the event loop. The bar: at the median 10 µs for ordinary ASCII, 40 µs
for other ordinary texts. Disguised ones may cost more: they are rare, or somebody's aim.
"""

import random
from statistics import median
from time import process_time_ns

from moderation.filters.book import RuleBook
from moderation.filters.lists import startup_rules
from moderation.filters.rules import FilterRule

ENGLISH = """
the be to of and a in that have it for not on with he as you do at this but his by from they
we say her she or an will my one all would there their what so up out if about who get which
go me when make can like time no just him know take people into year your good some could
them see other than then now look only come its over think also back after use two how our
work first well way even new want because any these give day most us really school movie
music friend funny happy tomorrow weather coffee university football summer keyboard travel
guitar weekend favourite little yellow hello hey lol yeah thanks sorry maybe nothing
something feel better still need should never very
"""
_OTHERS = {
    "German": """ich du er sie wir das ist nicht und ein schön für über möchte größer heiße müde
        hört natürlich vielleicht später Grüße Österreich können würde tschüss Mädchen fröhlich""",
    "Spanish": """qué cómo estás mañana también más años español música aquí está día película
        dónde después corazón canción inglés fútbol y de la que el en muy bien gracias señor""",
    "Russian": """я ты он мы не и что это как привет сегодня хорошо музыка фильм очень люблю школа
        город время человек работа когда почему можно спасибо пока интересно завтра друг""",
    "Turkish": """ben sen nasılsın iyiyim teşekkürler çok güzel değil için şimdi yarın öğrenci müzik
        İstanbul günaydın ne yapıyorsun görüşürüz arkadaş işte bugün şarkı ışık""",
    "emoji": "hey 😀 lol 😂😂 so cool 🎉 love ❤️ this song 🎵 thanks 🙏 see you 👋🏽 ok 👍 wow 🔥",
}
_HOSTILE = (
    "f.u.c.k y.o.u",
    "ꜰᴜᴄᴋ 𝓯𝓾𝓬𝓴 ｆｕｃｋ fսck",
    "y0u are 4 b!tch and @n a$$h0le",
    "fuuuuuuuuuck ooooooffff",
    "s h i t  h a p p e n s  a l l  d a y",
    "f*ck sh*t f**k c*nt as-hole well-known",
    "http://exa mple dot com and t[.]me/foo call +49 170 1234567",
    "пиzдец xyй сyка бл*ть х у й",
    "a" * 120,
    "a b c d e f g h i j k l m n o p q r s t u v w x y z " * 2,
    "1!|1!|1!|1!|1!|1!|1!|" * 5,
    "\u0301".join("zalgo text with many marks") * 2,
    "\ufdfa" * 100,
)
# As long as may be said, and all of it laborious. No median is asked of them: the worst is bounded.
_LONGEST = tuple(
    (text * 1000)[:1000]
    for text in (
        "f*ck ",
        "f*ck",
        "fuck ",
        "1-2 3.4(5)",
        "faскж1 ѕhіt3 ",
        "\ufdfa",
        "".join(map(chr, range(0xFB50, 0xFDF0))),
        "sh1t ",
        "x1! ",
        "1!|",
        "f u c k ",
        "сyка ",
        "1 a! б|",
        "ß1 ",
        "fuck you sh1t b*tch a.s.s ѕhіt s h i t ",
        "f u c k y o u and this is some honest text of many words s h 1 t which goes on and on. ",
        "a@b.co ",
        "8 8 8  ",
        "a.b.",
        "a1 " * 50 + "an honest word or two and then some ",
    )
)
_PATTERNS = 200
_MESSAGES = 400
_REPEATS = 5


def patterns(count: int) -> list[FilterRule]:
    """Make such patterns as an operator writes: phrases with gaps, alternatives, numbers."""
    chance = random.Random(1)
    pool = [
        f"{a}{b}"
        for a in ("zq", "wq", "xk", "vd", "grub", "plok", "trim", "bnk")
        for b in ENGLISH.split()
    ]
    made = []
    for number in range(count):
        one, two, three = chance.sample(pool, 3)
        text = (
            rf"\b{one}\s+(?:{two}|{three})\b",
            rf"{one}[a-z]*\s?\d+",
            rf"(?:buy|sell|get).{{0,12}}{one}s?\b",
            rf"\b{one}.*{two}",
        )[number % 4]
        made.append(FilterRule(100_000 + number, "pattern", text, 2, "mask"))
    return made


def messages(words: list[str], seed: int) -> list[str]:
    """Make messages of 5 to 120 characters, shorter ones more often, as people write them."""
    chance = random.Random(seed)
    made: list[str] = []
    while len(made) < _MESSAGES:
        length = min(120, 5 + int(chance.expovariate(1 / 35)))
        line = chance.choice(words)
        while len(line) < length:
            line += chance.choice([" "] * 12 + [", ", "! "]) + chance.choice(words)
        line = line[:1].upper() + line[1:] if chance.random() < 0.4 else line
        made.append((line + chance.choice(["", "", "?", ".", " :)", "!!"]))[:120])
    return made


def cost(book: RuleBook, text: str, *, early: bool) -> float:
    """Measure µs of processor time a call, the least of several runs: noise only ever adds."""
    best = float("inf")
    calls = 20
    for _ in range(_REPEATS):
        start = process_time_ns()
        for _ in range(calls):
            book.screen(text, early=early)
        best = min(best, process_time_ns() - start)
    return best / calls / 1000


def main() -> None:
    rules = [rule.numbered(number) for number, rule in enumerate(startup_rules())]
    book = RuleBook([*rules, *patterns(_PATTERNS)])
    print(f"{len(rules)} terms, {_PATTERNS} patterns")
    corpora = {"ASCII": messages(ENGLISH.split(), 2)}
    for seed, (name, words) in enumerate(_OTHERS.items()):
        made = messages(words.split(), seed)
        corpora[name] = [text for text in made if not text.isascii()]
    corpora["non-ASCII, all"] = [text for name in _OTHERS for text in corpora[name]]
    corpora["hostile"] = list(_HOSTILE)
    corpora["hostile, 1000"] = list(_LONGEST)
    print(f"{'messages':<16} {'':<6} {'chars':>6} {'p50 µs':>8} {'p95 µs':>8} {'worst':>8}")
    for name, texts in corpora.items():
        for early in (False, True):
            costs = sorted(
                cost(book, text, early=early) for text in texts[:: max(1, len(texts) // 100)]
            )
            chars = median(map(len, texts))
            print(
                f"{name:<16} {'early' if early else 'later':<6} {chars:>6.0f} {median(costs):>8.1f}"
                f" {costs[int(len(costs) * 0.95)]:>8.1f} {costs[-1]:>8.1f}"
            )


if __name__ == "__main__":
    main()
