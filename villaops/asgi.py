"""The demo's one process, and production's service for event streams."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "villaops.settings")

application = get_asgi_application()
