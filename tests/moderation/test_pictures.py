"""Pictures from strangers: what is taken, what is left of it, and what a bomb costs."""

import struct
import time
import tracemalloc
import zlib
from io import BytesIO
from typing import Any

import pytest
from PIL import Image, ImageCms, PngImagePlugin

from moderation.pictures import (
    PICTURE_BYTES,
    PICTURE_SIDE,
    BadPicture,
    Picture,
    picture_clean,
)

GPS = 0x8825


def encoded(
    kind: str, size: tuple[int, int] = (40, 30), mode: str = "RGB", colour: Any = None, **how: Any
) -> bytes:
    out = BytesIO()
    Image.new(mode, size, colour if colour is not None else 0).save(out, kind, **how)
    return out.getvalue()


def opened(picture: Picture) -> Image.Image:
    image = Image.open(BytesIO(picture.jpeg))
    image.load()
    return image


def png(width: int, height: int, *chunks: tuple[bytes, bytes], rows: bytes = b"") -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = [(b"IHDR", header), *chunks, (b"IDAT", rows), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in parts
    )


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_each_kind_becomes_a_jpeg(kind: str) -> None:
    picture = picture_clean(encoded(kind, colour=(200, 30, 30)))
    image = opened(picture)
    assert (image.format, image.size) == ("JPEG", (40, 30))
    assert (picture.width, picture.height) == (40, 30)
    red, green, blue = image.getpixel((20, 15))  # type: ignore[misc]
    assert red > 180 > 60 > max(green, blue)


@pytest.mark.parametrize("how", [{"lossless": True}, {"quality": 50}, {"exif": b"Exif\0\0"}])
def test_each_form_of_webp_is_taken(how: dict[str, Any]) -> None:
    assert picture_clean(encoded("WEBP", **how)).width == 40


def test_transparent_webp_is_taken() -> None:
    assert picture_clean(encoded("WEBP", mode="RGBA")).width == 40


def test_long_side_is_shortened_and_the_shape_stays() -> None:
    picture = picture_clean(encoded("PNG", (1600, 900)))
    assert (picture.width, picture.height) == (PICTURE_SIDE, 360)


def test_small_picture_is_not_enlarged() -> None:
    assert picture_clean(encoded("PNG", (8, 4))).width == 8


