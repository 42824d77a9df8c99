"""Print the public key by which an age provider knows this site's requests."""

from typing import Any

from chat.assurance import public_key
from omegle.lib.commands import Answer, OperatorCommand


class Command(OperatorCommand):
    help = "Print the key that an age provider needs (docs/age-assurance.md)."

    def answer(self, **options: Any) -> Answer:
        key = public_key()
        return Answer({"key": key}, [key])
