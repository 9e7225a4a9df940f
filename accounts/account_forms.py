"""The forms of one's own account."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms import EmailField
from accounts.models import Membership, User
from villaops.forms import HouseForm


class ProfileForm(HouseForm):
    """Who one is to the others."""

    errors_at = {"unreadable_picture": "picture"}

    name = forms.CharField(
        label=_("Your name"),
        max_length=255,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    default_organization = forms.ChoiceField(
        label=_("Organization you start in"),
        required=False,
        help_text=_("Where you are after signing in, and what programs work with."),
    )
    picture = forms.FileField(
        label=_("Picture"),
        required=False,
        help_text=_("JPEG, PNG, WebP or GIF, at most 5 MB. Its middle is shown."),
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp,image/gif"}),
    )
    without_picture = forms.BooleanField(label=_("Remove my picture"), required=False)

    def __init__(
        self, *args: Any, user: User, memberships: Iterable[Membership], **kwargs: Any
    ) -> None:
        kwargs["initial"] = {
            "name": user.name,
            "default_organization": str(user.default_organization_id or ""),
        }
        super().__init__(*args, **kwargs)
        places = [(str(one.organization_id), one.organization.name) for one in memberships]
        if len(places) > 1:
            self.offer("default_organization", places)
        else:
            del self.fields["default_organization"]
        if not user.avatar:
            del self.fields["without_picture"]


class EmailForm(HouseForm):
    """The e-mail one would like to sign in with."""

    email = EmailField(label=_("New e-mail"))


class DeleteAccountForm(HouseForm):
    """The e-mail typed once more, so that nobody does it by mistake."""

    confirmation = forms.CharField(
        label=_("Type your e-mail to confirm"),
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email

    def clean_confirmation(self) -> str:
        """It is theirs."""
        typed: str = self.cleaned_data["confirmation"]
        if typed.strip().lower() != self.email.lower():
            raise forms.ValidationError(_("This is not the e-mail of this account."))
        return typed
