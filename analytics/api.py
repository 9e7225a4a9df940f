"""The JSON face of figures."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Literal, Self
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _
from pydantic import model_validator

from accounts.access import KeyAccess
from accounts.audit import SecurityEvent, record_security_event
from accounts.permissions import Permission
from analytics.figures import occupancy_by_property, overall_occupancy_rate
from properties.models import Property
from properties.services import PropertyNotFound
from villaops.api.endpoint import Endpoint, operation
from villaops.api.reads import find
from villaops.api.tables import csv_response
from villaops.api.wire import Input, Money, Output, optional
from villaops.errors import Refused
from villaops.tenancy import Door

MAX_DAYS = 3660


class PeriodEndsBeforeItBegins(Refused):
    code = "period_ends_before_it_begins"
    message = "period_end must be after period_start"


class PeriodQuery(Input):
    """A period [period_start, period_end); start_date and end_date are synonyms."""

    period_start: date
    period_end: date
    start_date: date = optional()
    end_date: date = optional()
    property_id: UUID = optional()
    format: Literal["csv"] = optional()

    def is_file(self) -> bool:
        """Whether the answer is wanted as CSV."""
        return "format" in self.given()

    @model_validator(mode="before")
    @classmethod
    def _either_name(cls, sent: dict[str, Any]) -> dict[str, Any]:
        names = {"period_start": "start_date", "period_end": "end_date"}
        meant = {name: sent[other] for name, other in names.items() if other in sent}
        return meant | sent

    @model_validator(mode="after")
    def _one_period(self) -> Self:
        given = self.given()
        for name, other in (("period_start", "start_date"), ("period_end", "end_date")):
            if other in given and given[other] != given[name]:
                raise ValueError(f"{other} is {name} by another name and has to be equal")
        if (self.period_end - self.period_start).days > MAX_DAYS:
            raise ValueError(f"A period has at most {MAX_DAYS} days")
        return self


class PropertyOccupancyOutput(Output):
    property_id: UUID
    property_name: str
    period_start: date
    period_end: date
    total_days: int
    booked_days: int
    occupancy_rate: Money


class OccupancyOutput(Output):
    period_start: date
    period_end: date
    properties: list[PropertyOccupancyOutput]
    overall_occupancy_rate: Money


class PeriodEndpoint(Endpoint):
    """A report over a period, of one property or all."""

    tag = "Analytics"

    def period(self, query: PeriodQuery) -> tuple[date, date, Property | None]:
        """Raises PeriodEndsBeforeItBegins, PropertyNotFound."""
        if query.period_end <= query.period_start:
            raise PeriodEndsBeforeItBegins
        home = None
        if query.property_id:
            homes = Property.objects.for_organization(self.access.organization)
            home = find(homes.filter(pk=query.property_id), PropertyNotFound)
        return query.period_start, query.period_end, home

    def told[Asked: PeriodQuery, Told: Output](
        self,
        query: Asked,
        answer: Callable[[Asked], Told],
        file: Callable[[dict[str, Any]], HttpResponse],
    ) -> Told | HttpResponse:
        """The answer or its file."""
        told = answer(query)
        return file(told.model_dump(mode="json")) if query.is_file() else told

    def file(
        self, what: str, filename: str, header: Sequence[str], rows: Iterable[Mapping[str, Any]]
    ) -> HttpResponse:
        """A file leaves the house, which the audit log tells as it does of the dashboard's."""
        access = self.access
        record_security_event(
            kind=SecurityEvent.EXPORTED,
            by=self.by,
            organization=access.organization,
            door=Door.API,
            label=what,
            api_key=access.key if isinstance(access, KeyAccess) else None,
        )
        return csv_response(filename, header, rows)


class Occupancy(PeriodEndpoint):
    @operation("get_occupancy", Permission.READ_OCCUPANCY, errors={400}, csv=True, remembered=True)
    def get(self, query: PeriodQuery) -> OccupancyOutput | HttpResponse:
        """How much of a period each property was in use."""
        return self.told(query, self._report, self._table)

    def _report(self, query: PeriodQuery) -> OccupancyOutput:
        start, end, home = self.period(query)
        figures = occupancy_by_property(self.access.organization, start, end, home)
        rows = [
            PropertyOccupancyOutput(
                property_id=row.property_id,
                property_name=row.property_name,
                period_start=start,
                period_end=end,
                total_days=row.total_days,
                booked_days=row.booked_days,
                occupancy_rate=row.occupancy_rate,
            )
            for row in figures
        ]
        return OccupancyOutput(
            period_start=start,
            period_end=end,
            properties=rows,
            overall_occupancy_rate=overall_occupancy_rate(figures),
        )

    def _table(self, shown: dict[str, Any]) -> HttpResponse:
        """A line for each property, then the total."""
        rows = shown["properties"]
        total = {
            "property_id": "total",
            "period_start": shown["period_start"],
            "period_end": shown["period_end"],
            "total_days": sum(row["total_days"] for row in rows),
            "booked_days": sum(row["booked_days"] for row in rows),
            "occupancy_rate": shown["overall_occupancy_rate"],
        }
        header = list(PropertyOccupancyOutput.model_fields)
        return self.file(_("occupancy"), "occupancy.csv", header, [*rows, total])
