import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omegle.lib.skeleton import fold

# Every character that folding changes or that may change its neighbours, among ordinary ones.
TRICKY = st.text(
    st.one_of(
        st.characters(),
        st.characters(categories=["Mn", "Mc", "Me", "Cf", "Cc", "Lm", "Nd", "Zs", "Cs"]),
        st.characters(min_codepoint=0x370, max_codepoint=0x58F),
        st.sampled_from("aZsσςΣѕхїйЙéßİıſﬁﷺﾞがᴀ🅱½٣ _-#\u0301\u0306\u200b\u3164\u1160\u0e47\u00b4"),
    ),
    max_size=12,
)
CONTEXTS = ("{}", "a{}", "{}b", "a{}b", "с{}", "ж{}о", "ν{}ο", "क{}", "σ{}", "1{}", "가{}", " {} ")


@pytest.mark.parametrize(
    ("disguised", "plain"),
    [
        ("ꜰᴜᴄᴋ", "fuck"),
        ("fսck", "fuck"),
        ("f\u200bu\u2060c\u00adk", "fuck"),
        ("f\u0336u\u0301ck\u20e3", "fuck"),
        ("𝓯𝓾𝓬𝓴", "fuck"),
        ("FÜCK", "fuck"),
        ("ｆｕｃｋ", "fuck"),
        ("ѕhіt", "shit"),
        ("f\u0e47u\u0e47ck", "fuck"),
        ("🇫🇺🇨🇰", "fuck"),
        ("🅱itch", "bitch"),
        ("ⓟⓞⓡⓝ", "porn"),
        ("ΗЕLLО", "hello"),
        ("ϲοοl", "cool"),
        ("ρоrn", "porn"),
        ("ᖴᑌᑕK", "fuck"),
        ("pဝrn", "porn"),
        ("mуѕtеrу", "mystery"),
    ],
)
def test_disguised_latin_word_folds_to_plain_ascii(disguised: str, plain: str) -> None:
    assert fold(disguised) == plain


@pytest.mark.parametrize(
    "word",
    [
        "сок",
        "метро",
        "космос",
        "игровой дизайн",
        "їжак",
        "ўсход",
        "ќерка",
        "музыка",
        "μουσικη",
        "χορος",
        "موسيقى",
        "أحمد",
        "قرآن",
        "שלום",
        "फ़िल्में",
        "क्रिकेट",
        "ไทยแลนด์",
        "မြန်မာ",
        "音乐",
        "한국어",
        "がんばれ",
        "ガンバレ",
        "հայերեն",
        "ქართული",
        "ᑕᑯᔪᖅ",
    ],
)
def test_word_of_another_script_stays_itself(word: str) -> None:
    assert fold(word) == unicodedata.normalize("NFC", word)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("МОСКВА", "москва"),
        ("ёлка", "елка"),
        ("за\u0301мок", "замок"),
        ("ΜΟΥΣΙΚΌΣ", "μουσικος"),
        ("שָׁלוֹם", "שלום"),
        ("مُحَمَّد", "محمد"),
        ("محـــمد", "محمد"),
        ("ｶﾞﾝﾊﾞﾚ", "ガンバレ"),
        ("\u1112\u1161\u11ab", "한"),
        ("café", "cafe"),
        ("Łódź", "lodz"),
        ("Straße", "strasse"),
        ("İstanbul", "istanbul"),
        ("kız", "kiz"),
        ("don´t", "don't"),
        ("don’t", "don't"),
        ("“a” – b…", '"a" - b...'),
        ("٠۶१", "061"),
        ("½ ①", "1/2 1"),
        ("1920×1080", "1920x1080"),
    ],
)
def test_variant_spelling_folds_to_the_common_one(text: str, folded: str) -> None:
    assert fold(text) == folded


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("web-дизайн", "web-дизайн"),
        ("IT отдел", "it отдел"),
        ("anime или манга", "anime или манга"),
        ("日本語anime", "日本語anime"),
        ("फिल्मfan", "फिल्मfan"),
        ("בiPhone", "בiphone"),
    ],
)
def test_honest_word_next_to_latin_keeps_its_letters(text: str, folded: str) -> None:
    assert fold(text) == folded


@pytest.mark.parametrize(("text", "folded"), [("хор", "xop"), ("ѕех", "sex"), ("ВИД", "вид")])
def test_word_maps_to_latin_only_when_all_its_letters_are_twins(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_word_of_look_alikes_from_two_scripts_maps_to_latin() -> None:
    assert fold("сοск") == "cock"


def test_letters_joined_afterwards_are_one_word_when_folded_again() -> None:
    assert fold("f.ս.c.k") == "f.ս.c.k"
    assert fold(fold("f.ս.c.k").replace(".", "")) == "fuck"


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("", ""),
        (" \t\r\n ", ""),
        ("  Hello \n\n  World  ", "hello world"),
        ("a\u00a0\u3000\u2028\u2800b", "a b"),
        ("a\x00b\x7fc\x9fd", "abcd"),
        ("a\x00b", "ab"),
        ("\u3164\u115f\u200b", ""),
    ],
)
def test_white_space_collapses_and_the_unseen_goes(text: str, folded: str) -> None:
    assert fold(text) == folded


@pytest.mark.parametrize("text", ["sh1t", "$5", "b!tch", "1337", "l|I1", "a_b"])
def test_leetspeak_is_left_to_moderation(text: str) -> None:
    assert fold(text) == text.lower()


def test_lone_surrogate_passes_as_it_is() -> None:
    assert fold("A\ud800é") == "a\ud800e"


@given(TRICKY)
def test_folding_any_text_twice_changes_nothing(text: str) -> None:
    once = fold(text)
    assert fold(once) == once


@given(st.text(st.characters(max_codepoint=0x7F)))
def test_ascii_text_is_only_lowered_and_tidied(text: str) -> None:
    seen = "".join(char for char in text if char.isprintable() or char.isspace())
    assert fold(text) == " ".join(seen.lower().split())


@given(TRICKY, TRICKY)
def test_words_apart_fold_as_they_do_alone(left: str, right: str) -> None:
    assert fold(f"{left} {right}") == " ".join(filter(None, (fold(left), fold(right))))


def test_every_character_is_stable_whatever_stands_beside_it() -> None:
    step = 7  # a sample of every block: all of them take 20 s
    for code in range(0, 0x20000, step):
        for context in CONTEXTS:
            once = fold(context.format(chr(code)))
            assert fold(once) == once, f"U+{code:04X} in {context!r}"


def test_case_of_a_single_letter_makes_no_difference() -> None:
    letters = (chr(code) for code in range(sys.maxunicode + 1) if chr(code).isupper())
    different = [char for char in letters if fold(char) not in (fold(char.lower()), char)]
    assert different == []
