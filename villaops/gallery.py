"""Every component of the dashboard in every state, for those who build and mend it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django import forms
from django.contrib.staticfiles import finders
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from accounts.access import Access
from accounts.models import Organization, User
from accounts.permissions import Role
from bookings.models import Block, Status
from properties.models import Property
from villaops.forms import CountInput, DayInput, HouseForm, TimeInput
from villaops.toasts import Toast, Undo

THEMES = ("light", "dark")


@dataclass(frozen=True)
class Specimen:
    """A component: the partial of gallery.html that shows it, and how a page gets one.

    `components` are the templates it shows, of those in templates/components/.
    """

    key: str
    title: Any
    use: str
    components: tuple[str, ...] = ()

    @property
    def template(self) -> str:
        """The partial, drawn once in each theme."""
        return f"pages/gallery.html#{self.key}"


SPECIMENS = (
    Specimen("buttons", gettext_lazy("Buttons"), '<button class="btn btn-primary">'),
    Specimen(
        "badges",
        gettext_lazy("Status badges"),
        "{% status_badge booking.status booking.get_status_display %}",
        ("status_badge.html", "hold_badge.html"),
    ),
    Specimen(
        "chips",
        gettext_lazy("Filter chips, counts and tabs"),
        '{% include "components/filter_chips.html" with chips=chips clear=clear only %}',
        ("filter_chips.html",),
    ),
    Specimen(
        "bars",
        gettext_lazy("Bars of the calendar and their legend"),
        '<span class="tape-sample is-confirmed">',
    ),
    Specimen(
        "fields",
        gettext_lazy("Fields"),
        "{{ form.email.as_field_group }}",
        ("field.html", "form_errors.html"),
    ),
    Specimen(
        "range",
        gettext_lazy("Range picker"),
        '<div data-range-picker data-taken-url="…" data-taken-with="place">',
        ("range_words.html",),
    ),
    Specimen(
        "menus",
        gettext_lazy("Menus and the choice of theme"),
        '<details class="menu" x-data="menu" x-bind="closing">',
        ("theme_switch.html",),
    ),
    Specimen(
        "said",
        gettext_lazy("Toasts"),
        'villaops.toasts.say(request, _("Booking confirmed."), undo_url=…)',
        ("toast.html", "messages.html"),
    ),
    Specimen(
        "notices",
        gettext_lazy("Notices"),
        '<div class="notice is-waiting">',
    ),
    Specimen(
        "dialogs",
        gettext_lazy("Dialogs and the command palette"),
        '<dialog class="sheet" x-data="dialog" x-on:click.self="close">',
        ("palette.html",),
    ),
    Specimen(
        "cards",
        gettext_lazy("Cards and facts"),
        '<section class="panel" aria-labelledby="…">',
    ),
    Specimen(
        "copying",
        gettext_lazy("Copy button"),
        '{% include "components/copy_button.html" with text=booking.reference only %}',
        ("copy_button.html",),
    ),
    Specimen(
        "tables",
        gettext_lazy("Tables"),
        '<table class="data-table is-stacking">',
    ),
    Specimen(
        "empty",
        gettext_lazy("Empty states"),
        '{% include "components/empty_state.html" with icon_name="users" title=title only %}',
        ("empty_state.html", "no_properties.html"),
    ),
    Specimen(
        "pagination",
        gettext_lazy("Pagination"),
        '{% include "components/pagination.html" with page=page query=request.GET only %}',
        ("pagination.html",),
    ),
    Specimen(
        "avatars",
        gettext_lazy("Avatars"),
        '<span class="avatar-letters" aria-hidden="true">{{ guest.name|initials }}</span>',
    ),
    Specimen(
        "charts",
        gettext_lazy("Charts"),
        '<canvas data-chart="chart-id" role="img" aria-label="…">',
    ),
    Specimen(
        "frame",
        gettext_lazy("Navigation, heading and breadcrumbs"),
        "{% navigation %}",
        ("navigation.html", "bell.html", "logo.html", "head.html"),
    ),
    Specimen(
        "loading",
        gettext_lazy("At work"),
        'hx-indicator="#results"',
        ("working_bar.html",),
    ),
    Specimen(
        "live",
        gettext_lazy("Live regions and what they say"),
        '<section id="stay" data-live="booking:ID guest">',
        ("live_notes.html",),
    ),
)


class SampleForm(HouseForm):
    """A field of every kind."""

    text = forms.CharField(label=gettext_lazy("Text"), initial="Emma Thompson")
    optional = forms.CharField(label=gettext_lazy("Text that may be empty"), required=False)
    helped = forms.CharField(
        label=gettext_lazy("With help"),
        help_text=gettext_lazy("Guests see this on their confirmation."),
    )
    wrong = forms.EmailField(label=gettext_lazy("With an error"))
    disabled = forms.CharField(label=gettext_lazy("Disabled"), disabled=True, initial="LH-0042")
    choice = forms.ChoiceField(label=gettext_lazy("Choice"), choices=Property.Type.choices)
    number = forms.DecimalField(label=gettext_lazy("Number"), initial="120.00")
    count = forms.IntegerField(
        label=gettext_lazy("Count"), min_value=0, initial=2, widget=CountInput
    )
    day = forms.DateField(label=gettext_lazy("Day"), widget=DayInput)
    time = forms.TimeField(label=gettext_lazy("Time"), widget=TimeInput)
    password = forms.CharField(
        label=gettext_lazy("Password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )
    long = forms.CharField(
        label=gettext_lazy("Long text"), widget=forms.Textarea(attrs={"rows": 2}), required=False
    )
    one_of = forms.ChoiceField(
        label=gettext_lazy("One of few"),
        choices=Block.Reason.choices,
        widget=forms.RadioSelect,
        initial=Block.Reason.OWNER_STAY,
    )
    agreed = forms.BooleanField(label=gettext_lazy("Tick box"), initial=True, required=False)


class RangeForm(HouseForm):
    """Two dates chosen in one calendar."""

    check_in = forms.DateField(
        label=gettext_lazy("Check-in"), widget=DayInput({"data-range-start": ""})
    )
    check_out = forms.DateField(
        label=gettext_lazy("Check-out"), widget=DayInput({"data-range-end": ""})
    )


@require_safe
def gallery(request: HttpRequest) -> HttpResponse:
    """Every component in light and dark; for staff, and for nobody else there."""
    if not getattr(request.user, "is_staff", False):
        raise Http404("Only for staff")
    organization = Organization(name="Sea Houses", slug="sea-houses")
    context = {
        "specimens": SPECIMENS,
        "sides": [_side(theme) for theme in THEMES],
        "access": Access(User(name=_("Dora Desk")), organization, Role.OWNER),
        "organization": organization,
        "icons": icon_names(),
    }
    return render(request, "pages/gallery.html", context)


@cache
def icon_names() -> list[str]:
    """Every icon of the sprite, by the alphabet."""
    sprite = Path(str(finders.find("img/icons.svg"))).read_text()
    return sorted(re.findall(r'<symbol id="([\w-]+)"', sprite))


def _side(theme: str) -> dict[str, Any]:
    """What the specimens of one theme are drawn from; ids are told apart by the theme's name."""
    form = SampleForm(auto_id=f"{theme}_%s", use_required_attribute=False)
    form.cleaned_data = {}
    form.full_clean()
    pages = Paginator(range(95), 10)
    return {
        "theme": theme,
        "label": _("Light") if theme == "light" else _("Dark"),
        "form": _with_errors(form),
        "range": RangeForm(auto_id=f"{theme}_%s", use_required_attribute=False),
        "statuses": Status.choices,
        "held_until": timezone.now(),
        "property_statuses": Property.Status.choices,
        "reasons": Block.Reason.choices,
        "chips": [{"label": label, "without": "#chips"} for label in ("Villa Mare", _("Direct"))],
        "pages": [pages.page(1), pages.page(5), pages.page(10), Paginator([1, 2], 10).page(1)],
        "query": QueryDict(),
        "toasts": list(_toasts()),
        "people": ["Emma Thompson", "Yuki Tanaka", "Luca", "42"],
        "chart": _chart(),
        "chart_id": f"{theme}-chart",
    }


