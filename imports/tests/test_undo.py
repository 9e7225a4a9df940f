"""Taking an import back, going on with one, and bringing everything to another organization."""

import io
import zipfile
from decimal import Decimal
from typing import Any

import pytest
from openpyxl import load_workbook

from accounts.models import Organization
from bookings.blocks import block_nights
from bookings.models import Block, Booking, Night
from bookings.services import cancel_booking, confirm_booking, update_booking
from conftest import Statements
from guests.models import Guest
from imports import exports, work
from imports.models import Kind, Row, State
from imports.services import CannotUndo, check_import, run_import, undo_import
from imports.tests.test_bookings import bring, done, said
from properties.models import Property, Unit
from properties.services import update_property
from villaops.outbox import Intent
from villaops.tenancy import Door, organization_context
from villaops.tests.build import DAY, make_booking, make_guest, make_property, units_of

ODD = Decimal("100.01")
ROWS = """\
Reference,Property,Guest,E-mail,Check-in,Nights,Status
R1,Villa Mare,Anna,anna@example.com,2027-03-01,2,pending
R2,Villa Mare,Bert,bert@example.com,2027-03-05,2,pending
R3,Villa Mare,Anna,anna@example.com,2027-03-09,2,pending
"""


@pytest.mark.usefixtures("inside")
def test_undo_takes_everything_back_and_the_file_can_come_again(
    organization: Organization,
) -> None:
    make_property(organization, name="Villa Mare")
    first = done(run_import(imported=bring(organization, ROWS), by=None))

    undone = done(undo_import(imported=first, by=None))
    again = done(run_import(imported=bring(organization, ROWS), by=None))

    assert undone.state == State.UNDONE
    assert Guest.objects.exclude(deleted_at=None).count() == 2
    assert (again.made, again.guests_made, again.refused) == (3, 2, 0)
    alive = Booking.objects.for_organization(organization)
    assert sorted(alive.values_list("reference", flat=True)) == ["R1", "R2", "R3"]
    assert Night.objects.count() == 6


@pytest.mark.usefixtures("inside")
def test_undo_is_refused_while_later_work_depends_on_it(organization: Organization) -> None:
    home = make_property(organization, name="Villa Mare")
    imported = done(run_import(imported=bring(organization, ROWS), by=None))
    confirm_booking(booking=Booking.objects.get(reference="R1"), by=None)
    make_booking(home, DAY, guest=Guest.objects.get(email="bert@example.com"))

    with pytest.raises(CannotUndo) as refused:
        undo_import(imported=imported, by=None)

    assert [(r.said, r.examples) for r in refused.value.data["reasons"]] == [
        ("1 booking was changed since.", ["R1"]),
        ("1 guest has other bookings.", ["Bert"]),
    ]


@pytest.mark.usefixtures("inside")
@pytest.mark.parametrize("start", [run_import, check_import])
def test_who_is_stopped_goes_on_where_it_was(
    organization: Organization, monkeypatch: pytest.MonkeyPatch, start: Any
) -> None:
    make_property(organization, name="Villa Mare")
    twice = ROWS + "R1,Villa Mare,Carl,,2027-04-01,2,pending\n"
    twice += "R5,Villa Mare,Dora,,2027-03-02,1,pending\n"
    monkeypatch.setattr(work, "LOT", 2)
    imported = start(imported=bring(organization, twice), by=None)

    shares = 1
    while work.work_on(organization, imported.pk, seconds=0):
        shares += 1

    imported.refresh_from_db()
    assert (shares, imported.made, imported.refused) == (4, 3, 2)
    (double, conflict) = said(imported)
    assert double == (5, "reference", "Row 2 has the same reference.")
    assert conflict[2].startswith("The night of Tue 2 March 2027 in Villa Mare is taken by ")


@pytest.mark.usefixtures("inside")
def test_a_lot_takes_a_bounded_number_of_statements_and_tells_nobody(
    organization: Organization, statements: Statements
) -> None:
    make_property(organization, name="Villa Mare", units=3)
    rows = ["Property,Guest,E-mail,Check-in,Nights"]
    rows += [f"Villa Mare,G {n},g{n}@example.com,2027-{n % 12 + 1:02}-05,2" for n in range(36)]
    imported = run_import(imported=bring(organization, "\n".join(rows)), by=None)

    with statements(28):
        work.work_on(organization, imported.pk)

    assert Booking.objects.count() == 36
    assert not Intent.objects.filter(kind="booking_event").exists()


def nights_of(organization: Organization) -> list[Any]:
    nights = Night.objects.for_organization(organization)
    facts = nights.values_list("night", "unit__name", "booking__reference", "block__note", "price")
    return sorted(facts, key=str)


