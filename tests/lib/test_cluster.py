"""Commands get their keys under the hash tag, and nothing else of them changes."""

from typing import Any

import pytest

from omegle.lib.cluster import TAG, tagged


@pytest.mark.parametrize(
    ("command", "keys"),
    [
        (("GET", "a"), [1]),
        ((b"GET", b"a"), [1]),
        (("HSET", "a", "b", "c"), [1]),
        (("DEL", "a", "b"), [1, 2]),
        (("SMOVE", "a", "b", "c"), [1, 2]),
        (("PUBLISH", "a", "b"), []),
        (("SUBSCRIBE", "a"), []),
        (("CLIENT SETINFO", "LIB-NAME", "a"), []),
        (("TIME",), []),
    ],
)
def test_keys_are_put_under_the_tag_once(command: tuple[Any, ...], keys: list[int]) -> None:
    told = tagged(command)
    plain = [part.decode() if isinstance(part, bytes) else part for part in command]
    assert list(told[1:]) == [
        TAG + part if at in keys else command[at] for at, part in enumerate(plain) if at
    ]
    assert list(tagged(told)) == list(told)


def test_script_is_told_the_tag_as_its_key_once() -> None:
    told = tagged(("EVALSHA", "sha", 0, "a", "b"))
    assert told == ("EVALSHA", "sha", 1, TAG, "a", "b")
    assert tagged(told) == told
    assert tagged((b"EVALSHA", "sha", b"0", b"a")) == (b"EVALSHA", "sha", 1, TAG, b"a")
