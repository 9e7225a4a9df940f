"""The demo's one process, and production's service for event streams."""

import os

from django.core.asgi import get_asgi_application

from villaops.loaded import load

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "villaops.settings")

django = get_asgi_application()

# Only now: it reads models.
from villaops.live.streams import Streams  # noqa: E402

application = Streams(django)
load()
