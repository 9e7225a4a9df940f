"""Mail: a subject, a text and the same in HTML, sent after the transaction by a worker."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.db.models.functions import Now
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts.mail import OPENS_FOR, send_mail_to, written_mail
from villaops.outbox import Intent
from villaops.outbox.services import deliver

TEMPLATES = sorted((Path(settings.BASE_DIR) / "templates" / "mail").glob("*.txt"))


def html_of(mail: EmailMultiAlternatives) -> str:
    return str(mail.alternatives[0][0])


@pytest.mark.django_db
def test_mail_is_sent_when_the_transaction_is_committed(
    mailoutbox: list[EmailMultiAlternatives],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        send_mail_to("ada@example.com", "login_code", {"code": "WDJB-MJHT"})

        assert mailoutbox == []

    (mail,) = mailoutbox
    assert mail.to == ["ada@example.com"]
    assert mail.subject == "WDJB-MJHT is your sign-in code"
    assert "    WDJB-MJHT\n" in mail.body
    assert '<p class="code">WDJB-MJHT</p>' in html_of(mail)


@pytest.mark.django_db
def test_a_code_that_opens_nothing_any_more_is_not_sent(
    mailoutbox: list[EmailMultiAlternatives],
) -> None:
    send_mail_to("ada@example.com", "login_code", {"code": "WDJB-MJHT"})
    send_mail_to("ada@example.com", "password_changed", {"when": "now", "ip": "::1"})
    Intent.objects.update(created_at=Now() - timedelta(minutes=11))

    for intent in Intent.objects.order_by("id"):
        deliver(intent.pk)

    assert [mail.subject for mail in mailoutbox] == ["Your password was changed"]
    late = Intent.objects.get(state="dead")
    assert late.last_error == "What is in it no longer opens anything."


def test_mail_keeps_text_as_it_is_and_escapes_html() -> None:
    mail = written_mail("ada@example.com", "login_code", {"code": "<&>"})

    assert "    <&>\n" in mail.body
    assert '<p class="code">&lt;&amp;&gt;</p>' in html_of(mail)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.stem)
def test_every_mail_has_a_subject_a_text_and_html(template: Path) -> None:
    known = {"name": "Ada", "title": "New booking", "organization": "Sea Houses"}
    mail = written_mail("ada@example.com", template.stem, {**known, "url": "http://x/y"})

    assert mail.subject
    assert "\n" not in mail.subject
    assert len(mail.body) > 40
    assert "<h1>" in html_of(mail)
    assert "ada@example.com" in html_of(mail)


def test_mails_that_open_something_are_templates_of_ours() -> None:
    assert OPENS_FOR.keys() <= {template.stem for template in TEMPLATES}
