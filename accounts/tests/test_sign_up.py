"""Sign-up: a code proves the address, and nothing tells whether it has an account."""

import re

import pytest
from django.core.mail import EmailMultiAlternatives
from django.test import Client

from accounts.models import Membership, Organization, User
from accounts.permissions import Role
from villaops.tests.build import PASSWORD, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_once")]

GIVEN = {
    "name": "Ada Lovelace",
    "email": "ada@example.com",
    "password": PASSWORD,
    "organization_name": "Engine Houses",
}


def code_in(mail: EmailMultiAlternatives) -> str:
    found = re.search(r"^ {4}(\S+)$", str(mail.body), re.MULTILINE)
    assert found
    return found[1]


def test_sign_up_makes_the_organization_once_the_code_is_right(
    client: Client, mailoutbox: list[EmailMultiAlternatives]
) -> None:
    asked = client.post("/signup", GIVEN)
    before = User.objects.count()
    finished = client.post("/signup/code", {"code": code_in(mailoutbox[0]).lower()})

    assert asked["Location"] == "/signup/code"
    assert before == 0
    assert finished["Location"] == "/o/"
    user = User.objects.get(email="ada@example.com")
    assert (user.name, user.email_verified) == ("Ada Lovelace", True)
    assert user.check_password(PASSWORD)
    house = Organization.objects.get(name="Engine Houses")
    assert Membership.objects.get(user=user, organization=house).role == Role.OWNER
    assert client.get("/o/")["Location"] == f"/o/{house.slug}/"


def test_sign_up_says_the_same_for_a_known_address(
    client: Client, mailoutbox: list[EmailMultiAlternatives]
) -> None:
    make_user("ada@example.com")
    answers = []
    for email in ("ada@example.com", "eva@example.com"):
        first = client.post("/signup", GIVEN | {"email": email}, follow=True)
        wrong = client.post("/signup/code", {"code": "BBBB-BBBB"})
        answers.append(
            [(page.status_code, page.text.replace(email, "?")) for page in (first, wrong)]
        )

    strip = re.compile(r'name="csrfmiddlewaretoken" value="\w+"')
    known, unknown = ([(status, strip.sub("", text)) for status, text in one] for one in answers)
    assert known == unknown
    assert known[1][0] == 422
    assert mailoutbox[0].subject == "You already have an account at VillaOps AI"
    assert "http://testserver/login" in mailoutbox[0].body


def test_sign_up_ends_after_five_wrong_codes(
    client: Client, mailoutbox: list[EmailMultiAlternatives]
) -> None:
    client.post("/signup", GIVEN)
    for _attempt in range(5):
        answer = client.post("/signup/code", {"code": "BBBB-BBBB"})

    assert answer["Location"] == "/signup"
    assert client.post("/signup/code", {"code": code_in(mailoutbox[0])})["Location"] == "/signup"
    assert not User.objects.exists()


def test_sign_up_refuses_short_passwords_and_what_is_no_address(client: Client) -> None:
    answer = client.post("/signup", GIVEN | {"password": "short", "email": "ada@localhost"})

    assert answer.status_code == 422
    assert answer.text.count('class="field-error"') == 2


def test_sign_up_mails_one_address_a_few_times_a_minute(
    client: Client, mailoutbox: list[EmailMultiAlternatives]
) -> None:
    for _attempt in range(4):
        answer = client.post("/signup", GIVEN)

    assert answer.status_code == 422
    assert "Too many codes asked for." in answer.text
    assert len(mailoutbox) == 3


def test_sign_up_leads_home_who_is_signed_in(client: Client, owner: User) -> None:
    client.force_login(owner)

    assert client.get("/signup")["Location"] == "/o/"
    assert client.get("/login")["Location"] == "/o/"
