"""What is kept of an uploaded picture."""

from io import BytesIO

import pytest
from PIL import Image

from accounts import pictures
from accounts.pictures import UnreadablePicture, small_picture


def drawn(size: tuple[int, int], kind: str = "JPEG", **options: object) -> BytesIO:
    file = BytesIO()
    Image.new("RGB", size, "#14655a").save(file, kind, **options)
    file.seek(0)
    return file


def test_small_picture_is_drawn_anew_upright_and_small() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010E] = "Via Roma 1"

    kept = small_picture(drawn((1600, 800), exif=exif))

    shown = Image.open(kept)
    assert (shown.format, shown.size) == ("WEBP", (256, 512))
    assert dict(shown.getexif()) == {}
    assert b"Via Roma" not in kept.read()


def test_small_picture_keeps_a_small_one_as_it_is() -> None:
    assert Image.open(small_picture(drawn((32, 20), "PNG"))).size == (32, 20)


@pytest.mark.parametrize("content", [b"", b"<svg onload='x()'/>", b"\x89PNG\r\n\x1a\nrubbish"])
def test_small_picture_refuses_what_is_none(content: bytes) -> None:
    with pytest.raises(UnreadablePicture):
        small_picture(BytesIO(content))


def test_small_picture_refuses_half_of_one_and_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnreadablePicture):
        small_picture(BytesIO(drawn((800, 800)).getvalue()[:900]))
    monkeypatch.setattr(pictures, "MAX_PIXELS", 1000)
    with pytest.raises(UnreadablePicture):
        small_picture(drawn((100, 100), "PNG"))
