"""One step for many bookings ticked on the list."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from accounts.models import Organization, User
from accounts.permissions import Role
from bookings.models import Booking, Night
from bookings.services import cancel_booking
from villaops.tenancy import Door, organization_context
from villaops.tests.build import DAY, make_booking, make_guest, make_member, make_property

TEN = timedelta(days=10)

pytestmark = pytest.mark.usefixtures("inside")


@pytest.fixture
def root(client: Client, organization: Organization, owner: User) -> str:
    """The owner is signed in; where the bookings' pages begin."""
    client.force_login(owner)
    return f"/o/{organization.slug}/bookings/"


def statuses(*bookings: Booking) -> list[str]:
    return [Booking.objects.get(pk=booking.pk).status for booking in bookings]


def test_confirm_takes_the_pending_ones_and_names_the_others(
    client: Client, root: str, organization: Organization
) -> None:
    home = make_property(organization)
    pending = make_booking(home)
    zoe = make_guest(organization, name="Zoe")
    here = make_booking(home, DAY + TEN, status="checked_in", guest=zoe, reference="ZOE1")
    gone = make_booking(home, DAY + 2 * TEN, reference="GONE")
    cancel_booking(booking=gone, by=None)
    ids = [pending.pk, here.pk, gone.pk]

    answer = client.post(
        f"{root}ticked/confirm", {"booking": ids, "next": f"{root}?page=2"}, follow=True
    )

    assert answer.redirect_chain == [(f"{root}?page=2", 302)]
    assert statuses(pending, here, gone) == ["confirmed", "checked_in", "cancelled"]
    assert "1 booking confirmed." in answer.text
    assert "Not Zoe (ZOE1): It is checked in, not pending." in answer.text
    assert "Not Emma Thompson (GONE): It is cancelled, not pending." in answer.text


def test_confirmation_of_many_can_be_undone_where_nobody_went_on(
    client: Client, root: str, organization: Organization
) -> None:
    home = make_property(organization)
    back, gone_on = (
        make_booking(home, status="confirmed"),
        make_booking(home, DAY + TEN, status="checked_in", reference="HERE"),
    )

    answer = client.post(
        f"{root}ticked/unconfirm", {"bookings": f"{back.pk},{gone_on.pk}"}, follow=True
    )

    assert statuses(back, gone_on) == ["pending", "checked_in"]
    assert "1 booking is pending again." in answer.text
    assert "(HERE): It is checked in by now." in answer.text


def test_cancel_asks_for_a_reason_then_cancels_each_through_its_verb(
    client: Client, root: str, organization: Organization
) -> None:
    home = make_property(organization)
    first, second = make_booking(home), make_booking(home, DAY + TEN, status="confirmed")
    here = make_booking(home, DAY + 2 * TEN, status="checked_in", reference="HERE")
    gone = make_booking(home, DAY + 3 * TEN, reference="GONE")
    cancel_booking(booking=gone, by=None, reason="Ill")
    fields = {"booking": [first.pk, second.pk, here.pk, gone.pk]}

    asked = client.post(f"{root}ticked/cancel", fields)
    before = statuses(first, second)
    done = client.post(
        f"{root}ticked/cancel", fields | {"sure": "1", "reason": "Storm"}, follow=True
    )

    assert "Cancel 4 bookings?" in asked.text
    assert before == ["pending", "confirmed"]
    assert statuses(first, second, here, gone) == [
        "cancelled",
        "cancelled",
        "checked_in",
        "cancelled",
    ]
    assert "2 bookings cancelled." in done.text
    assert "(HERE): A booking that is checked in cannot become cancelled." in done.text
    assert "(GONE): It is cancelled already." in done.text
    reasons = Booking.objects.order_by("check_in").values_list("cancellation_reason", flat=True)
    assert list(reasons) == ["Storm", "Storm", None, "Ill"]
    assert set(Night.objects.values_list("booking", flat=True)) == {here.pk}


def test_too_long_a_reason_is_kept_on_the_form(
    client: Client, root: str, organization: Organization
) -> None:
    booking = make_booking(make_property(organization))

    answer = client.post(
        f"{root}ticked/cancel", {"booking": booking.pk, "sure": "1", "reason": "x" * 501}
    )

    assert answer.status_code == 422
    assert "x" * 501 in answer.text
    assert statuses(booking) == ["pending"]


@pytest.mark.parametrize("action", ["confirm", "cancel", "export"])
def test_nothing_ticked_is_told(client: Client, root: str, action: str) -> None:
    answer = client.post(f"{root}ticked/{action}", {"booking": "nonsense"}, follow=True)

    assert "Tick the bookings first." in answer.text


@pytest.mark.parametrize("action", ["confirm", "unconfirm", "cancel", "revive"])
def test_changing_many_needs_the_right_to(
    client: Client, organization: Organization, action: str
) -> None:
    booking = make_booking(make_property(organization))
    client.force_login(make_member(organization, Role.VIEWER))
    root = f"/o/{organization.slug}/bookings/"

    assert client.post(f"{root}ticked/{action}", {"booking": booking.pk}).status_code == 403
    assert "ticked/confirm" not in client.get(root).text


def test_bookings_of_another_organization_stay_as_they_are(
    client: Client, root: str, other_organization: Organization
) -> None:
    with organization_context(other_organization, by=None, door=Door.COMMAND):
        booking = make_booking(make_property(other_organization))
    fields = {"booking": booking.pk, "sure": "1"}

    told = client.post(f"{root}ticked/confirm", fields, follow=True).text
    client.post(f"{root}ticked/cancel", fields)

    assert "These bookings are no longer there." in told
    with organization_context(other_organization, by=None, door=Door.COMMAND):
        assert statuses(booking) == ["pending"]


def test_cancellation_of_many_can_be_undone_where_nobody_took_the_nights(
    client: Client, root: str, organization: Organization
) -> None:
    home = make_property(organization)
    pending = make_booking(home, reference="PEND")
    confirmed = make_booking(home, DAY + TEN, status="confirmed", reference="CONF")
    sold = make_booking(home, DAY + 2 * TEN, reference="SOLD")
    before = make_booking(home, DAY + 3 * TEN, reference="LONG")
    cancel_booking(booking=before, by=None)
    ids = [pending.pk, confirmed.pk, sold.pk, before.pk]

    toast = client.post(
        f"{root}ticked/cancel", {"booking": ids, "sure": "1", "reason": "Storm"}, follow=True
    ).text
    make_booking(home, DAY + 2 * TEN)
    fields = dict(re.findall(r'name="(pending|confirmed)" value="([^"]+)"', toast))
    done = client.post(f"{root}ticked/revive", fields, follow=True)
    again = client.post(f"{root}ticked/revive", fields, follow=True)

    assert f"{root}ticked/revive" in toast
    assert set(fields["pending"].split(",")) == {str(pending.pk), str(sold.pk)}
    assert fields["confirmed"] == str(confirmed.pk)
    assert statuses(pending, confirmed, sold, before) == [
        "pending",
        "confirmed",
        "cancelled",
        "cancelled",
    ]
    assert "2 bookings brought back." in done.text
    assert "(SOLD): " in done.text
    assert "(CONF): It is confirmed already." in again.text
