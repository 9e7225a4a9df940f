"""Pictures that people upload: drawn anew, so that nothing but the picture is kept."""

from io import BytesIO
from typing import IO
from uuid import uuid4

from allauth.core import context
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.urls import reverse
from PIL import Image, ImageOps, UnidentifiedImageError

from accounts.models import User
from villaops.errors import Refused

SIDE = 512
MAX_BYTES = 5 * 1024 * 1024
# What a photograph has; more, out of a small file, is an attack on our memory.
MAX_PIXELS = 50_000_000
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")


class UnreadablePicture(Refused):
    code = "unreadable_picture"
    message = "Unreadable picture"
    explanation = "This is no JPEG, PNG, WebP or GIF picture of at most 5 MB."


def small_picture(file: UploadedFile | IO[bytes], side: int = SIDE) -> "ContentFile[bytes]":
    """The picture as WebP, at most `side` pixels each way, upright, under a name nobody can guess.

    Without what cameras add (where it was taken) and without anything else that was in the file.
    Raises UnreadablePicture.
    """
    if (getattr(file, "size", 0) or 0) > MAX_BYTES:
        raise UnreadablePicture
    try:
        with Image.open(file, formats=FORMATS) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise UnreadablePicture
            # JPEG decoders can shrink while they read.
            picture.draft("RGB", (side * 2, side * 2))
            upright = ImageOps.exif_transpose(picture)
            upright = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise UnreadablePicture from None
    upright.thumbnail((side, side))
    drawn = BytesIO()
    upright.save(drawn, "WEBP", quality=85, method=4)
    return ContentFile(drawn.getvalue(), name=f"{uuid4().hex}.webp")


def picture_address(user: User) -> str | None:
    """Where everybody finds the picture that the user has uploaded; None without one."""
    if not user.avatar or not user.avatar.name:
        return None
    path = reverse("picture", args=[user.avatar.name.removeprefix("avatars/")])
    # The middleware keeps the request that is being answered.
    request = context.request
    return request.build_absolute_uri(path) if request else path
