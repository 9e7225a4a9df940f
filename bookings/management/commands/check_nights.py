"""`manage.py check_nights`: whether every booking holds exactly its nights."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from bookings.integrity import faults
from villaops.tenancy import Door, all_organizations


class Command(BaseCommand):
    """Look at the nights of every booking and block; ends with 1 when some do not match."""

    help = "Check that every booking and block holds exactly its nights, at prices that sum."

    def handle(self, *args: Any, **options: Any) -> None:
        with all_organizations(by=None, door=Door.COMMAND, reason="check the nights"):
            found = faults()
        for fault in found:
            self.stdout.write(f"{fault.organization_id}: {fault}")
        if found:
            raise CommandError(f"{len(found)} bookings or blocks do not hold what they should.")
        self.stdout.write("Every booking and block holds exactly its nights.")
