"""The log of messages as people read it."""

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.access import Access
from accounts.permissions import Permission
from messaging.kinds import KINDS, Audience, Kind
from messaging.models import Message
from messaging.querysets import MessageQuerySet
from villaops import written
from villaops.forms import DayInput, HouseForm
from villaops.outbox import State

ANY = ("", gettext_lazy("Any"))


@dataclass(frozen=True)
class Delivery:
    """How far a message is, as a badge; `note` says more."""

    state: str
    label: Any
    tone: str
    icon: str
    at: dt.datetime | None = None
    note: str = ""

    @property
    def is_dead(self) -> bool:
        """Whether it can be sent again."""
        return self.state == State.DEAD


# What people call the states of an intent, which they look for by these words too.
STATES: dict[str, tuple[Any, str, str]] = {
    State.PENDING: (gettext_lazy("Waiting"), "waiting", "clock"),
    State.SENT: (gettext_lazy("Sent"), "good", "circle-check"),
    State.DEAD: (gettext_lazy("Failed"), "bad", "alert-circle"),
    State.CANCELLED: (gettext_lazy("Withdrawn"), "calm", "ban"),
}


def delivery_of(message: Message) -> Delivery:
    """How far the message is; its intent is loaded with it."""
    intent = message.intent
    if intent is None:
        # So long ago that the outbox has forgotten it.
        return Delivery(State.SENT, *STATES[State.SENT])
    state = State.PENDING if intent.state == State.SENDING else intent.state
    at = intent.done_at if state == State.SENT else None
    note = ""
    if intent.last_error and state == State.DEAD:
        tries = ngettext("Given up after %d try", "Given up after %d tries", intent.attempts)
        note = f"{tries % intent.attempts}: {intent.last_error}"
    elif intent.last_error and state == State.PENDING:
        note = _("Will be tried again: %s") % intent.last_error
    return Delivery(state, *STATES[state], at=at, note=note)


@dataclass(frozen=True)
class Entry:
    """A message in the log."""

    message: Message
    delivery: Delivery


def entries_of(messages: MessageQuerySet | list[Message]) -> list[Entry]:
    """Each with how far it is."""
    return [Entry(message, delivery_of(message)) for message in messages]


def readable(access: Access) -> MessageQuerySet:
    """The messages that this person may read, as lists show them."""
    own = Message.objects.for_organization(access.organization)
    if not access.can(Permission.READ_ANALYTICS):
        own = own.exclude(kind=Kind.MONTHLY_REPORT)
    return own.select_related("intent", "guest", "user", "property", "booking")


class LogFilter(HouseForm):
    """Which messages are shown. Nonsense in the address is ignored, never an error."""

    q = forms.CharField(label=gettext_lazy("Address or subject"), required=False, max_length=100)
    kind = forms.ChoiceField(
        label=gettext_lazy("Message"), required=False, choices=[ANY, *Kind.choices]
    )
    state = forms.ChoiceField(
        label=gettext_lazy("Delivery"),
        required=False,
        choices=[ANY, *((state, words[0]) for state, words in STATES.items())],
    )
    to = forms.ChoiceField(
        label=gettext_lazy("Written to"),
        required=False,
        choices=[
            ANY,
            (Audience.GUEST, gettext_lazy("Guests")),
            (Audience.STAFF, gettext_lazy("Staff")),
            (Audience.ACCOUNT, gettext_lazy("Accounts")),
        ],
    )
    start = forms.DateField(label=gettext_lazy("From"), required=False, widget=DayInput)
    end = forms.DateField(label=gettext_lazy("Until"), required=False, widget=DayInput)
    booking = forms.UUIDField(required=False, widget=forms.HiddenInput)
    guest = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: QueryDict) -> None:
        super().__init__(data)
        self.is_valid()

    def value(self, name: str) -> Any:
        """The cleaned value, or None when it is empty or makes no sense."""
        return self.cleaned_data.get(name) or None

    def values(self) -> dict[str, str]:
        """What is filtered by."""
        return {name: str(value) for name in self.fields if (value := self.value(name))}

    def chips(self) -> list[dict[str, str]]:
        """What is filtered by in words, each with the address without it."""
        given = self.values()
        chips = []
        for name in given:
            rest = QueryDict(mutable=True)
            rest.update({other: value for other, value in given.items() if other != name})
            chips.append({"label": self._words(name), "without": f"?{rest.urlencode()}"})
        return chips

    def _words(self, name: str) -> str:
        value = self.value(name)
        if isinstance(value, UUID):
            return _("One booking") if name == "booking" else _("One guest")
        if isinstance(value, dt.date):
            value = written.plain_day(value)
        elif isinstance(self.fields[name], forms.ChoiceField):
            value = dict(self.fields[name].choices)[value]  # type: ignore[attr-defined]
        return f"{self.fields[name].label}: {value}"

    def applied_to(self, messages: MessageQuerySet, time_zone: str) -> MessageQuerySet:
        """The messages that the filter lets through; days are the organization's."""
        if text := self.value("q"):
            messages = messages.filter(Q(address__icontains=text) | Q(subject__icontains=text))
        if kind := self.value("kind"):
            messages = messages.filter(kind=kind)
        if state := self.value("state"):
            states = [State.PENDING, State.SENDING] if state == State.PENDING else [state]
            messages = messages.filter(intent__state__in=states)
        if to := self.value("to"):
            kinds = [kind for kind, about in KINDS.items() if about.audience == to]
            messages = messages.filter(kind__in=kinds)
        if booking := self.value("booking"):
            messages = messages.of_booking(booking)
        if guest := self.value("guest"):
            messages = messages.of_guest(guest)
        zone = ZoneInfo(time_zone)
        if start := self.value("start"):
            messages = messages.filter(created_at__gte=dt.datetime.combine(start, dt.time(), zone))
        if (end := self.value("end")) and end < dt.date.max:
            after = dt.datetime.combine(end + dt.timedelta(days=1), dt.time(), zone)
            messages = messages.filter(created_at__lt=after)
        return messages
