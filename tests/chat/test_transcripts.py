"""A talk made of a room's log: everything in the order in which it was written."""

import json

from chat.events import TalkCard
from chat.transcripts import talk_of

AT = "2026-11-21T10:00:00.000Z"
BEGAN = 1_795_255_200_000.0  # the same moment


def said(seat: int, seq: int, text: str) -> str:
    return f"{seat}:{seq}:id:{json.dumps({'type': 'message', 'text': text, 'at': AT})}"


def asked(n: int, text: str, one: int, two: int) -> str:
    frame = {"n": n, "text": text, "at": AT, "after": {"1": one, "2": two}}
    return f"0:{n}:id:{json.dumps(frame)}"


def refused(seat: int, seq: int, text: str) -> str:
    written = {"at": AT, "verdict": "hold", "reported": False, "text": text, "rules": []}
    return f"{seat}:{seq}:{json.dumps(written)}"


def texts(*, log: list[str], aside: list[str], questions: list[str], question: str) -> list[str]:
    people = [(seat, f"name {seat}", f"visitor {seat}", "") for seat in (0, 1, 2)]
    card = TalkCard(
        room="r",
        mode="text",
        began=BEGAN,
        seat=None,
        people=people,
        log=log,
        aside=aside,
        questions=questions,
        question=question,
        revealed=True,
        gone=0,
    )
    return [line.text for line in talk_of(card).lines]


def test_what_has_the_same_time_keeps_its_order() -> None:
    order = texts(
        log=[said(1, 1, "one"), said(2, 1, "answer"), said(1, 2, "two"), said(2, 2, "last")],
        aside=[refused(1, 1, "refused after one"), refused(0, 1, "refused after q1")],
        questions=[asked(1, "q1", 1, 1), asked(2, "q2", 1, 1), asked(3, "q3", 2, 1)],
        question='"text":"q0"',
    )
    assert order == [
        "q0",
        "one",
        "refused after one",
        "answer",
        "q1",
        "refused after q1",
        "q2",
        "two",
        "q3",
        "last",
    ]


def test_what_nobody_said_before_comes_first() -> None:
    order = texts(
        log=[said(2, 1, "hello")],
        aside=[refused(1, 0, "refused at once"), refused(0, 0, "refused after q0")],
        questions=[],
        question='"text":"q0"',
    )
    assert order.index("hello") == len(order) - 1


def test_log_that_lost_its_beginning_is_told_all_the_same() -> None:
    order = texts(
        log=[said(1, 51, "late"), said(2, 50, "later")],
        aside=[],
        questions=[asked(1, "long ago", 3, 2), asked(2, "now", 51, 49)],
        question='"text":"q0"',
    )
    assert order == ["q0", "long ago", "late", "now", "later"]
