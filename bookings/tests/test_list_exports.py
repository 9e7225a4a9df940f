"""The list of bookings as CSV and XLSX."""

import csv
import io
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from openpyxl import load_workbook

from accounts.models import AuditEntry, Organization, User
from accounts.permissions import Role
from bookings.exports import harmless
from conftest import Statements
from villaops.tests.build import DAY, make_booking, make_guest, make_member, make_property

ONE = timedelta(days=1)

pytestmark = pytest.mark.usefixtures("inside")


@pytest.fixture
def root(client: Client, organization: Organization, owner: User) -> str:
    """The owner is signed in; where the bookings' pages begin."""
    client.force_login(owner)
    return f"/o/{organization.slug}/bookings/"


def content(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


def csv_rows(answer: Any) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content(answer).decode("utf-8-sig"))))


def xlsx_rows(answer: Any) -> Iterator[tuple[Any, ...]]:
    return load_workbook(io.BytesIO(content(answer))).active.iter_rows(values_only=True)


def test_csv_has_all_pages_of_what_is_filtered_in_the_columns_chosen(
    client: Client, root: str, organization: Organization
) -> None:
    home = make_property(organization, name="Villa Mare")
    for n in range(27):
        make_booking(home, DAY + n * ONE, 1, reference=f"R{n:02}")
    make_booking(home, DAY + 40 * ONE, status="confirmed")

    answer = client.get(f"{root}export?status=pending&sort=check_in&columns=guest,where,arrival")

    rows = csv_rows(answer)
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert 'filename="bookings-' in answer["Content-Disposition"]
    assert rows[0] == ["Reference", "Guest", "Property", "Unit", "Arrival"]
    assert rows[1] == ["R00", "Emma Thompson", "Villa Mare", "Villa Mare", "2026-03-01"]
    assert [row[0] for row in rows[1:]] == [f"R{n:02}" for n in range(27)]


def test_xlsx_has_dates_and_numbers_as_such(
    client: Client, root: str, organization: Organization
) -> None:
    make_booking(make_property(organization), reference="R1")

    answer = client.get(
        f"{root}export?format=xlsx&columns=arrival,departure,nights,party,total,created"
    )

    head, row = xlsx_rows(answer)
    made = dict(zip(head, row, strict=True))
    assert answer["Content-Disposition"].endswith('.xlsx"')
    assert made["Reference"] == "R1"
    assert made["Arrival"] == datetime(2026, 3, 1)  # noqa: DTZ001 - a day has no zone
    assert (made["Nights"], made["Adults"], made["Total"]) == (3, 1, 300)
    assert made["Currency"] == "USD"
    assert isinstance(made["Booked on"], datetime)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_exports_calculate_nothing(
    client: Client, root: str, organization: Organization, kind: str
) -> None:
    guest = make_guest(organization, name='=HYPERLINK("http://evil.example")')
    make_booking(make_property(organization, name="@SUM(1)"), guest=guest)

    answer = client.get(f"{root}export?format={kind}&columns=guest,where")

    row = list(csv_rows(answer) if kind == "csv" else xlsx_rows(answer))[1]
    assert row[1] == '\'=HYPERLINK("http://evil.example")'
    assert row[2] == "'@SUM(1)"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("+1", "'+1"),
        ("-1", "'-1"),
        (" @a", "' @a"),
        ("\t=1", "'\t=1"),
        ("\u00a0=1", "'\u00a0=1"),
        ("\x00=1", "'=1"),
        ("a=b", "a=b"),
        ("é\n=b", "é\n=b"),
        (" a", " a"),
        ("a\x00b", "ab"),
        ("", ""),
        (-1, -1),
    ],
)
def test_harmless(text: Any, written: Any) -> None:
    assert harmless(text) == written


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_housekeeper_exports_no_prices(
    client: Client, organization: Organization, kind: str
) -> None:
    booking = make_booking(make_property(organization))
    client.force_login(make_member(organization, Role.HOUSEKEEPER))
    root = f"/o/{organization.slug}/bookings/"
    fields = {"booking": booking.pk, "format": kind}

    answers = [
        client.get(f"{root}export?format={kind}&columns=guest,total&sort=-total"),
        client.post(f"{root}ticked/export?columns=total", fields),
    ]

    for answer in answers:
        head, row = csv_rows(answer) if kind == "csv" else xlsx_rows(answer)
        assert row[0] == booking.reference
        assert not {"Total", "Currency"} & set(head)


def test_ticked_ones_alone_are_exported_and_the_audit_log_tells(
    client: Client, root: str, organization: Organization, owner: User
) -> None:
    home = make_property(organization)
    ticked = make_booking(home)
    make_booking(home, DAY + 10 * ONE)

    answer = client.post(f"{root}ticked/export?columns=guest", {"booking": [ticked.pk, "x"]})

    assert csv_rows(answer)[1:] == [[ticked.reference, "Emma Thompson"]]
    connection.check_constraints()
    (told,) = AuditEntry.objects.filter(action="exported")
    assert (told.user, told.record_label) == (owner, "bookings")


@pytest.mark.parametrize("rows", [1, 3])
def test_export_asks_as_much_for_one_row_as_for_three(
    client: Client, root: str, organization: Organization, statements: Statements, rows: int
) -> None:
    home = make_property(organization, units=3)
    for _n in range(rows):
        make_booking(home)

    # The last of them gives the test its own context back.
    with statements(6):
        content(client.get(f"{root}export?format=xlsx"))
