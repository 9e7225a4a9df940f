"""The settings of an organization in the browser's words: forms and what they lead to."""

import csv
import io
import json
import re
from datetime import timedelta
from typing import Any
from zipfile import ZipFile

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image

from accounts.models import ApiKey, Membership, Organization, User
from accounts.organizations import OrganizationNotEnding, end_organization
from accounts.permissions import Role
from accounts.tasks import end_due_organizations
from bookings.models import Booking, Night
from conftest import Statements
from guests.models import Guest
from properties.models import Property
from villaops.tenancy import Door, organization_context
from villaops.tests.build import (
    make_booking,
    make_member,
    make_property,
    make_user,
)
from villaops.tests.client import with_key

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(client: Client, organization: Organization, owner: User) -> Client:
    client.force_login(owner)
    return client


def at(organization: Organization, path: str = "") -> str:
    return f"/o/{organization.slug}/settings/{path}"


def picture() -> SimpleUploadedFile:
    file = io.BytesIO()
    Image.new("RGB", (900, 300), "#14655a").save(file, "PNG")
    return SimpleUploadedFile("logo.png", file.getvalue())


def facts(organization: Organization, **changes: Any) -> dict[str, Any]:
    names = ("name", "slug", "currency", "time_zone", "locale")
    return {name: getattr(organization, name) for name in names} | changes


# --- Settings --------------------------------------------------------------------------------


