"""What folding one interest costs, as typed by people and as typed to be slow.

    python -m benchmarks.folding

A `find` names up to ten, and they are folded on the event loop: meanwhile nobody's message moves.
"""

import timeit
from contextlib import suppress
from functools import partial

from matching.interests import BadInterest, interests_fold

CASES = {
    "plain word": "football",
    "other name": "Playing Video-Games!",
    "accents": "Français & Español",
    "look-alikes": "ＦＯＯＴＢＡＬＬ сhess",
    "longest plain": "a" * 32,
    "longest accents": "é" * 32,
    "longest combining": "e\u0301" * 16,
    "refused": "\ufdfa" * 32,
}
_CALLS = 2_000


def fold(interest: str) -> None:
    with suppress(BadInterest):
        interests_fold([interest])


def main() -> None:
    first = None
    print(f"{'interest':<20} {'µs a call':>10} {'ratio':>7}")
    for name, text in CASES.items():
        best = min(timeit.repeat(partial(fold, text), number=_CALLS, repeat=5))
        cost = best / _CALLS * 1e6
        first = first or cost
        print(f"{name:<20} {cost:>10.2f} {cost / first:>7.2f}")


if __name__ == "__main__":
    main()
