"""Rows that are bookings: found their place, guest and key, and made through bookings' own verb."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Organization
from bookings.models import MAX_NIGHTS, Booking, Status
from bookings.taking_over import Claims, Plan, Run, Stay, keep_stays, plan_stays
from guests.models import Guest
from guests.services import create_guests
from imports.lines import PROBLEM_AT, Line, Outcome, Work, check_address, guest_of
from imports.models import Row
from imports.values import folded
from messaging.kinds import Kind as MessageKind
from messaging.models import MAX_OFFSET_DAYS, Skip
from messaging.schedule import overdue
from properties.models import Property, Unit

# As the export writes them: several units of one stay, and a stay that has none.
AND, NO_UNIT = " | ", "(no unit)"
SIGNS = {"€": "EUR", "£": "GBP", "¥": "JPY", "$": "USD", "US$": "USD", "A$": "AUD"}
LONGEST_REFERENCE = 20


class Houses:
    """The properties and units by their names."""

    def __init__(self, organization: Organization) -> None:
        self.by_slug: dict[str, Property] = {}
        self.by_name: dict[str, list[Property]] = defaultdict(list)
        self.units: dict[UUID, dict[str, Unit]] = defaultdict(dict)
        homes = Property.objects.for_organization(organization).order_by("name", "pk")
        for home in homes.defer("description", "check_in_instructions", "amenities"):
            self.by_slug[home.slug] = home
            self.by_name[folded(home.name)].append(home)
        for unit in Unit.objects.for_organization(organization).order_by("position", "id"):
            self.units[unit.property_id].setdefault(folded(unit.name), unit)

    def find(self, line: Line) -> Property | None:
        """The property a row is about; says so where there is none, or more than one."""
        slug, name = line.values.get("property_slug"), line.values.get("property")
        if slug:
            home = self.by_slug.get(slug.casefold())
            if home is None:
                line.refuse("property_slug", _("No property has this short name."))
            return home
        found = self.by_name.get(folded(name or ""), [])
        if len(found) == 1:
            return found[0]
        if not name:
            line.refuse("property", _("The property is missing."))
        elif found:
            line.refuse(
                "property", _("Several properties are called so. Name the short name as well.")
            )
        else:
            line.refuse("property", _("No property is called so. Import the properties first."))
        return None

    def find_runs(self, line: Line, home: Property) -> list[Run]:
        """The nights a row tells one by one, in the units it names."""
        runs = []
        for start, count, name, price in line.values.get("stay_nights", []):
            unit = self.units[home.pk].get(folded(name))
            if unit is None:
                said = _("%(property)s has no unit called %(unit)s.")
                line.refuse("stay_nights", said % {"property": home.name, "unit": name})
                return []
            runs.append(Run(unit, start, count, price))
        return runs

    def find_units(self, line: Line, home: Property) -> list[Unit]:
        """The units a row names."""
        text = line.values.get("unit")
        if not text or text == NO_UNIT:
            return []
        known = self.units[home.pk]
        whole = known.get(folded(text))
        if whole:
            return [whole]
        found = []
        for name in text.split(AND):
            unit = known.get(folded(name))
            if unit is None:
                names = ", ".join(one.name for one in list(known.values())[:8])
                line.refuse(
                    "unit",
                    _("%(property)s has no such unit. It has: %(units)s.")
                    % {"property": home.name, "units": names},
                )
                return []
            found.append(unit)
        return found


def take(work: Work, lines: Sequence[Line], houses: Houses) -> Outcome:
    """Make bookings of the lines that can be ones, or only find out (`is_check`)."""
    outcome = Outcome()
    fresh = _not_there_yet(work, lines, outcome)
    guests = _Guests(work, fresh)
    stays = [stay for line in fresh if (stay := _stay(work, line, houses, guests))]
    plan = plan_stays(
        organization=work.organization,
        stays=stays,
        on=work.on,
        claims=work.claims if work.is_check else Claims(),
        lock=not work.is_check,
    )
    by_number = {line.number: line for line in fresh}
    for number, refusal in plan.refused.items():
        line = by_number[number]
        line.refuse(PROBLEM_AT.get(refusal.code, ""), refusal.explanation)
    new = guests.needed(plan)
    if not work.is_check:
        create_guests(guests=list(new.values()), by=work.by)
        keep_stays(plan=plan)
        _send_nothing_late(work, plan)
    first_of = {guest.pk: number for number, guest in new.items()}
    for line in fresh:
        booking = plan.bookings.get(line.number)
        if booking is None:
            outcome.rows.append(work.row(line))
            continue
        is_first = booking.guest_id and first_of.get(booking.guest_id) == line.number
        guest_id = booking.guest_id if is_first else None
        outcome.rows.append(work.row(line, booking_id=booking.pk, guest_id=guest_id))
    return outcome


# --- The same row twice ----------------------------------------------------------------------


def _not_there_yet(work: Work, lines: Sequence[Line], outcome: Outcome) -> list[Line]:
    """The lines without those that are bookings already; doubles in the file are refused."""
    known = _known(work, lines)
    references = [line.values["reference"] for line in lines if line.values.get("reference")]
    ours = set(
        Booking.objects.for_organization(work.organization)
        .filter(reference__in=[one for one in references if len(one) <= LONGEST_REFERENCE])
        .values_list("reference", flat=True)
    )
    made_here = {
        key: row.number for key, row in known.items() if row.imported_id == work.imported.pk
    }
    fresh = []
    for line in lines:
        twin = work.seen.get(line.key) or made_here.get(line.key)
        if twin and twin != line.number:
            _refuse_double(line, twin)
            fresh.append(line)
        elif line.key in known or line.values.get("reference") in ours:
            outcome.there_already += 1
        else:
            work.seen[line.key] = line.number
            fresh.append(line)
    return fresh


def _known(work: Work, lines: Sequence[Line]) -> dict[UUID, Row]:
    """Rows that said the same, of this import or an earlier one, and whose booking is there."""
    rows = Row.objects.filter(organization=work.organization).with_keys(line.key for line in lines)
    found = list(rows.exclude(booking_id=None).only("key", "booking_id", "number", "imported_id"))
    living = set(
        Booking.objects.for_organization(work.organization)
        .filter(pk__in=[row.booking_id for row in found])
        .values_list("pk", flat=True)
    )
    return {row.key: row for row in found if row.key and row.booking_id in living}


def _refuse_double(line: Line, twin: int) -> None:
    if line.values.get("reference"):
        line.refuse("reference", _("Row %s has the same reference.") % twin)
    else:
        line.refuse("", _("Row %s says the same. If both are meant, give them references.") % twin)


# --- Guests ----------------------------------------------------------------------------------


class _Guests:
    """The guests the lines name: those we know by their e-mail, and new ones."""

    def __init__(self, work: Work, lines: Sequence[Line]) -> None:
        self.by_line: dict[int, Guest] = {}
        self.by_email: dict[str, Guest] = {}
        for line in lines:
            check_address(line)
            guest = guest_of(line, work.organization)
            if guest:
                email = guest.email.casefold()
                self.by_line[line.number] = self.by_email.setdefault(email, guest)
        existing = (
            Guest.objects.for_organization(work.organization)
            .annotate(lower_email=Lower("email"))
            .filter(lower_email__in=list(self.by_email))
        )
        for guest in existing.only("id", "organization_id", "email", "name"):
            self.by_email[guest.email.casefold()] = guest
        for number, guest in self.by_line.items():
            self.by_line[number] = self.by_email[guest.email.casefold()]

    def needed(self, plan: Plan) -> dict[int, Guest]:
        """New guests of stays that can be kept, by the first line that names them."""
        found: dict[UUID, int] = {}
        for number in plan.bookings:
            guest = self.by_line.get(number)
            if guest and guest._state.adding:
                found.setdefault(guest.pk, number)
        return {number: self.by_line[number] for number in found.values()}


# --- One stay --------------------------------------------------------------------------------


def _stay(work: Work, line: Line, houses: Houses, guests: _Guests) -> Stay | None:
    values = line.values
    home = houses.find(line)
    units = houses.find_units(line, home) if home else []
    runs = houses.find_runs(line, home) if home else []
    check_in, check_out = _dates(line)
    if home:
        _check_currency(line, home)
    for name in ("booked_on", "cancelled_on"):
        if values.get(name) and values[name] > work.on:
            line.refuse(name, _("This day is still to come."))
    if line.problems or home is None or check_in is None or check_out is None:
        return None
    status = values.get("status")
    if status is None:
        status = Status.CHECKED_OUT if check_out <= work.on else Status.CONFIRMED
    is_cancelled = status == Status.CANCELLED
    reference = values.get("reference")
    total = values.get("total_price")
    if total is None and runs and all(run.price is not None for run in runs):
        total = sum((run.price * run.count for run in runs if run.price is not None), Decimal(0))
    adults, children = _party(values)
    return Stay(
        number=line.number,
        property=home,
        check_in=check_in,
        check_out=check_out,
        guest=guests.by_line.get(line.number),
        units=units,
        status=status,
        total_price=total,
        # A column for it that is empty says so; where there is none, the property's price counts.
        is_unpriced=total is None and "total_price" in work.imported.mapping,
        runs=runs,
        adults=adults,
        children=children,
        source=values.get("source", Booking.Source.DIRECT),
        special_requests=values.get("special_requests"),
        # A longer one is remembered with the row, which is what tells it again.
        reference=reference if reference and len(reference) <= LONGEST_REFERENCE else None,
        cancellation_reason=values.get("cancellation_reason") if is_cancelled else None,
        cancelled_at=_moment(values.get("cancelled_on"), home),
        booked_at=_moment(values.get("booked_on"), home),
        is_unplaced=values.get("unit") == NO_UNIT,
    )


def _dates(line: Line) -> tuple[dt.date | None, dt.date | None]:
    """The nights of the stay; says what is wrong with them."""
    wrong = {problem["column"] for problem in line.problems}
    check_in, check_out = (line.values.get(name) for name in ("check_in", "check_out"))
    nights = line.values.get("nights")
    if check_in is None and "check_in" not in wrong:
        line.refuse("check_in", _("The day of arrival is missing."))
    if check_out is None and check_in and nights:
        check_out = check_in + dt.timedelta(days=nights)
    if check_out is None and not wrong & {"check_out", "nights"}:
        line.refuse("check_out", _("The day of departure is missing."))
    if check_in and check_out and check_out <= check_in:
        line.refuse("check_out", _("The departure is not after the arrival."))
    elif check_in and check_out and (check_out - check_in).days > MAX_NIGHTS:
        line.refuse("check_out", _("A stay has at most %s nights.") % MAX_NIGHTS)
    return check_in, check_out


def _check_currency(line: Line, home: Property) -> None:
    text = line.values.get("currency")
    if text and SIGNS.get(text, text.upper()) != home.currency:
        line.refuse(
            "currency",
            _("The prices of %(property)s are in %(currency)s.")
            % {"property": home.name, "currency": home.currency},
        )


def _party(values: dict[str, Any]) -> tuple[int, int]:
    """Adults and children; of a number of guests, who are no children are adults."""
    adults, children, together = (values.get(n) for n in ("adults", "children", "num_guests"))
    if not adults and together:
        adults = max(1, together - (children or 0))
    return adults or 1, children or 0


def _moment(day: dt.date | None, home: Property) -> dt.datetime | None:
    zone = ZoneInfo(home.time_zone)
    return dt.datetime.combine(day, dt.time(), zone) if day else None


def _send_nothing_late(work: Work, plan: Plan) -> None:
    """Nobody is written to because of the import: neither who left before it, nor whose message
    was due before it, which the house one leaves has sent. What becomes due later goes out.
    """
    recent = work.on - dt.timedelta(days=MAX_OFFSET_DAYS + 5)
    late = {
        (booking.pk, MessageKind.THANK_YOU.value)
        for booking in plan.bookings.values()
        if booking.status == Status.CHECKED_OUT and booking.check_out >= recent
    }
    made = [booking.pk for booking in plan.bookings.values()]
    late |= set(overdue(work.organization.pk, made, timezone.now()))
    Skip.objects.bulk_create(
        Skip(organization=work.organization, booking_id=pk, kind=kind) for pk, kind in sorted(late)
    )
