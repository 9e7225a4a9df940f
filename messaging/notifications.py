"""Notifications: who is told of what, by which way, and what they have read.

`notify` is the one verb that writes them. What happens to bookings reaches it through the outbox
(messaging.tasks), so that no verb of bookings waits for it, and every member who may see the thing
is told once, however often the task ran.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from accounts.access import Access
from accounts.mail import send_mail_to
from accounts.models import Membership, Organization
from accounts.permissions import allows
from bookings.models import Booking
from messaging.models import Notification, NotificationPreference
from messaging.notification_kinds import NOTIFICATIONS, NotificationKind
from messaging.notification_words import words_of
from messaging.writing import site
from villaops.kept import Kept
from villaops.schedules import daily
from villaops.tenancy import Door, all_organizations, organization_context
from villaops.verbs import verb

DIGEST_HOUR = 7
MOST_IN_A_DIGEST = 50
# What a list of those that are read keeps.
KEPT = timedelta(days=90)


@dataclass(frozen=True)
class News:
    """Something that members are to be told of; `key` names it, once and for all."""

    kind: NotificationKind
    key: str
    booking: Booking | None = None
    actor_id: UUID | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


# --- Telling ---------------------------------------------------------------------------------


def notify(*, organization: Organization, news: News) -> list[Notification]:
    """Tell every member who may see it and wants to, but not the one who did it.

    In the organization's context. Telling again what was told changes nothing. Those who want a
    mail at once get it in the same transaction's outbox.
    """
    wishes = _preferences(organization)
    told = []
    for member in _readers(organization, news):
        wish = _wish(wishes, member.user_id)
        is_shown = news.kind not in wish.muted
        if is_shown or news.kind in (*wish.mailed, *wish.digested):
            told.append(_notification(organization, member, news, is_shown=is_shown))
    before = set(
        Notification.objects.filter(organization=organization, key=news.key).values_list(
            "user_id", flat=True
        )
    )
    new = [one for one in told if one.user_id not in before]
    # Somebody else may be telling the same at this moment.
    Notification.objects.bulk_create(new, ignore_conflicts=True)
    mailed = [one for one in new if news.kind in _wish(wishes, one.user_id).mailed]
    for notification in mailed:
        _mail(organization, notification)
    return new


def _notification(
    organization: Organization, member: Membership, news: News, *, is_shown: bool
) -> Notification:
    return Notification(
        organization=organization,
        user=member.user,
        kind=news.kind,
        key=news.key,
        booking=news.booking,
        actor_id=news.actor_id,
        facts=dict(news.facts),
        is_shown=is_shown,
    )


def _wish(
    wishes: Mapping[UUID, NotificationPreference], user_id: UUID | None
) -> NotificationPreference:
    return (wishes.get(user_id) if user_id else None) or NotificationPreference()


def _readers(organization: Organization, news: News) -> Iterable[Membership]:
    """The members who may see what it is about, and did not do it."""
    needed = NOTIFICATIONS[news.kind].permission
    members = Membership.objects.filter(organization=organization, user__is_active=True)
    if news.actor_id:
        members = members.exclude(user=news.actor_id)
    if news.booking:
        home = news.booking.property_id
        members = members.filter(Q(property_ids=None) | Q(property_ids__contains=[home]))
    return [member for member in members.select_related("user") if allows(member.role, needed)]


def _preferences(organization: Organization) -> dict[UUID, NotificationPreference]:
    own = NotificationPreference.objects.filter(organization=organization)
    return {preference.user_id: preference for preference in own}


# --- Reading ---------------------------------------------------------------------------------


# The bell is on every page.
_UNREAD = Kept(
    lambda organization, user: (
        Notification.objects.for_organization(organization).shown_to(user).unread()
    )
)


def unread_count(access: Access) -> int:
    """How many the bell counts."""
    return _UNREAD.count(organization=access.organization.pk, user=access.user.pk)


@verb()
def mark_read(*, notifications: Any) -> int:
    """Note that their reader has seen them; how many were new."""
    return int(notifications.filter(read_at=None).update(read_at=timezone.now()))


@verb()
def mark_unread(*, notifications: Any) -> int:
    """Put them back among the new ones; how many."""
    return int(notifications.exclude(read_at=None).update(read_at=None))


def preferences_of(access: Access) -> NotificationPreference:
    """What the person has chosen; a new row, not yet saved, where they have chosen nothing."""
    whose = {"organization": access.organization, "user": access.user}
    found = NotificationPreference.objects.filter(**whose).first()
    return found or NotificationPreference(**whose)


@verb()
def choose(*, access: Access, ways: Mapping[str, Mapping[str, Any]]) -> NotificationPreference:
    """Keep what the person wants: for each kind whether it is `shown`, and its `mail`.

    A mail is "" for none, "now" or "digest".
    """
    chosen = preferences_of(access)
    chosen.muted = [kind for kind, way in ways.items() if not way["shown"]]
    chosen.mailed = [kind for kind, way in ways.items() if way["mail"] == "now"]
    chosen.digested = [kind for kind, way in ways.items() if way["mail"] == "digest"]
    chosen.save()
    return chosen


def forget_old(now: datetime) -> int:
    """Delete what is older than three months, in every organization."""
    with all_organizations(by=None, door=Door.JOB, reason="forget old notifications"):
        return Notification.objects.filter(created_at__lt=now - KEPT).delete()[0]


# --- Mails -----------------------------------------------------------------------------------


def _mail(organization: Organization, notification: Notification) -> None:
    words = words_of(notification)
    send_mail_to(
        notification.user.email,
        "notification",
        {
            "organization": organization.name,
            "title": str(words.title),
            "detail": str(words.detail),
            "url": site() + notification_address(organization, notification),
            "choices_url": site() + reverse("notifications:choices", args=[organization.slug]),
        },
    )


def notification_address(organization: Organization, notification: Notification) -> str:
    """Where it leads, by way of being read."""
    return reverse("notifications:open", args=[organization.slug, notification.pk])


def send_digests(now: datetime) -> int:
    """Mail to each who wants it what has happened until seven this morning; return how many.

    Seven as the clocks show it in the organization. Each mail is written together with the note
    that it was, so calling this again, or two at once, sends nothing twice. After days without a
    worker there is one mail about all of them.
    """
    with all_organizations(by=None, door=Door.JOB, reason="find who wants a daily mail"):
        wanting = NotificationPreference.objects.exclude(digested=[]).select_related("organization")
        due = [
            (preference.pk, preference.organization, slot)
            for preference in wanting
            if (slot := daily(DIGEST_HOUR, time_zone=preference.organization.time_zone)(now))
            and (preference.digested_until is None or preference.digested_until < slot)
        ]
    return sum(_send_digest(pk, organization, slot) for pk, organization, slot in due)


def _send_digest(preference_id: UUID, organization: Organization, slot: datetime) -> bool:
    with organization_context(organization, by=None, door=Door.JOB):
        late = Q(digested_until=None) | Q(digested_until__lt=slot)
        mine = NotificationPreference.objects.select_for_update().filter(late, pk=preference_id)
        preference = mine.select_related("user").first()
        if preference is None:
            return False
        since = preference.digested_until or slot - timedelta(days=1)
        preference.digested_until = slot
        preference.save(update_fields=["digested_until"])
        return _write_digest(preference, organization, since, slot)


def _write_digest(
    preference: NotificationPreference, organization: Organization, since: datetime, until: datetime
) -> bool:
    user = preference.user
    member = Membership.objects.filter(organization=organization, user=user).first()
    if member is None or not user.is_active:
        return False
    access = Access(user, organization, member.role, member.property_ids)
    with transaction.atomic(), access.context(Door.JOB):
        found = Notification.objects.filter(
            organization=organization,
            user=user,
            kind__in=preference.digested,
            created_at__gte=since,
            created_at__lt=until,
        ).newest_first()
        lines = [words_of(one) for one in found[: MOST_IN_A_DIGEST + 1]]
        if not lines:
            return False
        send_mail_to(
            user.email,
            "notification_digest",
            {
                "organization": organization.name,
                "lines": [
                    {"title": str(line.title), "detail": str(line.detail)}
                    for line in lines[:MOST_IN_A_DIGEST]
                ],
                "has_more": len(lines) > MOST_IN_A_DIGEST,
                "url": site() + reverse("notifications:list", args=[organization.slug]),
                "choices_url": site() + reverse("notifications:choices", args=[organization.slug]),
            },
        )
    return True
