"""The tape chart: its page, and what its script asks and says."""

import datetime as dt
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.db import transaction
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe
from pydantic import BaseModel, ValidationError

from accounts.access import Access, OrganizationRequest, page
from accounts.permissions import Permission
from bookings import calendar, gestures
from bookings.calendar_list import DAYS, ListFilter, listed
from bookings.models import Block, Booking, Status
from bookings.nights import DatesTaken
from bookings.views import BUTTONS
from properties.models import Property
from villaops.clock import today_in
from villaops.errors import DomainError, NotFound
from villaops.parts import Sight, part_of
from villaops.remembered import Told, recall

JSON = "application/json"
ZOOMS = ("week", "two-weeks", "month", "quarter")


@page(Permission.READ_BOOKINGS)
@require_safe
def chart(request: OrganizationRequest) -> HttpResponse:
    """The frame that the chart's script fills. Its place is in the address."""
    organization = request.access.organization
    today = today_in(organization.time_zone)
    start = _day(request.GET.get("start")) or today - dt.timedelta(days=1)
    zoom = request.GET.get("zoom")
    context = {
        "start": start,
        "zoom": zoom if zoom in ZOOMS else "two-weeks",
        "may_write": request.access.can(Permission.WRITE_BOOKINGS),
        "shows_prices": request.access.can(Permission.READ_PRICES),
        "card_url": reverse("calendar:page", args=[organization.slug]) + "card/",
    }
    return render(request, "bookings/calendar.html", context)


@page(Permission.READ_BOOKINGS)
@require_safe
def units(request: OrganizationRequest) -> HttpResponse:
    """The rows of the chart."""
    return recall(request, request.access, lambda: _rows(request.access)).response()


def _rows(access: Access) -> Told:
    return Told(json.dumps({"properties": calendar.places(access)}).encode(), JSON)


@page(Permission.READ_BOOKINGS)
@require_safe
def bars(request: OrganizationRequest) -> HttpResponse:
    """The bars between two days."""
    start, end = _day(request.GET.get("start")), _day(request.GET.get("end"))
    if start is None or end is None or not 0 < (end - start).days <= calendar.MAX_DAYS:
        return _malformed()

    def answer() -> Told:
        found, as_of = calendar.bars_between(request.access.organization.pk, start, end)
        # The bars are JSON already.
        body = f'{{"start":"{start}","end":"{end}","as_of":"{as_of}","bars":{found}}}'
        return Told(body.encode(), JSON)

    return recall(request, request.access, answer).response()


@page(Permission.READ_BOOKINGS)
@require_safe
def changes(request: OrganizationRequest) -> HttpResponse:
    """204 as long as nothing has happened; asked every second or two by every open chart."""
    try:
        changed = calendar.has_changed(request.access.organization.pk, request.GET.get("as_of", ""))
    except ValueError:
        return _malformed()
    return JsonResponse({"changed": True}) if changed else HttpResponse(status=204)


@page(Permission.WRITE_BOOKINGS)
@require_POST
def preview(request: OrganizationRequest) -> HttpResponse:
    """What a gesture would change, or why it would be refused."""
    return _answered(request, gestures.Gesture, _preview)


@page(Permission.WRITE_BOOKINGS)
@require_POST
def change(request: OrganizationRequest) -> HttpResponse:
    """Do what a gesture says."""
    return _answered(request, gestures.Gesture, _change)


@page(Permission.WRITE_BOOKINGS)
@require_POST
def block(request: OrganizationRequest) -> HttpResponse:
    """Take the nights that were drawn over out of sale."""
    return _answered(request, gestures.NewBlock, _block)


def _preview(access: Access, asked: gestures.Gesture) -> dict[str, Any]:
    done = gestures.tried(lambda: _act(access, asked, trial=True))
    quote = done.quote
    price = None
    if quote and access.can(Permission.READ_PRICES):
        price = {
            "currency": quote.currency,
            "old_currency": quote.old_currency,
            "old": _amount(quote.old),
            "new": _amount(quote.new),
            "difference": _amount(quote.difference()),
        }
    return {
        "nights": {"old": done.nights[0], "new": done.nights[1]},
        "price": price,
        "money_changes": bool(quote and quote.changes_money()),
        "sentence": done.sentence,
    }


def _change(access: Access, asked: gestures.Gesture) -> dict[str, Any]:
    return _told(_act(access, asked))


def _block(access: Access, asked: gestures.NewBlock) -> dict[str, Any]:
    return _told(gestures.make_block(asked, organization_id=access.organization.pk, by=access.user))


def _act(access: Access, asked: gestures.Gesture, *, trial: bool = False) -> gestures.Done:
    gesture = asked.root
    if isinstance(gesture, gestures.BlockGesture):
        return gestures.change_block(
            gesture, organization_id=access.organization.pk, by=access.user
        )
    return gestures.change_stay(
        gesture, organization_id=access.organization.pk, by=access.user, trial=trial
    )


