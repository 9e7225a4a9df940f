"""What searching looks through, asked of the functions themselves: no queryset is in between."""

import pytest
from django.db import connection, transaction

from accounts.models import Organization, User
from accounts.permissions import Role
from bookings.models import Booking
from bookings.services import delete_booking
from guests.models import Guest
from guests.services import create_guest
from villaops.tenancy import Door, organization_context
from villaops.tests.build import make_booking, make_guest, make_member, make_property


def found(text: str, *, emails: bool = True) -> set[object]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT guests_matching(%s, %s)", [text, emails])
        return {pk for (pk,) in cursor.fetchall()}


def referred_to(text: str) -> set[object]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT bookings_referred_to(%s)", [text])
        return {pk for (pk,) in cursor.fetchall()}


def stay_of(organization: Organization, name: str) -> Booking:
    guest = make_guest(organization, name=name, email=f"{name.split()[-1]}@example.com")
    return make_booking(make_property(organization), guest=guest)


def test_nobody_of_another_organization_is_found(
    organization: Organization, other_organization: Organization
) -> None:
    with organization_context(other_organization, by=None, door=Door.COMMAND):
        theirs = stay_of(other_organization, "Emma Elsewhere")
    with organization_context(organization, by=None, door=Door.COMMAND):
        mine = stay_of(organization, "Emma Here")

        assert found("emma") == found("") == {mine.guest_id}
        assert referred_to("") == {mine.pk}
        assert referred_to(theirs.reference) == set()


def test_without_a_context_nothing_is_found(organization: Organization) -> None:
    with organization_context(organization, by=None, door=Door.COMMAND):
        stay_of(organization, "Emma")

    with transaction.atomic():
        assert found("emma") == referred_to("") == set()


def test_a_limited_member_finds_what_is_theirs(organization: Organization, owner: User) -> None:
    member = make_member(organization, Role.MANAGER)
    with organization_context(organization, by=owner, door=Door.COMMAND):
        mine, theirs, gone = (stay_of(organization, f"Emma {n}") for n in range(3))
        delete_booking(booking=gone, by=owner)
    limit = [mine.property_id, gone.property_id]

    with organization_context(organization, by=member, door=Door.WEB, property_ids=limit):
        written_down = create_guest(
            organization=organization, by=member, name="Emma New", email="new@example.com"
        )

        assert found("emma") == {mine.guest_id, written_down.pk}
        assert found("emma") == set(Guest.objects.values_list("pk", flat=True))
        assert referred_to("") == {mine.pk, gone.pk}
        assert referred_to(theirs.reference) == set()
        own = Booking.objects.for_organization(organization)
        assert [stay.pk for stay in own.matching("emma")] == [mine.pk]
        assert not own.matching(theirs.reference).exists()


@pytest.mark.usefixtures("inside")
def test_bookings_are_found_by_guest_and_reference(organization: Organization) -> None:
    stay, other = stay_of(organization, "100% Emma"), stay_of(organization, "Nora")
    own = Booking.objects.for_organization(organization)

    def matching(text: str, *, emails: bool = True) -> set[Booking]:
        return set(own.matching(text, emails=emails))

    assert matching("") == {stay, other}
    assert matching("% emm") == matching(stay.reference[1:].lower()) == {stay}
    assert matching("emma@example") == {stay}
    assert matching("emma@example", emails=False) == matching("_") == set()


def test_no_other_role_may_search(organization: Organization) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT has_function_privilege('public', oid, 'EXECUTE'), prosecdef, proconfig"
            " FROM pg_proc WHERE proname IN ('guests_matching', 'bookings_referred_to')"
        )
        found = cursor.fetchall()

    safe = ["search_path=pg_catalog, public, pg_temp", "plan_cache_mode=force_custom_plan"]
    assert found == [(False, True, safe)] * 2
