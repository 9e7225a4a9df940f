"""Querysets whose SQL is kept: they give what the queryset would, and plan as they are told."""

import gc
import threading
import weakref
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, connections
from uuid_utils.compat import uuid7

from accounts.models import Organization, User
from bookings.blocks import block_nights
from bookings.models import Booking, Night
from bookings.querysets import BookingQuerySet
from conftest import Statements
from guests.models import Guest
from properties.models import Property
from villaops.kept import Kept, first_of_each, insert, planned_with_values
from villaops.tenancy import Door, organization_context
from villaops.tests.build import DAY, make_booking, make_guest, make_property, units_of

pytestmark = pytest.mark.django_db


def _of_guest(order: str, *, organization: Any, text: Any = "") -> BookingQuerySet:
    rows = Booking.objects.for_organization(organization).select_related("property", "guest")
    return rows.with_unit_ids().matching(text).order_by(order)


@pytest.fixture
def bookings(organization: Organization, owner: User) -> Any:
    """Two stays, of guests whose names hold what LIKE takes for a pattern."""
    with organization_context(organization, by=owner, door=Door.COMMAND):
        home = make_property(organization, name="Villa Aurora", amenities=["pool"])
        for n, name in enumerate(["100 % Emma", "Yuki_Tanaka"]):
            make_booking(
                home, DAY.replace(day=1 + 7 * n), guest=make_guest(organization, name=name)
            )
        yield


def same(found: list[Any], wanted: Any) -> bool:
    wanted = list(wanted)
    return [vars_of(row) for row in found] == [vars_of(row) for row in wanted]


def vars_of(row: Any) -> Any:
    own = {name: value for name, value in vars(row).items() if name != "_state"}
    return own, [vars_of(one) for one in row._state.fields_cache.values()]


def test_rows_are_what_the_queryset_would_give(organization: Organization, bookings: None) -> None:
    kept = Kept(_of_guest)
    wanted = _of_guest("-check_in", organization=organization.pk)

    assert same(kept.all("-check_in", organization=organization.pk), wanted)
    assert same(kept.all("check_in", organization=organization.pk), reversed(wanted))
    assert kept.count("check_in", organization=organization.pk) == 2
    assert kept.all("check_in", organization=organization.pk)[0].property.amenities == ["pool"]


def test_what_is_found_has_not_to_be_asked_for_again(
    organization: Organization, bookings: None, django_assert_num_queries: Any
) -> None:
    kept = Kept(_of_guest)
    with django_assert_num_queries(1):
        assert [b.guest.name for b in kept.all("check_in", organization=organization.pk)]


@pytest.mark.parametrize(
    ("text", "found"), [("0 % e", 1), ("100 emma", 0), ("i_t", 1), ("u_t", 0), ("\\", 0), ("", 2)]
)
def test_a_text_means_itself(
    organization: Organization, bookings: None, text: str, found: int
) -> None:
    kept = Kept(_of_guest)
    given = {"organization": organization.pk, "text": text}

    assert kept.count("check_in", **given) == found
    assert len(kept.all("check_in", **given)) == found


def test_it_is_built_once_and_asked_with_any_values(
    organization: Organization, bookings: None
) -> None:
    built = []

    def build(*, pk: Any) -> Any:
        built.append(pk)
        return Guest.objects.filter(pk=pk)

    kept = Kept(build)
    for guest in Guest.objects.all():
        assert kept.first(pk=guest.pk) == guest
    assert kept.first(pk=organization.pk) is None
    assert len(built) == 1


def test_no_thread_s_connection_is_kept(organization: Organization) -> None:
    # Servers that give each request a thread would keep a connection for each statement.
    kept = Kept(_of_guest)
    wrappers: list[weakref.ref[Any]] = []

    def ask() -> None:
        wrappers.append(weakref.ref(connections["default"]))
        try:
            kept.all("check_in", organization=organization.pk)
            kept.count("check_in", organization=organization.pk)
        finally:
            connections.close_all()

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    gc.collect()

    assert [wrapper() for wrapper in wrappers] == [None]


def test_another_context_shows_other_rows(
    organization: Organization, bookings: None, other_organization: Organization
) -> None:
    kept = Kept(lambda: Property.objects.order_by("name"))
    assert kept.count() == 1

    with organization_context(other_organization, by=None, door=Door.COMMAND):
        assert kept.all() == []


def test_planned_with_values_is_not_prepared(organization: Organization, bookings: None) -> None:
    kept = Kept(_of_guest)
    sql = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%%matching'"

    def prepared() -> int:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return int(cursor.fetchone()[0])

    before = prepared()
    for _ in range(6):
        with planned_with_values():
            kept.count("check_in", organization=organization.pk)
    assert prepared() == before

    for _ in range(6):
        kept.count("check_in", organization=organization.pk)
    assert prepared() == before + 1


@pytest.mark.parametrize("many", [1, 3])
def test_rows_are_written_as_django_would(
    organization: Organization, statements: Statements, many: int
) -> None:
    with organization_context(organization, by=None, door=Door.COMMAND):
        home = make_property(organization)
        [unit] = units_of(home)
        block = block_nights(unit=unit, start=DAY, end=DAY + timedelta(2 * many), by=None)
        Night.objects.all().delete()
        days = [DAY + timedelta(n) for n in range(2 * many)]
        rows = [Night(organization=organization, unit=unit, night=day, block=block) for day in days]

        with statements(1):
            insert(rows[:many])
        Night.objects.bulk_create(rows[many:])

        found = list(Night.objects.order_by("night").values())

    plain = [{name: row[name] for name in row if name != "night"} for row in found]
    assert [row["night"] for row in found] == days
    assert plain == plain[:1] * 2 * many
    assert not rows[0]._state.adding


def test_rows_of_two_models_are_written_in_one_statement(
    organization: Organization, bookings: None, statements: Statements
) -> None:
    booking = Booking.objects.select_related("property", "unit", "guest").earliest("check_in")
    booking.pk, booking.reference = uuid7(), "VO-TWO"
    booking.check_in, booking.check_out = DAY.replace(day=20), DAY.replace(day=22)
    price = (booking.total_price or Decimal(0)) / 2
    nights = [
        Night(
            organization=organization,
            unit=booking.unit,
            night=DAY.replace(day=day),
            booking=booking,
            price=price,
        )
        for day in (20, 21)
    ]
    booking.total_price = price * 2

    with statements(1):
        insert([booking], nights)

    written = Booking.objects.get(reference="VO-TWO")
    assert [night.price for night in written.nights.order_by("night")] == [price, price]
    assert not nights[0]._state.adding


def test_what_has_nothing_to_do_with_each_other_is_found_together(
    organization: Organization, bookings: None, statements: Statements
) -> None:
    home, guest = Property.objects.get(), Guest.objects.earliest("name")
    of_one = Kept(lambda *, pk: Property.objects.filter(pk=pk).select_related("organization"))
    of_guest = Kept(lambda *, pk: Guest.objects.filter(pk=pk))
    asked = (of_one, {"pk": home.pk}), (of_guest, {"pk": home.pk}), (of_guest, {"pk": guest.pk})

    with statements(1):
        found = first_of_each(*asked)

    assert same([found[0]], Property.objects.select_related("organization"))
    assert found[1] is None
    assert same([found[2]], Guest.objects.filter(pk=guest.pk))


def test_rows_with_arrays_are_not_written_many_at_once(organization: Organization) -> None:
    with pytest.raises(TypeError, match="Property"):
        insert([Property(organization=organization), Property(organization=organization)])
