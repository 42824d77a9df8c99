import random
import re

import pytest

from chat.names import ADJECTIVES, NOUNS, random_name

# What must not come out even when somebody reads the two words as one (en, es, fr, de, pt, it).
_BAD_FRAGMENTS = """
anal anus arse ass bastard bitch bollock boner boob breast bugger bum butt chink clit cock coon
crap cuck cum cunt damn dick dike dildo dong dyke fag fart fuck gay genit gook hell hitler homo
hooker horny hump incest jap jew jizz kike kill kkk knob lesb masturb milf muff nazi negr nig nip
nude nut orgasm paki pedo pee penis perv piss poo poof porn prick prostit pube puss queer rape
rapist rectum retard scrot semen sex shag shit skank slag slave slit slut smut spaz spic suck tard
teen testic tit tosser trann turd twat twink vag vulva wank weed whore wog wop bicha bite bucet
cabron caralh cazz chatte chocho culo fica ficken figa foda fotz froci hure joto maric merde
mierda minchi mose muschi neger nique nutte pede pendej pinga piroc pirl pipi polla porra puff
puta pute puto puttan salop schwanz schwuchtel stronz teta troia verga viado wichs xoxot zoccol
"""


@pytest.mark.parametrize("words", [ADJECTIVES, NOUNS], ids=["adjectives", "nouns"])
def test_word_list_is_long_and_without_repetition(words: tuple[str, ...]) -> None:
    assert len(words) >= 220
    assert len(set(words)) == len(words)
    assert list(words) == sorted(words)
    assert all(re.fullmatch(r"[A-Z][a-z]+", word) for word in words)


def test_no_word_is_both_adjective_and_noun() -> None:
    assert set(ADJECTIVES).isdisjoint(NOUNS)


def test_longest_pair_fits_into_32_characters() -> None:
    assert max(map(len, ADJECTIVES)) + 1 + max(map(len, NOUNS)) <= 32


def test_no_pair_contains_a_bad_fragment_even_read_as_one_word() -> None:
    bad = re.compile("|".join(_BAD_FRAGMENTS.split()))
    pairs = (f"{adjective}{noun}".lower() for adjective in ADJECTIVES for noun in NOUNS)
    assert [pair for pair in pairs if bad.search(pair)] == []


def test_same_seed_gives_the_same_name() -> None:
    assert random_name(random.Random(7)) == random_name(random.Random(7))


def test_name_without_a_generator_is_an_adjective_and_a_noun() -> None:
    adjective, noun = random_name().split(" ")
    assert adjective in ADJECTIVES
    assert noun in NOUNS


def test_many_names_use_every_word_of_both_lists() -> None:
    rng = random.Random(1)
    pairs = [random_name(rng).split(" ") for _ in range(5000)]
    assert {adjective for adjective, _ in pairs} == set(ADJECTIVES)
    assert {noun for _, noun in pairs} == set(NOUNS)
