"""The administrators' site: who enters, what is found and at what cost, history, restoring."""

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Organization, User
from bookings.blocks import block_nights
from bookings.models import Block, Booking
from bookings.services import confirm_booking, delete_booking
from conftest import Statements
from guests.models import Guest
from guests.services import delete_guest, update_guest
from properties.models import Property
from properties.services import delete_property
from villaops.admin import rows
from villaops.admin.search import lookup_for
from villaops.tenancy import Door, all_organizations, organization_context
from villaops.tests.build import (
    DAY,
    PASSWORD,
    make_booking,
    make_guest,
    make_organization,
    make_property,
    make_user,
    units_of,
)

pytestmark = pytest.mark.django_db

TENANT_LISTS = [
    "properties.Property",
    "properties.Unit",
    "guests.Guest",
    "bookings.Booking",
    "bookings.Block",
]
LISTS = [
    *TENANT_LISTS,
    "accounts.Organization",
    "accounts.Membership",
    "accounts.Subscription",
    "accounts.User",
]


@pytest.fixture
def administrator() -> User:
    """A superuser who belongs to no organization."""
    return make_user("root@example.com", is_staff=True, is_superuser=True)


@pytest.fixture
def site(client: Client, administrator: User) -> Client:
    """A browser at which the administrator has signed in."""
    client.force_login(administrator)
    return client


def url(page: str, row: Model | type[Model] | str, **query: Any) -> str:
    """A page of a row, or of a model's rows."""
    label = row if isinstance(row, str) else row._meta.label
    name = f"admin:{label.lower().replace('.', '_')}_{page}"
    return reverse(name, args=[row.pk] if isinstance(row, Model) else [], query=query)


def found(response: Any) -> set[str]:
    """The rows of a list, as they call themselves."""
    assert response.status_code == 200
    return {str(row) for row in response.context["cl"].result_list}


def fill(organization: Organization, times: int) -> None:
    """So many properties with a unit, guests, bookings and blocks."""
    with organization_context(organization, by=None, door=Door.COMMAND):
        for _ in range(times):
            home = make_property(organization, units=2)
            make_booking(home)
            unit = units_of(home)[1]
            block_nights(unit=unit, start=DAY, end=DAY.replace(day=3), by=None)


# --- The door --------------------------------------------------------------------------------


def test_visitor_is_sent_to_log_in(client: Client) -> None:
    response = client.get(url("changelist", Booking))

    assert response.status_code == 302
    assert response["Location"].startswith(reverse("admin:login"))


def test_owner_of_an_organization_cannot_enter(client: Client, owner: User) -> None:
    client.force_login(owner)

    response = client.get(url("changelist", Booking))

    assert response.status_code == 302
    assert response["Location"].startswith(reverse("admin:login"))


def test_administrator_logs_in_with_email_in_any_case(client: Client, administrator: User) -> None:
    response = client.post(
        reverse("admin:login"), {"username": "ROOT@example.com", "password": PASSWORD}
    )

    assert response.status_code == 302
    assert client.get(reverse("admin:index")).status_code == 200


def test_log_in_is_locked_after_failures(
    client: Client, administrator: User, settings: Any
) -> None:
    settings.AXES_FAILURE_LIMIT = 2
    wrong = {"username": administrator.email, "password": "wrong"}

    answers = [client.post(reverse("admin:login"), wrong).status_code for _ in range(2)]
    right = client.post(reverse("admin:login"), wrong | {"password": PASSWORD})

    assert answers[-1] == 429
    assert right.status_code == 429


def test_context_is_closed_after_a_page(site: Client, organization: Organization) -> None:
    fill(organization, 1)

    assert len(found(site.get(url("changelist", Property)))) == 1
    assert Property.objects.count() == 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() != ("villaops_support",)


def test_staff_sees_and_changes_what_their_groups_allow(
    client: Client, organization: Organization
) -> None:
    fill(organization, 1)
    support = make_user(is_staff=True)
    group = Group.objects.create(name="Support")
    group.permissions.set(
        Permission.objects.filter(codename__in=["view_booking", "view_guest", "change_guest"])
    )
    support.groups.add(group)
    client.force_login(support)

    bookings = client.get(url("changelist", Booking))

    assert bookings.status_code == 200
    assert bookings.context["action_form"] is None
    assert client.get(url("changelist", Property)).status_code == 403
    guests = client.get(url("changelist", Guest))
    assert ("restore", "Restore selected guests") in guests.context["action_form"].fields[
        "action"
    ].choices
    assert "delete_selected" not in dict(guests.context["action_form"].fields["action"].choices)


