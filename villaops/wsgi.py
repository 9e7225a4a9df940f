"""Production's service for pages and the API."""

import os

from django.core.wsgi import get_wsgi_application

from villaops.loaded import load

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "villaops.settings")

application = get_wsgi_application()
load()
