"""What is measured: each page and endpoint people wait for, on the large organization."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import product
from typing import Any

from django.db import connection

from accounts.models import Organization, User
from accounts.tokens import issue_tokens
from bookings.models import Booking, Night
from guests.models import Guest
from properties.models import Property, Unit
from villaops.tenancy import Door, organization_context

# Nights that nobody has yet.
FAR = date(2040, 1, 1)
FREE_DAYS = 9000


@dataclass(frozen=True)
class Target:
    """One address; what is posted to it, if it is; and whether it is a page."""

    name: str
    path: str
    is_page: bool = False
    is_creation: bool = False


@dataclass(frozen=True)
class Place:
    """The large organization, and how to enter it."""

    organization: Organization
    user: User

    @classmethod
    def large(cls) -> "Place":
        user = User.objects.get(email="owner@large.example")
        return cls(user.default_organization, user)

    def api_headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {issue_tokens(user=self.user).access_token}"}

    def page_headers(self) -> dict[str, str]:
        from django.conf import settings
        from django.test import Client

        client = Client()
        client.force_login(self.user)
        return {"Cookie": f"sessionid={client.cookies[settings.SESSION_COOKIE_NAME].value}"}

    def targets(self, today: date) -> list[Target]:
        """All of them, in the order of the table."""
        with organization_context(self.organization, by=self.user, door=Door.COMMAND):
            home = Property.objects.filter(status="active").earliest("id")
            stay = Booking.objects.filter(status="confirmed").earliest("id")
        month, year = today.replace(day=1), today.replace(month=1, day=1)
        period = "period_start={}&period_end={}".format
        thirty = period(month, month + timedelta(30))
        in_year = period(year, year + timedelta(365))
        weeks = f"start={today}&end={today + timedelta(42)}"
        months = f"{in_year}&interval=month"
        stay_dates = f"check_in={today + timedelta(30)}&check_out={today + timedelta(37)}&guests=2"
        nearby = f"start_date={today}&end_date={today + timedelta(60)}"
        pages = f"/o/{self.organization.slug}"
        return [
            Target("constant view", "/health"),
            Target("bookings, 20", "/api/v1/bookings"),
            Target(
                "bookings by property, dates", f"/api/v1/bookings?property_id={home.pk}&{nearby}"
            ),
            Target("booking", f"/api/v1/bookings/{stay.pk}"),
            Target("guests, search", "/api/v1/guests?search=lindqvist"),
            Target("properties", "/api/v1/properties"),
            Target("occupancy, 30 days", f"/api/v1/analytics/occupancy?{thirty}"),
            Target("occupancy, 365 days", f"/api/v1/analytics/occupancy?{in_year}"),
            Target("summary, 365 days", f"/api/v1/analytics/summary?{in_year}"),
            Target("revenue by month", f"/api/v1/analytics/revenue?{months}"),
            Target("free nights, 7", f"/api/v1/availability?{stay_dates}"),
            Target("booking created", "/api/v1/bookings", is_creation=True),
            Target("calendar, 42 days", f"{pages}/calendar/data?{weeks}", is_page=True),
            Target("today (page)", f"{pages}/", is_page=True),
            Target("bookings (page)", f"{pages}/bookings/", is_page=True),
            Target("tape chart (page)", f"{pages}/calendar/", is_page=True),
        ]

    def change(self) -> None:
        """What any change of the organization's rows does to answers that are remembered."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT edition_raise(%s)", [self.organization.pk])

    def bodies(self, many: int) -> Iterator[str]:
        """New bookings, each of nights of its own."""
        with organization_context(self.organization, by=self.user, door=Door.COMMAND):
            units = list(
                Unit.objects.filter(property__status="active").values_list("property_id", "id")
            )
            guests = list(Guest.objects.values_list("id", flat=True)[:1000])
            # By earlier runs.
            taken = set(Night.objects.filter(night__gte=FAR).values_list("unit_id", "night"))
        starts = [FAR + timedelta(days) for days in range(0, FREE_DAYS, 3)]
        slots = [slot for slot in product(units, starts) if (slot[0][1], slot[1]) not in taken]
        dice = random.Random()  # noqa: S311 - no secret
        for (home, unit), start in dice.sample(slots, many):
            body: dict[str, Any] = {
                "property_id": str(home),
                "unit_id": str(unit),
                "guest_id": str(dice.choice(guests)),
                "check_in": str(start),
                "check_out": str(start + timedelta(3)),
            }
            yield json.dumps(body)
