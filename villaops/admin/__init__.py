"""The administrators' site."""

from django.contrib.admin.apps import AdminConfig


class VillaOpsAdminConfig(AdminConfig):
    """Django's admin."""
