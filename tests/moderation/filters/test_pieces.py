"""Contacts cut into pieces are seen, small talk is not taken for them."""

import pytest

from moderation.filters.pieces import Pieces


def completed(*texts: str) -> list[str | None]:
    pieces = Pieces()
    return [pieces.completes(text) for text in texts]


@pytest.mark.parametrize(
    ("texts", "kind"),
    [
        (("evil", ".", "com"), "link"),
        (("t.", "me/", "foo"), "link"),
        (("www", ".evil", ".org"), "link"),
        (("0151", "234", "567", "89"), "phone"),
        (("+49", "151", "2345678"), "phone"),
    ],
)
def test_last_piece_is_what_completes_it(texts: tuple[str, ...], kind: str) -> None:
    found = completed(*texts)
    assert kind in found
    assert found[0] is None


@pytest.mark.parametrize(
    "texts",
    [
        ("hi", "hey", "ok", "lol", "yes"),
        ("ok", "...", "so"),
        ("25", "m", "you", "23", "f", "ok"),
        tuple(str(number) for number in range(1, 20)),
        tuple(str(number) for number in range(10, 0, -1)),
        ("2019", "2020", "2021"),
        ("brb", "...", "back"),
        ("evil", "a longer message between", ".com"),
    ],
)
def test_small_talk_is_none(texts: tuple[str, ...]) -> None:
    assert set(completed(*texts)) == {None}


def test_piece_that_completes_it_does_so_again() -> None:
    pieces = Pieces()
    assert [pieces.completes(text) for text in ("evil", ".", "com", "com")][2:] == ["link", "link"]
