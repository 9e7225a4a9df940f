"""The audit log's page: who did what, filtered by its address, and the same as a file."""

import codecs
import csv
import datetime as dt
import io
import json
import tempfile
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import QuerySet
from django.http import FileResponse, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from accounts.access import OrganizationRequest, page
from accounts.audit import SecurityEvent, record_security_event
from accounts.audit_words import ACTIONS, KINDS, door_of, rows_of, what
from accounts.models import AuditEntry, Organization, User
from accounts.permissions import Permission
from bookings.exports import StoredFile, harmless
from villaops import written
from villaops.clock import today_in
from villaops.forms import DayInput, HouseForm
from villaops.pages import wants_fragment
from villaops.tenancy import Door

PAGE_SIZE = 25
READ_AT_ONCE = 1000
SYSTEM = "system"
ANY = ("", gettext_lazy("Any"))
HEADS = (
    "number",
    "at",
    "who",
    "door",
    "api_key",
    "what",
    "record_kind",
    "record_id",
    "record",
    "changes",
    "hash",
)


class AuditFilter(HouseForm):
    """Which entries are shown. Nonsense in the address is ignored, never an error."""

    person = forms.ChoiceField(label=gettext_lazy("Who"), required=False)
    kind = forms.ChoiceField(
        label=gettext_lazy("What"),
        required=False,
        choices=[ANY, *((kind, label) for kind, (label, _model) in KINDS.items())],
    )
    action = forms.ChoiceField(
        label=gettext_lazy("Action"),
        required=False,
        choices=[
            ANY,
            (
                gettext_lazy("Records"),
                [(action, capfirst(label)) for action, label in ACTIONS.items()],
            ),
            (gettext_lazy("Security"), SecurityEvent.choices),
        ],
    )
    door = forms.ChoiceField(
        label=gettext_lazy("Door"),
        required=False,
        choices=[ANY, *((door, capfirst(label)) for door, label in Door.choices)],
    )
    start = forms.DateField(label=gettext_lazy("From"), required=False, widget=DayInput)
    end = forms.DateField(label=gettext_lazy("Until"), required=False, widget=DayInput)
    record = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: QueryDict, *, people: Iterable[User]) -> None:
        super().__init__(data)
        members = [(str(user.pk), user.name) for user in people]
        self.offer("person", [ANY, *members, (SYSTEM, _("System"))])
        self.is_valid()

    def value(self, name: str) -> Any:
        """The cleaned value, or None when it is empty or makes no sense."""
        return self.cleaned_data.get(name) or None

    def query(self, **changes: Any) -> str:
        """All of it as the query of an address, with some values changed."""
        values = {name: self.value(name) for name in self.fields} | changes
        return urlencode({name: value for name, value in values.items() if value})

    def chips(self) -> list[dict[str, str]]:
        """What is filtered by, each with the address without it."""
        return [
            {"label": self._words(name, value), "without": f"?{self.query(**{name: None})}"}
            for name in self.fields
            if (value := self.value(name))
        ]

    def _words(self, name: str, value: Any) -> str:
        if isinstance(value, UUID):
            return _("One record")
        if isinstance(value, dt.date):
            return f"{self.fields[name].label}: {written.plain_day(value)}"
        known: dict[str, Any] = {}
        for key, label in self.fields[name].choices:  # type: ignore[attr-defined]
            known |= dict(label) if isinstance(label, list | tuple) else {key: label}
        return f"{self.fields[name].label}: {known[value]}"


@page(Permission.READ_AUDIT)
@require_safe
def index(request: OrganizationRequest) -> HttpResponse:
    """The entries the address asks for, newest first, turned by number."""
    organization = request.access.organization
    filters = _filter_of(request)
    found = entries_by(filters, organization)
    before, after = _number(request, "before"), _number(request, "after")
    if after:
        # The page before this one: the next newer ones, read from the oldest of them.
        newer = list(found.filter(number__gt=after).order_by("number")[: PAGE_SIZE + 1])
        shown, has_newer, has_older = newer[:PAGE_SIZE][::-1], len(newer) > PAGE_SIZE, True
    else:
        older = found.filter(number__lt=before) if before else found
        listed = list(older.order_by("-number")[: PAGE_SIZE + 1])
        shown, has_newer, has_older = listed[:PAGE_SIZE], bool(before), len(listed) > PAGE_SIZE
    rows = rows_of(shown, organization.slug)
    return render(
        request,
        "organization/audit.html#results" if wants_fragment(request) else "organization/audit.html",
        {
            "filters": filters,
            "chips": filters.chips(),
            "rows": rows,
            "query": filters.query(),
            "older": f"?{filters.query(before=rows[-1].number)}" if rows and has_older else None,
            "newer": f"?{filters.query(after=rows[0].number)}" if rows and has_newer else None,
        },
    )


@page(Permission.READ_AUDIT)
@require_safe
def export(request: OrganizationRequest) -> FileResponse:
    """Every entry the address asks for, oldest first, as CSV; which is an entry of its own."""
    organization = request.access.organization
    found = entries_by(_filter_of(request), organization).order_by("number")
    record_security_event(
        kind=SecurityEvent.EXPORTED,
        by=request.access.user,
        organization=organization,
        door=Door.WEB,
        label=_("audit log"),
    )
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    file.write(codecs.BOM_UTF8)
    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow(HEADS)
    writer.writerows(_facts(entry) for entry in found.iterator(chunk_size=READ_AT_ONCE))
    text.detach()
    file.seek(0)
    day = today_in(organization.time_zone)
    return StoredFile(
        file,
        as_attachment=True,
        filename=f"audit-{day.isoformat()}.csv",
        content_type="text/csv; charset=utf-8",
    )


def _facts(entry: AuditEntry) -> list[Any]:
    told = json.dumps(entry.changes, ensure_ascii=False) if entry.changes is not None else ""
    facts = [
        entry.number,
        entry.at.isoformat(),
        entry.user_name,
        door_of(entry),
        entry.api_key_name,
        what(entry),
        entry.record_kind,
        str(entry.record_id or ""),
        entry.record_label or "",
        told,
        bytes(entry.hash).hex(),
    ]
    return [harmless(fact) for fact in facts]


def _filter_of(request: OrganizationRequest) -> AuditFilter:
    people = User.objects.filter(memberships__organization=request.access.organization)
    return AuditFilter(request.GET, people=people.only("pk", "name").order_by("name", "pk"))


def entries_by(filters: AuditFilter, organization: Organization) -> QuerySet[AuditEntry]:
    """The entries the filter lets through. Days are the organization's."""
    found = AuditEntry.objects.filter(organization=organization)
    for name, column in (
        ("kind", "record_kind"),
        ("action", "action"),
        ("door", "door"),
        ("record", "record_id"),
    ):
        if value := filters.value(name):
            found = found.filter(**{column: value})
    if person := filters.value("person"):
        found = found.filter(user=None if person == SYSTEM else person)
    zone = ZoneInfo(organization.time_zone)
    if start := filters.value("start"):
        found = found.filter(at__gte=dt.datetime.combine(start, dt.time.min, zone))
    if (end := filters.value("end")) and end < dt.date.max:
        after = dt.datetime.combine(end + dt.timedelta(days=1), dt.time.min, zone)
        found = found.filter(at__lt=after)
    return found


def _number(request: OrganizationRequest, name: str) -> int | None:
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
