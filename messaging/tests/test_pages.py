"""The pages of messages."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts.models import Organization, User
from accounts.permissions import Role
from bookings.models import Booking, Status
from conftest import Statements
from guests.privacy import anonymize_guest
from messaging.automations import settings_of
from messaging.kinds import Kind
from messaging.models import MailTemplate, Message, OptOut, Skip
from messaging.texts import default_template
from messaging.writing import unsubscribe_url
from properties.models import Property
from villaops.clock import today_in
from villaops.outbox import Intent, services
from villaops.tests.build import make_booking, make_guest, make_member, make_message, make_property

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("inside")]

ONE = timedelta(days=1)
WORDS = {
    "subject": "Hello {{ guest_name }}",
    "html": "<p>Dear {{ guest_name }}, welcome.</p>",
    "text": "Dear {{ guest_name }}, welcome.",
    "booking": "",
}
GERMAN = ("booking_confirmation", "de")


@pytest.fixture
def stay(organization: Organization) -> Booking:
    home = make_property(organization, units=3, name="Casa Mare")
    guest = make_guest(organization, name="{{ 7*7 }}<script>", email="emma@example.com")
    day = today_in("UTC") + 5 * ONE
    return make_booking(home, day, guest=guest, status=Status.CONFIRMED)


@pytest.fixture
def desk(organization: Organization, client: Client) -> Client:
    """Signed in as a manager."""
    client.force_login(make_member(organization, Role.MANAGER, email="desk@example.com"))
    return client


def page(name: str, *rows: object) -> str:
    return reverse(f"messages:{name}", args=["sea-houses", *rows])


# --- Templates ---------------------------------------------------------------------------------


def test_a_template_is_written_previewed_tried_and_reset(desk: Client, stay: Booking) -> None:
    mine = WORDS | {"booking": str(stay.pk)}
    preview = desk.post(page("preview", *GERMAN), mine)

    assert "Dear {{ 7*7 }}&lt;script&gt;, welcome." in preview.text
    assert "default-src 'none'" in preview["Content-Security-Policy"]
    assert "script-src" not in preview["Content-Security-Policy"]
    assert preview["X-Frame-Options"] == "SAMEORIGIN"
    assert not MailTemplate.objects.exists()

    assert desk.post(page("test", *GERMAN), mine).status_code == 200
    tried = Message.objects.get(is_test=True)
    assert (tried.address, tried.booking) == ("desk@example.com", stay)
    assert tried.intent_id
    services.deliver(tried.intent_id)
    assert mail.outbox[0].subject == "Hello {{ 7*7 }}<script>"

    assert desk.post(page("save", *GERMAN), mine).status_code == 302
    assert "Dear {{ 7*7 }}&lt;script&gt;, welcome." in desk.get(page("preview", *GERMAN)).text
    assert "Your own words" in desk.get(page("templates")).text

    desk.post(page("reset", *GERMAN))
    assert not MailTemplate.objects.exists()
    assert default_template(*GERMAN).subject in desk.get(page("template", *GERMAN)).text


@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        ({"subject": "{{ price }}"}, "Line 1: there is no variable “price” in this message."),
        ({"text": "a\n{% load x %}"}, "Line 2: {% load x %} is not known."),
        ({"html": "<p>\n<script>"}, "Line 2: &lt;script&gt; cannot be part of a mail."),
        ({"subject": ""}, "This field is required."),
    ],
)
def test_what_is_wrong_with_a_template_is_said(
    desk: Client, stay: Booking, wrong: dict[str, str], fault: str
) -> None:
    for name in ("save", "test", "preview"):
        answer = desk.post(page(name, *GERMAN), WORDS | wrong)

        assert answer.status_code == 422
        assert fault in answer.text
    assert not MailTemplate.objects.exists()
    assert not Message.objects.exists()


def test_a_subject_of_two_lines_is_one(desk: Client) -> None:
    desk.post(page("save", *GERMAN), WORDS | {"subject": "Hello\r\nBcc: all@example.com"})

    assert MailTemplate.objects.get().subject == "Hello Bcc: all@example.com"


@pytest.mark.parametrize("kind", ["password_reset", "email_verification", "nothing"])
def test_mails_that_open_an_account_are_nobodys_to_write(desk: Client, kind: str) -> None:
    assert desk.get(page("template", kind, "en")).status_code == 404
    assert desk.post(page("save", kind, "en"), WORDS).status_code == 404


def test_every_kind_and_language_has_an_editor_with_a_preview(desk: Client) -> None:
    for kind in ("monthly_report", "invitation", "new_booking", "hold_expired"):
        for language in ("en", "it"):
            assert desk.get(page("template", kind, language)).status_code == 200
            assert "<html" in desk.get(page("preview", kind, language)).text


# --- Automations -------------------------------------------------------------------------------


def test_an_automation_is_set_everywhere_and_at_a_property(
    desk: Client, organization: Organization, stay: Booking
) -> None:
    home = stay.property
    address = page("automation", "pre_arrival")

    desk.post(address, {"is_on": "on", "offset_days": "7", "hour": "9"})
    desk.post(address, {"property": home.pk, "offset_days": "2", "hour": "18"})

    everywhere = settings_of(organization, None)[Kind.PRE_ARRIVAL]
    here = settings_of(organization, home.pk)[Kind.PRE_ARRIVAL]
    assert (everywhere.is_on, everywhere.offset_days, everywhere.hour) == (True, 7, 9)
    assert (here.is_on, here.offset_days, here.hour, here.is_own) == (False, 2, 18, True)
    assert "Set for this property" in desk.get(page("automations") + f"?property={home.pk}").text

    desk.post(address, {"property": home.pk, "follow": "1"})
    assert settings_of(organization, home.pk)[Kind.PRE_ARRIVAL].offset_days == 7
    assert desk.post(address, {"offset_days": "900", "hour": "9"}).status_code == 422
    assert desk.get(page("automations") + "?property=x").status_code == 404


# --- Schedule and log --------------------------------------------------------------------------


def test_one_is_skipped_and_taken_back(desk: Client, stay: Booking) -> None:
    skip = page("skip", stay.pk, "pre_arrival")

    assert "Before arrival" in desk.get(page("schedule")).text
    desk.post(skip)
    assert Skip.objects.filter(booking=stay, kind=Kind.PRE_ARRIVAL).exists()
    assert "Send after all" in desk.get(page("schedule")).text
    desk.post(skip, {"back": "1"})
    assert not Skip.objects.exists()


def test_the_log_is_filtered_and_what_failed_is_sent_again(desk: Client, stay: Booking) -> None:
    make_message(stay, Kind.BOOKING_CONFIRMATION)
    dead = make_message(
        stay, state="dead", attempts=18, last_error="550 No such user", done_at=None
    )

    found = desk.get(page("log") + "?state=dead").text
    assert "Given up after 18 tries: 550 No such user" in found
    assert "Booking confirmation, " not in found
    assert "1 message could not be delivered." in desk.get(page("log")).text
    assert (
        "550 No such user"
        in desk.get(reverse("bookings:detail", args=["sea-houses", stay.pk])).text
    )
    assert stay.guest
    guest = desk.get(reverse("guests:detail", args=["sea-houses", stay.guest.pk])).text
    assert "550 No such user" in guest

    desk.post(page("resend", dead.pk))
    dead.refresh_from_db()
    assert dead.intent
    assert dead.intent.state == "pending"
    answer = desk.post(page("resend", dead.pk), follow=True)
    assert "Only a message that failed can be sent again" in answer.text


def test_the_log_costs_the_same_for_one_and_three(
    desk: Client, stay: Booking, statements: Statements
) -> None:
    make_message(stay)
    desk.get(page("log"))
    with statements(8):
        desk.get(page("log"))
    for _more in range(2):
        make_message(stay)
    with statements(8):
        desk.get(page("log"))


def test_housekeepers_see_nothing_of_it(client: Client, stay: Booking) -> None:
    message = make_message(stay)
    client.force_login(make_member(stay.organization, Role.HOUSEKEEPER))

    booking = client.get(reverse("bookings:detail", args=["sea-houses", stay.pk])).text
    assert "emma@example.com" not in booking
    assert 'id="messages"' not in booking
    for address in (page("log"), page("schedule"), page("message", message.pk)):
        assert client.get(address).status_code == 403


def test_whoever_may_not_see_figures_sees_no_report(client: Client, stay: Booking) -> None:
    report = make_message(stay, Kind.MONTHLY_REPORT)
    client.force_login(make_member(stay.organization, Role.STAFF))

    assert client.get(page("message", report.pk)).status_code == 404
    assert "Monthly report, " not in client.get(page("log")).text


def test_what_was_written_to_a_guest_is_forgotten_with_them(stay: Booking, owner: User) -> None:
    guest = stay.guest
    assert guest
    Booking.objects.filter(pk=stay.pk).update(status="checked_out")
    sent, waiting = make_message(stay), make_message(stay, state="pending", done_at=None)
    OptOut.objects.create(
        organization=stay.organization, kind=Kind.THANK_YOU, address=guest.email.upper()
    )

    anonymize_guest(guest=guest, by=owner, on=stay.check_out + 9 * ONE)

    assert not Message.objects.exists()
    assert not OptOut.objects.exists()
    states = Intent.objects.filter(pk__in=[sent.intent_id, waiting.intent_id])
    assert sorted(states.values_list("state", flat=True)) == ["cancelled", "sent"]


# --- The link at the foot ----------------------------------------------------------------------


def test_one_click_ends_it_and_another_brings_it_back(
    client: Client, organization: Organization
) -> None:
    link = unsubscribe_url(organization, Kind.THANK_YOU, "emma@example.com")
    path = re.sub("^https?://[^/]+", "", link)
    strict = Client(enforce_csrf_checks=True)

    asked = client.get(path)
    assert "Unsubscribe?" in asked.text
    assert not OptOut.objects.exists()

    one_click: dict[str, Any] = {"List-Unsubscribe": "One-Click"}
    assert strict.post(path, one_click).status_code == 302
    assert strict.post(path, one_click).status_code == 302
    (out,) = OptOut.objects.all()
    assert (out.kind, out.address) == (Kind.THANK_YOU, "emma@example.com")
    assert "You are unsubscribed" in client.get(path).text

    strict.post(path, {"again": "1"})
    assert not OptOut.objects.exists()
    assert client.get(path[:-3] + "xyz").status_code == 404


# --- Mails about memberships -------------------------------------------------------------------


def test_an_invitation_is_logged_without_its_link(
    desk: Client, organization: Organization, stay: Booking
) -> None:
    Property.objects.all()
    MailTemplate.objects.create(
        organization=organization,
        kind=Kind.INVITATION,
        language="en",
        subject="Join {{ organization_name }}",
        html='<p><a href="{{ url }}">Come in</a></p>',
        text="Come in: {{ url }}",
    )
    Intent.objects.all().delete()

    invite = reverse("organization:invite", args=["sea-houses"])
    desk.post(invite, {"email": "new@example.com", "role": "staff"})
    for intent in Intent.objects.all():
        services.deliver(intent.pk)

    (sent,) = mail.outbox
    assert sent.subject == "Join Sea Houses"
    assert re.search(r"Come in: http://testserver/invitations/\S{43}", str(sent.body))
    logged = Message.objects.get(kind=Kind.INVITATION)
    assert "Come in: …" in logged.text
    assert "/invitations/" not in logged.text + logged.html
    assert desk.get(page("message", logged.pk)).status_code == 200
