"""Verbs of an organization's life: its facts, its end, and the days to think again between.

Making one is `accounts.services.create_organization`.
"""

import graphlib
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pgtrigger
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection, models, transaction
from django.urls import reverse

from accounts.audit import forget_guests_of
from accounts.mail import send_mail_to
from accounts.models import ApiKey, Membership, Organization, User
from accounts.permissions import Role
from accounts.services import CONSTRAINTS
from villaops.errors import Conflict
from villaops.tenancy.checks import tenant_models
from villaops.verbs import apply_changes, clean, verb
from villaops.versions import Expected, require_version

TIME_TO_THINK = timedelta(days=14)
# What outlives an organization: nobody may take the record of deeds away.
KEPT = frozenset({"accounts.AuditEntry"})


class OrganizationNotEnding(Conflict):
    code = "organization_not_ending"
    message = "Organization is not to end yet"


@verb(constraints=CONSTRAINTS)
def update_organization(
    *,
    organization: Organization,
    by: User | None,
    changes: Mapping[str, Any],
    expected: Expected = None,
) -> Organization:
    """Change name, slug, currency, time_zone, locale or reply_to. What there is keeps its own
    currency and zone. Raises ResourceChanged unless it is still what was `expected`,
    OrganizationSlugTaken.
    """
    found = Organization.objects.select_for_update().get(pk=organization.pk)
    require_version(found, expected)
    if apply_changes(found, changes):
        clean(found)
        found.save()
    return found


@verb()
def set_logo(
    *, organization: Organization, by: User | None, picture: "ContentFile[bytes] | None"
) -> Organization:
    """Show this picture (of accounts.pictures) as the logo, or none. The one before is deleted."""
    found = Organization.objects.select_for_update().get(pk=organization.pk)
    before = found.logo.name if found.logo else None
    if picture:
        found.logo.save(picture.name or "", picture, save=False)
    else:
        found.logo = None
    found.save(update_fields=["logo", "updated_at"])
    if before:
        transaction.on_commit(partial(default_storage.delete, before), robust=True)
    return found


@verb()
def end_organization_later(
    *, organization: Organization, by: User, now: datetime, site: str
) -> Organization:
    """Let the organization end in 14 days, with everything in it; every owner is told by mail.

    Until then any owner may keep it. Asking again changes nothing.
    """
    found = Organization.objects.select_for_update().get(pk=organization.pk)
    if found.ends_at is None:
        found.ends_at = now + TIME_TO_THINK
        found.save(update_fields=["ends_at", "updated_at"])
        _tell_owners(found, by, site)
    return found


@verb()
def keep_organization(*, organization: Organization, by: User) -> Organization:
    """Let the organization go on after all."""
    found = Organization.objects.select_for_update().get(pk=organization.pk)
    if found.ends_at is not None:
        found.ends_at = None
        found.save(update_fields=["ends_at", "updated_at"])
    return found


@verb()
def end_organization(*, organization: Organization, now: datetime) -> None:
    """Delete the organization with its rows and their history; the audit log stays, and forgets
    its guests.

    For a job that may see every organization. Raises OrganizationNotEnding before its time.
    """
    found = Organization.objects.select_for_update().filter(pk=organization.pk).first()
    if found is None or found.ends_at is None or found.ends_at > now:
        raise OrganizationNotEnding
    logo = found.logo.name if found.logo else None
    with connection.cursor() as cursor:
        # Each deleted row would write a history row, which is to be deleted as well.
        # And what is forgotten must not be written into the audit log once more.
        cursor.execute(
            "SELECT set_config('pgtrigger.ignore', %s::text[]::text, true),"
            " set_config('villaops.forgetting', 'on', true)",
            [_guards()],
        )
        for model in _children_first():
            table = connection.ops.quote_name(model._meta.db_table)
            cursor.execute(f"DELETE FROM {table} WHERE organization_id = %s", [found.pk])  # noqa: S608
        cursor.execute(
            "SELECT set_config('pgtrigger.ignore', '{}', true),"
            " set_config('villaops.forgetting', '', true)"
        )
    forget_guests_of(found.pk)
    found.delete()
    if logo:
        transaction.on_commit(partial(default_storage.delete, logo), robust=True)


def _tell_owners(organization: Organization, by: User, site: str) -> None:
    owners = User.objects.filter(
        memberships__organization=organization, memberships__role=Role.OWNER
    )
    for owner in owners:
        send_mail_to(
            owner.email,
            "organization_ends",
            {
                "organization": organization.name,
                "by": by.name,
                "day": f"{organization.ends_at:%d %B %Y}",
                "url": site + reverse("organization:end", args=[organization.slug]),
            },
        )


def _guards() -> list[str]:
    """What writes history, and what keeps it from being changed."""
    return [
        trigger.get_pgid(model)
        for model, trigger in pgtrigger.registered()
        if trigger.name in ("append_only", "delete_delete")
        and any(field.column == "organization_id" for field in model._meta.local_concrete_fields)
    ]


def _children_first() -> Iterator[type[models.Model]]:
    """Every table with an organization, each before those its rows refer to."""
    tables: set[type[models.Model]] = {*tenant_models(), Membership, ApiKey}
    graph = {
        model: {
            field.related_model
            for field in model._meta.local_concrete_fields
            if field.is_relation and field.related_model in tables - {model}
        }
        for model in tables
    }
    ordered = list(graphlib.TopologicalSorter(graph).static_order())
    return (model for model in reversed(ordered) if model._meta.label not in KEPT)
