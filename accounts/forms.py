"""The forms of sign-in, sign-up and one's own account."""

from typing import Any

from allauth.account import forms as account_forms
from allauth.account.adapter import get_adapter
from allauth.core import context
from allauth.mfa.base import forms as second_step_forms
from allauth.mfa.totp import forms as totp_forms
from allauth.mfa.webauthn import forms as passkey_forms
from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext_lazy as _

from accounts.login import TooManyFailedLogins, confirm_password
from villaops.fields import check_email_address
from villaops.forms import HouseForm


class EmailField(forms.CharField):
    """An e-mail by the rule that the API has too."""

    default_validators = [check_email_address]
    widget = forms.EmailInput(attrs={"autocomplete": "email"})

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=254, **{"label": _("E-mail"), **options})


class NewPasswordField(forms.CharField):
    """A password that is chosen here; once, because it can be looked at."""

    widget = forms.PasswordInput(attrs={"autocomplete": "new-password"})

    def __init__(self, **options: Any) -> None:
        help_text = _("At least 8 characters. A few words in a row are easy to remember.")
        super().__init__(
            max_length=128,
            strip=False,
            **{"help_text": help_text, "label": _("Password")} | options,
        )

    def clean(self, value: Any) -> Any:
        cleaned = super().clean(value)
        validate_password(cleaned)
        return cleaned


class SignInForm(HouseForm, AuthenticationForm):
    """E-mail and password. Unknown, wrong and inactive get one answer, so that it tells nothing."""

    error_messages = {
        "invalid_login": _("E-mail or password is wrong."),
        "inactive": _("E-mail or password is wrong."),
    }

    username = forms.CharField(
        label=_("E-mail"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autofocus": True, "autocomplete": "username webauthn"}),
    )


class SignUpForm(HouseForm):
    """Who comes, and the name of the business."""

    name = forms.CharField(
        label=_("Your name"),
        max_length=255,
        widget=forms.TextInput(attrs={"autocomplete": "name", "autofocus": True}),
    )
    email = EmailField()
    password = NewPasswordField()
    organization_name = forms.CharField(
        label=_("Name of your business"),
        max_length=255,
        help_text=_("What your team will see. You can change it later."),
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )


class CodeField(forms.CharField):
    """A code from a mail, a text message or an app."""

    widget = forms.TextInput(
        attrs={
            "autocomplete": "one-time-code",
            "autocapitalize": "characters",
            "spellcheck": "false",
            "autofocus": True,
        }
    )

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=32, **{"label": _("Code"), **options})


class CodeForm(HouseForm):
    """A code that proves an address."""

    code = CodeField()


class RequestCodeForm(HouseForm, account_forms.RequestLoginCodeForm):
    """One field for an e-mail or a phone number."""

    login = forms.CharField(
        label=_("E-mail or phone number"),
        max_length=254,
        help_text=_("A phone number starts with + and the country, such as +39 055 123456."),
        widget=forms.TextInput(attrs={"autocomplete": "username", "autofocus": True}),
    )
    field_order = ["login"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # What allauth reads; filled in from the one that is shown.
        for name in ("email", "phone"):
            self.fields[name].required = False
            self.fields[name].widget = forms.HiddenInput()
        if self.is_bound:
            typed = (self.data.get("login") or "").strip()
            kind = "email" if "@" in typed or not typed else "phone"
            known = {name: self.data.get(name) for name in self.data}
            self.data = {**known, "email": "", "phone": "", kind: typed}

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for name in ("email", "phone"):
            for error in self.errors.pop(name, []):
                self.add_error("login", error)
        return cleaned


class LoginCodeForm(HouseForm, account_forms.ConfirmLoginCodeForm):
    """The code that signs in."""

    code = CodeField()


class ForgottenPasswordForm(HouseForm, account_forms.ResetPasswordForm):
    """Where to send the link."""

    email = EmailField(
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True})
    )


class OnePassword:
    """allauth asks for a new password twice; here it can be looked at instead."""

    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["password2"]
        self.fields["password1"] = NewPasswordField(label=_("New password"))


class ResetPasswordForm(HouseForm, OnePassword, account_forms.ResetPasswordKeyForm):
    """A new password, by the link."""


class SetPasswordForm(HouseForm, OnePassword, account_forms.SetPasswordForm):
    """A first password, for who came by Google or GitHub."""


class ChangePasswordForm(HouseForm, OnePassword, account_forms.ChangePasswordForm):
    """A new password, and the one before it."""

    oldpassword = forms.CharField(
        label=_("Current password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
    )

    def clean_oldpassword(self) -> str:
        """Guesses count as failed log-ins: a borrowed device is no place to try passwords."""
        typed: str = self.cleaned_data["oldpassword"]
        try:
            if confirm_password(context.request, user=self.user, password=typed):
                return typed
        except TooManyFailedLogins as locked:
            raise get_adapter().validation_error("too_many_login_attempts") from locked
        raise get_adapter().validation_error("enter_current_password")


class ConfirmPasswordForm(HouseForm, account_forms.ReauthenticateForm):
    """The password again, before something that matters."""

    password = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
    )


class PhoneForm(HouseForm, account_forms.ChangePhoneForm):
    """Another phone number."""


class PhoneCodeForm(HouseForm, account_forms.VerifyPhoneForm):
    """The code that came by text message."""

    code = CodeField()


class SecondStepForm(HouseForm, second_step_forms.AuthenticateForm):
    """A code of the authenticator app, or a recovery code."""

    code = CodeField(label=_("Code of your app, or a recovery code"))


class ConfirmSecondStepForm(HouseForm, second_step_forms.ReauthenticateForm):
    """The same, before something that matters."""

    code = CodeField(label=_("Code of your app, or a recovery code"))


class AppForm(HouseForm, totp_forms.ActivateTOTPForm):
    """The first code of an authenticator app."""

    code = CodeField(label=_("Code that the app shows"))


class AddPasskeyForm(HouseForm, passkey_forms.AddWebAuthnForm):
    """A passkey of this device."""

    name = forms.CharField(
        label=_("Name"),
        max_length=60,
        required=False,
        help_text=_("So that you know it from others: the device or the place it is kept."),
    )
    # A passkey signs in by itself; what could not, is none.
    passwordless = forms.BooleanField(required=False, initial=True, widget=forms.HiddenInput())


class RenamePasskeyForm(HouseForm, passkey_forms.EditWebAuthnForm):
    """Another name for a passkey."""

    name = forms.CharField(label=_("Name"), max_length=60)
