"""The verbs of properties and units."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from accounts.models import Organization, User
from bookings.blocks import block_nights
from bookings.models import Block, Booking, Night
from bookings.services import cancel_booking, delete_booking
from guests.services import delete_guest
from properties import services
from properties.models import Property, Unit
from villaops.errors import BrokenRule
from villaops.tests.build import DAY, make_booking, make_property, units_of

pytestmark = pytest.mark.usefixtures("inside")


@pytest.fixture
def villa(organization: Organization, inside: None) -> Property:
    return make_property(organization, name="Villa Ayu")


def test_create_property_takes_defaults_from_its_name_and_organization(
    organization: Organization, owner: User
) -> None:
    home = services.create_property(
        organization=organization, by=owner, name="Le Café, Ubud", property_type="villa"
    )

    assert (home.slug, home.currency, home.time_zone) == ("le-cafe-ubud", "USD", "UTC")
    assert home.owner == owner
    assert [(unit.name, unit.position) for unit in units_of(home)] == [("Le Café, Ubud", 0)]


@pytest.mark.parametrize(
    ("name", "slugs"),
    [
        ("Villa", ["villa", "villa-2", "villa-3"]),
        ("別荘", ["property", "property-2", "property-3"]),
    ],
)
def test_create_property_numbers_slugs_made_from_the_same_name(
    organization: Organization, name: str, slugs: list[str]
) -> None:
    made = [make_property(organization, name=name) for _ in range(3)]

    assert [home.slug for home in made] == slugs


def test_create_property_refuses_a_slug_that_is_taken(
    organization: Organization, villa: Property
) -> None:
    with pytest.raises(services.PropertySlugTaken):
        make_property(organization, slug="villa-ayu")


def test_create_property_refuses_two_units_of_one_name(organization: Organization) -> None:
    with pytest.raises(services.UnitNameTaken):
        services.create_property(
            organization=organization,
            by=None,
            name="Hotel",
            property_type="hotel",
            units=[{"name": "101"}, {"name": "101"}],
        )


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"bathrooms": Decimal("1.3")}, "Bathrooms come in steps of 0.5."),
        ({"check_in_time": "25:00"}, "Check-in and check-out times are HH:MM."),
        ({"latitude": Decimal(91)}, "Latitude is -90 to 90, longitude -180 to 180."),
        ({"currency": "usd"}, "A currency is three capital letters (ISO 4217)."),
        ({"time_zone": "Mars/Base"}, "'Mars/Base' is not an IANA time zone."),
    ],
)
def test_create_property_checks_its_rules(
    organization: Organization, fields: dict, sentence: str
) -> None:
    with pytest.raises(BrokenRule) as refused:
        make_property(organization, **fields)

    assert refused.value.message == sentence


def test_update_property_changes_what_is_named(villa: Property) -> None:
    changed = services.update_property(
        property=villa, by=None, changes={"base_price_per_night": Decimal("120.00")}
    )

    stored = Property.objects.get(pk=villa.pk)
    assert changed.base_price_per_night == stored.base_price_per_night == Decimal("120.00")
    assert stored.name == "Villa Ayu"


def test_update_property_with_the_same_values_writes_nothing(villa: Property) -> None:
    services.update_property(property=villa, by=None, changes={"name": "Villa Ayu"})

    assert [event.pgh_label for event in villa.events.all()] == ["insert"]


def test_update_property_keeps_the_currency_of_booked_prices(villa: Property) -> None:
    cancel_booking(booking=make_booking(villa), by=None)

    with pytest.raises(services.PropertyHasBookings):
        services.update_property(property=villa, by=None, changes={"currency": "EUR"})


def test_update_property_changes_the_currency_while_nothing_is_booked(villa: Property) -> None:
    changed = services.update_property(property=villa, by=None, changes={"currency": "EUR"})

    assert changed.currency == "EUR"


def test_delete_property_takes_units_bookings_and_blocks_along(
    villa: Property, organization: Organization
) -> None:
    booking = make_booking(villa)
    block_nights(unit=units_of(villa)[0], start=DAY - timedelta(days=2), end=DAY, by=None)

    services.delete_property(property=villa, by=None)

    for model in (Property, Unit, Booking, Block):
        assert not model.objects.for_organization(organization).exists()
    assert Night.objects.count() == 0
    booking.refresh_from_db()
    assert booking.status == "pending"


def test_restore_property_brings_back_what_went_with_it(
    villa: Property, organization: Organization
) -> None:
    delete_booking(booking=make_booking(villa, DAY + timedelta(days=30)), by=None)
    booking = make_booking(villa)
    guestless = make_booking(villa, DAY + timedelta(days=60))
    block_nights(unit=units_of(villa)[0], start=DAY - timedelta(days=2), end=DAY, by=None)
    services.delete_property(property=villa, by=None)
    assert guestless.guest
    delete_guest(guest=guestless.guest, by=None)

    services.restore_property(property=villa, by=None)

    assert list(Booking.objects.for_organization(organization)) == [booking]
    assert Block.objects.for_organization(organization).count() == 1
    assert [unit.name for unit in units_of(villa)] == ["Villa Ayu"]
    assert Night.objects.count() == 3 + 2


def test_restore_property_leaves_one_that_is_not_deleted_alone(villa: Property) -> None:
    assert services.restore_property(property=villa, by=None).deleted_at is None


def test_restore_property_refuses_a_slug_taken_since(
    villa: Property, organization: Organization
) -> None:
    services.delete_property(property=villa, by=None)
    make_property(organization, slug="villa-ayu")

    with pytest.raises(services.PropertySlugTaken):
        services.restore_property(property=villa, by=None)


def test_add_unit_comes_last(villa: Property) -> None:
    services.add_unit(property=villa, by=None, name="Cottage")

    assert [(unit.name, unit.position) for unit in units_of(villa)] == [
        ("Villa Ayu", 0),
        ("Cottage", 1),
    ]


def test_add_unit_refuses_a_name_that_is_taken(villa: Property) -> None:
    with pytest.raises(services.UnitNameTaken):
        services.add_unit(property=villa, by=None, name="Villa Ayu")


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({"available_to": DAY + timedelta(days=2)}, True),
        ({"available_from": DAY + timedelta(days=1)}, True),
        ({"available_to": DAY + timedelta(days=3)}, False),
        ({"available_from": DAY}, False),
        ({"status": "inactive"}, False),
    ],
)
def test_update_unit_does_not_cut_off_booked_nights(
    villa: Property, changes: dict, refused: bool
) -> None:
    make_booking(villa, DAY, 3)
    unit = units_of(villa)[0]

    if refused:
        with pytest.raises(services.UnitHasBookings):
            services.update_unit(unit=unit, by=None, on=DAY, changes=changes)
    else:
        changed = services.update_unit(unit=unit, by=None, on=DAY, changes=changes)
        assert {name: getattr(changed, name) for name in changes} == changes


def test_update_unit_may_cut_off_nights_that_are_over(villa: Property) -> None:
    make_booking(villa, DAY, 3)

    changed = services.update_unit(
        unit=units_of(villa)[0],
        by=None,
        on=DAY + timedelta(days=3),
        changes={"available_from": DAY + timedelta(days=3)},
    )

    assert changed.available_from == DAY + timedelta(days=3)


def test_update_unit_refuses_an_empty_offer(villa: Property) -> None:
    with pytest.raises(BrokenRule, match="available_to must be after available_from"):
        services.update_unit(
            unit=units_of(villa)[0],
            by=None,
            on=DAY,
            changes={"available_from": DAY, "available_to": DAY},
        )


def test_update_unit_with_the_same_values_writes_nothing(villa: Property) -> None:
    unit = units_of(villa)[0]

    services.update_unit(unit=unit, by=None, on=DAY, changes={"name": "Villa Ayu"})

    assert unit.events.count() == 1


def test_delete_unit_refuses_the_last_one(villa: Property) -> None:
    with pytest.raises(services.PropertyNeedsUnit):
        services.delete_unit(unit=units_of(villa)[0], by=None, on=DAY)


@pytest.mark.parametrize(
    ("on", "refused"), [(DAY + timedelta(days=2), True), (DAY + timedelta(days=3), False)]
)
def test_delete_unit_refuses_while_nights_are_booked(
    villa: Property, on: date, refused: bool
) -> None:
    make_booking(villa, DAY, 3)
    services.add_unit(property=villa, by=None, name="Cottage")
    unit = units_of(villa)[0]

    if refused:
        with pytest.raises(services.UnitHasBookings):
            services.delete_unit(unit=unit, by=None, on=on)
    else:
        services.delete_unit(unit=unit, by=None, on=on)
        assert [left.name for left in units_of(villa)] == ["Cottage"]


def test_delete_and_restore_unit_with_its_blocks(villa: Property) -> None:
    cottage = services.add_unit(property=villa, by=None, name="Cottage")
    block = block_nights(unit=cottage, start=DAY, end=DAY + timedelta(days=2), by=None)

    services.delete_unit(unit=cottage, by=None, on=DAY)
    assert Night.objects.count() == 0
    cottage.refresh_from_db()
    services.restore_unit(unit=cottage, by=None)

    assert [unit.name for unit in units_of(villa)] == ["Villa Ayu", "Cottage"]
    assert Night.objects.filter(block=block).count() == 2


def test_restore_unit_wants_its_property_back_first(villa: Property) -> None:
    services.delete_property(property=villa, by=None)

    with pytest.raises(services.PropertyDeleted):
        services.restore_unit(unit=Unit.objects.get(property=villa), by=None)


def test_with_units_brings_them_in_one_statement(organization: Organization) -> None:
    make_property(organization, name="Hotel", units=2)

    home = Property.objects.for_organization(organization).with_units().with_unit_count().get()

    assert [unit.name for unit in home.units_in_order] == ["Room 1", "Room 2"]
    assert home.unit_count == 2