def _told(done: gestures.Done) -> dict[str, Any]:
    """The bars as they lie now, what to say, and what takes it back."""
    bars = json.loads(calendar.bars_of(done.holder))
    undo = None
    if done.undo:
        total = _amount(done.undo_total)
        undo = {
            "seen": calendar.version_of(done.holder),
            "change": done.undo,
            "price": {"total": total} if total else None,
        }
    return {"bars": bars, "removed": not bars, "said": done.said, "undo": undo}


def _answered[B: BaseModel](
    request: OrganizationRequest,
    body: type[B],
    act: Callable[[Access, B], dict[str, Any]],
) -> HttpResponse:
    """The answer as JSON, be it yes or no."""
    try:
        asked = body.model_validate_json(request.body)
    except ValidationError:
        return _malformed()
    try:
        with transaction.atomic():
            return JsonResponse(act(request.access, asked))
    except NotFound as error:
        return JsonResponse({"code": error.code, "detail": error.explanation}, status=404)
    except DomainError as error:
        refusal: dict[str, Any] = {"code": error.code, "detail": error.explanation}
        if isinstance(error, DatesTaken) and error.night:
            refusal["night"] = error.night
        if isinstance(error, gestures.ChangedMeanwhile):
            refusal["bars"] = json.loads(calendar.bars_of(error.data["holder"]))
        return JsonResponse(refusal, status=409)


@page(Permission.READ_BOOKINGS)
@require_safe
def card(request: OrganizationRequest, kind: str, holder_id: UUID) -> HttpResponse:
    """The essentials of one bar, and what may be done with it."""
    organization = request.access.organization
    may_write = request.access.can(Permission.WRITE_BOOKINGS)
    context: dict[str, Any] = {"may_write": may_write}
    if kind == "block":
        blocks = Block.objects.for_organization(organization).select_related("unit")
        held = get_object_or_404(blocks, pk=holder_id)
        context |= {
            "block": held,
            "title": held.unit.name,
            "release_change": json.dumps({"release": True}),
        }
    elif kind == "booking":
        bookings = Booking.objects.for_organization(organization).with_guest_and_property()
        stay = get_object_or_404(bookings, pk=holder_id)
        moves = stay.possible_moves()
        buttons = [
            (BUTTONS[stay.status, target], json.dumps({"status": target}))
            for target in moves
            if (stay.status, target) in BUTTONS
        ]
        context |= {
            "booking": stay,
            "title": stay.guest.name if stay.guest else stay.reference,
            "units": list(dict.fromkeys(night.unit.name for night in stay.nights.in_order())),
            "shows_prices": request.access.can(Permission.READ_PRICES),
            "buttons": sorted(buttons, key=lambda button: not button[0].is_next_step),
            "may_cancel": may_write and Status.CANCELLED in moves,
            "cancel_change": json.dumps({"cancel": True}),
        }
    else:
        raise Http404
    return render(request, "bookings/calendar_card.html", context)


@page(Permission.READ_BOOKINGS)
@require_safe
def listing(request: OrganizationRequest) -> HttpResponse:
    """The chart as a page to read: for whoever prefers one, and without JavaScript."""
    organization = request.access.organization
    homes = Property.objects.for_organization(organization).order_by("name", "id")
    names = homes.values_list("pk", "name")
    form = ListFilter(request.GET, properties=names)
    asked = form.value("start")
    start = _day(str(asked)) or today_in(organization.time_zone)
    days = form.value("days") or DAYS
    end = start + dt.timedelta(days=days)
    here, query = request.get_full_path(), request.GET
    may_write = request.access.can(Permission.WRITE_BOOKINGS)

    # Depends on the bookings and blocks of the properties one may see, with their units and guests;
    # on the role (buttons); on the address (days, property, page, and where buttons lead back to);
    # on how the organization writes days; and on its date. Nothing of it is one person's.
    def units(_sight: Sight) -> dict[str, Any]:
        home = form.value("property")
        initial = {"start": start, "days": days, "property": home}
        return {
            "form": ListFilter(initial=initial, properties=names),
            "may_write": may_write,
            "here": here,
            "next": quote(here, safe=""),
            "query": query,
            **listed(organization.pk, start, end, home, query.get("page")),
        }

    context = {
        "part": part_of(request, "bookings/calendar_list.html#units", units),
        "start": start,
        "last": end - dt.timedelta(days=1),
        "earlier": (start - dt.timedelta(days=days)).isoformat(),
        "later": end.isoformat(),
        "may_write": may_write,
    }
    return render(request, "bookings/calendar_list.html", context)


def _day(text: str | None) -> dt.date | None:
    try:
        day = dt.date.fromisoformat(text or "")
    except ValueError:
        return None
    # A chart of the year 1 or 9999 would count beyond what a date can be.
    return day if 1900 <= day.year <= 2200 else None


def _amount(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:.2f}"


def _malformed(detail: Any = "This could not be read.") -> HttpResponse:
    return JsonResponse({"code": "malformed", "detail": detail}, status=422)
