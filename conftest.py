"""Fixtures for every app's tests."""

import gc
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core.cache import cache
from django.core.management.commands.flush import Command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from whitenoise.middleware import WhiteNoiseMiddleware

from accounts.models import Organization, User
from villaops.celery import app
from villaops.tenancy import Door, organization_context
from villaops.tests import build, database
from villaops.tests.browser import browser, chromium, open_page  # noqa: F401 - fixtures
from villaops.tests.database import django_db_modify_db_settings  # noqa: F401 - a fixture

TRANSACTION_CONTROL = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "SET LOCAL")

# No worker runs beside the tests: what is queued happens at once.
app.conf.task_always_eager = True

type Statements = Callable[[int], AbstractContextManager[None]]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long ones first, so that the rest can fill what is left of each worker's time."""
    items.sort(key=lambda item: not item.get_closest_marker("browser"))


def pytest_collection_finish() -> None:
    """Modules and collected tests stay until the end: nobody need look through them for garbage."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


@pytest.fixture(autouse=True, scope="session")
def tables_are_emptied_quickly() -> Iterator[None]:
    """After each test that commits."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Command, "handle", database.emptying(Command.handle))
        yield


@pytest.fixture(autouse=True, scope="session")
def passwords_are_hashed_cheaply() -> Iterator[None]:
    """Argon2 as ever, without the fifth of a second of two cores it is meant to cost."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Argon2PasswordHasher, "time_cost", 1)
        patch.setattr(Argon2PasswordHasher, "memory_cost", 64)
        patch.setattr(Argon2PasswordHasher, "parallelism", 1)
        yield


@pytest.fixture(autouse=True, scope="session")
def static_files_are_looked_for_once() -> Iterator[None]:
    """Each test client is a server of its own, for which WhiteNoise looks for every file anew."""
    found: dict[str, Any] = {}
    look = WhiteNoiseMiddleware.add_files_from_finders

    def remembered(middleware: WhiteNoiseMiddleware) -> None:
        if not found:
            look(middleware)
            found.update(middleware.files)
        middleware.files.update(found)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WhiteNoiseMiddleware, "add_files_from_finders", remembered)
        yield


@pytest.fixture(autouse=True)
def empty_cache() -> None:
    """Throttles count in the cache; one test's requests are not another's."""
    cache.clear()


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mails and text messages go out at once: a test's transaction is never committed."""
    monkeypatch.setattr(transaction, "on_commit", lambda then, **_options: then())


@pytest.fixture
def organization(db: None) -> Organization:
    """Sea Houses."""
    return build.make_organization("Sea Houses")


@pytest.fixture
def owner(organization: Organization) -> User:
    """The owner of Sea Houses."""
    return User.objects.get(memberships__organization=organization, memberships__role="owner")


@pytest.fixture
def other_organization(db: None) -> Organization:
    """Hill Houses, which has nothing to do with Sea Houses."""
    return build.make_organization("Hill Houses")


@pytest.fixture
def inside(organization: Organization, owner: User) -> Iterator[None]:
    """The test runs in the context of Sea Houses."""
    with organization_context(organization, by=owner, door=Door.WEB):
        yield


@pytest.fixture
def statements() -> Statements:
    """Assert how many SQL statements a block runs; what begins and ends transactions aside."""

    @contextmanager
    def exactly(number: int) -> Iterator[None]:
        with CaptureQueriesContext(connection) as captured:
            yield
        asked = [
            query["sql"]
            for query in captured.captured_queries
            if not query["sql"].lstrip().upper().startswith(TRANSACTION_CONTROL)
        ]
        listing = "\n".join(f"{n}. {sql[:400]}" for n, sql in enumerate(asked, 1))
        assert len(asked) == number, f"{len(asked)} statements instead of {number}:\n{listing}"

    return exactly
