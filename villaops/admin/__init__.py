"""The administrators' site: support across all organizations.

`site` opens the door, `rows` is what every list and form has in common, `search` finds rows through
indexes. Each app's `admin.py` says what of its rows can be seen and which verbs apply to them.
"""

from django.contrib.admin.apps import AdminConfig


class VillaOpsAdminConfig(AdminConfig):
    """Django's admin with our site."""

    default_site = "villaops.admin.site.AdministratorsSite"

    def ready(self) -> None:
        super().ready()
        # The project's own tables: `villaops.admin` itself is this package.
        from villaops.outbox import admin  # noqa: F401
