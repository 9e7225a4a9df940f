"""Signing in and out in the browser."""

import pytest
from django.test import Client

from accounts.models import Organization, User
from villaops.tests.build import PASSWORD, make_user

WRONG = "E-mail or password is wrong."


def sign_in(client: Client, email: str, password: str, **more: str):  # noqa: ANN201
    return client.post("/login", {"username": email, "password": password, **more})


def test_sign_in_leads_to_today(client: Client, organization: Organization, owner: User) -> None:
    answer = sign_in(client, owner.email.upper(), PASSWORD)

    assert answer["Location"] == "/o/"
    assert client.get("/o/")["Location"] == f"/o/{organization.slug}/"


def test_sign_in_leads_back_to_where_one_was(client: Client, owner: User) -> None:
    assert (
        sign_in(client, owner.email, PASSWORD, next="/o/x/bookings/")["Location"]
        == "/o/x/bookings/"
    )


@pytest.mark.parametrize("next", ["https://example.org/", "//example.org/", "javascript:alert(1)"])
def test_sign_in_leads_nowhere_else(client: Client, owner: User, next: str) -> None:  # noqa: A002
    assert sign_in(client, owner.email, PASSWORD, next=next)["Location"] == "/o/"


@pytest.mark.django_db
@pytest.mark.parametrize("email", ["known@example.com", "unknown@example.com", "off@example.com"])
def test_sign_in_refused_tells_nothing_about_the_account(client: Client, email: str) -> None:
    make_user("known@example.com")
    make_user("off@example.com", is_active=False)

    answer = sign_in(client, email, "not the password")

    assert answer.status_code == 200
    assert WRONG in answer.text
    assert f'value="{email}"' in answer.text


@pytest.mark.django_db
def test_sign_in_locks_after_five_failures(client: Client) -> None:
    make_user("known@example.com")
    for _attempt in range(5):
        answer = sign_in(client, "known@example.com", "not the password")

    assert sign_in(client, "known@example.com", PASSWORD).status_code == 429
    assert answer.status_code == 429
    assert "Too many failed log-ins. Try again in 15 minutes." in answer.text


def test_log_out_by_post_only(client: Client, owner: User) -> None:
    client.force_login(owner)

    assert client.get("/logout").status_code == 405
    assert client.post("/logout")["Location"] == "/"
    assert client.get("/o/")["Location"] == "/login?next=/o/"
