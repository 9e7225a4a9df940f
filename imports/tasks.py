"""What happens by itself in imports."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from celery import shared_task
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import Organization
from imports import files
from imports.models import AT_WORK, Import, Row
from imports.services import IMPORT, forget_files, go_on
from imports.work import work_on
from villaops import outbox
from villaops.outbox import Intent
from villaops.schedules import daily, due_once
from villaops.tenancy import Door, all_organizations, organization_context

FILES_KEPT = timedelta(days=7)
# Of imports that are gone, or still at work.
LONGEST_KEPT = timedelta(days=14)
PROBLEMS_KEPT = timedelta(days=30)


@outbox.handler(IMPORT)
def work_on_import(intent: Intent) -> None:
    """Go on with an import for a while, and leave the rest to whoever comes next."""
    told: dict[str, Any] = intent.payload
    organization = Organization.objects.filter(pk=told["organization"]).first()
    if organization is None:
        return
    if work_on(organization, UUID(told["import"])):
        with organization_context(organization, by=None, door=Door.JOB):
            imported = Import.objects.for_organization(organization).get(pk=told["import"])
            go_on(imported)


@shared_task(ignore_result=True)
@due_once("forget imported files", every=daily(hour=4, minute=20))
def forget_imported_files() -> None:
    """Delete files that were brought a week ago, and what they had wrong a month ago."""
    with all_organizations(by=None, door=Door.JOB, reason="forget imported files"):
        old = Import.objects.filter(created_at__lt=Now() - FILES_KEPT)
        forget_files(old.exclude(state__in=AT_WORK))
        files.forget_older_than(timezone.now() - LONGEST_KEPT)
        Row.objects.filter(problems__isnull=False, created_at__lt=Now() - PROBLEMS_KEPT).delete()
