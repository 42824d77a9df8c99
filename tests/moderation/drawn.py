"""Pictures for tests: drawn, and nobody's."""

from io import BytesIO
from random import Random

import numpy as np
import pdqhash
from PIL import Image, ImageDraw

SIZE = (320, 240)


def drawing(seed: int = 1, size: tuple[int, int] = SIZE) -> Image.Image:
    """Give a picture with much in it; another seed gives quite another one."""
    random = Random(seed)
    image = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(image)
    for _ in range(60):
        x, y = random.randrange(size[0]), random.randrange(size[1])
        corner = (x + random.randrange(size[0] // 4), y + random.randrange(size[0] // 4))
        draw.ellipse((x, y, *corner), fill=tuple(random.randrange(256) for _ in range(3)))
    return image


def jpeg(image: Image.Image, *, quality: int = 70) -> bytes:
    out = BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()


def pdq(image: Image.Image) -> str:
    """Give the hash as lists have it."""
    bits, quality = pdqhash.compute(np.asarray(image))
    assert quality >= 50
    return np.packbits(bits).tobytes().hex()
