"""A picture that somebody sent, made harmless: a small JPEG that holds pixels and nothing else.

Whoever sent it chose its every byte, so that it is believed nothing: kind and size are read from
its header by ourselves, before the decoder, which is C, sees it or takes memory for it. Pure but
for Pillow; whoever calls it off the event loop limits how many do at once.
"""

import struct
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from PIL import Image, ImageOps, PngImagePlugin

from omegle.lib.words import Problem, Sentence, sentence

PICTURE_BYTES: Final = 512 * 1024
PICTURE_PIXELS: Final = 4_000_000
# What is kept, on its longer side: enough to see what it shows.
PICTURE_SIDE: Final = 640
_QUALITY: Final = 80
# Each scan of a progressive JPEG goes over the whole picture, and takes a few bytes to ask for.
_SCANS: Final = 32
_BROKEN: Final = sentence("This picture is broken.")
_MOVING: Final = sentence("A picture does not move.")

# Text and profiles of a PNG are unpacked when it is opened, though nobody asks for them.
PngImagePlugin.MAX_TEXT_CHUNK = 64 * 1024
PngImagePlugin.MAX_TEXT_MEMORY = 256 * 1024
Image.MAX_IMAGE_PIXELS = PICTURE_PIXELS


class BadPicture(Problem):
    """This is not taken as a picture."""


def picture_too_large() -> Sentence:
    return sentence("A picture has at most %(size)s KiB.", size=PICTURE_BYTES >> 10)


@dataclass(frozen=True, slots=True)
class Picture:
    """A JPEG of our own making, upright, without metadata."""

    jpeg: bytes
    width: int
    height: int


def picture_clean(data: bytes, *, pixels: int = PICTURE_PIXELS) -> Picture:
    """Decode a JPEG, PNG or WebP and encode it anew, at most `PICTURE_SIDE` on its longer side.

    Raises:
        BadPicture: it is too large, of another kind, moving, or broken.
    """
    if len(data) > PICTURE_BYTES:
        raise BadPicture(picture_too_large())
    kind, width, height = _header(data)
    if not width or not height:
        raise BadPicture(_BROKEN)
    if width * height > pixels:
        most = f"{pixels / 1_000_000:g}"
        raise BadPicture(sentence("A picture has at most %(most)s megapixels.", most=most))
    try:
        image = _decoded(data, kind, (width, height))
        out = BytesIO()
        image.save(out, "JPEG", quality=_QUALITY)
    except BadPicture:
        raise
    except Exception as error:  # the decoders raise nearly everything there is
        raise BadPicture(_BROKEN) from error
    return Picture(jpeg=out.getvalue(), width=image.width, height=image.height)


def _decoded(data: bytes, kind: str, size: tuple[int, int]) -> Image.Image:
    """Give the pixels alone: nothing else of the file is in the image that is returned."""
    with Image.open(BytesIO(data), formats=[kind]) as image:
        # What the decoder would take memory for is what we read.
        if image.format != kind or image.size != size:
            raise BadPicture(_BROKEN)
        if getattr(image, "n_frames", 1) != 1:
            raise BadPicture(_MOVING)
        image.draft("RGB", (PICTURE_SIDE, PICTURE_SIDE))
        image.load()
        upright = ImageOps.exif_transpose(image)
    if upright.mode.startswith("I"):  # 16 bit grey
        upright = upright.convert("I").point(lambda value: value / 256).convert("L")
    upright = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    upright.thumbnail((PICTURE_SIDE, PICTURE_SIDE))
    pixels = Image.new("RGB", upright.size)
    pixels.paste(upright, mask=upright if upright.mode == "RGBA" else None)
    return pixels


# --- Headers --------------------------------------------------------------------------------------


def _header(data: bytes) -> tuple[str, int, int]:
    """Give kind, width and height.

    Raises:
        BadPicture: it is of no kind that is taken, moving, or broken.
    """
    try:
        if data.startswith(b"\xff\xd8\xff"):
            return "JPEG", *_jpeg_size(data)
        if data.startswith(b"\x89PNG\r\n\x1a\n"):
            return "PNG", *_png_size(data)
        if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            return "WEBP", *_webp_size(data)
    except (struct.error, IndexError):
        raise BadPicture(_BROKEN) from None
    raise BadPicture(sentence("A picture is a JPEG, PNG or WebP."))


def _jpeg_size(data: bytes) -> tuple[int, int]:
    """Read the one frame header before the first scan (ITU T.81, B.2)."""
    if data.count(b"\xff\xda") > _SCANS:
        raise BadPicture(_BROKEN)
    at, size = 2, None
    while True:
        while data[at] == data[at + 1] == 0xFF:  # fill bytes
            at += 1
        marker, length = struct.unpack_from(">xBH", data, at)
        if data[at] != 0xFF or length < 2:
            raise BadPicture(_BROKEN)
        if marker == 0xDA:
            break
        if marker in (0xC0, 0xC1, 0xC2):
            if size is not None:  # two would let the decoder believe the other one
                raise BadPicture(_BROKEN)
            height, width = struct.unpack_from(">HH", data, at + 5)
            size = width, height
        at += 2 + length
    if size is None:
        raise BadPicture(_BROKEN)
    return size


def _png_size(data: bytes) -> tuple[int, int]:
    if data[12:16] != b"IHDR":
        raise BadPicture(_BROKEN)
    width, height = struct.unpack_from(">II", data, 16)
    return width, height


def _webp_size(data: bytes) -> tuple[int, int]:
    """Read the canvas, for which the decoder takes memory when it is opened (RFC 9649, 2.4–2.7)."""
    kind = data[12:16]
    if kind == b"VP8X":
        return (
            int.from_bytes(data[24:27], "little") + 1,
            int.from_bytes(data[27:30], "little") + 1,
        )
    if kind == b"VP8L":
        bits = struct.unpack_from("<I", data, 21)[0]
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", data, 26)
        return width & 0x3FFF, height & 0x3FFF
    raise BadPicture(_BROKEN)
