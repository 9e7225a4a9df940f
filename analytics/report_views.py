"""The monthly report: a page, and a file to keep."""

import datetime as dt

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.access import OrganizationRequest, page
from accounts.audit import SecurityEvent, record_security_event
from accounts.permissions import Permission
from analytics.paper import as_pdf, file_name, pdf_is_possible
from analytics.report import monthly_report, months_of
from villaops.tenancy import Door
from villaops.toasts import say


@page(Permission.READ_ANALYTICS)
@require_safe
def report(request: OrganizationRequest) -> HttpResponse:
    """The figures of a past month, the last one unless another is chosen."""
    organization = request.access.organization
    months = months_of(organization)
    asked = request.GET.get("month", "")
    month = _month(asked, months) if asked else months[0]
    here = months.index(month)
    context = {
        "report": monthly_report(organization, month),
        "months": months,
        "month": month,
        "newer": months[here - 1] if here else None,
        "older": months[here + 1] if here + 1 < len(months) else None,
        "pdf_is_possible": pdf_is_possible(),
    }
    return render(request, "analytics/report.html", context)


@page(Permission.READ_ANALYTICS)
@require_safe
def report_pdf(request: OrganizationRequest, month: str) -> HttpResponse:
    """The same as a PDF."""
    organization = request.access.organization
    chosen = _month(month, months_of(organization))
    if not pdf_is_possible():
        say(request, _("This server cannot make PDFs: Pango is missing."))
        return redirect("analytics:report", organization.slug)
    made = monthly_report(organization, chosen)
    record_security_event(
        kind=SecurityEvent.EXPORTED,
        by=request.access.user,
        organization=organization,
        door=Door.WEB,
        label=_("monthly report"),
    )
    answer = HttpResponse(as_pdf(made), content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="{file_name(made, "pdf")}"'
    return answer


def _month(text: str, months: list[dt.date]) -> dt.date:
    """The month `2026-10`, if there is a report of it."""
    found = next((month for month in months if f"{month:%Y-%m}" == text), None)
    if found is None:
        raise Http404("No report of this month")
    return found
