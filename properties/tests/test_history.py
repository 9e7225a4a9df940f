"""A property's history in plain words."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from accounts.models import Organization, User
from properties.history import history_of
from properties.models import Property, Unit
from properties.services import (
    add_unit,
    delete_unit,
    reorder_units,
    restore_unit,
    update_property,
    update_unit,
)
from villaops.tenancy import Door, organization_context
from villaops.tests.build import DAY, make_property, units_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def home(organization: Organization, owner: User) -> Property:
    with organization_context(organization, by=owner, door=Door.WEB):
        return make_property(organization, units=2, base_price_per_night=Decimal("100.00"))


def told(home: Property, *, prices: bool = True) -> list[str]:
    """What the newest act says."""
    with organization_context(home.organization, by=None, door=Door.COMMAND):
        return history_of(home, prices=prices)[0].sentences


def change(home: Property, verb: Any, **fields: Any) -> None:
    with organization_context(home.organization, by=None, door=Door.JOB):
        verb(by=None, **fields)


def test_history_begins_with_the_property_and_its_units(home: Property, owner: User) -> None:
    with organization_context(home.organization, by=None, door=Door.COMMAND):
        (entry,) = history_of(home, prices=True)

    assert entry.sentences == ["Added.", "Units added: Room 1, Room 2."]
    assert (entry.who, entry.door) == (owner.name, "dashboard")


def test_history_tells_what_changed(home: Property) -> None:
    changes = {
        "name": "Villa Nuova",
        "status": "maintenance",
        "location": "Ubud",
        "base_price_per_night": Decimal("120.50"),
        "amenities": ["pool"],
        "max_guests": None,
    }
    old = home.name

    change(home, update_property, property=home, changes=changes)

    assert told(home) == [
        f"Name changed from {old} to Villa Nuova.",
        "Status changed from Active to In maintenance.",
        "Location added: Ubud.",
        "Base price per night changed from 100.00 to 120.50.",
        "Guests at most removed; it was 4.",
        "Amenities changed.",
    ]
    assert not any("120.50" in sentence for sentence in told(home, prices=False))


def test_history_tells_what_happened_to_units(home: Property) -> None:
    first, second = rooms_of(home)
    steps: list[tuple[Any, dict[str, Any], str]] = [
        (add_unit, {"property": home, "name": "Loft"}, "Unit added: Loft."),
        (
            update_unit,
            {"unit": first, "on": DAY, "changes": {"name": "Garden"}},
            "Room 1 is now called Garden.",
        ),
        (
            update_unit,
            {"unit": second, "on": DAY, "changes": {"status": Unit.Status.INACTIVE}},
            "Room 2 retired.",
        ),
        (
            update_unit,
            {"unit": second, "on": DAY, "changes": {"available_from": date(2026, 5, 1)}},
            "Room 2 is on offer from 1 May 2026.",
        ),
        (delete_unit, {"unit": second, "on": DAY}, "Unit deleted: Room 2."),
        (restore_unit, {"unit": second}, "Unit restored: Room 2."),
        (
            reorder_units,
            {"property": home, "units": [second.pk, first.pk]},
            "Units put in another order.",
        ),
    ]
    for verb, fields, sentence in steps:
        with organization_context(home.organization, by=None, door=Door.COMMAND):
            for named in (first, second):
                named.refresh_from_db()
        change(home, verb, **fields)

        assert told(home) == [sentence]


def rooms_of(home: Property) -> list[Unit]:
    with organization_context(home.organization, by=None, door=Door.COMMAND):
        return units_of(home)
