"""Mail to people: one function for all of it.

A mail is a pair of templates, `mail/<name>.txt` and `mail/<name>.html`. The first line of the text
is the subject. A worker writes and sends it after the transaction, so that nobody can tell from
how long an answer takes whether there was somebody to write to.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template import Context, Engine
from django.template.loader import render_to_string

from accounts.models import Organization, User
from villaops.outbox import write_intent

# How long the code or link in a mail opens something. One that could not be sent in this time is
# not sent at all: whoever asked has asked again.
OPENS_FOR = {
    "login_code": timedelta(minutes=10),
    "sign_up_code": timedelta(minutes=15),
    "email_code": timedelta(minutes=15),
    "password_reset_key": timedelta(hours=1),
    "verify_email": timedelta(days=3),
}


def send_mail_to(address: str, template: str, context: dict[str, Any] | None = None) -> None:
    """Send `mail/<template>` once the present transaction is committed.

    The context travels through the outbox, so it holds text and numbers only; with what is secret
    in it, it is forgotten once the mail is sent.
    """
    write_intent("mail", {"to": address, "template": template, "context": context or {}})


def send_organization_mail(
    organization: Organization,
    address: str,
    kind: str,
    values: Mapping[str, str],
    *,
    user: User | None = None,
    secrets: Sequence[str] = (),
) -> None:
    """Send a mail that belongs to an organization, in its own words where it has some.

    The kinds, and the names of their values, are those of `messaging`, which keeps a log of them;
    without the values named in `secrets`, which open a door to whoever reads them.
    """
    write_intent(
        "organization_mail",
        {
            "organization": organization.pk,
            "kind": kind,
            "to": address,
            "user": user.pk if user else None,
            "values": dict(values),
            "secrets": list(secrets),
        },
    )


def moment_in_mail(moment: datetime) -> str:
    """As people read it, wherever they are: `21 November 2026, 14:05 UTC`."""
    return f"{moment.astimezone(UTC):%-d %B %Y, %H:%M} UTC"


def written_mail(address: str, template: str, context: dict[str, Any]) -> EmailMultiAlternatives:
    """The mail as it goes out."""
    known = {"app_name": settings.APP_NAME, "address": address, **context}
    # A text is no HTML: what is put into it stays as it is.
    text = Engine.get_default().get_template(f"mail/{template}.txt")
    subject, _, body = text.render(Context(known, autoescape=False)).strip().partition("\n")
    known["subject"] = subject.strip()
    html = render_to_string(f"mail/{template}.html", known)
    mail = EmailMultiAlternatives(known["subject"], body.strip("\n") + "\n", to=[address])
    mail.attach_alternative(html, "text/html")
    return mail
