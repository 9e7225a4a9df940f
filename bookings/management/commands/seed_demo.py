"""`manage.py seed_demo`: fill the demo's two organizations, or fill them anew as of today."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from accounts.models import Organization, User
from bookings.demo.build import ADMINISTRATOR, HOUSES, SlugInUse, seed_administrator, seed_house
from bookings.demo.plan import PASSWORD
from villaops.clock import today_in


class Command(BaseCommand):
    help = "Fill the demo's two organizations; what they have had is replaced."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--if-empty", action="store_true", help="only where there is no organization yet"
        )
        parser.add_argument(
            "--force",
            action="store_true",
            help="in production too, although everybody knows the passwords",
        )

    def handle(self, *args: Any, if_empty: bool, force: bool, **options: Any) -> None:
        if settings.PRODUCTION and not force:
            raise CommandError(
                "Everybody knows the demo's passwords: in production it needs --force."
            )
        if if_empty and Organization.objects.exists():
            return
        try:
            with transaction.atomic():
                seed_administrator()
                for house in HOUSES:
                    seed_house(house, on=today_in(house.time_zone))
        except SlugInUse as error:
            raise CommandError(str(error)) from error
        if not if_empty:
            self.stdout.write("\n".join(log_ins()))


def log_ins() -> list[str]:
    """A line for each of the demo's log-ins that exists here."""
    known = [(ADMINISTRATOR.email, "administration at /admin/")]
    for house in reversed(HOUSES):
        known[:0] = [(p.email, f"{house.name}, {p.role.label.lower()}") for p in house.people]
    existing = set(
        User.objects.filter(email__in=[email for email, _ in known]).values_list("email", flat=True)
    )
    width = max(len(email) for email, _ in known)
    return [f"{email:<{width}}  {PASSWORD}  {place}" for email, place in known if email in existing]
