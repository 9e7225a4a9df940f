"""Rows that are units of properties: the first row of a property makes it, the others add units."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from imports.lines import PROBLEM_AT, Line, Outcome, Work
from imports.values import folded
from properties.models import Property, Unit
from properties.services import add_unit, create_property
from villaops.api.wire import COUNTRIES, CURRENCIES
from villaops.errors import DomainError

UNIT_FIELDS = {"unit": "name", "unit_status": "status"} | {
    name: name for name in ("available_from", "available_to")
}
PROPERTY_FIELDS = (
    "property_type",
    "status",
    "description",
    "location",
    "max_guests",
    "base_price_per_night",
    "currency",
    "amenities",
    "time_zone",
    "check_in_time",
    "check_out_time",
    "check_in_instructions",
    "address_line1",
    "address_line2",
    "city",
    "country",
    "latitude",
    "longitude",
    "bedrooms",
    "bathrooms",
)


def take(work: Work, lines: Sequence[Line]) -> Outcome:
    """Make properties and units, each line through its verb; a check takes it back again."""
    outcome = Outcome()
    with transaction.atomic():
        for line in lines:
            _check(line)
            row = None if line.problems else _made(work, line)
            if row:
                outcome.rows.append(row)
            elif line.problems:
                outcome.rows.append(work.row(line))
            else:
                outcome.there_already += 1
        transaction.set_rollback(work.is_check)
    return outcome


def _made(work: Work, line: Line) -> Any:
    """The row of what the line has made; None where it is there already, or was refused."""
    home = _home(work, line)
    if line.problems:
        return None
    try:
        with transaction.atomic():
            if home is None:
                made = create_property(
                    organization=work.organization,
                    by=work.by,
                    name=line.values["property"],
                    slug=line.values.get("property_slug"),
                    units=[_unit(line)] if line.values.get("unit") else None,
                    **{"property_type": Property.Type.VILLA} | _fields(line),
                )
                return work.row(line, property_id=made.pk)
            name = line.values.get("unit")
            units = Unit.objects.for_organization(work.organization).filter(property=home)
            if not name or folded(name) in map(folded, units.values_list("name", flat=True)):
                return None
            unit = add_unit(property=home, by=work.by, **_unit(line))
            return work.row(line, unit_id=unit.pk)
    except DomainError as error:
        line.refuse(PROBLEM_AT.get(error.code, ""), error.explanation)
        return None


def _home(work: Work, line: Line) -> Property | None:
    homes = Property.objects.for_organization(work.organization)
    slug = line.values.get("property_slug")
    if slug:
        return homes.filter(slug=slug.lower()).first()
    found = list(homes.filter(name__iexact=line.values["property"])[:2])
    if len(found) > 1:
        line.refuse("property", _("Several properties are called so. Name the short name as well."))
    return found[0] if found else None


def _fields(line: Line) -> dict[str, Any]:
    return {name: line.values[name] for name in PROPERTY_FIELDS if name in line.values}


def _unit(line: Line) -> dict[str, Any]:
    return {field: line.values[name] for name, field in UNIT_FIELDS.items() if name in line.values}


def _check(line: Line) -> None:
    values = line.values
    wrong = {problem["column"] for problem in line.problems}
    if not values.get("property") and "property" not in wrong:
        line.refuse("property", _("The property's name is missing."))
    for name, known in (("currency", CURRENCIES), ("country", COUNTRIES)):
        if name in values:
            values[name] = values[name].upper()
            if values[name] not in known:
                line.refuse(name, _("This code is not known. Use one like EUR or IT."))
    if values.get("property_slug"):
        values["property_slug"] = values["property_slug"].lower()