def test_every_list_form_and_history_opens(
    site: Client, organization: Organization, administrator: User
) -> None:
    fill(organization, 1)
    with all_organizations(by=None, door=Door.COMMAND, reason="test"):
        one_each = [admin_model(label).objects.first() for label in LISTS]

    for row in one_each:
        assert row is not None
        assert site.get(url("changelist", type(row))).status_code == 200
        assert site.get(url("change", row)).status_code == 200
        assert site.get(url("history", row)).status_code == 200
    assert site.get(reverse("admin:accounts_user_add")).status_code == 200
    assert site.get(reverse("admin:index")).status_code == 200


def admin_model(label: str) -> type[Any]:
    """A registered model by its label."""
    return next(model for model in admin.site._registry if model._meta.label == label)


@pytest.mark.parametrize("label", [*TENANT_LISTS, "accounts.Organization", "accounts.Membership"])
def test_rows_are_not_made_here(site: Client, label: str) -> None:
    assert site.get(url("add", label)).status_code == 403


# --- Cost ------------------------------------------------------------------------------------


@pytest.mark.parametrize("label", LISTS)
def test_list_costs_the_same_for_one_and_many_rows(
    site: Client, label: str, statements: Statements
) -> None:
    page = url("changelist", label)
    fill(make_organization("Sea Houses"), 1)
    # Session, user, context, count, rows.
    with statements(5):
        site.get(page)
    for name in ("Hill Houses", "Lake Houses"):
        fill(make_organization(name), 3)

    with statements(5):
        response = site.get(page)

    assert len(response.context["cl"].result_list) >= 3


@pytest.mark.parametrize("label", LISTS)
def test_search_costs_one_statement_more(site: Client, label: str, statements: Statements) -> None:
    fill(make_organization("Sea Houses"), 3)

    with statements(6):
        assert site.get(url("changelist", label, q="a text")).status_code == 200


