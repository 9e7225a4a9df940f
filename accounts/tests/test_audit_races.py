"""Writers of several organizations at once: no chain breaks, and nobody waits for ever."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from accounts.audit import SecurityEvent, record_security_event
from accounts.audit_chain import chains
from accounts.models import Organization
from guests.models import Guest
from villaops.tenancy import Door, all_organizations, organization_context
from villaops.tests.build import make_guest, make_organization

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]

WRITERS = 8
ROUNDS = 10


def test_chains_hold_while_many_write(transactional_db: None) -> None:
    """Half of the writers begin with one organization, half with the other, in one transaction
    each: whoever locked a chain when it first wrote would meet the others head on.
    """
    both = [make_organization("Sea Houses"), make_organization("Hill Houses")]
    start = threading.Barrier(WRITERS)

    def write(number: int) -> str:
        order = both if number % 2 else both[::-1]
        try:
            connection.ensure_connection()
            start.wait(timeout=30)
            for _round in range(ROUNDS):
                write_in_each(order)
        except Exception as error:
            return f"{type(error).__name__}: {error}"
        else:
            return "done"
        finally:
            connection.close()

    with ThreadPoolExecutor(WRITERS) as pool:
        ended = list(pool.map(write, range(WRITERS)))

    assert ended == ["done"] * WRITERS
    with all_organizations(by=None, door=Door.COMMAND, reason="test"):
        found = {chain.organization_id: chain for chain in chains()}
        assert Guest.objects.count() == WRITERS * ROUNDS * 2
    # The organization and its owner, and a guest and an event of each round.
    assert [(found[one.pk].count, found[one.pk].broken) for one in both] == [
        (2 + WRITERS * ROUNDS * 2, None)
    ] * 2


def write_in_each(organizations: list[Organization]) -> None:
    with transaction.atomic():
        for organization in organizations:
            with organization_context(organization, by=None, door=Door.JOB):
                make_guest(organization)
            record_security_event(
                kind=SecurityEvent.EXPORTED, organization=organization, door=Door.JOB
            )
