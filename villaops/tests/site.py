"""What tests of the administrators' site ask of its pages."""

from typing import Any

from django.db.models import Model
from django.test import Client
from django.urls import reverse

from accounts.models import Organization
from bookings.blocks import block_nights
from villaops.tenancy import Door, organization_context
from villaops.tests.build import (
    DAY,
    make_booking,
    make_property,
    units_of,
)


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


def act(site: Client, action: str, *rows_: Model, **fields: Any) -> list[str]:
    """Run an action on the list and return what was said."""
    response = site.post(
        url("changelist", type(rows_[0])),
        {"action": action, "index": 0, "_selected_action": [row.pk for row in rows_], **fields},
        follow=True,
    )
    assert response.status_code == 200
    return [str(message) for message in response.context["messages"]]
