"""Ways in beside the password: codes, links, second steps. None tells who has an account."""

import re

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.core.mail import EmailMultiAlternatives
from django.test import Client
from pytest_django import Settings

from accounts.models import RefreshToken, User
from accounts.tests.authenticator import present_code
from accounts.tests.test_sign_up import code_in
from accounts.tokens import issue_tokens
from conftest import Statements
from villaops.tests.build import PASSWORD, make_user
from villaops.tests.site import act

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_once")]

NEW_PASSWORD = "another horse battery"
PHONE = "+390551234567"
SECRET = "JBSWY3DPEHPK3PXP"


@pytest.fixture
def ada() -> User:
    return make_user("ada@example.com", phone=PHONE, phone_verified=True)


def stripped(text: str, *words: str) -> str:
    """A page without what differs by request."""
    text = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", text)
    for word in words:
        text = text.replace(word, "?")
    return text


def signed_in(client: Client) -> bool:
    return client.get("/account").status_code == 200


# --- A code by mail or text -----------------------------------------------------------------------


def test_code_by_mail_signs_in_and_proves_the_address(
    client: Client, ada: User, mailoutbox: list[EmailMultiAlternatives]
) -> None:
    client.post("/login/code?next=/account/email", {"login": "ADA@example.com"})
    answer = client.post(
        "/login/code/confirm?next=/account/email",
        {"action": "verify", "code": code_in(mailoutbox[0])},
    )

    assert answer["Location"] == "/account/email"
    assert signed_in(client)
    ada.refresh_from_db()
    assert ada.email_verified


def test_code_by_text_message_signs_in(
    client: Client, ada: User, capsys: pytest.CaptureFixture[str]
) -> None:
    client.post("/login/code", {"login": "+39 055 123 4567"})
    found = re.search(r"to (\S+) ---\n(\S+) is your code", capsys.readouterr().out)
    assert found
    client.post("/login/code/confirm", {"action": "verify", "code": found[2]})

    assert found[1] == PHONE
    assert signed_in(client)


@pytest.mark.parametrize(
    ("known", "unknown"),
    [("ada@example.com", "eva@example.com"), (PHONE, "+390557654321")],
    ids=["mail", "text"],
)
def test_code_is_asked_for_the_same_way_by_strangers(
    ada: User, known: str, unknown: str, capsys: pytest.CaptureFixture[str]
) -> None:
    pages = []
    for login in (known, unknown):
        client = Client()
        asked = client.post("/login/code", {"login": login}, follow=True)
        wrong = client.post("/login/code/confirm", {"action": "verify", "code": "BBBB-BBBB"})
        pages.append(
            [(asked.status_code, stripped(asked.text, login)), stripped(wrong.text, login)]
        )

    assert pages[0] == pages[1]
    assert unknown not in capsys.readouterr().out


def test_code_is_gone_after_three_wrong_ones(
    client: Client, ada: User, mailoutbox: list[EmailMultiAlternatives]
) -> None:
    client.post("/login/code", {"login": "ada@example.com"})
    for _attempt in range(3):
        client.post("/login/code/confirm", {"action": "verify", "code": "BBBB-BBBB"})
    client.post("/login/code/confirm", {"action": "verify", "code": code_in(mailoutbox[0])})

    assert not signed_in(client)


def test_code_for_a_closed_account_goes_nowhere(
    client: Client, mailoutbox: list[EmailMultiAlternatives]
) -> None:
    make_user("off@example.com", is_active=False)

    client.post("/login/code", {"login": "off@example.com"})

    assert [mail.subject for mail in mailoutbox] == ["No account at VillaOps AI with this address"]


def test_nobody_is_offered_text_messages_without_a_provider(
    client: Client, settings: Settings
) -> None:
    settings.SMS_PROVIDER = ""

    assert "by mail or text" not in client.get("/login").text
    assert "by mail" in client.get("/login").text


# --- A forgotten password -------------------------------------------------------------------------


