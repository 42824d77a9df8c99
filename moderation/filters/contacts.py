"""Ways out of the talk: links, telephone numbers, addresses and names on other services.

Also when spelled out (`example dot com`, digits set apart, full width). Whether one of them is held
back is `book`'s business, whether somebody pushes them `talk`'s. What is found is a guess meant to
err little on honest texts: prices, dates, times, scores and years are no numbers to call.
"""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Final, Literal, NamedTuple

from moderation.filters.spelling import loosened
from omegle.lib.skeleton import fold

ContactKind = Literal["link", "phone", "handle"]


def _listed(text: str) -> frozenset[str]:
    return frozenset(text.split())


# --- Words ----------------------------------------------------------------------------------------

# Endings that are no word in the languages we know, so `word.com` needs no other evidence.
_CLEAR: Final = _listed(
    """
    com net org info biz io gg tv ru su ua kz fr pl uk eu ch nl cn jp kr au nz ca br tr gr
    cz sk hu ro bg fi dk ie be mx cl pe ve uy ar xyz online site website shop store club top
    live link app dev chat cam cams sex porn xxx fun vip pro icu cc ly tk ml ga cf gl рф укр
    бел
    """
)
# These are words too (`ok.so`, `gracias.de nada`): only at the end, or with a path behind.
_UNCLEAR: Final = _listed(
    """
    de es it pt se no at in is me my us co ai am im to tl la li so fm be st sh ws
    """
)
_SHORT_HOSTS = (
    r"t\.me|wa\.me|m\.me|bit\.ly|goo\.gl|youtu\.be|line\.me|kik\.me|paypal\.me|fb\.me|is\.gd|"
    r"telegram\.me|linktr\.ee|instagr\.am|onlyfans\.com|discord\.gg|twitch\.tv|onl\.bz|s\.team"
)
_DOT_WORDS = r"dot|d0t|punkt|punto|ponto|point|точка|тчк|nokta|kropka"
_AT_WORDS = r"at|arroba|klammeraffe|arobase|собака|chiocciola|małpa|malpa"
_SERVICES = (
    r"snap(?:chat)?|sc|insta(?:gram)?|ig|telegram|teleg|tg|whats?app|wapp|wsp|discord|disc|kik|"
    r"skype|wechat|viber|tiktok|facebook|fb|messenger|onlyfans|twitter|threema|wickr|"
    r"vk|vkontakte|zalo|kakao(?:talk)?|gmail|hotmail|paypal|cashapp|"
    r"снап(?:чат)?|инста(?:грам+)?|телеграм+|телега|тг|ватс?ап|вотсап|дискорд|вк|скайп|вайбер"
)
# Between the service and the name: "my snap name is", "mein insta ist", "мой тг это".
_LINKS_TO_NAME = (
    r"me|at|on|name|id|user(?:name)?|nick(?:name)?|tag|handle|account|konto|acc|is|ist|heisst|es|est|"
    r"c'?est|e|è|é|jest|to|это|ник|usuario|cuenta|utilizador|adım|adim"
)
_ADDING = (
    r"(?:add|follow|text|message|msg|dm|pm|hmu|write|find|hit|reach|contact|adde|schreib|folg|"
    r"agrega|agregame|añademe|anademe|sigueme|escribeme|buscame|ajoute|suis|adiciona|segue|chama|"
    r"aggiungimi|seguimi|scrivimi|ekle|yaz|dodaj|napisz|пиши|добавь|добавляй)"
)
_NOT_A_NAME: Final = frozenset(
    _listed(
        """
    is are was were am and or not no nor but if the a an for to in on at of it its my me
    your you he she we they this that app apps group groups chat sucks rules please pls plz
    too then than so now later instead here there yet either both better best good bad
    account name call calls story stories video videos user users bot bots do does did has
    have had can will would with without about only also because cause when where what who
    how why lol ok okay yes yeah nah or? oder und ist mir dir nicht nein ja auch y o si
    tambien e ou et non oui aussi com sem или и не нет да тоже есть у ve veya yok var i lub
    nie tak mi tu hier da gibt gruppe support web premium nitro server servers down up off
    dead line lines money
    """
    )
)

# --- Expressions ----------------------------------------------------------------------------------

