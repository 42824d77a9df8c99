"""Print the public key by which an age provider knows this site's requests."""

from django.core.management.base import BaseCommand

from chat.assurance import public_key


class Command(BaseCommand):
    help = "Print the key that an age provider needs (docs/age-assurance.md)."

    def handle(self, *args: object, **options: object) -> None:
        self.stdout.write(public_key())
