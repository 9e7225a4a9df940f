"""How messages are written: templates, their preview and trials."""

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_POST, require_safe
from uuid_utils.compat import uuid7

from accounts.access import OrganizationRequest, page
from accounts.permissions import Permission
from bookings.models import Booking
from messaging.forms import TemplateForm
from messaging.kinds import KINDS, Audience, Kind
from messaging.models import MailTemplate
from messaging.services import reset_template, save_template
from messaging.texts import Template, is_written_in
from messaging.variables import examples_of, variables_of
from messaging.views import MAIL_POLICY
from messaging.writing import (
    Draft,
    Recipient,
    stay_values,
    template_of,
    with_everything,
    write,
    write_message,
)
from villaops import written
from villaops.clock import today_in
from villaops.errors import DomainError
from villaops.languages import LANGUAGES
from villaops.pages import form_page, get_or_post
from villaops.toasts import say

OFFERED = 20
AUDIENCES = (
    (Audience.GUEST, "To guests"),
    (Audience.STAFF, "To people who work here"),
    (Audience.ACCOUNT, "To do with accounts"),
)


@page(Permission.READ_GUESTS)
@require_safe
def index(request: OrganizationRequest) -> HttpResponse:
    """Every kind of message, and in which languages it is the organization's own."""
    own: dict[str, list[str]] = {}
    saved = MailTemplate.objects.for_organization(request.access.organization)
    for kind, language in saved.values_list("kind", "language").order_by("language"):
        own.setdefault(kind, []).append(str(LANGUAGES.get(language, language)))
    groups = [
        {
            "label": _(label),
            "rows": [
                {"kind": kind, "label": Kind(kind).label, "about": about, "own": own.get(kind)}
                for kind, about in KINDS.items()
                if about.audience is audience
            ],
        }
        for audience, label in AUDIENCES
    ]
    return render(request, "messages/templates.html", {"groups": groups})


@page(Permission.READ_GUESTS)
@require_safe
def edit(request: OrganizationRequest, kind: str, language: str) -> HttpResponse:
    """A template with what may be put in, and how it looks."""
    _check(kind, language)
    return _editor(request, _form(request, kind, language), kind, language)


@page(Permission.WRITE_PROPERTIES)
@require_POST
def save(request: OrganizationRequest, kind: str, language: str) -> HttpResponse:
    """Write a message in the organization's own words."""
    _check(kind, language)
    _may_write(request)
    form = _form(request, kind, language)
    if form.is_valid():
        organization = request.access.organization
        try:
            save_template(
                organization=organization,
                kind=kind,
                language=language,
                template=form.template(),
                by=request.access.user,
            )
        except DomainError as error:
            form.refuse(error)
        else:
            say(request, _("Saved. It is written like this from now on."))
            return redirect("messages:template", organization.slug, kind, language)
    return _editor(request, form, kind, language)


@page(Permission.READ_GUESTS)
@get_or_post
@xframe_options_sameorigin
@csp_override(MAIL_POLICY)
def preview(request: OrganizationRequest, kind: str, language: str) -> HttpResponse:
    """The mail with a real booking, for a frame: as saved, or as it stands in the form."""
    _check(kind, language)
    form = _form(request, kind, language)
    if request.method == "POST":
        if not form.is_valid():
            return _faults(form)
        template, booking_id = form.template(), form.cleaned_data["booking"]
    else:
        template = template_of(request.access.organization, kind, language)
        booking_id = str(form["booking"].initial or "")
    return HttpResponse(_draft(request, kind, language, template, booking_id).html)


@page(Permission.WRITE_PROPERTIES)
@require_POST
def test(request: OrganizationRequest, kind: str, language: str) -> HttpResponse:
    """Send what stands in the form to whoever is signed in."""
    _check(kind, language)
    _may_write(request)
    form = _form(request, kind, language)
    if form.is_valid():
        user, organization = request.access.user, request.access.organization
        booking = _booking(request, form.cleaned_data["booking"])
        write_message(
            organization=organization,
            kind=kind,
            to=Recipient(user.email, user=user),
            language=language,
            values=_values(request, kind, language, booking),
            key=f"test:{uuid7()}",
            booking=booking,
            template=form.template(),
            is_test=True,
        )
        say(request, _("A test is on its way to %s.") % user.email)
    return _editor(request, form, kind, language)