@pytest.mark.usefixtures("inside")
def test_what_is_exported_can_be_imported_into_an_empty_organization(
    organization: Organization, other_organization: Organization
) -> None:
    home = make_property(
        organization, name="Casa Mare", units=2, city="Bellagio", amenities=["wifi", "pool"]
    )
    rooms = units_of(home)
    guest = make_guest(organization, name="=Anna", phone="+39 031 950", nationality="Italian")
    make_booking(home, DAY, 3, units=rooms, guest=guest, total_price=1000, status="checked_out")
    gone = make_booking(home, DAY.replace(month=5), 2)
    cancel_booking(booking=gone, by=None, reason="Fell ill")
    closed = make_property(organization, name="Casa Nord", status="maintenance")
    moved = make_booking(home, DAY.replace(month=6), 3, units=rooms[1:], total_price=ODD)
    holding = [(DAY.replace(month=6, day=n), rooms[n == 1].pk) for n in (1, 2, 3)]
    update_booking(booking=moved, by=None, changes={"holding": holding})
    make_booking(home, DAY.replace(month=7), 2, units=rooms[::-1], total_price=ODD)
    free = make_booking(home, DAY.replace(month=8), 2, guest=guest, adults=2)
    update_booking(booking=free, by=None, changes={"total_price": None})
    # It was larger once.
    update_property(property=home, by=None, changes={"max_guests": 1})
    (room,) = units_of(closed)
    block_nights(
        unit=room, start=DAY, end=DAY.replace(day=9), by=None, reason="owner_stay", note="Ours"
    )
    archive, book = io.BytesIO(), io.BytesIO()
    exports.write_zip(organization, archive, exports.READERS)
    exports.write_workbook(organization, book, exports.READERS)

    sheets = load_workbook(book).sheetnames
    with organization_context(other_organization, by=None, door=Door.COMMAND):
        with zipfile.ZipFile(archive) as files:
            for kind in exports.READERS:
                imported = bring(other_organization, files.read(f"{kind}.csv"), kind)
                imported = done(run_import(imported=imported, by=None))
                assert (imported.state, said(imported)) == (State.DONE, [])
                again = bring(other_organization, files.read(f"{kind}.csv"), kind)
                assert done(check_import(imported=again, by=None)).made == 0
        second = {kind: list(exports.rows_of(other_organization, kind)) for kind in sheets}
        assert not Row.objects.refused().exists()
        assert Unit.objects.count() == 3
        assert Property.objects.get(name="Casa Mare").amenities == ["wifi", "pool"]
        nights = nights_of(other_organization)

    assert sheets == ["properties", "guests", "bookings", "blocks"]
    in_detail = [row[15] for row in second["bookings"] if row[15]]
    assert in_detail == [
        "2026-06-01 x1 Room 2 at 33.34; 2026-06-02 x1 Room 1 at 33.34;"
        " 2026-06-03 x1 Room 1 at 33.33"
    ]
    assert nights == nights_of(organization)
    assert second == {kind: list(exports.rows_of(organization, kind)) for kind in sheets}
    assert ["'=Anna", guest.email, "'+39 031 950"] in [row[:3] for row in second["guests"]]


@pytest.mark.usefixtures("inside")
def test_blocks_are_checked_imported_and_taken_back(organization: Organization) -> None:
    home = make_property(organization, name="Villa Mare")
    make_booking(home, DAY.replace(month=5), 2)
    rows = """Property,Unit,From,Until,Reason
Villa Mare,Villa Mare,2026-03-01,2026-03-05,Owner stay
Villa Mare,Villa Mare,2026-03-04,2026-03-06,repair
Villa Mare,,2026-05-02,2026-05-03,
Villa Mare,,2026-06-02,2026-06-02,
Villa Mare,Garage,2026-06-02,2026-06-03,
"""
    said_of = ["first_night", "first_night", "free_on", "unit"]

    checked = done(check_import(imported=bring(organization, rows, Kind.BLOCKS), by=None))
    imported = done(run_import(imported=bring(organization, rows, Kind.BLOCKS), by=None))
    reasons = list(Block.objects.values_list("reason", flat=True))
    undone = done(undo_import(imported=imported, by=None))

    assert [column for _row, column, _said in said(checked)] == said_of
    assert (checked.made, imported.made, reasons) == (1, 1, ["owner_stay"])
    assert (undone.state, Night.objects.exclude(block=None).count()) == (State.UNDONE, 0)


@pytest.mark.usefixtures("inside")
@pytest.mark.parametrize(
    ("nights", "sentence"),
    [
        ("soon", "Write the nights like this: 2026-03-01 x2 Room 1 at 80.00;"),
        ("2026-03-01 x2 Attic at 50.00", "Villa Mare has no unit called Attic."),
        ("2026-03-01 x1 Room 1 at 100.00", "are not those of the stay"),
        ("2026-03-01 x2 Room 1 at 40.00", "do not add up to its total"),
        ("2026-03-01 x2 Room 1 at -", "Some of its nights have no price"),
        ("2026-03-01 x1 Room 1 at 50.00; 2026-03-02 x1 Room 2 at 50.00", "taken by booking"),
    ],
)
def test_nights_in_detail_are_those_of_the_stay(
    organization: Organization, nights: str, sentence: str
) -> None:
    home = make_property(organization, name="Villa Mare", units=2)
    make_booking(home, DAY.replace(day=2), 1, units=units_of(home)[1:])
    row = f"Property,Check-in,Nights,Total,Nights in detail\nVilla Mare,2026-03-01,2,100,{nights}\n"

    imported = done(run_import(imported=bring(organization, row), by=None))

    ((_row, column, told),) = said(imported)
    assert (column, sentence in told) == ("check_in" if "taken" in told else "stay_nights", True)
