"""Named reads of guests."""

import re
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

from django.contrib.postgres.search import TrigramSimilarity
from django.db.models import (
    BooleanField,
    Case,
    F,
    FloatField,
    Func,
    Q,
    TextField,
    UUIDField,
    Value,
    When,
)
from django.db.models.expressions import RawSQL
from django.db.models.functions import Greatest, Lower, Upper

from villaops.tenancy.querysets import TenantQuerySet

if TYPE_CHECKING:
    from guests.models import Guest, GuestMerge  # noqa: F401 - the rows' type

# A telephone number as it is dialed, without what people write between the digits.
PHONE_DIGITS = Func(
    F("phone"),
    Value(r"\D"),
    Value(""),
    Value("g"),
    function="regexp_replace",
    output_field=TextField(),
)
# Fewer digits than these say nothing about whose number it is.
FEWEST_DIGITS = 7
# "Jon Smith" and "John Smith" are 0.64 alike, "Emma Thompson" and "Emma Thomas" 0.56.
ALIKE = 0.6
NOBODY = Q(pk=None)


def among(column: str, function: str, *asked: Any) -> Func:
    """Whether the column has one of the ids that the function finds. It finds them in an index that
    a policy would keep the statement itself from (docs/decisions/0018-searching-under-policies.md).
    """
    ids = Func(
        *(one if hasattr(one, "resolve_expression") else Value(one) for one in asked),
        function=function,
        # An array, so that rows are looked up by its ids, however many these may be.
        template="ANY(ARRAY(SELECT %(function)s(%(expressions)s)))",
        output_field=UUIDField(),
    )
    return Func(
        F(column),
        ids,
        template="(%(expressions)s)",
        arg_joiner=" = ",
        output_field=BooleanField(),
    )


# A guest who was merged may have been merged into one who was merged later: follow them all.
SURVIVOR = """
    WITH RECURSIVE chain AS (
        SELECT id, merged_into_id FROM guests_guest
        WHERE organization_id = %(organization)s AND id = %(guest)s
        UNION
        SELECT next.id, next.merged_into_id FROM guests_guest next
        JOIN chain ON next.id = chain.merged_into_id
        WHERE next.organization_id = %(organization)s
    )
    SELECT guest.* FROM guests_guest guest JOIN chain ON guest.id = chain.id
    WHERE guest.organization_id = %(organization)s
        AND guest.deleted_at IS NULL AND guest.id <> %(guest)s
"""
ANCESTORS = """
    WITH RECURSIVE chain AS (
        SELECT id FROM guests_guest WHERE organization_id = %s AND id = %s
        UNION
        SELECT earlier.id FROM guests_guest earlier
        JOIN chain ON earlier.merged_into_id = chain.id
        WHERE earlier.organization_id = %s
    )
    SELECT id FROM chain
"""


class GuestQuerySet(TenantQuerySet["Guest"]):
    def matching(self, text: str, *, emails: bool = True) -> Self:
        """Guests whose name or, where the reader may see it, e-mail contains the text, in any case.

        `%` and `_` mean themselves. An empty text matches everyone.
        """
        if not text:
            return self
        return self.filter(among("id", "guests_matching", text, emails))

    def like(self, *, name: str, email: str = "", phone: str | None = None) -> Self:
        """Guests who may be the same person, the likeliest first: the same telephone number, the
        same e-mail (a `+tag` in it aside), or a name that is nearly the same.

        Adds `likeness`, from 0 to 1. Those without a name of their own any more are left out.

        It looks at every guest of the organization: under a policy no index on an expression is
        used (docs/decisions/0002). So what is quickly said comes before what takes its time.
        """
        digits = re.sub(r"\D", "", phone or "")
        same = NOBODY
        if len(digits) >= FEWEST_DIGITS:
            same = Q(_has_in_order(digits)) & Q(phone_digits=digits)
        local, _at, domain = email.partition("@")
        local = local.partition("+")[0]
        if local and domain:
            tagged = Q(email__istartswith=f"{local}+") & Q(email__iendswith=f"@{domain}")
            same |= Q(email__istartswith=local) & (Q(email__iexact=f"{local}@{domain}") | tagged)
        alike = _has_word_like(name.upper()) & Q(likeness_of_name__gte=ALIKE)
        return (
            self.filter(anonymized_at=None)
            .alias(phone_digits=PHONE_DIGITS, upper_name=Upper("name"))
            .alias(likeness_of_name=TrigramSimilarity(Upper("name"), name.upper()))
            .filter(same | alike)
            .annotate(
                likeness=Greatest(
                    "likeness_of_name",
                    Case(When(same, then=1.0), default=0.0, output_field=FloatField()),
                )
            )
            .order_by("-likeness", Lower("name"), "id")
        )

    def survivor_of(self, organization_id: UUID, guest_id: UUID) -> "Guest | None":
        """Who the guest was merged into in the end; None where that guest is deleted, or nobody."""
        found = self.raw(SURVIVOR, {"organization": organization_id, "guest": guest_id})
        return next(iter(found), None)

    def ancestors_of(self, guest: "Guest") -> Self:
        """The guest, and everyone who was merged into them, directly or not."""
        ids = RawSQL(ANCESTORS, [guest.organization_id, guest.pk, guest.organization_id])  # noqa: S611
        return self.filter(organization=guest.organization_id, pk__in=ids)


def _has_in_order(digits: str) -> Func:
    """Whether the telephone number has these digits in this order, whatever is between them."""
    return Func(
        F("phone"),
        Value(f"%{'%'.join(digits)}%"),
        template="(%(expressions)s)",
        arg_joiner=" LIKE ",
        output_field=BooleanField(),
    )


def _has_word_like(name: str) -> Q:
    """Whether a word begins as one of the name does: names that are nearly the same have one."""
    found = NOBODY
    for start in sorted({word[:2] for word in re.findall(r"[^\W_]+", name)}):
        found |= Q(upper_name__startswith=start) | Q(upper_name__contains=f" {start}")
    return found


class GuestMergeQuerySet(TenantQuerySet["GuestMerge"]):
    """Merges of guests; no read of them needs a name yet."""
