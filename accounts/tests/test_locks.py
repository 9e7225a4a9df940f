"""Guessing is slow at every door, and tells nothing."""

from typing import Any

import pytest
from asgiref.sync import async_to_sync
from axes.models import AccessAttempt
from django.core.cache.backends.db import DatabaseCache
from django.db import connection
from django.test import AsyncClient, Client

from accounts.audit import SecurityEvent
from accounts.models import User
from villaops.api.throttles import count_request, forget_old_counts
from villaops.errors import TooManyAttempts
from villaops.tests.build import PASSWORD, make_user
from villaops.tests.client import Api, refusal
from villaops.tests.site import act

WRONG = "not the password"


def log_in(client: Client, email: str, password: str) -> Any:
    return client.post("/login", {"username": email, "password": password})


def guess_everywhere(user: User) -> None:
    """Five times in all, through three doors."""
    inside = Client()
    inside.force_login(user)
    for _ in range(2):
        assert Api().post("auth/login", {"email": user.email, "password": WRONG}).status_code == 401
        assert log_in(Client(), user.email.upper(), WRONG).status_code == 200
    inside.post("/account/password", {"oldpassword": WRONG, "password1": "battery staple horse"})


@pytest.mark.django_db
def test_one_counter_for_all_doors_of_a_password() -> None:
    user = make_user()

    guess_everywhere(user)
    by_api = Api().post("auth/login", {"email": user.email, "password": PASSWORD})
    by_page = log_in(Client(), user.email, PASSWORD)

    assert refusal(by_api) == (429, "Too many failed logins")
    assert by_page.status_code == 429
    for answer in (by_api, by_page):
        assert 0 < int(answer["Retry-After"]) <= 15 * 60


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "body", "content_type", "wrong"),
    [
        ("/api/v1/auth/login", {"email": "who@example.com"}, "application/json", 401),
        ("/login", {"username": "who@example.com"}, None, 200),
    ],
    ids=["API", "page"],
)
def test_the_attempt_that_locks_is_answered_as_the_server_runs(
    path: str, body: dict[str, str], content_type: str | None, wrong: int
) -> None:
    """Asynchronously, that is: the other tests drive the synchronous half of the middleware."""
    post = async_to_sync(AsyncClient().post)
    more = {"content_type": content_type} if content_type else {}

    answers = [post(path, body | {"password": WRONG}, **more).status_code for _ in range(6)]

    assert answers[:4] == [wrong] * 4
    assert answers[4] in {wrong, 429}
    assert answers[5] == 429


@pytest.mark.django_db
def test_locked_page_still_leads_where_one_was_going() -> None:
    form = {"username": "who@example.com", "password": WRONG, "next": "/account/email"}
    pages = [Client().post("/login", form).text for _ in range(5)]

    ways = ["With a code by mail or text", "/login/code?next=%2Faccount%2Femail"]
    assert all(way in pages[0] for way in ways)
    assert "Too many failed log-ins" in pages[-1]
    assert all(way in pages[-1] for way in ways)


@pytest.mark.django_db
def test_administrator_sees_and_lifts_a_lock() -> None:
    administrator = make_user("root@example.com", is_staff=True, is_superuser=True)
    site, user = Client(), make_user()
    site.force_login(administrator)
    guess_everywhere(user)

    shown = site.get("/admin/axes/accessattempt/").text
    said = act(site, "lift", AccessAttempt.objects.get())

    assert user.email in shown
    assert said == [f"{user.email} at 127.0.0.1 may try again."]
    assert log_in(Client(), user.email, PASSWORD).status_code == 302
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT user_id FROM accounts_auditpending WHERE action = %s",
            [SecurityEvent.LOCK_LIFTED],
        )
        assert cursor.fetchall() == [(administrator.pk,)]


@pytest.mark.django_db
def test_processes_without_redis_count_together(settings: Any) -> None:
    settings.THROTTLES_IN_DATABASE = True
    for _ in range(2):
        count_request(scope="auth", client="1.2.3.4", limit=2)

    with pytest.raises(TooManyAttempts) as refused:
        count_request(scope="auth", client="1.2.3.4", limit=2)

    assert 50 < refused.value.retry_after <= 60
    count_request(scope="auth", client="5.6.7.8", limit=2)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE villaops_throttle SET ends = statement_timestamp()")
    count_request(scope="auth", client="1.2.3.4", limit=2)

    forget_old_counts()

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM villaops_throttle WHERE key LIKE '%5.6.7.8'")
        assert cursor.fetchone() == (0,)


@pytest.mark.django_db
def test_cache_of_processes_without_redis_is_a_table() -> None:
    one, another = (DatabaseCache("villaops_cache", {}) for _process in range(2))

    assert one.add("guesses", [1.5])
    assert not another.add("guesses", [2.5])
    assert another.get("guesses") == [1.5]
    another.delete("guesses")
    assert one.get("guesses") is None
