"""Ways out of the talk that come in pieces: a link or a number cut over several short messages.

One `Pieces` for each speaker of a talk, asked in the path and only while contacts are held back.
What is a link or a number is `contacts`' business.
"""

from collections import deque
from typing import Final

from moderation.filters.contacts import ContactKind, contacts_find

_LONGEST: Final = 8
_MOST: Final = 8


class Pieces:
    """What a speaker has said in a row of short messages."""

    def __init__(self) -> None:
        self._said: deque[str] = deque(maxlen=_MOST)

    def completes(self, text: str) -> ContactKind | None:
        """Give the contact that this message completes, with those before it; else note it.

        A message that is long, of several words, or a single digit ends the row.
        """
        # Single digits are a count, an age, a score.
        if len(text) > _LONGEST or len(text.split()) != 1 or (len(text) == 1 and text.isdigit()):
            self._said.clear()
            return None
        joined = "".join((*self._said, text))
        for contact in contacts_find(joined) if self._said else ():
            # Who counts, or names years, gives no number to call.
            is_number = contact.kind != "phone" or joined[contact.start] in "0+"
            if contact.is_sure and is_number and contact.end > len(joined) - len(text):
                return contact.kind
        self._said.append(text)
        return None
