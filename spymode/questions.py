"""What a question may be. Pure."""

from chat.protocol import QUESTION_CHARS


class BadQuestion(Exception):
    """A question is missing, too short or too long; the text says so to a person."""


def question_check(text: str | None) -> str:
    """Give a cleaned text back when it may be asked.

    Raises:
        BadQuestion: it may not.
    """
    least, most = QUESTION_CHARS
    if text is None or not least <= len(text) <= most:
        raise BadQuestion(f"A question has {least} to {most} characters.")
    return text
