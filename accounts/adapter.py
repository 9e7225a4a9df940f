"""How django-allauth works in this house: its mails, passwords, phones and second steps."""

import base64
import hashlib
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount, SocialApp
from allauth.socialaccount.providers.base import AuthProcess
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.http import Http404, HttpRequest
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import oauth
from accounts.mail import moment_in_mail, send_mail_to
from accounts.models import User
from accounts.people import set_password, verify_phone
from accounts.phones import PhoneField
from accounts.provider_accounts import NoVerifiedEmail, user_of_identity
from accounts.sign_up import make_account
from accounts.sms import send_sms_to
from villaops.api.throttles import client_address
from villaops.links import outward
from villaops.tenancy import Door

# What allauth calls the address its mail leads to.
ADDRESSES = ("password_reset_url", "activate_url", "signup_url")


class AccountAdapter(DefaultAccountAdapter):
    """Accounts, whose identity is an e-mail."""

    error_messages: ClassVar[Mapping[str, Any]] = {
        **DefaultAccountAdapter.error_messages,
        "enter_current_password": _("This is not your current password."),
        "incorrect_code": _("This code is not right."),
        "incorrect_password": _("This password is not right."),
        "invalid_password_reset": _("This link no longer works."),
        "phone_taken": _("This number belongs to another account."),
        "rate_limited": _("Too many tries. Wait a minute and try again."),
        "same_as_current": _("This is the number you have now."),
        "select_only_one": _("Write an e-mail or a phone number."),
        "too_many_login_attempts": _("Too many tries. Wait a little and try again."),
    }

    def get_client_ip(self, request: HttpRequest) -> str:
        """As everywhere in the house: proxies are believed only where configured."""
        return client_address(request)

    def login(self, request: HttpRequest, user: Any) -> None:
        """Sessions name the one back end that knows how to load a user."""
        user.backend = "accounts.backends.EmailBackend"
        super().login(request, user)

    def set_password(self, user: Any, password: str) -> None:
        """The house's verb: it ends what the old password had let in."""
        set_password(user=user, password=password, door=Door.WEB)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """allauth's mails, in our words: `account/email/login_code` is `mail/login_code`."""
        send_mail_to(email, template_prefix.rpartition("/")[2], _portable(context))

    # --- Phones ----------------------------------------------------------------------------------

    def phone_form_field(self, **options: Any) -> PhoneField:
        """Numbers as people write them."""
        return PhoneField(**{"label": _("Phone number"), **options})

    def get_phone(self, user: Any) -> tuple[str, bool] | None:
        """The number and whether it is proven."""
        return (user.phone, user.phone_verified) if user.phone else None

    def set_phone(self, user: Any, phone: str, verified: bool) -> None:
        """Only a proven number is kept; until then it waits in the session."""
        if verified:
            self.set_phone_verified(user, phone)

    def set_phone_verified(self, user: Any, phone: str) -> None:
        """Keep the number, now that a code sent to it has come back."""
        verify_phone(user=user, phone=phone, door=Door.WEB)

    def get_user_by_phone(self, phone: str) -> User | None:
        """Whose proven number it is."""
        return User.objects.filter(phone=phone, phone_verified=True, is_active=True).first()

    def send_verification_code_sms(self, user: Any, phone: str, code: str, **more: Any) -> None:
        """The code, by text message."""
        text = _("%(code)s is your code for %(app)s. Nobody will ask you for it.")
        send_sms_to(phone, str(text) % {"code": code, "app": settings.APP_NAME})

    def send_unknown_account_sms(self, phone: str, **more: Any) -> None:
        """Nothing, in the same time: a stranger's phone is not for us to ring."""
        send_sms_to(phone, "")

    def send_account_already_exists_sms(self, phone: str) -> None:
        """Nothing, in the same time."""
        send_sms_to(phone, "")


def _portable(context: Mapping[str, Any]) -> dict[str, Any]:
    """What a mail needs of allauth's context, as text and numbers for the queue."""
    plain = {key: value for key, value in context.items() if isinstance(value, str | int)}
    for name in ADDRESSES:
        if name in context:
            plain["url"] = outward(context[name])
    if isinstance(at := context.get("timestamp"), datetime):
        plain["when"] = moment_in_mail(at)
    if provider := context.get("provider"):
        plain["provider"] = str(provider.name)
    return plain


class SocialAdapter(DefaultSocialAccountAdapter):
    """Accounts that Google and GitHub vouch for."""

    def list_apps(
        self, request: HttpRequest, provider: str | None = None, client_id: str | None = None
    ) -> list[SocialApp]:
        """The providers that are configured, by the environment alone."""
        return [
            SocialApp(provider=known.id, client_id=known.client_id, secret=known.client_secret)
            for known in (oauth.GOOGLE, oauth.GITHUB)
            if known.is_configured() and provider in (None, known.id)
        ]

    def get_app(self, request: HttpRequest, provider: str, client_id: str | None = None) -> Any:
        """The provider's id and secret. Without them it is not offered, and has no pages."""
        try:
            return super().get_app(request, provider, client_id)
        except SocialApp.DoesNotExist as missing:
            raise Http404(f"{provider} is not configured") from missing

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Find, link or make the account; allauth then signs in whoever it is."""
        if sociallogin.state.get("process") == AuthProcess.CONNECT:
            return
        identity = sociallogin.identity
        try:
            sociallogin.user = user_of_identity(
                identity=identity,
                make_account=partial(make_account, request),
                door=Door.WEB,
                now=timezone.now(),
                address=client_address(request),
            )
        except NoVerifiedEmail as refusal:
            reason = _("It states no confirmed e-mail of yours, and that is who you are here.")
            page = "socialaccount/authentication_error.html"
            answer = render(request, page, {"reason": reason}, status=401)
            raise ImmediateHttpResponse(answer) from refusal
        linked = SocialAccount.objects.filter(provider=identity.provider, uid=identity.uid)
        sociallogin.account = linked.first() or sociallogin.account


class SecondStepAdapter(DefaultMFAAdapter):
    """Authenticator apps, recovery codes and passkeys."""

    error_messages: ClassVar[Mapping[str, Any]] = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _("This code is not right."),
    }

    def generate_authenticator_name(self, user: Any, type: Any) -> str:  # noqa: A002
        """What a new passkey is called until its owner knows better."""
        number = Authenticator.objects.filter(user=user, type=type).count()
        return str(_("Passkey %s") % (number + 1)) if number else str(_("Passkey"))

    def encrypt(self, text: str) -> str:
        """Secrets are of no use to who has a copy of the database only."""
        return _vault().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """What `encrypt` made, with this SECRET_KEY or one before it."""
        return _vault().decrypt(encrypted_text.encode()).decode()


def _vault() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = [hashlib.sha256(b"second step" + key.encode()).digest() for key in keys]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])
