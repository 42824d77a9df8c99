"""What a question may be. Pure."""

import unicodedata

from chat.protocol import QUESTION_CHARS
from omegle.lib.words import Problem, sentence, sentence_counted

# Letters by their category that show nothing.
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")


class BadQuestion(Problem):
    """A question is missing, too short or too long."""


def question_check(text: str) -> str:
    """Give a question that is stripped already as it is asked: on one line.

    Raises:
        BadQuestion: it has not 10 to 200 characters, or nothing in it can be seen.
    """
    least, most = QUESTION_CHARS
    if not least <= len(text) <= most:
        raise BadQuestion(
            sentence_counted(
                "A question has %(least)s to %(count)s character.",
                "A question has %(least)s to %(count)s characters.",
                most,
                least=least,
            )
        )
    if not any(_is_visible(character) for character in text):
        raise BadQuestion(sentence("A question has to be readable."))
    return " ".join(text.split())


def _is_visible(character: str) -> bool:
    return unicodedata.category(character)[0] not in "CMZ" and character not in _BLANK
