"""Random identifiers."""

import secrets


def random_id(bytes_of_chance: int = 16) -> str:
    """Give a random id of URL-safe characters; 16 bytes can't be guessed."""
    return secrets.token_urlsafe(bytes_of_chance)
