"""Loaded by pytest before Django's settings: tests have a private PostgreSQL of their own.

With DATABASE_URL set that server is used instead; its role must not be a superuser either.
"""

import os

from villaops import embedded

if not os.environ.get("DATABASE_URL"):
    # Parallel workers inherit the address, so that one server is started, and ends with us.
    os.environ["DATABASE_URL"] = embedded.ensure_running(
        embedded.default_var_dir(), durable=False, with_parent=True
    )
