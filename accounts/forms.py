"""The log-in form."""

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.utils.translation import gettext_lazy as _

from villaops.forms import HouseForm


class SignInForm(HouseForm, AuthenticationForm):
    """E-mail and password. Unknown, wrong and inactive get one answer, so that it tells nothing."""

    error_messages = {
        "invalid_login": _("E-mail or password is wrong."),
        "inactive": _("E-mail or password is wrong."),
    }

    username = forms.CharField(
        label=_("E-mail"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autofocus": True, "autocomplete": "username"}),
    )
