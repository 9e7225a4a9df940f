"""Bookings out of a file: through the rules of the house, each row for itself."""

import io
from datetime import date, timedelta

import pytest
from django.utils import timezone

from accounts.models import Organization
from bookings.models import Booking, Night
from guests.models import Guest
from imports.models import Import, Kind, Row, State
from imports.services import bring_file, check_import, run_import
from imports.work import work_on
from messaging.schedule import Schedule, due
from villaops.clock import today_in
from villaops.tests.build import make_booking, make_property

pytestmark = pytest.mark.usefixtures("inside")

FILE = """\
Confirmation code;Listing;Guest name;Email;Arrival;Departure;Status;Earnings;Booked
AB1;Villa Mare;Anna Rossi;anna@example.com;01.03.2026;04.03.2026;Confirmed;1.200,50 €;01.02.2026
AB2;Villa Mare;Bert Braun;;05/03/2026;07/03/2026;cancelled;200,00;
AB3;Villa Mare;Anna Rossi;ANNA@example.com;2026-03-03;2026-03-06;ok;300;
AB4;Villa Sole;Carl;carl@example.com;2026-03-03;2026-03-06;ok;300;
AB5;Villa Mare;Carl;carl@example.com;soon;2026-03-06;ok;300;
AB6;Villa Mare;Carl;carl@example.com;2026-03-04;;ok;300;
AB1;Villa Mare;Dora;dora@example.com;2026-04-04;2026-04-05;ok;300;
"""


def bring(organization: Organization, text: str | bytes, kind: str = Kind.BOOKINGS) -> Import:
    content = text.encode() if isinstance(text, str) else text
    return bring_file(
        organization=organization, by=None, kind=kind, name="old.csv", file=io.BytesIO(content)
    )


def done(imported: Import) -> Import:
    while work_on(imported.organization, imported.pk):
        pass
    return Import.objects.get(pk=imported.pk)


def said(imported: Import) -> list[tuple[int, str, str]]:
    return [
        (row.number, problem["column"], problem["said"])
        for row in Row.objects.filter(imported=imported).refused()
        for problem in row.problems
    ]


PROBLEMS = [
    (4, "check_in", "The night of Tue 3 March 2026 in Villa Mare is taken by row 2."),
    (5, "property", "No property is called so. Import the properties first."),
    (6, "check_in", "This is no date. Write it like 2026-11-21 or 21.11.2026."),
    (7, "check_out", "The day of departure is missing."),
    (8, "reference", "Row 2 has the same reference."),
]


def test_import_makes_bookings_of_good_rows_and_tells_what_is_wrong_with_others(
    organization: Organization,
) -> None:
    home = make_property(organization, name="Villa Mare", currency="EUR")
    imported = bring(organization, FILE)

    imported = done(run_import(imported=imported, by=None))

    first, second = Booking.objects.filter(property=home).order_by("check_in")
    assert (imported.state, imported.made, imported.guests_made) == (State.DONE, 2, 2)
    assert (first.reference, str(first.total_price), first.status) == (
        "AB1",
        "1200.50",
        "confirmed",
    )
    assert (first.guest.email, first.created_at.date()) == ("anna@example.com", date(2026, 2, 1))
    assert (second.reference, second.status) == ("AB2", "cancelled")
    assert Night.objects.filter(booking=first).count() == 3
    assert not Night.objects.filter(booking=second).exists()
    assert said(imported) == PROBLEMS


def test_check_says_the_same_and_makes_nothing(organization: Organization) -> None:
    make_property(organization, name="Villa Mare", currency="EUR")

    checked = done(check_import(imported=bring(organization, FILE), by=None))

    assert (checked.state, checked.made, checked.refused) == (State.CHECKED, 2, 5)
    assert said(checked) == PROBLEMS
    assert not Booking.objects.exists()
    assert not Guest.objects.exists()


def test_the_same_file_again_makes_nothing(organization: Organization) -> None:
    home = make_property(organization, name="Villa Mare", currency="EUR")
    make_booking(home, date(2026, 5, 1), reference="ZZ9")
    rows = "Property,Guest,Check-in,Nights\nVilla Mare,Anna,2026-03-01,2\n"
    known = "Reference,Property,Check-in,Nights\nZZ9,Villa Mare,2026-05-01,3\n"
    done(run_import(imported=bring(organization, rows), by=None))

    again = done(run_import(imported=bring(organization, rows), by=None))
    ours = done(run_import(imported=bring(organization, known), by=None))

    assert (again.made, again.there_already, again.refused) == (0, 1, 0)
    assert (ours.made, ours.there_already, ours.refused) == (0, 1, 0)
    assert Booking.objects.count() == 2


def test_nobody_gets_a_message_that_was_due_before_the_import(organization: Organization) -> None:
    home = make_property(organization, name="Villa Mare")
    today = today_in(home.time_zone)
    stays = {"SOON": today + timedelta(days=1), "LATER": today + timedelta(days=60)}
    rows = [
        f"{name};Villa Mare;Anna;{name}@example.com;{day};{day + timedelta(days=2)};ok;;"
        for name, day in stays.items()
    ]

    head = FILE.splitlines()[0]
    done(run_import(imported=bring(organization, "\n".join([head, *rows])), by=None))

    now = timezone.now()
    planned = Schedule(organization.pk, now=now, until=now + timedelta(days=90))
    assert due(now) == []
    assert [(one.reference, one.kind, one.is_skipped) for one in planned[0:10]] == [
        ("SOON", "pre_arrival", True),
        ("SOON", "check_out_reminder", False),
        ("SOON", "thank_you", False),
        ("LATER", "pre_arrival", False),
        ("LATER", "check_out_reminder", False),
        ("LATER", "thank_you", False),
    ]
