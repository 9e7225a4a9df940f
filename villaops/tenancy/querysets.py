"""What the querysets of all tenant tables have in common."""

from typing import Self
from uuid import UUID

from django.db import models


class TenantQuerySet[M: models.Model](models.QuerySet[M]):
    """Rows that belong to an organization."""

    def for_organization(self, organization: models.Model | UUID) -> Self:
        """The organization's rows; deleted ones aside where the table keeps them."""
        own = self.filter(organization=organization)
        keeps_deleted = any(field.name == "deleted_at" for field in self.model._meta.fields)
        return own.filter(deleted_at=None) if keeps_deleted else own
