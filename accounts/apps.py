from django.apps import AppConfig
from django.db.models import EmailField
from django.db.models.functions import Lower


class AccountsConfig(AppConfig):
    """Users, organizations, memberships, roles and sign-in."""

    name = "accounts"

    def ready(self) -> None:
        # `email__lower=` reaches the unique index on lower(email); `__iexact` compiles to UPPER().
        EmailField.register_lookup(Lower)

        from accounts import receivers  # noqa: F401 - connected by being imported
