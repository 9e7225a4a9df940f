"""Named reads of guests."""

from typing import TYPE_CHECKING, Self

from django.db.models import Q

from villaops.tenancy.querysets import TenantQuerySet

if TYPE_CHECKING:
    from guests.models import Guest  # noqa: F401 - the rows' type


class GuestQuerySet(TenantQuerySet["Guest"]):
    def matching(self, text: str, *, emails: bool = True) -> Self:
        """Guests whose name or, where the reader may see it, e-mail contains the text, in any case.

        `%` and `_` mean themselves. An empty text matches everyone.
        """
        found = Q(name__icontains=text)
        return self.filter(found | Q(email__icontains=text) if emails else found)
