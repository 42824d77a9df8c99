"""What strangers say in a demonstration: fragments in several languages, put together by chance.

Made up, and mild. `seed_demo` uses it; nothing else does.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from random import Random
from typing import Final, get_args

from PIL import Image, ImageDraw

from moderation.drafts import ASKER, LineKind, NoticeDraft
from moderation.policy import About, NoticeKind, Reason

NAMES: Final = (
    *("Amber Otter", "Quiet Heron", "Green Comet", "Paper Fox", "Blue Lantern", "Early Swift"),
    *("Copper Moth", "Slow River", "Tall Juniper", "Silver Wren", "Warm Pebble", "Odd Marble"),
    *("Bright Kettle", "Lucky Fern", "Velvet Crow", "Distant Bell", "Merry Badger", "Soft Thunder"),
)

_OPENINGS: Final = {
    "en": (
        ("hi", "hey there"),
        ("hello :)", "hi! where are you from?", "the north of {place}, you?"),
        ("hey, how is your evening?", "quiet, just tea and a film", "which one?"),
        ("so what are you into?", "{hobby} mostly", "oh nice, since when?"),
        ("is it late where you are?", "just after ten", "same here"),
        ("do you like {hobby}?", "never tried it"),
    ),
    "de": (
        ("hallo", "hi, wie geht's?"),
        ("hey, woher kommst du?", "aus {place}", "schön da"),
        ("was machst du so?", "{hobby}, und du?"),
        ("noch wach?", "leider ja"),
    ),
    "es": (
        ("hola", "hola, qué tal?"),
        ("de dónde eres?", "de {place}, y tú?"),
        ("qué te gusta hacer?", "{hobby}", "qué guay"),
    ),
    "fr": (
        ("salut", "coucou, ça va ?"),
        ("tu viens d'où ?", "de {place}", "ah sympa"),
        ("tu fais quoi ce soir ?", "rien de spécial, {hobby}"),
    ),
    "pt": (
        ("oi", "oi, tudo bem?"),
        ("de onde você é?", "de {place}", "legal"),
        ("gosta de {hobby}?", "gosto muito"),
    ),
}
_NOTICES: Final[dict[NoticeKind, str]] = {
    "child_abuse": "My son's tablet has it in the history: somebody asked him for pictures there.",
    "intimate": "An ex of mine showed a picture of me on video. I never agreed to that.",
    "threat": "Somebody said they know where I work and would wait there for me.",
    "personal_data": "Jemand hat dort meine Telefonnummer herumgeschickt, seither klingelt es.",
    "impersonation": "Un inconnu se fait passer pour moi, avec mon prénom et mon école.",
    "illegal": "Somebody offers pills there and names a place in our town.",
    "rules": "My neighbour brags that he insults people there every evening.",
}
_APPEALS: Final = (
    "That was meant as a joke, and the other one laughed. Please read it to the end.",
    "It was my brother, he took my laptop for a minute. I don't write like that.",
    "I only said what he had said to me before.",
    "Das war kein Spam, wir haben dieselbe Band gesucht!",
    "No insulté a nadie, esa palabra aquí no es un insulto.",
    "Sorry. I was angry about something else. A whole day is long for that.",
)
_ANSWERS: Final = {
    True: ("We read it again: it was a joke between you two.", "That was not yours to answer for."),
    False: ("We read all of it again. You went on after they had said no.", "It was no slip."),
}
_PLACES: Final = ("Porto", "Leeds", "Graz", "Lyon", "Quito", "Oslo", "Lima", "Ghent", "Recife")
_HOBBIES: Final = {
    "en": ("climbing", "chess", "baking bread", "old films", "running", "drawing", "synths"),
    "de": ("Klettern", "Schach", "Backen", "alte Filme", "Laufen", "Zeichnen"),
    "es": ("escalar", "el ajedrez", "cocinar", "el cine", "correr", "dibujar"),
    "fr": ("l'escalade", "les échecs", "la cuisine", "le cinéma", "le dessin"),
    "pt": ("escalada", "xadrez", "cozinhar", "cinema", "correr"),
}
# Of the one who is reported (`>`) and the other (`<`); {…} is masked, [ … ] is held back.
_TROUBLE: Final[dict[Reason, tuple[tuple[str, str], ...]]] = {
    "harassment": (
        ("en", "> you are a complete {idiot}|< excuse me?|> a boring {loser}, that is what|< stop"),
        ("en", "> nobody wants to talk to you|> you know that right|< why are you like this"),
        ("en", "> lol what a {moron}|> answer me|> ANSWER ME|< please leave me alone|> never"),
        ("de", "> du bist so ein {Trottel}|< geht's noch?|> heul doch|< ich melde das"),
        ("es", "> eres {idiota}|< perdona?|> lo que oyes, {tonto}|< adiós"),
        ("fr", "> t'es vraiment {débile}|< pardon ?|> tu m'as bien compris|< je signale"),
        ("pt", "> você é um {idiota}|< para com isso|> chora mais"),
        ("en", "> so ugly i bet|< wow ok|> did i hit a nerve, {stupid}?|> cry about it"),
    ),
    "hate": (
        (
            "en",
            "> people from there should all go back|< that is a horrible thing to say|> true tho",
        ),
        ("en", "> your kind does not belong here|< my kind?|> you know what you are|< reported"),
        ("de", "> leute wie du gehören hier nicht her|< wie bitte|> du hast mich verstanden"),
        ("fr", "> les gens comme toi devraient partir|< c'est dégueulasse|> c'est la vérité"),
    ),
    "spam": (
        (
            "en",
            "> earn 500 a day from home!!|> [ join at easy-coins.example/now ]|< not interested",
        ),
        (
            "en",
            "> hi dear|> [ my pics are on my-page.example/cam ]|> [ add me @freepics77 ]|< bot?",
        ),
        ("en", "> best crypto signals|> 100% safe|> [ signals.example ]|< are you a person"),
        ("es", "> gana dinero desde casa|> [ dinero-facil.example ]|< otro bot"),
        ("pt", "> ganhe seguidores grátis|> [ seguidores.example ]|< não"),
    ),
    "nudity": (
        ("en", "> what are you wearing|< no|> come on just tell me|< i said no|> send a pic then"),
        ("en", "> u up for something hot?|< no thanks|> you sure? i am alone|< bye"),
        ("de", "> was hast du an|< das geht dich nichts an|> ach komm, zeig mal|< nein"),
        ("fr", "> t'es seule ?|< pourquoi|> on pourrait s'amuser|< non merci|> allez une photo"),
    ),
    "violence": (
        ("en", "> i will find out where you live|< what|> and then you will be sorry|< not funny"),
        ("en", "> say that again and you get hurt|< who says that|> i mean it. i know people"),
        ("de", "> pass auf wenn ich dich finde|< drohst du mir gerade?|> nenn es wie du willst"),
    ),
    "self_harm": (
        ("en", "> nobody would miss me anyway|< hey, are you ok?|> not really|< talk to someone"),
        ("en", "> i do not want to be here any more|< here in this chat?|> no. here at all"),
        ("es", "> ya no quiero seguir|< seguir con qué?|> con nada|< habla con alguien, por favor"),
    ),
    "minor": (
        ("en", "> how old are you|< 14|> cool, do not tell anyone that we talk|< why not"),
        ("en", "> im 13 btw|< this is for adults, you should leave|> everybody does it"),
        ("en", "> which school do you go to|< i am 15|> [ add me: handle.example ]|< no"),
        ("de", "> wie alt bist du?|< 15|> egal, schreib mir woanders|> [ @schreibmir99 ]"),
    ),
    "illegal": (
        ("en", "> need any documents? passport, licence|< what?|> cheap, quick|< no!"),
        ("pt", "> vendo documentos|< isso é crime|> [ docs.example ]"),
    ),
    "other": (
        ("en", "> asdkjh|> asdkjh|> asdkjh|< ?|> asdkjh"),
        ("en", "> tell me your full name|< no|> and your street|< why would i"),
        ("fr", "> donne ton numéro|< non|> donne|> donne|< stop"),
    ),
}
_NOTES: Final[dict[Reason, tuple[str, ...]]] = {
    "harassment": ("Would not stop.", "Started insulting me for no reason.", "Beschimpft mich."),
    "hate": ("Said awful things about where I come from.", ""),
    "spam": ("Bot.", "Same text as the last three people.", "Publicidad."),
    "nudity": ("I said no several times.", "Disgusting.", ""),
    "violence": ("I am a bit scared, they said they would find me.", "Threatened me."),
    "self_harm": ("I am worried about them.", "Please check on this person."),
    "minor": ("They told me their age.", "I think this is a child.", ""),
    "illegal": ("Sells fake papers.", ""),
    "other": ("", "Weird.", "Je ne me sens pas à l'aise."),
}


_NOTES_OF_THREE: Final[dict[About, tuple[str, ...]]] = {
    "question": ("What a question.", "Nobody should be asked that.", ""),
    "reader": ("I do not want to be read.", "Who is this?", ""),
}
_QUESTIONS: Final = (
    "What would you take to an island?",
    "Is it better to be early or late?",
    "Which film could you see every year?",
    "Would you move to another country for love?",
    "¿Playa o montaña, y por qué?",
    "Was habt ihr als Kinder geglaubt?",
    "Quel est le meilleur petit déjeuner ?",
)
# Of somebody who is reported for them; {…} and [ … ] as above. The first of each passes.
_BAD_QUESTIONS: Final[dict[Reason, tuple[str, str]]] = {
    "harassment": (
        "Which of you two is the bigger {idiot}?",
        "Who of you would cry first, you {losers}?",
    ),
    "hate": (
        "Why do people from there not just go back?",
        "Who else thinks that they do not belong here?",
    ),
    "spam": ("Who wants to earn 500 a day from home?", "[ Have you seen easy-coins.example yet? ]"),
    "nudity": ("What are you both wearing right now?", "Which of you would send a pic first?"),
    "violence": ("Would you hurt somebody for money? I would.", "Who of you should I visit first?"),
    "self_harm": ("Would anybody miss me if I were gone?", "Does it hurt, do you think?"),
    "minor": ("How old are you two? The younger the better.", "[ Who adds me: handle.example ? ]"),
    "illegal": ("Who of you needs a passport, cheap and quick?", "[ See docs.example, will you? ]"),
    "other": ("What are your full names and your streets?", "Why do you not answer me, you two?"),
}
_OF_THREE, _REVEALED, _LEFT, _BY_ASKER = 0.15, 0.4, 0.4, 0.4


@dataclass(frozen=True, slots=True)
class DemoLine:
    """A line: of which seat, what was shown of it, what the filter did."""

    seat: int
    text: str
    shown: str | None
    verdict: str = "allow"
    kind: LineKind = "message"


@dataclass(frozen=True, slots=True)
class DemoRoom:
    """A room as its reporter left it: who is reported by whom for what, and what was written."""

    seats: tuple[int, ...]
    subject: int
    reporter: int
    about: About
    lines: list[DemoLine]


def demo_note(chance: Random, reason: Reason, about: About) -> str:
    """Give what a reporter adds, mostly nothing."""
    notes = _NOTES_OF_THREE.get(about, _NOTES[reason])
    return chance.choice(notes) if chance.random() < 0.4 else ""


def demo_appeal(chance: Random) -> str:
    """Give what somebody says against a decision about them."""
    return chance.choice(_APPEALS)


def demo_answer(chance: Random, *, granted: bool) -> str:
    """Give what a moderator answers to an appeal."""
    return chance.choice(_ANSWERS[granted])


def demo_picture(chance: Random) -> bytes:
    """Give a PNG of a few shapes, as if it were a frame of a video."""
    image = Image.new("RGB", (480, 360), "#d9d4c7")
    brush = ImageDraw.Draw(image)
    for colour in ("#0f766e", "#b3401f", "#5443b8"):
        left, top = chance.randint(0, 360), chance.randint(0, 240)
        brush.ellipse((left, top, left + 120, top + 120), fill=colour)
    out = BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def demo_notice(chance: Random) -> tuple[NoticeKind, NoticeDraft]:
    """Give what somebody outside writes."""
    kind = chance.choice(list(_NOTICES))
    place = f"{chance.randint(1, 28)} May, about {chance.randint(10, 23)}:00 UTC"
    return kind, NoticeDraft(text=_NOTICES[kind], place=place, name=chance.choice(("", *NAMES)))


def demo_room(chance: Random, reason: Reason) -> DemoRoom:
    """Give a conversation that ends in what it is reported for; some are discussions."""
    subject = chance.choice((1, 2))
    if chance.random() >= _OF_THREE:
        lines = [*_talk(chance, reason, subject)]
        return DemoRoom((1, 2), subject, 3 - subject, "seat", lines)
    about = chance.choice(get_args(About))
    is_revealed = about == "question" or chance.random() < _REVEALED
    if about == "seat":
        reporter = ASKER if chance.random() < _BY_ASKER else 3 - subject
        lines = [*_talk(chance, reason, subject)]
    else:
        subject, reporter = ASKER, subject
        lines = [*_small_talk(chance, chance.choice(list(_OPENINGS)), first=reporter)]
    first, later = chance.choice(_QUESTIONS), ""
    if about == "question":
        first, later = _BAD_QUESTIONS[reason]
    middle = len(lines) // 2
    if chance.random() < _LEFT:
        lines.insert(middle + 1, DemoLine(ASKER, "", None, kind="left"))
        if reporter == ASKER:
            del lines[middle + 2 :]
    if later:
        lines.insert(middle, _asked(later, is_revealed=is_revealed))
    lines.insert(0, _asked(first, is_revealed=is_revealed))
    return DemoRoom((ASKER, 1, 2), subject, reporter, about, lines)


def _talk(chance: Random, reason: Reason, subject: int) -> Iterator[DemoLine]:
    language, trouble = chance.choice(_TROUBLE[reason])
    yield from _small_talk(chance, language, first=chance.choice((1, 2)))
    for each in trouble.split("|"):
        yield DemoLine(subject if each[0] == ">" else 3 - subject, *_parsed(each[2:]))


def _small_talk(chance: Random, language: str, *, first: int) -> Iterator[DemoLine]:
    words = {"place": chance.choice(_PLACES), "hobby": chance.choice(_HOBBIES[language])}
    for opening in chance.sample(_OPENINGS[language], k=chance.randint(1, 2)):
        for number, text in enumerate(opening):
            said = text.format(**words)
            yield DemoLine(3 - first if number % 2 else first, said, said)


def _asked(question: str, *, is_revealed: bool) -> DemoLine:
    text, shown, verdict = _parsed(question)
    return DemoLine(ASKER, text, shown if is_revealed else None, verdict, "question")


def _parsed(line: str) -> tuple[str, str | None, str]:
    """Give what was written, what was shown of it and what the filter did."""
    if line.startswith("["):
        return line.strip("[ ]"), None, "hold"
    before, brace, rest = line.partition("{")
    if not brace:
        return line, line, "allow"
    word, _, after = rest.partition("}")
    return f"{before}{word}{after}", f"{before}{'*' * len(word)}{after}", "mask"