def link_in(mail: EmailMultiAlternatives) -> str:
    found = re.search(r"^http://testserver(\S+)$", str(mail.body), re.MULTILINE)
    assert found
    return found[1]


def test_forgotten_password_is_chosen_anew_by_the_link(
    client: Client, ada: User, mailoutbox: list[EmailMultiAlternatives]
) -> None:
    issue_tokens(user=ada)
    elsewhere = Client()
    elsewhere.force_login(ada)
    client.post("/password/reset", {"email": "ada@example.com"})
    link = link_in(mailoutbox[0])

    form = client.get(link, follow=True)
    client.post(form.redirect_chain[-1][0], {"password1": NEW_PASSWORD})
    again = Client().get(link, follow=True)

    ada.refresh_from_db()
    assert ada.check_password(NEW_PASSWORD)
    assert ada.email_verified
    assert RefreshToken.objects.get(user=ada).revoked_at
    assert not signed_in(elsewhere)
    assert "This link no longer works" in again.text
    assert mailoutbox[1].subject == "Your password was changed"


def test_forgotten_password_says_the_same_to_strangers(
    ada: User, mailoutbox: list[EmailMultiAlternatives]
) -> None:
    pages = []
    for email in ("ada@example.com", "eva@example.com"):
        answer = Client().post("/password/reset", {"email": email}, follow=True)
        pages.append((answer.status_code, stripped(answer.text, email)))

    assert pages[0] == pages[1]
    assert [mail.subject for mail in mailoutbox] == [
        "Choose a new password",
        "No account at VillaOps AI with this address",
    ]


def test_new_password_must_be_long_enough(
    client: Client, ada: User, mailoutbox: list[EmailMultiAlternatives]
) -> None:
    client.post("/password/reset", {"email": "ada@example.com"})
    form = client.get(link_in(mailoutbox[0]), follow=True)

    answer = client.post(form.redirect_chain[-1][0], {"password1": "short"})

    assert "at least 8 characters" in answer.text
    ada.refresh_from_db()
    assert ada.check_password(PASSWORD)


def test_many_mails_from_one_address_are_too_many(client: Client) -> None:
    for number in range(20):
        client.post("/password/reset", {"email": f"person{number}@example.com"})

    answer = client.post("/password/reset", {"email": "ada@example.com"})

    assert (answer.status_code, answer["Retry-After"]) == (429, "60")
    assert "That was a little fast" in answer.text


# --- A second step --------------------------------------------------------------------------------


@pytest.fixture
def app(ada: User) -> None:
    """Ada has an authenticator app and recovery codes."""
    TOTP.activate(ada, SECRET)
    RecoveryCodes.activate(ada)


@pytest.mark.usefixtures("app")
def test_second_step_is_asked_for_after_the_password(client: Client, ada: User) -> None:
    asked = client.post(
        "/login", {"username": ada.email, "password": PASSWORD, "next": "/account/sessions"}
    )
    before = signed_in(client)
    step = client.get("/login/second-step").text
    wrong = client.post("/login/second-step", {"code": "000000"})
    right = client.post("/login/second-step", {"code": present_code(SECRET)})

    assert asked["Location"] == "/login/second-step"
    assert not before
    assert "Code of your app" in step
    assert "Use a passkey" not in step  # There is none.
    assert "This code is not right." in wrong.text
    assert right["Location"] == "/account/sessions"
    assert signed_in(client)


@pytest.mark.usefixtures("app")
def test_recovery_code_works_once(client: Client, ada: User) -> None:
    row = Authenticator.objects.get(user=ada, type="recovery_codes")
    code = row.wrap().get_unused_codes()[0]
    ways = []
    for _attempt in range(2):
        browser = Client()
        browser.post("/login", {"username": ada.email, "password": PASSWORD})
        browser.post("/login/second-step", {"code": code})
        ways.append(signed_in(browser))

    assert ways == [True, False]


