"""`Idempotency-Key`: what is sent twice happens once and is answered twice (contract section 1)."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from accounts.api_keys import create_api_key
from accounts.models import ApiKey, Organization, User
from accounts.permissions import Role
from bookings.models import Booking
from conftest import Statements
from guests.models import Guest
from guests.privacy import anonymize_guest
from villaops.api.idempotency import KeptAnswer, forget_old_keys
from villaops.tenancy import Door, all_organizations, organization_context
from villaops.tests.build import (
    DAY,
    make_booking,
    make_guest,
    make_member,
    make_organization,
    make_property,
)
from villaops.tests.client import Api, Response, errors_of, refusal, with_key

pytestmark = pytest.mark.django_db

EMMA = {"name": "Emma Thompson", "email": "emma@example.com"}


@pytest.fixture
def api(owner: User, organization: Organization) -> Api:
    return Api(owner, organization)


def sent(api: Api, path: str, body: Any, key: str = "k-1", **headers: str) -> Response:
    return api.send("POST", path, body, headers={"Idempotency-Key": key, **headers})


def is_replay(response: Response) -> bool:
    return bool(response.headers.get("Idempotency-Replayed") == "true")


def guests_of(organization: Organization) -> int:
    with organization_context(organization, by=None, door=Door.COMMAND):
        return Guest.objects.count()


def test_the_same_json_again_is_answered_and_not_done(api: Api, organization: Organization) -> None:
    first = sent(api, "guests", EMMA)
    again = sent(api, "guests", EMMA)

    assert first.status_code == again.status_code == 201
    assert again.content == first.content
    assert again["Content-Type"] == "application/json"
    assert (is_replay(first), is_replay(again)) == (False, True)
    assert guests_of(organization) == 1


@pytest.mark.parametrize(
    "written",
    [
        b'{"email": "emma@example.com", "name": "Emma Thompson", "n": 1}',
        b'{"name":"Emma \\u0054hompson","n":1.0,"email":"emma@example.com"}',
    ],
)
def test_json_is_the_same_however_it_is_written(api: Api, written: bytes) -> None:
    sent(api, "guests", EMMA | {"n": 1})

    assert is_replay(sent(api, "guests", written))


@pytest.mark.parametrize(
    "other", [EMMA | {"name": "Emma"}, {}, b"", b"{", b"[" * 100_000, EMMA | {"notes": None}]
)
def test_other_json_under_the_same_key_is_refused(api: Api, other: Any) -> None:
    sent(api, "guests", EMMA)

    assert errors_of(sent(api, "guests", other)) == [("value_error", ["header", "Idempotency-Key"])]


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("", "string_too_short"),
        ("x" * 256, "string_too_long"),
        ("a b", "value_error"),
        ("ÿ", "value_error"),
        ("\x7f", "value_error"),
    ],
)
def test_a_malformed_key_is_told_with_what_else_is_wrong(api: Api, key: str, kind: str) -> None:
    assert errors_of(sent(api, "guests", {"name": "Emma"}, key)) == [
        (kind, ["header", "Idempotency-Key"]),
        ("missing", ["body", "email"]),
    ]


def test_a_key_has_up_to_255_visible_characters(api: Api) -> None:
    key = ("!~" * 128)[:255]

    assert sent(api, "guests", EMMA, key).status_code == 201
    assert is_replay(sent(api, "guests", EMMA, key))


def test_refusals_of_the_world_are_kept(api: Api, organization: Organization) -> None:
    with organization_context(organization, by=None, door=Door.COMMAND):
        home, guest = make_property(organization), make_guest(organization)
        booking = make_booking(home, guest=guest)
    stay = {
        "property_id": str(home.pk),
        "guest_id": str(guest.pk),
        "check_in": str(DAY),
        "check_out": str(DAY + timedelta(days=1)),
    }
    stranger = stay | {"guest_id": str(home.pk)}

    conflict = sent(api, "bookings", stay, "conflict")
    missing = sent(api, "bookings", stranger, "missing")
    api.delete(f"bookings/{booking.pk}")

    assert refusal(conflict) == (409, "Dates conflict with an existing booking")
    assert refusal(missing) == (404, "Guest not found")
    for first, key, body in ((conflict, "conflict", stay), (missing, "missing", stranger)):
        again = sent(api, "bookings", body, key)
        assert (again.status_code, again.content) == (first.status_code, first.content)
        assert is_replay(again)
    with organization_context(organization, by=None, door=Door.COMMAND):
        assert Booking.objects.for_organization(organization).count() == 0


def test_what_may_be_put_right_leaves_the_key_free(
    api: Api, organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sent(api, "guests", {"name": "Emma"}).status_code == 422
    viewer = make_member(organization, Role.VIEWER)
    assert sent(Api(viewer), "guests", EMMA).status_code == 403
    with monkeypatch.context() as patch:
        patch.setattr("guests.api.guest_output", lambda guest: 1 / 0)
        assert sent(api, "guests", EMMA).status_code == 500
    assert guests_of(organization) == 0

    made = sent(api, "guests", EMMA)

    assert made.status_code == 201
    assert not is_replay(made)


def test_a_key_is_one_callers_at_one_path_of_one_organization(
    api: Api, organization: Organization, owner: User
) -> None:
    elsewhere = make_organization("Hill Houses", by=owner)
    with organization_context(organization, by=owner, door=Door.COMMAND):
        made = create_api_key(organization=organization, by=owner, name="A", scopes=["write"])
    program = with_key(made.secret)
    colleague = Api(make_member(organization, Role.STAFF))
    first = sent(api, "guests", EMMA)

    others = [
        sent(program, "guests", EMMA),
        sent(colleague, "guests", EMMA),
        sent(Api(owner, elsewhere), "guests", EMMA),
        sent(api, "properties", EMMA | {"property_type": "villa"}),
    ]

    assert not any(is_replay(response) for response in others)
    assert is_replay(sent(program, "guests", EMMA))
    again = sent(api, "guests/", EMMA)
    assert again.content == first.content
    assert is_replay(again)


def test_a_new_token_of_the_same_person_is_the_same_caller(organization: Organization) -> None:
    person = make_member(organization, Role.STAFF)
    sent(Api(person), "guests", EMMA)

    assert is_replay(sent(Api(person), "guests", EMMA))


def test_whoever_lost_the_permission_is_refused_and_told_nothing(
    organization: Organization,
) -> None:
    person = make_member(organization, Role.STAFF)
    sent(Api(person), "guests", EMMA)
    with organization_context(organization, by=None, door=Door.COMMAND):
        person.memberships.update(role=Role.VIEWER)

    assert refusal(sent(Api(person), "guests", EMMA)) == (403, "Permission denied")


def test_the_secret_of_an_api_key_is_shown_once(api: Api, organization: Organization) -> None:
    body = {"name": "Channel manager", "scopes": ["read"]}

    first = sent(api, "organizations/current/api-keys", body).json()
    again = sent(api, "organizations/current/api-keys", body).json()

    assert first["secret"]
    assert again == first | {"secret": None}
    assert ApiKey.objects.filter(organization=organization).count() == 1
    with all_organizations(by=None, door=Door.COMMAND, reason="test"):
        kept = bytes(KeptAnswer.objects.get().body).decode()
    assert first["secret"] not in kept


def test_an_organization_is_made_once(api: Api) -> None:
    first = sent(api, "organizations", {"name": "Lake Houses"})
    again = sent(api, "organizations", {"name": "Lake Houses"})

    assert first.status_code == 201
    assert again.content == first.content
    assert is_replay(again)
    assert Organization.objects.filter(name="Lake Houses").count() == 1


def test_an_invitation_is_mailed_once(api: Api, at_once: None, mailoutbox: list[Any]) -> None:
    body = {"email": "new@example.com", "role": "staff"}
    sent(api, "organizations/current/members", body)

    again = sent(api, "organizations/current/members", body)

    assert is_replay(again)
    assert len(mailoutbox) == 1


def test_where_keys_mean_nothing_they_change_nothing(api: Api, organization: Organization) -> None:
    guest = api.post("guests", EMMA).json()["id"]
    headers = {"Idempotency-Key": "\x7f"}

    assert api.send("PATCH", f"guests/{guest}", {}, headers=headers).status_code == 200
    assert api.send("GET", "guests", headers=headers).status_code == 200
    assert (
        api.send("POST", "auth/logout", {"refresh_token": "x"}, headers=headers).status_code == 200
    )
    with organization_context(organization, by=None, door=Door.COMMAND):
        assert KeptAnswer.objects.count() == 0


def test_after_a_day_a_key_is_as_good_as_new(api: Api, organization: Organization) -> None:
    sent(api, "guests", EMMA)
    with organization_context(organization, by=None, door=Door.COMMAND):
        KeptAnswer.objects.update(created_at=Now() - timedelta(hours=24, seconds=1))

    late = sent(api, "guests", EMMA)

    assert refusal(late) == (409, "Guest with this email already exists")
    assert not is_replay(late)
    assert is_replay(sent(api, "guests", EMMA))


def test_old_keys_are_forgotten(api: Api, organization: Organization) -> None:
    sent(api, "guests", EMMA)
    sent(api, "guests", EMMA | {"email": "b@example.com"}, "k-2")
    sent(api, "organizations", {"name": "Lake Houses"})
    now = timezone.now()
    with all_organizations(by=None, door=Door.JOB, reason="test"):
        KeptAnswer.objects.exclude(key="k-2").update(created_at=now - timedelta(days=2))

        forgotten = forget_old_keys(now)

        assert forgotten == 2
        assert [kept.key for kept in KeptAnswer.objects.all()] == ["k-2"]


def test_a_forgotten_guest_is_in_no_kept_answer(api: Api, organization: Organization) -> None:
    guest = sent(api, "guests", EMMA).json()["id"]
    other = sent(api, "guests", EMMA | {"email": "b@example.com"}, "k-2").json()["id"]

    with organization_context(organization, by=None, door=Door.COMMAND):
        anonymize_guest(guest=Guest.objects.get(pk=guest), by=None, on=DAY)

        assert [other in bytes(kept.body).decode() for kept in KeptAnswer.objects.all()] == [True]


def test_a_key_costs_three_statements_and_a_replay_four(
    api: Api, organization: Organization, statements: Statements
) -> None:
    with statements(3):
        api.post("guests", EMMA | {"email": "without@example.com"})
    with statements(6):
        sent(api, "guests", EMMA)
    with statements(4):
        sent(api, "guests", EMMA)
