"""One who asks and two who discuss."""

from typing import NamedTuple

from tests.strangers import Stranger

QUESTION = "What would you take to an island?"


class Trio(NamedTuple):
    asker: Stranger
    one: Stranger
    two: Stranger


async def trio_meet(trio: Trio, *, reveal: bool = False, question: str = QUESTION) -> None:
    """Let the three find each other; `one` sits in seat 1."""
    await trio.one.find(role="discuss")
    await trio.two.find(role="discuss")
    await trio.asker.find(role="ask", question=question, reveal=reveal)
    for member in trio:
        await member.hears("matched")
