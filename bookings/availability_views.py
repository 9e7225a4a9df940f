"""The page of what is free for a stay."""

import datetime as dt
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from accounts.access import OrganizationRequest, page
from accounts.permissions import Permission
from bookings.availability import Wanted, free_properties
from bookings.quotes import dates_problem
from properties.models import Property
from villaops.clock import today_in
from villaops.forms import CountInput, DayInput, HouseForm

SHOWN = 50
USUAL_NIGHTS = 3
MOST_GUESTS = 999


class AvailabilityForm(HouseForm):
    """A stay somebody asks for, and where it may be."""

    check_in = forms.DateField(label=gettext_lazy("Check-in"), widget=DayInput)
    check_out = forms.DateField(label=gettext_lazy("Check-out"), widget=DayInput)
    guests = forms.IntegerField(
        label=gettext_lazy("Guests"), min_value=1, max_value=MOST_GUESTS, widget=CountInput
    )
    type = forms.ChoiceField(label=gettext_lazy("Kind"), required=False)
    city = forms.ChoiceField(label=gettext_lazy("City"), required=False)

    def __init__(self, *args: Any, cities: Iterable[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("type", [("", _("Any")), *Property.Type.choices])
        self.offer("city", [("", _("Anywhere")), *((name, name) for name in cities)])

    def clean(self) -> dict[str, Any]:
        stay = super().clean() or self.cleaned_data
        check_in, check_out = stay.get("check_in"), stay.get("check_out")
        if check_in and check_out and (problem := dates_problem(check_in, check_out)):
            self.add_error("check_out", problem)
        return stay

    def wanted(self) -> Wanted:
        given = self.cleaned_data
        return Wanted(
            given["check_in"],
            given["check_out"],
            given["guests"],
            given["type"] or None,
            given["city"] or None,
        )


@page(Permission.READ_BOOKINGS)
@require_safe
def search(request: OrganizationRequest) -> HttpResponse:
    """What is free for the stay that is asked for; for the next nights, unless one is."""
    organization = request.access.organization
    today = today_in(organization.time_zone)
    usual = {"check_in": today, "check_out": today + dt.timedelta(USUAL_NIGHTS), "guests": 2}
    own = Property.objects.for_organization(organization).order_by("city")
    cities = [city for city in own.values_list("city", flat=True).distinct() if city]
    form = AvailabilityForm({**usual, **request.GET.dict()}, cities=cities)
    context: dict[str, Any] = {"form": form}
    if not form.is_valid():
        return render(request, "bookings/availability.html", context, status=422)
    wanted = form.wanted()
    number = request.GET.get("page", "")
    skip = (max(int(number), 1) - 1) * SHOWN if number.isdecimal() and len(number) < 6 else 0
    found, total = free_properties(organization, wanted, limit=SHOWN, skip=skip)
    context |= {
        "wanted": wanted,
        "found": [(one, one.total(wanted.nights)) for one in found],
        "rows": Paginator(range(total), SHOWN).get_page(skip // SHOWN + 1),
        "stay": urlencode({"check_in": wanted.check_in, "check_out": wanted.check_out}),
        "may_book": request.access.can(Permission.WRITE_BOOKINGS),
        "shows_prices": request.access.can(Permission.READ_PRICES),
    }
    return render(request, "bookings/availability.html", context)
