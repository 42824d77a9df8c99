"""Sentences for visitors, marked for translation here and said elsewhere. Pure.

Messages are found in the sources by what is called with them: gettext's functions, and `sentence`
and `sentence_counted` (`make messages`). `omegle.lib.languages` says a sentence in a language.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

Value: TypeAlias = "str | int | datetime | Sentence"


@dataclass(frozen=True, slots=True)
class Sentence:
    """What is said once it is known who hears it; as a string it is English.

    Attributes:
        message: in English, with a named place, `%(name)s`, for each of the values.
        many: the same for more than one of `count`; '' where nothing is counted.
    """

    message: str
    values: Mapping[str, Value]
    many: str = ""
    count: int = 0

    def __str__(self) -> str:
        message = self.many if self.many and self.count != 1 else self.message
        return message % self.values if self.values else message


class Problem(ValueError):
    """Something of a visitor's cannot be taken; the sentence tells them why."""

    def __init__(self, sentence: Sentence) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def gettext_noop(message: str) -> str:
    """Mark words that are kept as they are; who shows them translates them."""
    return message


def sentence(message: str, **values: Value) -> Sentence:
    """Give a sentence to be said later, with a value for each of its named places."""
    return Sentence(message, values)


def sentence_counted(one: str, many: str, count: int, **values: Value) -> Sentence:
    """Give a sentence of so many; `%(count)s` is the number."""
    return Sentence(one, {"count": count, **values}, many, count)