@pytest.mark.usefixtures("app")
def test_second_step_is_shut_after_five_wrong_codes(client: Client, ada: User) -> None:
    client.post("/login", {"username": ada.email, "password": PASSWORD})
    for _attempt in range(5):
        client.post("/login/second-step", {"code": "000000"})

    answer = client.post("/login/second-step", {"code": present_code(SECRET)})

    assert "Too many tries." in answer.text
    assert not signed_in(client)

    site = Client()
    site.force_login(make_user("root@example.com", is_staff=True, is_superuser=True))
    said = act(site, "lift_locks", ada)
    client.post("/login/second-step", {"code": present_code(SECRET)})

    assert said == [f"{ada.email} may try again."]
    assert signed_in(client)


@pytest.mark.usefixtures("app")
def test_code_by_mail_does_not_get_round_the_second_step(
    client: Client, ada: User, mailoutbox: list[EmailMultiAlternatives]
) -> None:
    client.post("/login/code", {"login": "ada@example.com"})
    answer = client.post(
        "/login/code/confirm", {"action": "verify", "code": code_in(mailoutbox[0])}
    )

    assert answer["Location"] == "/login/second-step"
    assert not signed_in(client)


@pytest.mark.usefixtures("app")
def test_secret_of_the_app_is_not_in_the_database(ada: User) -> None:
    row = Authenticator.objects.get(user=ada, type="totp")

    assert SECRET not in str(row.data)
    assert row.wrap().validate_code(present_code(SECRET))


@pytest.mark.usefixtures("app")
def test_recovery_codes_are_downloaded_and_made_anew(client: Client, ada: User) -> None:
    client.force_login(ada)
    client.post("/account/confirm", {"password": PASSWORD})

    shown = re.findall(r"<li><code>(\d+)</code>", client.get("/account/two-step/codes").text)
    downloaded = client.get("/account/two-step/codes/download")
    client.post("/account/two-step/codes/new")
    anew = re.findall(r"<li><code>(\d+)</code>", client.get("/account/two-step/codes").text)

    assert len(shown) == len(anew) == 10
    assert downloaded.text.split() == shown
    assert downloaded["Content-Type"] == "text/plain"
    assert not set(shown) & set(anew)


@pytest.mark.usefixtures("app")
def test_recovery_codes_ask_for_the_password_first(client: Client, ada: User) -> None:
    client.force_login(ada)

    for page in ("codes", "codes/download", "codes/new", "app/remove"):
        asked = client.get(f"/account/two-step/{page}")
        assert asked["Location"].startswith("/account/confirm?next=%2Faccount%2Ftwo-step")


@pytest.mark.usefixtures("app")
def test_second_step_is_switched_off_and_told(
    client: Client, ada: User, mailoutbox: list[EmailMultiAlternatives]
) -> None:
    client.force_login(ada)
    client.post("/account/confirm", {"password": PASSWORD})

    client.post("/account/two-step/app/remove")

    assert not Authenticator.objects.filter(user=ada).exists()
    assert [mail.subject for mail in mailoutbox] == ["Two-step sign-in is off"]
    assert "from the address 127.0.0.1" in mailoutbox[0].body


@pytest.mark.parametrize("page", ["/login", "/signup", "/login/code", "/password/reset"])
def test_pages_of_sign_in_ask_nothing_of_the_database(
    client: Client, page: str, statements: Statements
) -> None:
    with statements(0):
        assert client.get(page).status_code == 200


@pytest.mark.parametrize("page", ["https://example.org/", "//example.org/", "javascript:alert(1)"])
def test_code_leads_nowhere_else(
    client: Client, ada: User, page: str, mailoutbox: list[EmailMultiAlternatives]
) -> None:
    client.post("/login/code", {"login": ada.email, "next": page})
    given = {"action": "verify", "code": code_in(mailoutbox[0]), "next": page}

    assert client.post("/login/code/confirm", given)["Location"] == "/o/"
