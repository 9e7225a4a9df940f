"""Verify the audit log: exit code 1 when a chain is broken or shorter than it was."""

import sys
from argparse import ArgumentParser, FileType
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from accounts.audit_chain import Head, chains
from accounts.models import Organization
from villaops.tenancy import Door, all_organizations

NOBODY = "-"


class Command(BaseCommand):
    help = (
        "Hash every entry of the audit log anew. Prints for each organization its id (- for people"
        " of none), how many entries there are, the newest one's hash and the slug; and the first"
        " broken link, where there is one, with exit code 1."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--organization", metavar="SLUG", help="this organization's alone")
        parser.add_argument(
            "--noted",
            type=FileType(),
            metavar="FILE",
            help="what this command printed earlier, kept elsewhere: those entries must still be"
            " there. Nothing else shows that the newest ones were cut off.",
        )

    def handle(self, *, organization: str | None, noted: Any, **options: Any) -> None:
        wanted = Organization.objects.filter(slug=organization).first() if organization else None
        if organization and wanted is None:
            raise CommandError(f"There is no organization {organization}.")
        heads = _heads(noted.read()) if noted else {}
        slugs = dict(Organization.objects.values_list("pk", "slug"))
        broken = False
        with all_organizations(by=None, door=Door.COMMAND, reason="verify the audit log"):
            for chain in chains(wanted.pk if wanted else None, heads):
                owner = chain.organization_id
                slug = slugs.get(owner, "") if owner else ""
                self.stdout.write(f"{owner or NOBODY} {chain.count} {chain.head.hex()} {slug}")
                if chain.forgotten:
                    self.stdout.write(f"  {chain.forgotten} forgotten with their guests")
                if chain.broken:
                    broken = True
                    self.stdout.write(self.style.ERROR(f"  broken: {chain.broken}"))
        if broken:
            sys.exit(1)


def _heads(printed: str) -> dict[UUID | None, Head]:
    lines = [line.split() for line in printed.splitlines() if line and not line.startswith(" ")]
    return {
        None if owner == NOBODY else UUID(owner): (int(count), bytes.fromhex(head))
        for owner, count, head, *_slug in lines
    }