def test_four_megapixels_are_taken_and_one_row_more_is_not() -> None:
    assert picture_clean(encoded("PNG", (2000, 2000))).width == PICTURE_SIDE
    with pytest.raises(BadPicture, match="4 megapixels"):
        picture_clean(encoded("PNG", (2000, 2001)))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_place_and_words_are_gone(kind: str) -> None:
    exif = Image.Exif()
    exif[0x010E] = "SECRET description"
    exif.get_ifd(GPS)[1] = "N"
    how: dict[str, Any] = {"exif": exif.tobytes()}
    how["icc_profile"] = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    if kind == "JPEG":
        how["comment"] = b"SECRET comment"
    if kind == "PNG":
        how["pnginfo"] = PngImagePlugin.PngInfo()
        how["pnginfo"].add_text("Author", "SECRET text")
        how["pnginfo"].add_text("Place", "SECRET packed", zip=True)
    sent = encoded(kind, **how)
    assert b"SECRET" in sent
    picture = picture_clean(sent)
    assert b"SECRET" not in picture.jpeg
    assert b"Exif" not in picture.jpeg
    assert b"ICC_PROFILE" not in picture.jpeg
    assert set(opened(picture).info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def test_picture_on_its_side_is_put_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    picture = picture_clean(encoded("JPEG", (40, 20), exif=exif.tobytes()))
    assert (picture.width, picture.height) == (20, 40)


def test_what_comes_after_the_picture_is_gone() -> None:
    sent = encoded("JPEG") + b"PK\x03\x04<script>alert(1)</script>"
    assert b"script" not in picture_clean(sent).jpeg


@pytest.mark.parametrize(("mode", "kind"), [("CMYK", "JPEG"), ("L", "JPEG"), ("1", "PNG")])
def test_other_colours_become_red_green_and_blue(mode: str, kind: str) -> None:
    assert opened(picture_clean(encoded(kind, mode=mode))).mode == "RGB"


@pytest.mark.parametrize("mode", ["P", "LA", "I;16"])
def test_every_depth_of_png_is_taken(mode: str) -> None:
    assert opened(picture_clean(encoded("PNG", mode=mode))).mode == "RGB"


def test_deep_grey_keeps_its_brightness() -> None:
    image = opened(picture_clean(encoded("PNG", mode="I;16", colour=0x8000)))
    assert image.getpixel((5, 5)) == (128, 128, 128)


def test_what_is_transparent_is_black() -> None:
    sent = encoded("PNG", mode="RGBA", colour=(255, 255, 255, 0))
    assert opened(picture_clean(sent)).getpixel((5, 5)) == (0, 0, 0)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        b"<svg xmlns='http://www.w3.org/2000/svg' width='1' height='1'/>",
        encoded("GIF"),
        encoded("BMP"),
        encoded("TIFF"),
        b"RIFF\0\0\0\0AVI LIST",
    ],
)
def test_other_kinds_are_refused(data: bytes) -> None:
    with pytest.raises(BadPicture, match="JPEG, PNG or WebP"):
        picture_clean(data)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_every_beginning_of_a_picture_is_refused(kind: str) -> None:
    noise = Image.effect_noise((64, 64), 80).convert("RGB")
    out = BytesIO()
    noise.save(out, kind)
    whole = out.getvalue()
    for length in range(0, len(whole) * 9 // 10, 97):
        with pytest.raises(BadPicture):
            picture_clean(whole[:length])


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_moving_pictures_are_refused(kind: str) -> None:
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue")]
    out = BytesIO()
    frames[0].save(out, kind, save_all=True, append_images=frames[1:], duration=100)
    with pytest.raises(BadPicture, match="move"):
        picture_clean(out.getvalue())


def test_two_pictures_in_one_jpeg_are_refused() -> None:
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue")]
    out = BytesIO()
    frames[0].save(out, "MPO", save_all=True, append_images=frames[1:])
    with pytest.raises(BadPicture):
        picture_clean(out.getvalue())


def test_too_many_bytes_are_refused() -> None:
    with pytest.raises(BadPicture, match="512 KiB"):
        picture_clean(encoded("PNG") + bytes(PICTURE_BYTES))


# --- Bombs ----------------------------------------------------------------------------------------


def bomb() -> bytes:
    """A whole PNG of 161 KB that unpacks to more than 150 MB."""
    packer = zlib.compressobj(9)
    row = bytes(1 + 3 * 7200)
    rows = b"".join(packer.compress(row) for _ in range(7200)) + packer.flush()
    return png(7200, 7200, rows=rows)


def jpeg_with(size: tuple[int, int], *, twice: bool = False) -> bytes:
    """A JPEG whose frame header lies; or that has a second one."""
    sent = encoded("JPEG", progressive=True)
    at = sent.index(b"\xff\xc2")
    length = struct.unpack_from(">H", sent, at + 2)[0] + 2
    frame = sent[at : at + length]
    lies = frame[:5] + struct.pack(">HH", size[1], size[0]) + frame[9:]
    return sent[:at] + (frame + lies if twice else lies) + sent[at + length :]


def webp_with(size: tuple[int, int]) -> bytes:
    sent = bytearray(encoded("WEBP", mode="RGBA", exif=b"Exif\0\0"))
    assert sent[12:16] == b"VP8X"
    sent[24:27] = (size[0] - 1).to_bytes(3, "little")
    sent[27:30] = (size[1] - 1).to_bytes(3, "little")
    return bytes(sent)


BOMBS = {
    "png": bomb(),
    "png that holds nothing": png(2**31 - 1, 2**31 - 1),
    "png with a second header": png(
        10, 10, (b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0))
    ),
    "png with packed text": png(
        10, 10, *[(b"zTXt", b"a\0\0" + zlib.compress(bytes(1_000_000), 9))] * 60
    ),
    "jpeg": jpeg_with((65_000, 65_000)),
    "jpeg with a second header": jpeg_with((65_000, 65_000), twice=True),
    "webp": webp_with((16_383, 16_383)),
}


def test_second_header_is_refused_though_it_is_the_one_that_fits() -> None:
    second = (b"IHDR", struct.pack(">IIBBBBB", 20, 20, 8, 2, 0, 0, 0))
    rows = zlib.compress(bytes(20 * (1 + 3 * 20)))
    assert picture_clean(png(20, 20, second, rows=rows)).width == 20
    with pytest.raises(BadPicture):
        picture_clean(png(10, 10, second, rows=rows))


@pytest.mark.parametrize("name", BOMBS)
def test_bomb_costs_next_to_nothing(name: str) -> None:
    import resource

    sent = BOMBS[name]
    assert len(sent) < PICTURE_BYTES
    tracemalloc.start()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.process_time()
    with pytest.raises(BadPicture):
        picture_clean(sent)
    spent = time.process_time() - began
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2_000_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 8_000  # KiB
    assert spent < 0.2


def test_bomb_is_as_small_as_the_limits_allow_it() -> None:
    assert len(BOMBS["png"]) < 170_000


def test_many_scans_are_refused() -> None:
    sent = encoded("JPEG", progressive=True)
    scan = sent[sent.index(b"\xff\xda") : -2]
    with pytest.raises(BadPicture):
        picture_clean(sent[:-2] + scan * 20 + sent[-2:])


def test_picture_smaller_than_it_says_is_refused() -> None:
    with pytest.raises(BadPicture):
        picture_clean(png(1000, 1000, rows=zlib.compress(bytes(3001 * 1000))[:40]))
