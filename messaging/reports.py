"""The monthly report to owners and managers: once for each month, however often we are reminded."""

import datetime as dt
from collections.abc import Iterable
from functools import partial
from zoneinfo import ZoneInfo

from django.urls import reverse

from accounts.models import Membership, Organization
from accounts.permissions import Role
from analytics.paper import attachment
from analytics.report import Report, monthly_report, next_month, previous_month
from bookings.models import Booking
from messaging.automations import is_on
from messaging.delivery import ATTACHMENTS, Attachment
from messaging.kinds import Kind
from messaging.models import Message
from messaging.writing import (
    Recipient,
    locale_for,
    site,
    staff_language,
    write_message,
)
from villaops import written
from villaops.schedules import monthly, run_once
from villaops.tenancy import Door, organization_context
from villaops.written import written_as_in

TOLD = (Role.OWNER, Role.MANAGER)
# In the organization's own time, so that the report is there when people come to work.
HOUR = 6


def send_monthly_reports(now: dt.datetime) -> int:
    """Write the report of the last month where the first has come and nobody has it yet.

    Where nothing ran on the first it is made up for, once, for the last month alone. Whoever began
    after the first gets the next one. Returns how many organizations were written to.
    """
    written_to = 0
    for organization in Organization.objects.order_by("pk"):
        slot = monthly(hour=HOUR, time_zone=organization.time_zone)(now)
        if organization.created_at < slot:
            month = previous_month(slot.date())
            name = f"monthly report {organization.pk}"
            written_to += run_once(name, slot, partial(send_report, organization, month))
    return written_to


def send_report(organization: Organization, month: dt.date) -> list[Message]:
    """Write to its owners and managers what a month was like; twice is once."""
    with organization_context(organization, by=None, door=Door.JOB):
        if not is_on(organization, None, Kind.MONTHLY_REPORT):
            return []
        language = staff_language(organization, Kind.MONTHLY_REPORT)
        members = list(_told(organization))
    messages = []
    for member in members:
        # Whoever is limited to some properties gets the figures of those.
        with organization_context(
            organization, by=None, door=Door.JOB, property_ids=member.property_ids
        ):
            report = monthly_report(organization, month)
            values = report_values(report, language)
        with organization_context(organization, by=None, door=Door.JOB):
            messages.append(_write(member, report, values, language))
    return [message for message in messages if message]


def _write(
    member: Membership, report: Report, values: dict[str, str], language: str
) -> Message | None:
    user = member.user
    if user is None:
        return None
    return write_message(
        organization=report.organization,
        kind=Kind.MONTHLY_REPORT,
        to=Recipient(user.email, user=user),
        language=language,
        values=values | {"recipient_name": user.name},
        key=f"{Kind.MONTHLY_REPORT}:{report.month:%Y-%m}:{user.pk}",
    )


def _told(organization: Organization) -> Iterable[Membership]:
    return (
        Membership.objects.filter(
            organization=organization, role__in=TOLD, user__is_active=True, user__isnull=False
        )
        .select_related("user")
        .order_by("user__email")
    )


def report_values(report: Report, language: str) -> dict[str, str]:
    """What there is to say of the month, by the names of messaging.variables."""
    organization, sections = report.organization, report.sections
    sold = sum(section.total.nights_sold for section in sections)
    available = sum(section.total.available_nights for section in sections)
    earning = [section for section in sections if section.total.nights_sold]
    with written_as_in(locale_for(organization, language)):
        return {
            "organization_name": organization.name,
            "month": written.month(report.month),
            "occupancy": f"{written.number(100 * sold / available, 1)} %" if available else "–",
            "nights_sold": written.number(sold, 0),
            "bookings": written.number(_made_in(report), 0),
            "arrivals": written.number(sum(s.total.arrivals for s in sections), 0),
            "revenue": ", ".join(
                written.money(section.total.room_revenue, section.currency) for section in earning
            ),
            "average_rate": ", ".join(
                written.money(section.total.adr, section.currency)
                for section in earning
                if section.total.adr is not None
            ),
            "report_url": f"{site()}{reverse('analytics:report', args=[organization.slug])}"
            f"?month={report.month:%Y-%m}",
        }


def _made_in(report: Report) -> int:
    """How many bookings were made in the month, whatever became of them."""
    zone = ZoneInfo(report.organization.time_zone)
    start, end = (
        dt.datetime.combine(day, dt.time(), zone)
        for day in (report.month, next_month(report.month))
    )
    own = Booking.objects.for_organization(report.organization)
    return own.filter(created_at__gte=start, created_at__lt=end).count()


def report_file(message: Message) -> list[Attachment]:
    """The report as a file, made when the mail is sent; nothing for who has left meanwhile."""
    month = _month_of(message)
    own = Membership.objects.filter(
        organization=message.organization, user=message.user_id, role__in=TOLD
    )
    member = own.first() if month else None
    if month is None or member is None:
        return []
    with organization_context(
        message.organization, by=None, door=Door.JOB, property_ids=member.property_ids
    ):
        return [attachment(monthly_report(message.organization, month))]


def _month_of(message: Message) -> dt.date | None:
    """The month in the message's key; None of a mail that tries a template."""
    part = message.key.split(":")[1:2]
    try:
        return dt.date.fromisoformat(f"{part[0]}-01") if part else None
    except ValueError:
        return None


ATTACHMENTS[Kind.MONTHLY_REPORT] = report_file
