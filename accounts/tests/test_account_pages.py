"""One's own account: profile, e-mail, phone, password, devices, the end of it."""

import re
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.mail import EmailMultiAlternatives
from django.test import Client
from PIL import Image
from pytest_django import Settings

from accounts import devices
from accounts.models import Organization, RefreshToken, User
from accounts.tests.test_sign_up import code_in
from accounts.tokens import issue_tokens
from conftest import Statements
from villaops.tests.build import PASSWORD, make_member, make_organization, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_once")]

NEW_PASSWORD = "another horse battery"


@pytest.fixture
def inside_client(client: Client, owner: User) -> Client:
    """The owner's browser, just signed in with the password."""
    client.post("/login", {"username": owner.email, "password": PASSWORD})
    return client


def bearer(user: User) -> dict[str, str]:
    return {"Authorization": f"Bearer {issue_tokens(user=user).access_token}"}


def photo(side: int = 900) -> bytes:
    """A JPEG with the place it was taken at."""
    image, drawn = Image.new("RGB", (side, side // 2), "teal"), BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "at home"
    image.save(drawn, "JPEG", exif=exif)
    return drawn.getvalue()


def test_profile_saves_name_and_default_organization(inside_client: Client, owner: User) -> None:
    other = make_organization("Hill Houses", by=owner)

    inside_client.post("/account", {"name": "Olga", "default_organization": str(other.pk)})

    owner.refresh_from_db()
    assert (owner.name, owner.default_organization) == ("Olga", other)


def test_profile_picture_is_drawn_anew_and_served(
    inside_client: Client, owner: User, settings: Settings, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path
    upload = SimpleUploadedFile("me.svg", photo(), "text/html")

    inside_client.post("/account", {"name": "Olga", "picture": upload})

    owner.refresh_from_db()
    address = f"/pictures/{owner.avatar.name.removeprefix('avatars/')}"
    answer = Client().get(address)
    content = answer.content
    assert answer["Content-Type"] == "image/webp"
    assert Image.open(BytesIO(content)).size == (256, 128)
    assert b"at home" not in content
    assert f'src="{address}"' in inside_client.get("/account").text
    told = inside_client.get("/api/v1/auth/me", headers=bearer(owner)).json()["avatar_url"]
    assert told == f"http://testserver{address}"
    inside_client.post("/account", {"name": "Olga", "without_picture": "on"})
    assert list(tmp_path.rglob("*.webp")) == []
    assert Client().get(address).status_code == 404


@pytest.mark.parametrize(
    "content", [b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"GIF89a", b"", photo()[:400]]
)
def test_profile_refuses_what_is_no_picture(
    inside_client: Client, owner: User, content: bytes
) -> None:
    upload = SimpleUploadedFile("me.jpg", content, "image/jpeg")

    answer = inside_client.post("/account", {"name": "Olga", "picture": upload})

    assert answer.status_code == 422
    owner.refresh_from_db()
    assert (owner.name, bool(owner.avatar)) == ("A Person", False)


def test_email_changes_once_the_new_one_is_proven(
    inside_client: Client, owner: User, mailoutbox: list[EmailMultiAlternatives]
) -> None:
    before = owner.email

    inside_client.post("/account/email", {"email": "new@example.com"})
    owner.refresh_from_db()
    unchanged = owner.email == before
    inside_client.post("/account/email/code", {"code": code_in(mailoutbox[0])})

    owner.refresh_from_db()
    assert unchanged
    assert (owner.email, owner.email_verified) == ("new@example.com", True)
    assert [(mail.to[0], mail.subject) for mail in mailoutbox[1:]] == [
        (before, "Your e-mail was changed")
    ]


def test_email_of_somebody_else_is_not_told(
    inside_client: Client, owner: User, mailoutbox: list[EmailMultiAlternatives]
) -> None:
    make_user("taken@example.com")
    texts = []
    for address in ("taken@example.com", "free@example.com"):
        page = inside_client.post("/account/email", {"email": address}, follow=True)
        texts.append(re.sub(r'value="\w{64}"', "", page.text.replace(address, "?")))

    assert texts[0] == texts[1]
    assert mailoutbox[0].subject == "This address is in use already"
    assert "    " not in mailoutbox[0].body


def test_email_that_nobody_has_confirmed_is_confirmed(
    inside_client: Client, owner: User, mailoutbox: list[EmailMultiAlternatives]
) -> None:
    page = inside_client.get("/account/email").text
    inside_client.post("/account/email", {"verify": "1"})
    inside_client.post("/account/email/code", {"code": code_in(mailoutbox[0])})

    owner.refresh_from_db()
    assert "Not confirmed" in page
    assert owner.email_verified
    assert len(mailoutbox) == 1


def test_first_password_is_chosen_by_who_has_none(client: Client, owner: User) -> None:
    owner.set_unusable_password()
    owner.save()
    client.force_login(owner)

    led = client.get("/account/password")
    client.post(led["Location"], {"password1": NEW_PASSWORD})

    owner.refresh_from_db()
    assert led["Location"] == "/account/password/first"
    assert owner.check_password(NEW_PASSWORD)
    assert client.get("/account").status_code == 200


def test_password_change_ends_what_the_old_one_let_in(inside_client: Client, owner: User) -> None:
    elsewhere = Client()
    elsewhere.post("/login", {"username": owner.email, "password": PASSWORD})
    issue_tokens(user=owner)

    answer = inside_client.post(
        "/account/password", {"oldpassword": PASSWORD, "password1": NEW_PASSWORD}
    )

    assert answer.status_code == 302
    assert inside_client.get("/account").status_code == 200
    assert elsewhere.get("/account")["Location"] == "/login?next=/account"
    assert RefreshToken.objects.get(user=owner).revoked_at
    owner.refresh_from_db()
    assert owner.check_password(NEW_PASSWORD)


def test_password_change_wants_the_present_one(inside_client: Client, owner: User) -> None:
    answer = inside_client.post(
        "/account/password", {"oldpassword": "wrong", "password1": NEW_PASSWORD}
    )

    assert "This is not your current password." in answer.text
    owner.refresh_from_db()
    assert owner.check_password(PASSWORD)


def test_what_matters_asks_for_the_password_again(client: Client, owner: User) -> None:
    client.force_login(owner)

    asked = client.get("/account/delete")
    wrong = client.post(asked["Location"], {"password": "wrong"})
    right = client.post(asked["Location"], {"password": PASSWORD})

    assert asked["Location"] == "/account/confirm?next=%2Faccount%2Fdelete"
    assert "This password is not right." in wrong.text
    assert right["Location"] == "/account/delete"


def test_phone_is_kept_once_its_code_is_right(
    inside_client: Client, owner: User, capsys: pytest.CaptureFixture[str]
) -> None:
    inside_client.post("/account/phone", {"phone": "+39 055 1234567"})
    code = re.search(r"(\w{4}-\w{4}) is your code", capsys.readouterr().out)
    assert code
    wrong = inside_client.post("/account/phone/code", {"action": "verify", "code": "BBBB-BBBB"})
    inside_client.post("/account/phone/code", {"action": "verify", "code": code[1]})

    owner.refresh_from_db()
    assert "This code is not right." in wrong.text
    assert (owner.phone, owner.phone_verified) == ("+390551234567", True)
    inside_client.post("/account/phone/remove")
    owner.refresh_from_db()
    assert (owner.phone, owner.phone_verified) == (None, False)


def test_devices_are_signed_out_one_or_all(inside_client: Client, owner: User) -> None:
    others = [Client(headers={"User-Agent": "Mozilla Firefox/140 Windows"}) for _ in range(2)]
    for other in others:
        other.post("/login", {"username": owner.email, "password": PASSWORD})
    first = UserSession.objects.get(session_key=others[0].session.session_key)

    page = inside_client.get("/account/sessions").text
    inside_client.post(f"/account/sessions/{first.pk}/end")
    alive = [other.get("/account").status_code for other in others]
    inside_client.post("/account/sessions")

    assert page.count("Firefox, Windows") == 4
    assert page.count("This one") == 1
    assert alive == [302, 200]
    assert others[1].get("/account").status_code == 302
    assert inside_client.get("/account").status_code == 200


def test_devices_say_when_they_were_last_seen(
    inside_client: Client, owner: User, statements: Statements, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Client()
    other.post("/login", {"username": owner.email, "password": PASSWORD})
    sessions = UserSession.objects.filter(session_key=other.session.session_key)
    long_ago = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
    sessions.update(last_seen_at=long_ago)

    other.get("/account")
    with statements(3):
        other.get("/account")
    just_now = sessions.get().last_seen_at
    page = inside_client.get("/account/sessions").text
    monkeypatch.setattr(devices, "SECONDS_BETWEEN", 0)
    with statements(4):
        other.get("/account")

    assert just_now == long_ago
    assert 'last seen <time datetime="2026-03-01T09:30:00+00:00">' in page
    assert page.count("last seen") == 1
    assert sessions.get().last_seen_at > long_ago


def test_device_of_somebody_else_is_not_there(inside_client: Client) -> None:
    stranger, elsewhere = make_user(), Client()
    elsewhere.post("/login", {"username": stranger.email, "password": PASSWORD})
    session = UserSession.objects.get(user=stranger)

    assert inside_client.post(f"/account/sessions/{session.pk}/end").status_code == 404
    assert elsewhere.get("/account").status_code == 200


def make_passkey(user: User, name: str = "Laptop") -> Authenticator:
    data = {"name": name, "credential": {}}
    return Authenticator.objects.create(user=user, type=Authenticator.Type.WEBAUTHN, data=data)


def test_passkey_is_renamed_and_removed(
    inside_client: Client, owner: User, mailoutbox: list[EmailMultiAlternatives]
) -> None:
    passkey = make_passkey(owner)
    at = f"/account/passkeys/{passkey.pk}"

    form = inside_client.get(at).text
    empty = inside_client.post(at, {"name": ""})
    renamed = inside_client.post(at, {"name": "Phone"})
    page = inside_client.get("/account/passkeys").text
    asked = inside_client.get(f"{at}/remove").text
    still_there = Authenticator.objects.filter(pk=passkey.pk).exists()
    removed = inside_client.post(f"{at}/remove")

    assert 'value="Laptop"' in form
    assert "This field is required." in empty.text
    assert renamed["Location"] == removed["Location"] == "/account/passkeys"
    assert "Phone" in page
    assert "Laptop" not in page
    assert "Remove Phone?" in asked
    assert still_there
    assert not Authenticator.objects.exists()
    assert [(mail.to, mail.subject) for mail in mailoutbox] == [
        ([owner.email], "A passkey was removed")
    ]


def test_passkey_of_somebody_else_is_not_there(inside_client: Client, owner: User) -> None:
    theirs = make_passkey(make_user(), "Not yours")
    code = Authenticator.objects.create(user=owner, type=Authenticator.Type.TOTP, data={})

    for one in (theirs, code):
        at = f"/account/passkeys/{one.pk}"
        answers = [inside_client.get(at), inside_client.get(f"{at}/remove")]
        answers += [inside_client.post(at, {"name": "Mine"}), inside_client.post(f"{at}/remove")]
        assert [answer.status_code for answer in answers] == [404] * 4

    assert "Not yours" not in inside_client.get("/account/passkeys").text
    theirs.refresh_from_db()
    assert theirs.data["name"] == "Not yours"
    assert Authenticator.objects.count() == 2


@pytest.mark.parametrize("way", ["", "/remove"])
def test_passkeys_ask_for_the_password_first(client: Client, owner: User, way: str) -> None:
    passkey = make_passkey(owner)
    client.force_login(owner)

    answer = client.post(f"/account/passkeys/{passkey.pk}{way}", {"name": "Phone"})

    assert answer["Location"].startswith("/account/confirm")
    passkey.refresh_from_db()
    assert passkey.data["name"] == "Laptop"


def test_account_of_a_sole_owner_stays(
    inside_client: Client, owner: User, organization: Organization
) -> None:
    page = inside_client.get("/account/delete")
    inside_client.post("/account/delete", {"confirmation": owner.email})

    assert organization.name in page.text
    assert f'href="/o/{organization.slug}/settings/transfer"' in page.text
    assert User.objects.filter(pk=owner.pk).exists()


def test_account_is_deleted_with_the_typed_email(
    inside_client: Client,
    owner: User,
    organization: Organization,
    mailoutbox: list[EmailMultiAlternatives],
) -> None:
    make_member(organization)

    wrong = inside_client.post("/account/delete", {"confirmation": "nobody@example.com"})
    right = inside_client.post("/account/delete", {"confirmation": owner.email.upper()})

    assert wrong.status_code == 422
    assert right["Location"] == "/"
    assert not User.objects.filter(pk=owner.pk).exists()
    assert [mail.to for mail in mailoutbox] == [[owner.email]]
    assert inside_client.get("/account").status_code == 302


@pytest.mark.parametrize("path", ["", "/email", "/phone", "/password", "/sessions", "/delete"])
def test_account_pages_ask_little_of_the_database(
    inside_client: Client, path: str, statements: Statements
) -> None:
    inside_client.get(f"/account{path}")
    counted = {"": 3, "/email": 5, "/phone": 2, "/password": 2, "/sessions": 6, "/delete": 7}

    with statements(counted[path]):
        assert inside_client.get(f"/account{path}").status_code == 200


PAGES = ["", "/email", "/phone", "/password", "/passkeys", "/two-step", "/connections"]
PAGES += ["/sessions", "/delete"]


@pytest.mark.parametrize("path", PAGES)
def test_account_pages_are_for_who_is_signed_in(client: Client, path: str) -> None:
    assert client.get(f"/account{path}")["Location"].startswith("/login?next=/")
