"""Lists of known pictures, by their perceptual hash (PDQ, 256 bits), and a detector made of them.

A list is a file with one hash a line: 64 hex digits, then anything after a comma (a quality, where
it came from) or a `#`. Whoever vets a list answers for it: a hit ends a conversation.
"""

import re
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PIL import Image

from moderation.frames.detector import Finding, known_label
from moderation.policy import Reason

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# As those who made PDQ advise: this near is the same picture, and a picture with so little in it
# is like every other one.
NEAR: Final = 31
QUALITY: Final = 50
_BITS: Final = 256
_LINE = re.compile(r"([0-9a-fA-F]{64})\s*(?:[,#].*)?")


class BadList(ValueError):
    """A list that can't be read; says which and where."""


def list_read(path: Path) -> list[bytes]:
    """Give the hashes of a list, 32 bytes each.

    Raises:
        BadList: it is not there, a line is something else, or there is no hash in it.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadList(f"{path} cannot be read: {type(error).__name__}") from None
    hashes = []
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        found = _LINE.fullmatch(text)
        if found is None:
            raise BadList(f"{path}, line {number}: not a hash of 64 hex digits")
        hashes.append(bytes.fromhex(found[1]))
    if not hashes:
        raise BadList(f"{path} holds no hash")
    return hashes


class KnownPictures:
    """A detector of the pictures on lists, as they are, turned or mirrored."""

    def __init__(self, lists: Sequence[tuple[Reason, Path]]) -> None:
        self._lists = [(reason, _packed(list_read(path))) for reason, path in lists]

    def detect(self, jpeg: bytes) -> list[Finding]:
        import numpy as np
        import pdqhash

        with Image.open(BytesIO(jpeg), formats=["JPEG"]) as image:
            pixels = np.asarray(image.convert("RGB"))
        variants, quality = pdqhash.compute_dihedral(pixels)
        if quality < QUALITY:
            return []
        wanted = [_packed([np.packbits(each).tobytes()])[0] for each in variants]
        nearest = [
            (reason, min(_distance(hashes, each) for each in wanted))
            for reason, hashes in self._lists
        ]
        return [
            Finding(known_label(reason), round(1 - distance / _BITS, 3))
            for reason, distance in nearest
            if distance <= NEAR
        ]


def _packed(hashes: Sequence[bytes]) -> "NDArray[np.uint64]":
    import numpy as np

    return np.frombuffer(b"".join(hashes), dtype=np.uint64).reshape(-1, _BITS // 64)


def _distance(hashes: "NDArray[np.uint64]", one: "NDArray[np.uint64]") -> int:
    """Give in how many bits the nearest of the hashes is another."""
    import numpy as np

    return int(np.bitwise_count(hashes ^ one).sum(axis=1).min())
