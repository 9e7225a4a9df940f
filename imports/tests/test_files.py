"""Files as people bring them, good and bad."""

import io
import zipfile
from datetime import date
from decimal import Decimal

import pytest
from openpyxl import Workbook

from accounts.models import Organization
from bookings.models import Booking
from imports import files, work, workbooks
from imports.columns import guessed
from imports.models import Kind, State
from imports.services import run_import
from imports.tests.test_bookings import bring, done, said
from imports.values import Manners, Unreadable, guess_manners, read_amount, read_day
from imports.workbooks import BadFile
from villaops.tests.build import make_property


def zipped(**parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/"), content)
    return out.getvalue()


def beginning(content: bytes) -> files.Beginning:
    return files.beginning_of(io.BytesIO(content), Kind.BOOKINGS)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The file is empty."),
        (b"\n\n ; ;\n", "The file is empty."),
        (b"Property,Arrival\n", "The file has a header and no rows below it."),
        (b"\xd0\xcf\x11\xe0 old", "This is an old Excel file, or has a password."),
        (b"PK\x03\x04 cut off", "This workbook is damaged."),
        (b"\x89PNG\r\n\0\0", "This is no CSV file and no Excel workbook."),
        (zipped(a=b"1"), "This is no Excel workbook."),
        (
            zipped(xl__worksheets__sheet1=b"", **{"xl__vbaProject.bin": b"x"}),
            "This workbook has macros.",
        ),
        (
            zipped(xl__worksheets__sheet1=b"0" * 60_000_000),
            "This workbook becomes too large when it is opened.",
        ),
        (b"A,B\n" + b'"' + b"x" * 30_000, "A cell is longer than 20,000 letters."),
    ],
)
def test_bad_files_are_refused_in_words(content: bytes, sentence: str) -> None:
    with pytest.raises(BadFile, match=sentence):
        beginning(content)


def test_large_files_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_BYTES", 10)

    with pytest.raises(BadFile, match="larger than 50 MB"):
        beginning(b"Property,Arrival\n")


@pytest.mark.parametrize(
    "content",
    [
        "Haus;Gäste\nVilla Öl;2\n".encode("windows-1252"),
        "Haus;Gäste\nVilla Öl;2\n".encode("utf-16"),
        "\ufeffHaus\tGäste\r\nVilla Öl\t2\r\n".encode(),
        '\n\n"Haus"|"Gäste"\n"Villa Öl"|2\n'.encode(),
    ],
)
def test_letters_and_signs_between_cells_are_found_out(content: bytes) -> None:
    found = beginning(content)

    assert (found.header, found.sample) == (["Haus", "Gäste"], [["Villa Öl", "2"]])


@pytest.mark.parametrize(
    ("text", "manners"),
    [
        ("2026-11-03", Manners()),
        ("2026-11-03 14:00:00", Manners()),
        ("2026/11/3", Manners()),
        ("3.11.2026", Manners()),
        ("03/11/2026", Manners()),
        ("11/03/2026", Manners(day_first=False)),
        ("3 Nov 2026", Manners()),
        ("Tue, 3 November 2026", Manners()),
        ("November 3, 2026", Manners()),
        ("3. nov. 2026", Manners()),
    ],
)
def test_dates_are_read_as_people_write_them(text: str, manners: Manners) -> None:
    assert read_day(text, manners) == date(2026, 11, 3)


@pytest.mark.parametrize("text", ["soon", "31.02.2026", "2026", "", "1/2", "99/99/2026"])
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        read_day(text, Manners())


@pytest.mark.parametrize(
    ("text", "is_comma", "amount"),
    [
        ("1234.5", False, "1234.50"),
        ("1,234.50", False, "1234.50"),
        ("1.234,50 €", False, "1234.50"),
        ("€ 1.234", True, "1234.00"),
        ("1,234", False, "1234.00"),
        ("1,5", False, "1.50"),
        ("1'234.50", False, "1234.50"),
        ("1 234,50", True, "1234.50"),
        ("USD 12", False, "12.00"),
        ("0.125", False, "0.13"),
        ("1.234.567", False, "1234567.00"),
    ],
)
def test_amounts_are_read_as_people_write_them(text: str, is_comma: bool, amount: str) -> None:
    assert read_amount(text, Manners(decimal_comma=is_comma)) == Decimal(amount)