def _with_errors(form: SampleForm) -> SampleForm:
    """The form unbound, so that it shows what is typed, with what a verb may refuse."""
    form.add_error("wrong", _("Enter an address like name@example.com."))
    form.add_error(None, _("The night of Sat 14 Mar 2026 is taken."))
    form.fields["wrong"].widget.attrs.pop("autofocus", None)
    return form


def _toasts() -> Iterator[Toast]:
    yield Toast(
        _("Emma Thompson is checked in."), "good", "circle-check", Undo("", {"status": "confirmed"})
    )
    yield Toast(_("Nothing has changed."), "info", "alert-circle", None)
    yield Toast(_("Three bookings could not be confirmed."), "waiting", "alert-triangle", None)
    yield Toast(_("No connection. Nothing was saved."), "bad", "alert-circle", None)


def _chart() -> dict[str, Any]:
    """As analytics.charts shapes one."""
    bars = {"type": "bar", "label": _("Room revenue"), "values": [8200, 9100, 7400, 10300, 12800]}
    line = {"type": "line", "label": _("Nights sold"), "values": [61, 66, 58, 74, 88]}
    return {
        "labels": [_("Mar"), _("Apr"), _("May"), _("Jun"), _("Jul")],
        "unit": "EUR",
        "series": [
            line | {"color": "warning-ink", "axis": "second", "unit": _("nights")},
            bars | {"color": "accent"},
        ],
    }
