"""What a whole talk looks like, where no single message says it: signals for people to review.

A signal is a reason to look, never a proof, and does not quote what was said. What counts as a link
or a name on another service is `contacts`'. Called with the last messages of a talk, now and then
and when one of them is reported; keeps nothing.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final, Literal

from moderation.filters.contacts import contacts_find
from moderation.filters.rules import Action
from moderation.filters.spelling import repetitions, words
from omegle.lib.skeleton import fold

SignalKind = Literal["flooding", "grooming", "masked", "advertising"]

MOST_ALIKE: Final = 5
MOST_A_MINUTE: Final = 40
GROOMING_WINDOW: Final = 12
MOST_MASKED: Final = 3
MOST_CONTACTS: Final = 2
SHORTEST_FINGERPRINT: Final = 40
_MINUTE: Final = 60.0
_ADULT: Final = 18
_YOUNGEST: Final = 5  # "I am 3rd in line" is no age


def _phrases(*alternatives: str) -> re.Pattern[str]:
    """Compile phrases as whole words of a folded text, folded themselves."""
    return re.compile(rf"(?<!\w)(?:{fold('|'.join(alternatives))})(?!\w)")


_AGE_QUESTION: Final = _phrases(
    "how (?:old|young) (?:are|r) (?:you|u|ya)|how old|what s (?:your|ur) age|whats (?:your|ur) age",
    "what is (?:your|ur) age|(?:your|ur) age|asl|what grade (?:are|r) (?:you|u)|age pl[sz]",
    "are (?:you|u) (?:a minor|underage|under 18|over 18|a teen|18)",
    "wie alt (?:bist|biste|seid)|wie alt|dein alter|bist du (?:schon )?(?:18|volljährig)",
    "cuántos años (?:tienes|tenés|tiene)|qué edad (?:tienes|tenés)|tu edad|eres menor",
    "quel âge|ton âge|t es mineure?|tu es mineure?|es tu mineure?",
    "quantos anos (?:(?:você|vc|tu) )?(?:tem|tens)|que idade tens|(?:sua|tua) idade",
    "сколько (?:тебе )?лет|тебе сколько|сколько годиков|твой возраст|какой возраст",
    "quanti anni hai|che età hai|la tua età|sei minorenne",
    "kaç yaşındasın|yaşın kaç|yaş kaç|kaç yaşında",
    "ile masz lat|ile lat masz|w jakim jesteś wieku|twój wiek",
)
_SERVICE: Final = (
    "(?:snap|snapchat|insta|instagram|ig|telegram|tg|whats ?app|discord|kik|skype|wechat|viber|"
    "signal|messenger|facebook|fb|number|handynummer|nummer|número|numéro|numero|tel|telefon|"
    "телеграм|тг|телега|инста|инстаграм|ватсап|вотсап|дискорд|номер|вк|numer|numara|numaran)"
)
_CONTACT_REQUEST: Final = _phrases(
    f"(?:have|got|your|ur|use|what s|gimme|give me|send me|add me on|text me on) "
    f"(?:\\w+ )?{_SERVICE}",
    f"(?:hast du|dein|deine|gib mir|schick mir) (?:\\w+ )?{_SERVICE}",
    f"(?:tienes|tu|dame|pásame|pasame|me das) (?:\\w+ )?{_SERVICE}",
    f"(?:t as|tu as|ton|donne moi|donne) (?:\\w+ )?{_SERVICE}",
    f"(?:você tem|vc tem|tens|seu|teu|me passa|passa) (?:\\w+ )?{_SERVICE}",
    f"(?:есть|твой|твоя|дай|скинь|кинь) (?:\\w+ )?{_SERVICE}",
    f"(?:hai|il tuo|dammi|mi dai) (?:\\w+ )?{_SERVICE}",
    f"{_SERVICE} (?:var mı|ver|versene|adresin|at)|(?:masz|podaj|daj|twój) (?:\\w+ )?{_SERVICE}",
    "can we meet|meet me|want to meet|wanna meet|where do you live|where u live|home alone",
    "wollen wir uns treffen|wo wohnst du|bist du allein|nos vemos en persona|dónde vives",
    "estás sola",
    "on se voit|tu habites où|où habites tu|onde (?:você )?mora|onde vives|está sozinha",
    "давай встретимся|где ты живешь|ты одна дома|dove abiti|ci vediamo dal vivo|sei da sola",
    "nerede oturuyorsun|buluşalım|gdzie mieszkasz|spotkamy się|jesteś sama",
)
_PICTURE_REQUEST: Final = _phrases(
    "(?:send|show|got|have|trade|swap|see|share|any) (?:me )?(?:a |some |your |ur |more |any )?"
    "(?:pics?|pictures?|photos?|selfies?|nudes?|vids?|videos?|cam|face|body)",
    "pic of (?:you|u)|(?:pics?|nudes?) (?:pl[sz]|please)|turn on (?:your |ur )?cam",
    "(?:schick|zeig|hast|send)\\w* (?:du )?(?:mir )?(?:mal )?(?:ein |eins |von dir |dein )?"
    "(?:bild|bilder|foto|fotos|selfie|nacktbild|nacktbilder)|bild von dir",
    "(?:manda|mándame|envía|envíame|pasa|pásame|tienes) (?:una |tu |tus |un )?"
    "(?:fotos?|selfie|pack)",
    "(?:envoie|montre|t as|tu as|donne) (?:moi )?(?:une |ta |tes |des )?"
    "(?:photos?|selfies?|nudes?)",
    "(?:manda|me manda|envia|mostra|tem) (?:uma |um |sua |suas )?(?:fotos?|selfies?|nudes?)",
    "(?:скинь|кинь|пришли|отправь|покажи|есть) (?:мне )?(?:свою |свое |твое |твои )?"
    "(?:фото|фотку|фотки|фоточку|селфи)|скинь себя",
    "(?:manda|mandami|inviami|mostrami|hai) (?:una |la tua |delle )?(?:foto|selfie)",
    "(?:foto|fotoğraf|resim|selfie|fotonu|resmini) (?:at|gönder|atsana|atar mısın|yolla|var mı)",
    "(?:wyślij|pokaż|prześlij|masz) (?:mi )?(?:swoje |swoją |jakieś )?"
    "(?:zdjęcie|zdjęcia|fotkę|fotki|selfie)",
)
_SEXUAL: Final = _phrases(
    "sex|sexy|sext|horny|nudes?|naked|virgin|undress|what are (?:you|u) wearing|bra size",
    "touch yourself",
    "turn(?:s|ed)? (?:me|you) on|geil|nackt|jungfrau|was hast du an|zieh dich aus|ausziehen",
    "sexo|desnuda|desnudo|desnúdate|virgen|qué llevas puesto|cachonda|caliente conmigo",
    "sexe|nue|déshabille toi|vierge|tu portes quoi|chaude|pelada|nua|virgem|o que está vestindo",
    "секс|вирт|голая|голую|девственница|разденься|что на тебе надето|возбуждаешь",
    "sesso|nuda|vergine|spogliati|cosa indossi|seks|çıplak|bakire|üstünde ne var|soyun",
    "naga|dziewica|rozbierz się|co masz na sobie",
)
_AGE: Final = r"(?P<{}>[0-9]{{1,2}})"
_STATED_AGE: Final = re.compile(
    "|".join(
        rf"(?<!\w){fold(before)}{_AGE.format(f'age{at}')}{fold(after)}(?!\w)"
        for at, (before, after) in enumerate(
            (
                (
                    "(?:i m|im|i am) (?:a |only |just |still )?",
                    "(?: (?:y ?o|years? old|yrs?|f|m))?",
                ),
                ("", "[ ]?(?:years? old|y ?o|yo|jahre alt|ans|anni|lat|yaşındayım|лет|года?)"),
                ("(?:ich bin|bin) (?:erst |noch )?", ""),
                ("(?:tengo|tenho|j ai|ho|mam) (?:solo |só )?", "(?: (?:años|anos|ans|anni|lat))?"),
                ("мне (?:только |всего )?", ""),
                ("(?:f|m|w)", ""),
                ("", "(?:f|m|w|yo)"),
            )
        )
    )
)
_ONLY_NUMBER: Final = re.compile(r"[0-9]{1,2}")
# "I am 15 minutes away" is no age.
_OTHER_UNITS: Final = re.compile(
    r"\s(?:min\w*|hours?|days?|weeks?|months?|km|miles?|euros?|percent|minut\w*|stunden|tage|wochen)"
)


@dataclass(frozen=True, slots=True)
class Said:
    """One line of a talk, as its author sent it; `at` in seconds, `action` what became of it."""

    seat: int
    at: float
    text: str
    action: Action


@dataclass(frozen=True, slots=True)
class Signal:
    """Something for a person to look at: by whom, how much it weighs, and why, without quoting."""

    kind: SignalKind
    seat: int
    points: int
    why: str


def talk_signals(said: Sequence[Said]) -> list[Signal]:
    """Return the signals of a talk, its messages in the order in which they were said.

    Each kind comes at most once for a seat. Refused messages count as well: trying is enough.
    """
    by_seat: dict[int, list[Said]] = defaultdict(list)
    for message in said:
        by_seat[message.seat].append(message)
    found: list[Signal] = []
    for seat, own in sorted(by_seat.items()):
        others = [message for message in said if message.seat != seat]
        found += seat_signals(seat, own, others)
    return found


def seat_signals(seat: int, own: Sequence[Said], others: Sequence[Said]) -> list[Signal]:
    """Return the signals of one seat: of its own lines, and of what others said to it."""
    found = (
        Signal("flooding", seat, 2, _flooding(own)),
        Signal("grooming", seat, 5, _grooming(own, others)),
        Signal("masked", seat, 2, _masked(own)),
        Signal("advertising", seat, 3, _advertising(own)),
    )
    return [signal for signal in found if signal.why]


def text_fingerprint(text: str, key: bytes) -> str | None:
    """Return what is the same for texts that only differ in signs, digits, spaces and stretching.

    Without the key, of at most 64 bytes, nobody can try a guess at what was said. None for a text
    that many people say: of fewer than 40 letters, without a way out of the talk.
    """
    letters = "".join(char for char in words(text) if char.isalpha())
    if len(letters) < SHORTEST_FINGERPRINT and not (letters and _names_contact(text)):
        return None
    plain = repetitions(letters)[0]
    return blake2b(plain.encode("utf-8", "replace"), digest_size=16, key=key).hexdigest()


def _flooding(own: Sequence[Said]) -> str:
    alike = Counter(_likeness(message.text) for message in own)
    if alike and max(alike.values()) >= MOST_ALIKE:
        return f"Said nearly the same {max(alike.values())} times."
    first = 0
    for last, message in enumerate(own):
        while own[first].at <= message.at - _MINUTE:
            first += 1
        if last - first + 1 > MOST_A_MINUTE:
            return f"Wrote more than {MOST_A_MINUTE} lines within a minute."
    return ""


def _likeness(text: str) -> str:
    """Give what near-same lines share. Short ones must be the same: `ok` and `yes` are no flood."""
    letters = "".join(char for char in words(text) if char.isalpha())
    return repetitions(letters)[0] if len(letters) > 1 else text.strip().lower()


def _grooming(own: Sequence[Said], others: Sequence[Said]) -> str:
    texts = [words(message.text) for message in own]
    asks = {
        "for the age": [bool(_AGE_QUESTION.search(text)) for text in texts],
        "for a contact or a meeting": [
            bool(_CONTACT_REQUEST.search(text)) or _names_contact(message.text)
            for text, message in zip(texts, own, strict=True)
        ],
        "for pictures": [bool(_PICTURE_REQUEST.search(text)) for text in texts],
        "for something sexual": [bool(_SEXUAL.search(text)) for text in texts],
    }
    if any(_is_minor(message.text) for message in others):
        wanted = [what for what in list(asks)[1:] if any(asks[what])]
        if wanted:
            return f"Asked {' and '.join(wanted)}, and a stranger gave an age under {_ADULT}."
    for first in range(max(1, len(own) - GROOMING_WINDOW + 1)):
        window = slice(first, first + GROOMING_WINDOW)
        wanted = [what for what in list(asks)[:3] if any(asks[what][window])]
        if len(wanted) > 1 and wanted[0] == "for the age":
            return f"Asked {' and '.join(wanted)} within {GROOMING_WINDOW} lines."
    return ""


def _is_minor(text: str) -> bool:
    plain = words(text)
    if _ONLY_NUMBER.fullmatch(plain):
        return _YOUNGEST <= int(plain) < _ADULT
    for match in _STATED_AGE.finditer(plain):
        age = next(value for value in match.groups() if value)
        if _YOUNGEST <= int(age) < _ADULT and not _OTHER_UNITS.match(plain, match.end()):
            return True
    return False


def _masked(own: Sequence[Said]) -> str:
    count = sum(message.action in ("mask", "hold") for message in own)
    return f"{count} lines were masked or held back." if count >= MOST_MASKED else ""


def _advertising(own: Sequence[Said]) -> str:
    count = sum(_names_contact(message.text) for message in own)
    if count < MOST_CONTACTS:
        return ""
    return f"Named links, numbers or names on other services {count} times."


def _names_contact(text: str) -> bool:
    return any(contact.is_sure for contact in contacts_find(text))
