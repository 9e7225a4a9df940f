# ruff: noqa: INP001, E402 - a program, not a package; the apps' modules need django.setup() first
"""What Redis saves: the same reads from PostgreSQL and from the cache, side by side.

    RATE_LIMIT_API=0 REDIS_URL=redis://127.0.0.1:6379/9 .venv/bin/python bench/cache.py [times]

Whole requests are timed made anew, their organization's edition raised before each, and remembered.

Makes an organization of its own with 100 properties in the database of DATABASE_URL (else the
private one) and deletes it afterwards. Prints milliseconds of the clock and of this process's
processor time, the median of each; what PostgreSQL and Redis work is in the clock's alone.
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any
from uuid import uuid4

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "villaops.settings")

import django

django.setup()

from django.core.cache import cache
from django.db import connection
from django.test import RequestFactory
from django.utils import timezone

from accounts.joined import user_with_memberships
from accounts.models import Organization, User
from accounts.organizations import end_organization
from accounts.tokens import issue_tokens, read_access_token
from villaops.api import authentication
from villaops.tenancy import Door, organization_context
from villaops.tests.build import make_organization, make_property, make_user
from villaops.wsgi import application

HOUSES = 100
SIZES = (5, 20, 100)


def timed(
    name: str, times: int, deed: Callable[[], object], before: Callable[[], object] = int
) -> None:
    """Do it so many times and print what it took, without what is done before each."""
    deed()
    waited, worked = [], []
    for _ in range(times):
        before()
        began, cpu = perf_counter(), process_time()
        deed()
        waited.append((perf_counter() - began) * 1000)
        worked.append((process_time() - cpu) * 1000)
    print(f"{name:<52} {median(waited):8.2f} {median(worked):8.2f}")


def both(name: str, times: int, database: Callable[[], object]) -> None:
    """The read from PostgreSQL, and what it gave from Redis."""
    timed(f"{name}: PostgreSQL", times, database)
    cache.set("bench", database(), 60)
    timed(f"{name}: Redis", times, lambda: cache.get("bench"))


def request(path: str, token: str) -> Callable[[], None]:
    """A whole request, through every middleware."""
    headers = {"Authorization": f"Bearer {token}", "Host": "localhost"}
    environ = RequestFactory().get(path, headers=headers).environ

    def send() -> None:
        told: list[str] = []

        def start(status: str, *_rest: Any) -> Any:
            told.append(status)

        for _part in application(dict(environ), start):
            pass
        if told != ["200 OK"]:
            raise RuntimeError(told)

    return send


def measure(organization: Organization, times: int) -> None:
    """All of it, with the cache and without."""
    user = User.objects.get(memberships__organization=organization)
    token = issue_tokens(user=user).access_token
    claims = read_access_token(token)

    def forget() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT edition_raise(%s)", [organization.pk])

    print(f"{'':<52} {'clock':>8} {'cpu':>8}")
    both("API: who calls, in which role", times, lambda: authentication._found(claims, ""))
    both("page: who, and all memberships", times, lambda: user_with_memberships(user.pk))
    for size in SIZES:
        path = f"/api/v1/properties?limit={size}"
        send = request(path, token)
        timed(f"whole GET {path}: made", times, send, before=forget)
        timed(f"whole GET {path}: remembered", times, send)


def main(times: int) -> None:
    """Make the houses, measure, and delete them."""
    name = f"bench-{uuid4().hex[:8]}"
    owner = make_user(f"{name}@example.com")
    organization = make_organization("Bench Houses", slug=name, by=owner)
    with organization_context(organization, by=None, door=Door.COMMAND):
        for n in range(HOUSES):
            make_property(organization, name=f"Villa {n}", description="A house by the sea. " * 10)
    try:
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE properties_property, properties_unit")
        measure(organization, times)
    finally:
        now = timezone.now()
        Organization.objects.filter(pk=organization.pk).update(ends_at=now)
        with organization_context(organization, by=None, door=Door.COMMAND):
            end_organization(organization=organization, now=now)
        owner.delete()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 300)