def test_list_counts_to_its_limit(
    site: Client, organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(organization, 4)
    monkeypatch.setattr(rows.CappedPaginator, "limit", 3)

    response = site.get(url("changelist", Booking))

    assert "3+ bookings" in response.content.decode()
    assert len(found(response)) == 4


def test_list_below_its_limit_says_how_many(site: Client, organization: Organization) -> None:
    fill(organization, 2)

    page = site.get(url("changelist", Booking)).content.decode()

    assert "2 bookings" in " ".join(page.split())


SEARCHES = {
    "bookings.Booking": [
        "booking_reference_search",
        "guest_name_search",
        "guest_email_search",
        "property_name_search",
    ],
    "bookings.Block": ["unit_name_search", "property_name_search"],
    "guests.Guest": ["guest_name_search", "guest_email_search"],
    "properties.Property": ["property_name_search"],
    "properties.Unit": ["unit_name_search", "property_name_search"],
    "accounts.Organization": ["organization_name_search", "organization_slug_search"],
    "accounts.Membership": ["user_email_search", "user_name_search", "organization_name_search"],
    "accounts.Subscription": ["organization_name_search", "organization_slug_search"],
    "accounts.User": ["user_email_search", "user_name_search"],
}


@pytest.mark.parametrize(("label", "indexes"), SEARCHES.items())
@pytest.mark.parametrize("text", ["thompson", "th"])
def test_every_column_is_searched_through_its_index(
    label: str, indexes: list[str], text: str
) -> None:
    columns = admin.site._registry[admin_model(label)].search_fields

    assert len(indexes) == len(columns)
    with all_organizations(by=None, door=Door.COMMAND, reason="test"):
        with connection.cursor() as cursor:
            # The tables are empty, and reading them whole is cheapest: show that the index fits.
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_indexscan = off")
        for column, index in zip(columns, indexes, strict=True):
            model, name = owner_of(label, column)
            rows_with_it = model._default_manager.filter(**{f"{name}__{lookup_for(text)}": text})
            assert f"Index Scan on {index}" in rows_with_it.explain()


def owner_of(label: str, column: str) -> tuple[type[Any], str]:
    """The model that has the column at the end of a path, and its name there."""
    model: Any = admin_model(label)
    *steps, name = column.split("__")
    for step in steps:
        model = model._meta.get_field(step).related_model
    return model, name


@pytest.mark.parametrize("label", TENANT_LISTS)
def test_deleted_rows_have_an_index(label: str) -> None:
    model = admin_model(label)
    deleted = model.objects.filter(deleted_at__isnull=False).order_by("-pk")

    with all_organizations(by=None, door=Door.COMMAND, reason="test"):
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_sort = off")
        plan = deleted[:50].explain()

    assert f"{model._meta.model_name}_deleted" in plan


# --- Finding ---------------------------------------------------------------------------------


@pytest.fixture
def stay(organization: Organization) -> Booking:
    """Emma Thompson at Villa Aurora of Sea Houses."""
    with organization_context(organization, by=None, door=Door.COMMAND):
        guest = make_guest(organization, name="Emma Thompson", email="emma@example.com")
        home = make_property(organization, name="Villa Aurora")
        return make_booking(home, guest=guest, reference="AB23CD45")


@pytest.fixture
def other_stay(other_organization: Organization) -> Booking:
    """Kenji Tanaka at Casa Verde of Hill Houses."""
    with organization_context(other_organization, by=None, door=Door.COMMAND):
        guest = make_guest(other_organization, name="Kenji Tanaka", email="kenji@example.com")
        home = make_property(other_organization, name="Casa Verde")
        return make_booking(home, guest=guest, reference="ZZ99YY88")


@pytest.mark.parametrize(
    "text", ["ab23", "EMMA", "thompson", "emma@", "aurora", " Emma Thompson ", "em"]
)
def test_booking_is_found_by_reference_guest_and_property(
    site: Client, stay: Booking, other_stay: Booking, text: str
) -> None:
    assert found(site.get(url("changelist", Booking, q=text))) == {str(stay)}


def test_row_is_found_by_its_id(site: Client, stay: Booking, other_stay: Booking) -> None:
    assert found(site.get(url("changelist", Booking, q=stay.pk))) == {str(stay)}


@pytest.mark.parametrize("text", ["mma", "100%", "_", "nobody", "\x00"])
def test_odd_texts_are_searched_as_they_are(
    site: Client, stay: Booking, other_stay: Booking, text: str
) -> None:
    response = site.get(url("changelist", Guest, q=text))

    expected = {"mma": {"Emma Thompson"}, "\x00": {"Emma Thompson", "Kenji Tanaka"}}
    assert found(response) == expected.get(text, set())


def test_same_guest_email_in_two_organizations_finds_each_own(
    site: Client, stay: Booking, other_organization: Organization
) -> None:
    with organization_context(other_organization, by=None, door=Door.COMMAND):
        make_guest(other_organization, name="Emma Elsewhere", email="emma@example.com")

    assert found(site.get(url("changelist", Booking, q="emma@example.com"))) == {str(stay)}


def test_lists_are_filtered_by_organization_property_and_guest(
    site: Client, stay: Booking, other_stay: Booking
) -> None:
    for chosen in (
        {"organization": stay.organization_id},
        {"property": stay.property_id},
        {"unit": stay.unit_id},
        {"guest": stay.guest_id},
        {"organization": stay.organization_id, "q": "emma"},
    ):
        assert found(site.get(url("changelist", Booking, **chosen))) == {str(stay)}
    none = url("changelist", Booking, organization=stay.organization_id, q="kenji")
    assert found(site.get(none)) == set()


def test_filter_by_nonsense_shows_all(site: Client, stay: Booking) -> None:
    response = site.get(url("changelist", Booking, property="nonsense"), follow=True)

    assert response.status_code == 200


def test_blocks_are_filtered_by_property(site: Client, organization: Organization) -> None:
    fill(organization, 2)
    with all_organizations(by=None, door=Door.COMMAND, reason="test"):
        block = Block.objects.select_related("unit").first()
    assert block is not None

    response = site.get(url("changelist", Block, unit__property=block.unit.property_id))

    assert [row.pk for row in response.context["cl"].result_list] == [block.pk]


def test_suggestions_name_the_organization(
    site: Client, stay: Booking, other_stay: Booking, statements: Statements
) -> None:
    source = {"app_label": "bookings", "model_name": "booking", "field_name": "guest"}

    with statements(6):
        response = site.get(reverse("admin:autocomplete", query=source | {"term": "emma"}))

    assert response.json()["results"] == [
        {"id": str(stay.guest_id), "text": "Emma Thompson (Sea Houses)"}
    ]


def test_deleted_rows_are_marked_and_filtered(site: Client, stay: Booking) -> None:
    with organization_context(stay.organization, by=None, door=Door.COMMAND):
        delete_booking(booking=stay, by=None)

    assert len(found(site.get(url("changelist", Booking)))) == 1
    assert len(found(site.get(url("changelist", Booking, deleted="yes")))) == 1
    assert found(site.get(url("changelist", Booking, deleted="no"))) == set()


# --- Restoring -------------------------------------------------------------------------------


def act(site: Client, action: str, *rows_: Model, **fields: Any) -> list[str]:
    """Run an action on the list and return what was said."""
    response = site.post(
        url("changelist", type(rows_[0])),
        {"action": action, "index": 0, "_selected_action": [row.pk for row in rows_], **fields},
        follow=True,
    )
    assert response.status_code == 200
    return [str(message) for message in response.context["messages"]]


def test_each_kind_of_row_is_deleted_and_restored(site: Client, organization: Organization) -> None:
    with organization_context(organization, by=None, door=Door.COMMAND):
        home = make_property(organization, units=2)
        unit = units_of(home)[1]
        block = block_nights(unit=unit, start=DAY, end=DAY.replace(day=3), by=None)
        guest = make_guest(organization)
        booking = make_booking(make_property(organization))
    kinds: list[tuple[Model, str]] = [
        (booking, "booking"),
        (guest, "guest"),
        (block, "block"),
        (unit, "unit"),
        (home, "property"),
    ]

    for row, name in kinds:
        assert act(site, "delete_selected", row, confirmed="yes") == [f"1 {name} deleted."]
        assert deleted_at(row) is not None
        assert act(site, "restore", row) == [f"1 {name} restored."]
        assert deleted_at(row) is None


def deleted_at(row: Any) -> Any:
    """When it was deleted, as stored."""
    with all_organizations(by=None, door=Door.COMMAND, reason="test"):
        return type(row).objects.get(pk=row.pk).deleted_at


def test_delete_asks_first(site: Client, stay: Booking) -> None:
    page = site.post(
        url("changelist", Booking),
        {"action": "delete_selected", "index": 0, "_selected_action": [stay.pk]},
    )

    assert stay.reference in page.content.decode()
    assert deleted_at(stay) is None


def test_delete_button_deletes_softly(site: Client, stay: Booking) -> None:
    asked = site.get(url("delete", stay))
    response = site.post(url("delete", stay), {"post": "yes"})

    assert "can be restored" in asked.content.decode()
    assert response.status_code == 302
    assert deleted_at(stay) is not None


def test_delete_that_is_refused_says_why(site: Client, stay: Booking) -> None:
    response = site.post(url("delete", stay.guest), {"post": "yes"}, follow=True)

    assert [str(message) for message in response.context["messages"]] == [
        "This guest has bookings. Delete those first."
    ]
    assert deleted_at(stay.guest) is None


def test_restore_that_is_refused_says_why(site: Client, stay: Booking) -> None:
    with organization_context(stay.organization, by=None, door=Door.COMMAND):
        delete_booking(booking=stay, by=None)
        make_booking(stay.property)

    said = act(site, "restore", stay)

    assert len(said) == 1
    assert "The night of Sun 1 March 2026" in said[0]
    assert deleted_at(stay) is not None


def test_deleted_row_is_only_looked_at(site: Client, stay: Booking) -> None:
    with organization_context(stay.organization, by=None, door=Door.COMMAND):
        delete_property(property=stay.property, by=None)

    assert "_save" not in site.get(url("change", stay.property)).content.decode()
    assert site.post(url("change", stay.property), {"name": "New"}).status_code == 403
    assert site.post(url("delete", stay.property), {"post": "yes"}).status_code == 403


def test_restoring_rows_that_are_not_deleted_says_so(site: Client, stay: Booking) -> None:
    assert act(site, "restore", stay) == ["No bookings to be restored."]


def test_actions_take_so_many_rows_and_no_more(
    site: Client, organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "ROWS_PER_ACTION", 1)
    fill(organization, 2)
    with all_organizations(by=None, door=Door.COMMAND, reason="test"):
        bookings = list(Booking.objects.all())

    assert act(site, "confirm", *bookings) == ["Choose at most 1 rows at a time."]
    assert act(site, "delete_selected", *bookings) == ["Choose at most 1 rows at a time."]


def test_action_on_what_is_no_id_is_a_bad_request(site: Client, stay: Booking) -> None:
    response = site.post(
        url("changelist", Booking),
        {"action": "confirm", "index": 0, "_selected_action": ["nonsense"]},
    )

    assert response.status_code == 400


# --- History ---------------------------------------------------------------------------------


def text_of(response: Any) -> str:
    """A page's words on one line."""
    return " ".join(response.content.decode().split())


def test_history_tells_who_through_which_door_and_what(
    site: Client, organization: Organization, owner: User
) -> None:
    with organization_context(organization, by=owner, door=Door.WEB):
        guest = make_guest(organization, name="Emma", phone="123")
    with organization_context(organization, by=owner, door=Door.API):
        update_guest(guest=guest, by=owner, changes={"name": "Emma Thompson", "phone": None})
    with organization_context(organization, by=None, door=Door.JOB):
        delete_guest(guest=guest, by=None)
    act(site, "restore", guest)

    page = site.get(url("history", guest))

    told = [(entry.who, entry.door, entry.sentences) for entry in page.context["history"].entries]
    assert told[:3] == [
        ("root@example.com", "administration", ["Restored."]),
        ("nobody signed in", "automatic", ["Deleted."]),
        (owner.email, "API", ["Name: Emma → Emma Thompson", "Phone: 123 → nothing"]),
    ]
    assert told[3][:2] == (owner.email, "dashboard")
    assert told[3][2][:3] == ["Made.", "Organization: Sea Houses", "Name: Emma"]
    assert "Name: Emma → Emma Thompson" in text_of(page)


def test_history_of_a_user_tells_what_an_administrator_changed(site: Client, owner: User) -> None:
    no_rows = {"memberships-TOTAL_FORMS": 0, "memberships-INITIAL_FORMS": 0}

    site.post(url("change", owner), {"email": owner.email, "name": "Ayu Dewi", **no_rows})

    newest = site.get(url("history", owner)).context["history"].entries[0]
    assert (newest.who, newest.door) == ("root@example.com", "administration")
    assert "Name: A Person → Ayu Dewi" in newest.sentences


def test_history_of_a_booking_tells_its_nights(
    site: Client, organization: Organization, owner: User, stay: Booking
) -> None:
    with organization_context(organization, by=owner, door=Door.WEB):
        confirm_booking(booking=stay, by=owner)
    act(site, "cancel", stay, reason="Ill")

    entries = site.get(url("history", stay)).context["history"].entries

    assert entries[0].sentences[0] == "Status: Confirmed → Cancelled"
    assert "Cancellation reason: nothing → Ill" in entries[0].sentences
    given_back = "Given back in Villa Aurora: 3 nights, March 1, 2026 to March 3, 2026."
    assert given_back in entries[0].sentences
    assert entries[1].sentences == ["Status: Pending → Confirmed"]
    taken = "Taken in Villa Aurora: 3 nights, March 1, 2026 to March 3, 2026, for 300.00 USD."
    assert taken in entries[2].sentences


def test_history_costs_the_same_however_long(
    site: Client, organization: Organization, stay: Booking
) -> None:
    def change(times: int) -> int:
        with organization_context(organization, by=None, door=Door.COMMAND):
            for n in range(times):
                update_guest(guest=stay.guest, by=None, changes={"notes": f"{times} {n}"})
        with CaptureQueriesContext(connection) as captured:
            site.get(url("history", stay.guest))
        return len(captured)

    assert change(1) == change(5)


def test_long_history_is_shown_in_pages(
    site: Client, organization: Organization, stay: Booking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("villaops.admin.history.EVENTS_ON_A_PAGE", 2)
    for phone in ("1", "2", "3"):
        with organization_context(organization, by=None, door=Door.COMMAND):
            update_guest(guest=stay.guest, by=None, changes={"phone": phone})

    newest = site.get(url("history", stay.guest)).context["history"]
    older = site.get(url("history", stay.guest) + f"?before={newest.older}").context["history"]

    assert [entry.sentences for entry in newest.entries] == [["Phone: 2 → 3"], ["Phone: 1 → 2"]]
    assert [entry.sentences[0] for entry in older.entries] == ["Phone: nothing → 1", "Made."]
    assert older.older is None


def test_history_is_closed_without_permission(client: Client, stay: Booking) -> None:
    client.force_login(make_user(is_staff=True))

    assert client.get(url("history", stay)).status_code == 403


def test_history_of_nothing_leads_home(site: Client) -> None:
    page = reverse("admin:guests_guest_history", args=["01890000-0000-7000-8000-000000000000"])

    assert site.get(page).status_code == 302