def test_settings_change_the_organization_and_its_logo(
    page: Client, organization: Organization, settings: Any, tmp_path: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path
    wishes = facts(organization, slug="sea", locale="en_GB", logo=picture(), reply_to="a@b.example")

    answer = page.post(at(organization), wishes)

    assert answer["Location"] == "/o/sea/settings/"
    changed = Organization.objects.get(pk=organization.pk)
    assert (changed.slug, changed.locale, changed.reply_to) == ("sea", "en_GB", "a@b.example")
    shown = page.get("/o/sea/settings/logo")
    assert Image.open(io.BytesIO(shown.getvalue())).size == (512, 171)
    page.post("/o/sea/settings/", facts(changed, without_logo="on"))
    assert page.get("/o/sea/settings/logo").status_code == 404


def test_settings_refuse_a_taken_slug_and_what_is_no_picture(
    page: Client, organization: Organization, other_organization: Organization
) -> None:
    taken = page.post(at(organization), facts(organization, slug=other_organization.slug))
    unreadable = page.post(
        at(organization),
        facts(organization, name="Other", logo=SimpleUploadedFile("logo.png", b"<svg/>")),
    )

    assert (taken.status_code, unreadable.status_code) == (422, 422)
    assert "already taken" in taken.text
    assert "This is no JPEG, PNG, WebP or GIF picture" in unreadable.text
    assert Organization.objects.get(pk=organization.pk).name == "Sea Houses"


@pytest.mark.parametrize("role", [Role.MANAGER, Role.HOUSEKEEPER])
def test_settings_are_read_by_others_than_owners(
    client: Client, organization: Organization, role: Role
) -> None:
    client.force_login(make_member(organization, role))

    assert '<form class="panel' not in client.get(at(organization)).text
    assert client.post(at(organization), facts(organization, name="Mine")).status_code == 200
    for path in ("export", "delete", "keep", "transfer", "api-keys"):
        assert client.post(at(organization, path)).status_code == 403
    assert Organization.objects.get(pk=organization.pk).name == "Sea Houses"


def test_create_makes_another_organization(page: Client, owner: User) -> None:
    wishes = {"name": "Lake Houses", "currency": "EUR", "time_zone": "Europe/Rome"}

    answer = page.post("/organizations/new", wishes)

    assert answer["Location"] == "/o/lake-houses/"
    assert Membership.objects.filter(user=owner, role=Role.OWNER).count() == 2


# --- Members ---------------------------------------------------------------------------------


def test_members_page_is_as_many_statements_whatever_there_is(
    page: Client, organization: Organization, statements: Statements
) -> None:
    with statements(6):
        page.get(at(organization, "members"))
    for name in ("a", "b"):
        page.post(
            at(organization, "members/invite"), {"email": f"{name}@example.com", "role": "staff"}
        )
        make_member(organization)

    with statements(6):
        answer = page.get(at(organization, "members"))

    assert "a@example.com" in answer.text
    assert "Sees who comes and goes and where" in answer.text


def test_invite_limit_and_remove(
    page: Client, organization: Organization, owner: User, django_capture_on_commit_callbacks: Any
) -> None:
    with organization_context(organization, by=owner, door=Door.WEB):
        home = make_property(organization, name="Casa Mare")
        make_property(organization, name="Casa Monte")
    wishes = {"email": "emma@example.com", "role": "staff", "property_ids": [str(home.pk)]}

    with django_capture_on_commit_callbacks(execute=True):
        page.post(at(organization, "members/invite"), wishes)

    invited = Membership.objects.get(invited_email="emma@example.com")
    assert invited.property_ids == [home.pk]
    assert "Only Casa Mare" in re.sub(r"\s+", " ", page.get(at(organization, "members")).text)
    again = page.post(at(organization, "members/invite"), wishes | {"email": owner.email})
    assert (again.status_code, "is a member already" in again.text) == (422, True)
    path = at(organization, f"members/{invited.pk}")
    page.post(path, {"role": "viewer"})
    invited.refresh_from_db()
    assert (invited.role, invited.property_ids) == (Role.VIEWER, None)
    with django_capture_on_commit_callbacks(execute=True):
        page.post(f"{path}/resend")
    assert [one.to for one in mail.outbox] == [["emma@example.com"]] * 2
    page.post(f"{path}/remove")
    assert not Membership.objects.filter(pk=invited.pk).exists()


def test_manager_finds_owners_out_of_reach(client: Client, organization: Organization) -> None:
    client.force_login(make_member(organization, Role.MANAGER))
    owner = Membership.objects.get(organization=organization, role=Role.OWNER)
    path = at(organization, f"members/{owner.pk}")

    assert client.post(path, {"role": "viewer"}).status_code == 403
    client.post(f"{path}/remove")
    refused = client.post(at(organization, "members/invite"), {"email": "a@b.com", "role": "owner"})

    assert refused.status_code == 422
    assert Membership.objects.get(pk=owner.pk).role == Role.OWNER


def test_limited_manager_gives_no_more_than_they_see(
    client: Client, organization: Organization, owner: User
) -> None:
    with organization_context(organization, by=owner, door=Door.WEB):
        home = make_property(organization, name="Casa Mare")
        make_property(organization, name="Casa Monte")
        manager, staff = (make_member(organization, role) for role in (Role.MANAGER, Role.STAFF))
        limited = Membership.objects.filter(user__in=[manager, staff])
        limited.update(property_ids=[home.pk])
    client.force_login(manager)
    member = Membership.objects.get(user=staff)
    path = at(organization, f"members/{member.pk}")

    assert "Casa Monte" not in client.get(path).text
    client.post(path, {"role": "viewer"})

    member.refresh_from_db()
    assert (member.role, member.property_ids) == (Role.VIEWER, [home.pk])


def test_transfer_and_leave(page: Client, organization: Organization, owner: User) -> None:
    alone = page.post(at(organization, "leave"))
    assert "You are the only owner" in alone.text
    assert "Nobody else is a member yet" in page.get(at(organization, "transfer")).text
    heir = Membership.objects.get(user=make_member(organization, Role.STAFF))

    assert "Nobody else" not in page.get(at(organization, "transfer")).text
    page.post(at(organization, "transfer"), {"to": str(heir.pk)})

    heir.refresh_from_db()
    assert heir.role == Role.OWNER
    assert Membership.objects.get(user=owner).role == Role.MANAGER
    assert page.post(at(organization, "leave"))["Location"] == "/o/"
    assert page.get(at(organization)).status_code == 404


# --- API keys --------------------------------------------------------------------------------


def test_api_key_is_shown_once(page: Client, organization: Organization) -> None:
    wishes = {"name": "Website", "scope": "write", "expires_on": "2999-12-31"}

    answer = page.post(at(organization, "api-keys"), wishes)

    found = re.search(r"vo_[a-z2-7]{8}_[\w-]{43}", answer.text)
    assert found
    assert "no-store" in answer["Cache-Control"]
    assert with_key(found[0]).get("guests").status_code == 200
    assert found[0] not in page.get(at(organization, "api-keys")).text
    page.post(at(organization, f"api-keys/{ApiKey.objects.get().pk}/revoke"))
    assert with_key(found[0]).get("guests").status_code == 401
    assert (
        page.post(at(organization, "api-keys"), wishes | {"expires_on": "2000-01-01"}).status_code
        == 422
    )


# --- Invitations -----------------------------------------------------------------------------


def invited(page: Client, organization: Organization, capture: Any, email: str) -> str:
    with capture(execute=True):
        page.post(at(organization, "members/invite"), {"email": email, "role": "staff"})
    found = re.search(r"/invitations/\S{43}", str(mail.outbox[-1].body))
    assert found
    return found[0]


def test_invitation_of_a_newcomer(
    page: Client, organization: Organization, django_capture_on_commit_callbacks: Any
) -> None:
    link = invited(page, organization, django_capture_on_commit_callbacks, "new@example.com")
    visitor = Client()

    assert "Takes and changes bookings" in visitor.get(link).text
    short = visitor.post(link, {"name": "Nora", "password": "short"})
    answer = visitor.post(link, {"name": "Nora", "password": "long enough"})

    assert short.status_code == 422
    assert answer["Location"] == f"/o/{organization.slug}/"
    assert visitor.get(answer["Location"]).status_code == 200
    assert Client().get(link).status_code == 404


def test_invitation_of_somebody_known(
    page: Client, organization: Organization, django_capture_on_commit_callbacks: Any
) -> None:
    known = make_user("known@example.com")
    link = invited(page, organization, django_capture_on_commit_callbacks, known.email)
    visitor = Client()

    assert f"/login?next={link}" in visitor.get(link).text
    assert visitor.post(link, {"name": "X", "password": "long enough"}).status_code == 200
    assert "but the invitation is for known@example.com" in page.post(link).text
    assert not Membership.objects.filter(user=known).exists()
    visitor.force_login(known)
    assert visitor.post(link)["Location"] == f"/o/{organization.slug}/"


# --- Export and end --------------------------------------------------------------------------


def test_export_has_every_table_twice_and_no_secrets(
    page: Client, organization: Organization, owner: User
) -> None:
    page.post(at(organization, "api-keys"), {"name": "Website", "scope": "read"})
    with organization_context(organization, by=owner, door=Door.WEB):
        stay = make_booking(make_property(organization, name="=1+1"))

    answer = page.post(at(organization, "export"))

    content = answer.getvalue()
    archive = ZipFile(io.BytesIO(content))
    names = set(archive.namelist())
    assert {"organization.csv", "bookings.csv", "guests.json", "memberships.json"} <= names
    assert {name[:-4] for name in names if name.endswith(".csv")} == {
        name[:-5] for name in names if name.endswith(".json")
    }
    rows = csv.DictReader(io.StringIO(archive.read("properties.csv").decode("utf-8-sig")))
    assert [row["name"] for row in rows] == ["'=1+1"]
    [booking] = json.loads(archive.read("bookings.json"))
    assert booking["reference"] == stay.reference
    assert [one["user__email"] for one in json.loads(archive.read("memberships.json"))] == [
        owner.email
    ]
    everything = b"".join(archive.read(name) for name in names)
    assert b"secret_hash" not in everything
    assert b"password" not in everything


def test_end_after_two_weeks_unless_it_is_kept(
    page: Client,
    organization: Organization,
    owner: User,
    django_capture_on_commit_callbacks: Any,
) -> None:
    wrong = page.post(at(organization, "delete"), {"name": "sea houses"})
    assert (wrong.status_code, "This is not the name." in wrong.text) == (422, True)
    with django_capture_on_commit_callbacks(execute=True):
        page.post(at(organization, "delete"), {"name": "Sea Houses"})
    [letter] = mail.outbox
    assert letter.to == [owner.email]
    ends_at = Organization.objects.get(pk=organization.pk).ends_at
    assert ends_at
    assert timedelta(days=13, hours=23) < ends_at - timezone.now() < timedelta(days=14)
    assert end_due_organizations() == 0
    assert "Keep Sea Houses" in page.get(at(organization, "delete")).text

    page.post(at(organization, "keep"))

    assert Organization.objects.get(pk=organization.pk).ends_at is None


def test_end_takes_everything_of_this_organization(
    organization: Organization, owner: User, other_organization: Organization
) -> None:
    for one in (organization, other_organization):
        with organization_context(one, by=None, door=Door.COMMAND):
            make_booking(make_property(one, name=f"House of {one.name}"))
    with organization_context(organization, by=owner, door=Door.WEB):
        Organization.objects.filter(pk=organization.pk).update(ends_at=timezone.now())
        with pytest.raises(OrganizationNotEnding):
            end_organization(organization=organization, now=timezone.now() - timedelta(minutes=1))

    assert end_due_organizations() == 1

    assert not Organization.objects.filter(pk=organization.pk).exists()
    assert not Membership.objects.filter(user=owner).exists()
    assert User.objects.filter(pk=owner.pk).exists()
    with organization_context(organization, by=None, door=Door.COMMAND):
        for model in (Booking, Night, Guest, Property, Booking.events.rel.related_model):  # type: ignore[attr-defined]
            assert not model.objects.exists()
    with organization_context(other_organization, by=None, door=Door.COMMAND):
        assert Night.objects.count() == 3
        assert Guest.objects.count() == 1
