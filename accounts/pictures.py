"""Pictures that people upload: looked at, made small, and rid of everything but the picture."""

from io import BytesIO
from uuid import uuid4

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from PIL import Image, ImageOps, UnidentifiedImageError

from villaops.errors import Refused

MAX_BYTES = 5 * 1024 * 1024
# A phone's photo has 50 million at most; what says it has more wants our memory.
MAX_PIXELS = 50_000_000
FORMATS = ("JPEG", "PNG", "WEBP")


class PictureRefused(Refused):
    code = "picture_refused"
    message = "Choose a JPEG, PNG or WebP picture of at most 5 MB."


def small_picture(upload: UploadedFile, *, side: int = 256) -> "ContentFile[bytes]":
    """The picture as a square WebP of `side` pixels, under a name nobody can guess.

    Drawn anew from its pixels, so that neither where it was taken nor anything hidden in the file
    goes further. Raises PictureRefused.
    """
    if (upload.size or 0) > MAX_BYTES:
        raise PictureRefused
    try:
        with Image.open(upload, formats=FORMATS) as opened:
            if opened.width * opened.height > MAX_PIXELS:
                raise PictureRefused
            turned = ImageOps.exif_transpose(opened)
            square = ImageOps.fit(turned.convert("RGBA"), (side, side))
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise PictureRefused from error
    except Image.DecompressionBombError as error:
        raise PictureRefused from error
    drawn = BytesIO()
    # A new image: what the old one carried besides its pixels stays behind.
    clean = Image.new("RGBA", square.size)
    clean.paste(square)
    clean.save(drawn, "WEBP", quality=85)
    return ContentFile(drawn.getvalue(), name=f"{uuid4().hex}.webp")