@pytest.mark.parametrize("text", ["-5", "free", "", "12 nights 3", "9" * 20])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        read_amount(text, Manners())


def test_manners_are_guessed_from_the_first_rows() -> None:
    assert guess_manners([["12/31/2026", "1,234.50"]], day_first=True) == Manners(False, False)
    assert guess_manners([["31/12/2026", "1.234,50"]], day_first=False) == Manners(True, True)


def test_columns_are_guessed_by_their_words_the_best_ones_first() -> None:
    header = ["Name", "Guest", "Arrival Date", "check_out", "E-MAIL", "Something"]

    assert guessed(Kind.BOOKINGS, header) == {
        "guest_name": 1,
        "check_in": 2,
        "check_out": 3,
        "guest_email": 4,
    }
    german = ["Buchungsnr.", "Objekt", "Gast", "Tel.", "Ankunft", "Abreise", "Kanal"]
    assert guessed(Kind.BOOKINGS, german) == {
        "reference": 0,
        "property": 1,
        "guest_name": 2,
        "guest_phone": 3,
        "check_in": 4,
        "check_out": 5,
        "source": 6,
    }
    assert guessed(Kind.GUESTS, ["Name", "Mail", "Tel"])["guest_phone"] == 2


@pytest.mark.usefixtures("inside")
def test_a_workbook_is_read_with_its_dates_and_numbers_and_without_formulas(
    organization: Organization,
) -> None:
    make_property(organization, name="Villa Mare")
    book = Workbook()
    book.active.title = "Notes"
    sheet = book.create_sheet("Bookings 2026")
    sheet.append(["Property", "Check-in", "Check-out", "Total", "Guest"])
    sheet.append(["Villa Mare", date(2026, 3, 1), date(2026, 3, 4), 1234.125, "Anna"])
    sheet.append(["Villa Mare", "5.3.2026", "6.3.2026", "=1+1", "Bert"])
    out = io.BytesIO()
    book.save(out)

    imported = done(run_import(imported=bring(organization, out.getvalue()), by=None))

    (booking,) = Booking.objects.all()
    assert (booking.check_in, booking.total_price) == (date(2026, 3, 1), Decimal("1234.13"))
    assert imported.state == State.DONE
    assert said(imported) == [
        (3, "total_price", "This is a formula. Copy the column and paste it as values.")
    ]


@pytest.mark.usefixtures("inside")
@pytest.mark.parametrize("noted_every", [1, 300, 10_000])
def test_a_workbook_is_gone_on_with_in_its_middle(
    organization: Organization, monkeypatch: pytest.MonkeyPatch, noted_every: int
) -> None:
    """Rows are skipped, one has no cells, one tag lies over the end of a block."""
    monkeypatch.setattr(workbooks, "NOTED_EVERY", noted_every)
    monkeypatch.setattr(workbooks, "BLOCK", 77)
    monkeypatch.setattr(work, "LOT", 2)
    make_property(organization, name="Villa Mare")
    book = Workbook()
    sheet = book.active
    sheet.append([])
    sheet.append(["Property", "Check-in", "Nights"])
    for day in (1, 3, 5, 7, 9):
        sheet.append(["Villa Mare", date(2026, 3, day), 2])
    sheet["A20"], sheet["B20"], sheet["C20"] = "Villa Sole", date(2026, 3, 1), 2
    sheet["A21"], sheet["B21"], sheet["C21"] = "Villa Mare", date(2026, 3, 11), 2
    out = io.BytesIO()
    book.save(out)

    imported = run_import(imported=bring(organization, out.getvalue()), by=None)
    shares = 1
    while work.work_on(organization, imported.pk, seconds=0):
        shares += 1

    imported.refresh_from_db()
    assert (shares, imported.made, imported.total) == (5, 6, 21)
    assert [number for number, _column, _said in said(imported)] == [20]
    stays = Booking.objects.order_by("check_in").values_list("check_in", flat=True)
    assert [day.day for day in stays] == [1, 3, 5, 7, 9, 11]