@page(Permission.WRITE_PROPERTIES)
@require_POST
def reset(request: OrganizationRequest, kind: str, language: str) -> HttpResponse:
    """Write as we do again; what was written comes back with Undo in the browser's history."""
    _check(kind, language)
    _may_write(request)
    organization = request.access.organization
    reset_template(organization=organization, kind=kind, language=language, by=request.access.user)
    say(request, _("This message is written as VillaOps writes it again."))
    return redirect("messages:template", organization.slug, kind, language)


def _check(kind: str, language: str) -> None:
    if kind not in KINDS or not KINDS[kind].is_editable or language not in LANGUAGES:
        raise Http404("No such template")


def _may_write(request: OrganizationRequest) -> None:
    """Templates are of the whole organization."""
    if request.access.property_ids is not None:
        raise PermissionDenied


def _form(request: OrganizationRequest, kind: str, language: str) -> TemplateForm:
    bookings = _offered(request, kind)
    found = template_of(request.access.organization, kind, language)
    initial = {
        "subject": found.subject,
        "html": found.html,
        "text": found.text,
        "booking": bookings[0][0] if bookings else "",
    }
    return TemplateForm(request.POST or None, kind=kind, bookings=bookings, initial=initial)


def _editor(
    request: OrganizationRequest, form: TemplateForm, kind: str, language: str
) -> HttpResponse:
    own = MailTemplate.objects.for_organization(request.access.organization).filter(kind=kind)
    saved = set(own.values_list("language", flat=True))
    access = request.access
    return form_page(
        request,
        "messages/template.html",
        form,
        kind=kind,
        label=Kind(kind).label,
        about=KINDS[kind],
        language=language,
        is_own=language in saved,
        is_ours=is_written_in(kind, language),
        may_write=access.can(Permission.WRITE_PROPERTIES) and access.property_ids is None,
        variables=[
            {"name": f"{{{{ {name} }}}}", "meaning": one.meaning, "example": one.example}
            for name, one in variables_of(kind).items()
        ],
        languages=[
            {"code": code, "label": label, "is_own": code in saved}
            for code, label in LANGUAGES.items()
        ],
    )


def _offered(request: OrganizationRequest, kind: str) -> list[tuple[str, str]]:
    """Bookings to look at a message with: those that begin next."""
    if KINDS[kind].audience is Audience.ACCOUNT or kind == Kind.MONTHLY_REPORT:
        return []
    organization = request.access.organization
    coming = (
        Booking.objects.for_organization(organization)
        .filter(check_in__gte=today_in(organization.time_zone), guest__isnull=False)
        .select_related("guest", "property")
        .order_by("check_in", "id")[:OFFERED]
    )
    return [
        (
            str(booking.pk),
            f"{booking.guest.name} · {booking.property.name}"
            f" · {written.short_plain_day(booking.check_in)}",
        )
        for booking in coming
        if booking.guest
    ]


def _booking(request: OrganizationRequest, booking_id: str) -> Booking | None:
    if not booking_id:
        return None
    own = Booking.objects.for_organization(request.access.organization)
    return next(iter(with_everything(own.filter(pk=UUID(booking_id)))), None)


def _values(
    request: OrganizationRequest, kind: str, language: str, booking: Booking | None
) -> dict[str, str]:
    values: dict[str, Any] = examples_of(kind)
    values["organization_name"] = request.access.organization.name
    values["recipient_name"] = request.access.user.name
    return values | (stay_values(booking, language=language) if booking else {})


def _draft(
    request: OrganizationRequest, kind: str, language: str, template: Template, booking_id: str
) -> Draft:
    booking = _booking(request, booking_id)
    return write(
        template,
        organization=request.access.organization,
        kind=kind,
        language=language,
        values=_values(request, kind, language, booking),
        address=request.access.user.email,
    )


def _faults(form: TemplateForm) -> HttpResponse:
    found = (
        (form.fields[name].label, error) for name, errors in form.errors.items() for error in errors
    )
    return HttpResponse(
        format_html(
            '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{}</title>'
            '<meta name="color-scheme" content="light dark"></head><body><ul>{}</ul></body></html>',
            _("Not yet right"),
            format_html_join("", "<li><strong>{}</strong>: {}</li>", found),
        ),
        status=422,
    )