# Bounded, and begun at a word's first letter only: or else `12-12-12-...` takes square time.
_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_DOT = (
    rf"(?:\.|\s*[\[({{<]\s*(?:\.|{_DOT_WORDS})\s*[\])}}>]\s*|\s+(?:{_DOT_WORDS})\s+|"
    rf"\s+\.\s*(?=(?:com|net|org|ru|gg|io)\b)|\.\s+(?=(?:com|net|org|ru|gg)\b)|。|,(?=com\b))"
)
_LINK: Final = re.compile(
    rf"(?P<scheme>\b(?:https?|ftp|hxxps?)\s*:\s*/\s*/\s*|\bwww{_DOT})?"
    rf"(?<![\w-])(?P<host>{_LABEL}(?:{_DOT}{_LABEL})+)(?!@)(?P<path>(?::\d+)?/\S*)?"
)
_SCHEME: Final = re.compile(
    r"\b(?:(?:https?|hxxps?|ftp)\s*:\s*/\s*/\s*\S+|www\.\S+\.\S+)|"
    rf"\b(?:{_SHORT_HOSTS})\s*/\s*\S+|"
    r"\bdiscord\s*(?:\.?\s*gg\b|\.com/invite|/invite)\s*/?\s*\S*"
)
_SPLIT_HOST: Final = re.compile(_DOT)
_MAIL: Final = re.compile(
    rf"(?<![\w.+-])[\w.+-]{{1,64}}\s*(?:@|[\[({{<]\s*(?:@|{_AT_WORDS})\s*[\])}}>]|\s(?:{_AT_WORDS})\s)\s*"
    rf"{_LABEL}(?:{_DOT}{_LABEL})*{_DOT}[^\W\d_]{{2,}}(?![\w-])"
)
_AT_NAME: Final = re.compile(r"(?<![\w.@])@[^\W\d_][\w.]{2,}")
_NAME = r"(?P<name>@?\w[\w.#\-]{2,})"
_SERVICE_NAME: Final = re.compile(
    rf"(?<!\w)(?:{_SERVICES})(?:[\s']+(?:{_LINKS_TO_NAME}))*(?P<sure>\s*(?:[:=@]|-+>|→|👉)+\s*)?"
    rf"[\s-]*{_NAME}"
)
_NAME_IS: Final = re.compile(rf"(?:{_SERVICES})(?:[\s']+(?:{_LINKS_TO_NAME}))+\s")
_ADD_ME: Final = re.compile(
    rf"(?<!\w){_ADDING}\b.{{0,24}}(?<!\w)(?:{_SERVICES})(?!\w)\W{{1,4}}{_NAME}"
)
_LONGEST_PLAIN: Final = 5  # words of a line such as "telegram foo"

# Looks like a number to call, and is none.
_NO_PHONE: Final = re.compile(
    r"\b(?:19|20)\d\d([-/.])\d{1,2}\1\d{1,2}\b|\b\d{1,2}([-/.])\d{1,2}\2(?:19|20)?\d\d\b(?![-/.]\d)|"
    r"\b\d{1,2}:\d\d(?::\d\d)?\b|\b\d{1,3}(?:\.\d{1,3}){3}\b|"
    r"[$€£₽₺¥]\s?\d[\d .,]*\d|"
    r"(?<![\d+])\d[\d .,']{0,20}\s?(?:[$€£₽₺¥%]|euros?\b|eur\b|dollars?\b|usd\b|bucks\b|"
    r"pounds?\b|gbp\b|"
    r"rubl|руб|rub\b|zł|zl\b|pln\b|tl\b|lira|reais|real\b|pesos?\b|yen\b|won\b|k?m\b|kg\b|mio\b|"
    r"milli|millon|miljon|people\b|subscribers\b|views\b|followers\b|years\b|jahre\b)"
)
_DIGITS: Final = re.compile(r"(?:\+\s?)?\(?\d(?:[ ().\-/_*~|,\u2010-\u2015]{0,3}\d){6,}")
_GROUP: Final = re.compile(r"\d+")
_FEWEST_DIGITS: Final = 7
_MOST_DIGITS: Final = 15
_FEWEST_PLAIN: Final = 9
_ROUND: Final = re.compile(r"0{5,}$")
_THOUSANDS: Final = re.compile(r"\d{1,3}(?:([.,' ])\d{3})(?:\1\d{3})*")
_YEAR: Final = re.compile(r"(?:19|20)\d\d")

# RE2 expressions, without regard to case: where none of them is found there is no contact.
CONTACT_SIGNS: Final = (
    rf"[\pL\d]\s?(?:\.|。|\[|\(|,com)\s?[\pL.]|/\s*/|@|\b(?:{_DOT_WORDS})\b|(?:точка|тчк)",
    r"\d(?:[^\pL\d]{0,3}\d){6}",
    rf"(?:^|[^\pL\d])(?:{_SERVICES})(?:[^\pL\d]|$)",
)


class Contact(NamedTuple):
    """Something found, where in the original, and the folded host name if it is a link.

    `is_sure`: no for words with a dot between them whose last is no ending we know; it only counts
    where somebody asks for that host.
    """

    kind: ContactKind
    start: int
    end: int
    host: str
    is_sure: bool = True


