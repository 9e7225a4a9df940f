"""Named reads of imports and of what became of their rows."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Self
from uuid import UUID

from django.db.models import Q

from villaops.tenancy.querysets import TenantQuerySet

if TYPE_CHECKING:
    from imports.models import Import, Row  # noqa: F401 - the rows' type


class ImportQuerySet(TenantQuerySet["Import"]):
    def newest_first(self) -> Self:
        """As the list shows them, without what only the work needs."""
        return self.defer("memory", "sample").order_by("-created_at", "-id")


class RowQuerySet(TenantQuerySet["Row"]):
    def refused(self) -> Self:
        """Rows with something wrong, as they stand in the file."""
        return self.filter(problems__isnull=False).order_by("number")

    def made(self) -> Self:
        """Rows that have become something."""
        return self.filter(problems__isnull=True)

    def with_keys(self, keys: Iterable[UUID]) -> Self:
        """Rows that became something and were the same as these."""
        return self.made().filter(Q(key__in=list(keys)))
