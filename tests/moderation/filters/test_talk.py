import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.filters.rules import Action
from moderation.filters.talk import Said, SignalKind, talk_signals, text_fingerprint


def talk(*lines: tuple[int, str], pause: float = 5, action: Action = "allow") -> list[Said]:
    return [Said(seat, at * pause, text, action) for at, (seat, text) in enumerate(lines)]


def kinds(said: list[Said]) -> list[tuple[SignalKind, int]]:
    return [(signal.kind, signal.seat) for signal in talk_signals(said)]


def own(*texts: str) -> list[Said]:
    return talk(*((0, text) for text in texts))


@pytest.mark.parametrize(
    ("age", "contact", "picture"),
    [
        ("how old are you?", "whats ur insta", "send me a pic"),
        ("asl", "add me on snap: foo_1", "any pics?"),
        ("wie alt bist du?", "hast du whatsapp?", "schick mir ein Bild"),
        ("¿Cuántos años tienes?", "¿tienes instagram?", "mándame una foto"),
        ("t'as quel âge ?", "t'as snap ?", "envoie une photo"),
        ("quantos anos você tem?", "você tem whatsapp?", "manda foto"),
        ("сколько тебе лет?", "есть телеграм?", "скинь фото"),
        ("quanti anni hai?", "hai instagram?", "mandami una foto"),
        ("kaç yaşındasın?", "insta var mı", "foto atsana"),
        ("ile masz lat?", "masz snap?", "wyślij zdjęcie"),
    ],
)
def test_age_question_with_a_request_is_grooming(age: str, contact: str, picture: str) -> None:
    assert ("grooming", 0) in kinds(own(age, "ok", contact))
    assert ("grooming", 0) in kinds(own(picture, "ok", age))
    assert kinds(own("hi", age)) == []
    assert ("grooming", 0) not in kinds(own(contact, picture))


def test_requests_of_two_people_are_not_added_up() -> None:
    assert kinds(talk((0, "how old are you?"), (1, "25, you? send me a pic"))) == []


def test_requests_far_apart_are_not_added_up() -> None:
    assert (
        kinds(own("how old are you?", *(f"{at} it is" for at in "abcdefghijk"), "send pics")) == []
    )


@pytest.mark.parametrize(
    "age",
    ["i'm 15", "15", "im only 14 lol", "f15", "ich bin 16", "tengo 15 años", "мне 15", "15 yo"],
)
@pytest.mark.parametrize("asked", ["are you horny", "add me on snap: foo_1", "send me a pic"])
def test_request_to_a_stated_minor_is_grooming(age: str, asked: str) -> None:
    assert ("grooming", 1) in kinds(talk((1, "hi"), (0, age), (1, asked)))


@pytest.mark.parametrize(
    "line",
    ["i'm 25", "i am 15 minutes away", "I have 15 cats", "m22", "at 15:30", "tengo 15 euros"],
)
def test_other_numbers_are_no_age_of_a_minor(line: str) -> None:
    assert kinds(talk((0, line), (1, "send me a pic"))) == []


def test_same_line_again_and_again_is_flooding() -> None:
    assert kinds(own("buy now 1", "BUY NOW!! 2", "buuuy now", "buy  now", "Buy, now 5")) == [
        ("flooding", 0)
    ]
    assert kinds(own("buy now", "buy now", "buy now", "buy now", "what else")) == []


def test_many_messages_in_a_minute_are_flooding() -> None:
    lines = [(0, f"{chr(97 + at % 26)}{chr(97 + at // 26)} and so on") for at in range(41)]
    assert kinds(talk(*lines, pause=1)) == [("flooding", 0)]
    assert kinds(talk(*lines[:40], pause=1)) == []
    assert kinds(talk(*lines, pause=2)) == []


def test_masked_and_held_texts_add_up() -> None:
    said = talk((0, "one"), (0, "two"), action="mask") + talk((0, "three"), action="hold")
    assert kinds(said) == [("masked", 0)]
    assert kinds(said[:2]) == []


def test_links_pushed_twice_are_advertising() -> None:
    assert kinds(own("look: example.com", "nice", "I said www.example.com")) == [("advertising", 0)]
    assert kinds(own("look: example.com", "nice. And so on")) == []


def test_a_signal_does_not_quote() -> None:
    said = own("how old are you?", "add me on snap: verysecret_1", "telegram: verysecret_1")
    signals = talk_signals(said)
    assert {signal.kind for signal in signals} == {"grooming", "advertising"}
    assert all(signal.points > 0 and "verysecret" not in signal.why for signal in signals)


def test_ordinary_talk_has_no_signals() -> None:
    lines = "hi|hey|where are you from?|Spain|cool, I like paella|haha me too|and music?|rock"
    assert kinds(talk(*((at % 2, line) for at, line in enumerate(lines.split("|"))))) == []
    assert talk_signals([]) == []


KEY = b"a key of the caller"


@pytest.mark.parametrize(
    "other",
    [
        "hello, visit my great site for pictures and much more 12345",
        "HELLO visit my GREAT site!!! 😀 for pictures and much more",
        "H e l l o... visit my greaaat site for pictures and much more",
        "ｈｅｌｌｏ visit mу great site for pictures and much more 99",
    ],
)
def test_fingerprint_ignores_small_changes(other: str) -> None:
    text = "Hello, visit my great site for pictures and much more"
    assert text_fingerprint(other, KEY) == text_fingerprint(text, KEY) is not None


def test_fingerprint_differs_for_other_words_and_other_keys() -> None:
    text = "hello, visit my great site for pictures and much more"
    other = "something else, as long as the one above it, or longer"
    made = {text_fingerprint(text, KEY), text_fingerprint(other, KEY), text_fingerprint(text, b"x")}
    assert len(made - {None}) == 3


@pytest.mark.parametrize(
    "text",
    [
        "hey where are you from",
        "hello how are you doing",
        "hi, what are you up to today? 25 m here",
        "1234567890 1234567890 😀",
        "+49 170 1234567",
    ],
)
def test_what_many_people_say_has_no_fingerprint(text: str) -> None:
    assert text_fingerprint(text, KEY) is None


@pytest.mark.parametrize("text", ["see example.com", "snap: foo_1", "call +49 170 1234567"])
def test_short_text_with_a_way_out_has_a_fingerprint(text: str) -> None:
    assert text_fingerprint(text, KEY) is not None


@given(st.lists(st.tuples(st.integers(0, 1), st.text(max_size=200)), max_size=20))
def test_any_talk_is_looked_at(lines: list[tuple[int, str]]) -> None:
    assert all(signal.why for signal in talk_signals(talk(*lines)))
    for _, text in lines:
        assert len(text_fingerprint(text, KEY) or "0" * 32) == 32