def contacts_find(text: str) -> list[Contact]:
    """Return every way out of the talk that the text names, links first."""
    signs = loosened(text)
    plain = "".join([char.lower()[:1] for char in signs.chars])
    found = [*_mails(plain), *_links(plain), *_phones(plain), *_handles(plain)]
    return [
        Contact(kind, signs.starts[start], signs.ends[end - 1], host, is_sure)
        for kind, start, end, host, is_sure in found
    ]


def _mails(text: str) -> Iterator[Contact]:
    if "@" in text or re.search(rf"\b(?:{_AT_WORDS})\b", text):
        for match in _MAIL.finditer(text):
            if "@" not in match[0] and "." in match[0] and "[" not in match[0]:
                continue  # "look at example.com" names a link only
            host = re.split(rf"@|\b(?:{_AT_WORDS})\b", match[0])[-1].strip("[](){}<> ")
            yield Contact("handle", match.start(), match.end(), _host(host))


def _links(text: str) -> Iterator[Contact]:
    for match in _LINK.finditer(text):
        host = _host(match["host"])
        yield Contact("link", match.start(), match.end(), host, _is_link(text, match, host))
    for match in _SCHEME.finditer(text):
        yield Contact("link", match.start(), match.end(), "")


def _is_link(text: str, match: re.Match[str], host: str) -> bool:
    """Say whether dots between words make a host name, or a missing space after a sentence."""
    name, *labels = host.split(".")
    if not labels:
        return True  # "www.name": what is in front says enough
    if match["scheme"] or any(label in _CLEAR or label.startswith("xn--") for label in labels):
        return True
    if labels[-1] not in _UNCLEAR:
        return False
    is_last = not text[match.end() :].strip(" .!?)\"'")
    return bool(match["path"]) or (is_last and len(name) > 3)


def _host(written: str) -> str:
    return fold(".".join(_SPLIT_HOST.split(written))).removeprefix("www.")


def _phones(text: str) -> Iterator[Contact]:
    rest = _NO_PHONE.sub(lambda found: "x" * len(found[0]), text)
    for match in _DIGITS.finditer(rest):
        if _is_phone(match[0], rest[match.end() : match.end() + 1]):
            yield Contact("phone", match.start(), match.end(), "")


def _is_phone(written: str, after: str) -> bool:
    groups = _GROUP.findall(written)
    digits = "".join(groups)
    if not _FEWEST_DIGITS <= len(digits) <= _MOST_DIGITS or after.isalpha():
        return False
    if written.startswith(("+", "00")):
        return True
    if len(set(digits)) == 1 or _ROUND.search(digits) or _is_counting(groups):
        return False
    if len(groups) == 1:
        return len(digits) >= _FEWEST_PLAIN
    if all(map(_YEAR.fullmatch, groups)) or re.fullmatch(r"\d{1,2}\.\d+", written):
        return False
    if all(len(group) == 1 for group in groups):
        return True
    is_thousands = _THOUSANDS.fullmatch(written) is not None
    if is_thousands and not (len(groups[0]) == 3 and " " in written and groups[-1] != "000"):
        return False
    # Scores and lists of ages have neither a leading zero, nor brackets, nor a long group.
    return written[0] in "0(" or any(len(group) > 2 for group in groups)


def _is_counting(groups: list[str]) -> bool:
    steps = {int(after) - int(before) for before, after in pairwise(groups)}
    return len(groups) > 2 and len(steps) == 1 and steps != {0}


def _handles(text: str) -> Iterator[Contact]:
    for match in _AT_NAME.finditer(text):
        yield Contact("handle", match.start(), match.end(), "")
    for match in _ADD_ME.finditer(text):
        if _could_be_name(match["name"]):
            yield Contact("handle", match.start(), match.end(), "")
    for match in _SERVICE_NAME.finditer(text):
        if _is_handle(text, match):
            yield Contact("handle", match.start(), match.end(), "")


def _could_be_name(name: str) -> bool:
    return name.strip("@.-") not in _NOT_A_NAME


def _is_handle(text: str, match: re.Match[str]) -> bool:
    """Say whether what follows a service's name is somebody's name there."""
    name = match["name"]
    if not _could_be_name(name):
        return False
    if match["sure"] or any(char.isdigit() or char in "_@" for char in name):
        return True
    if text[match.end() :].strip(" .!?)"):
        return False
    # "telegram foo", "my snap is foo", but not "I have never used telegram before".
    return len(text.split()) <= _LONGEST_PLAIN and "?" not in text[match.end() :]
