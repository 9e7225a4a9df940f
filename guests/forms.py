"""The forms of guests."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from guests.models import Guest
from villaops.forms import HouseForm


class GuestForm(HouseForm):
    """What is known of a guest."""

    errors_at = {"guest_email_taken": "email"}

    name = forms.CharField(label=_("Name"), max_length=255)
    email = forms.EmailField(label=_("E-mail"), max_length=254)
    phone = forms.CharField(label=_("Phone"), required=False, max_length=50, empty_value=None)
    nationality = forms.CharField(
        label=_("Nationality"), required=False, max_length=100, empty_value=None
    )
    notes = forms.CharField(
        label=_("Notes"),
        required=False,
        max_length=10_000,
        empty_value=None,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("For the house. The guest does not see them."),
    )

    def __init__(self, *args: Any, guest: Guest | None = None, **kwargs: Any) -> None:
        initial = {name: getattr(guest, name) for name in self.base_fields} if guest else {}
        super().__init__(*args, initial=initial, **kwargs)


class DeleteGuestForm(HouseForm):
    """Whether the guest's bookings go too."""

    bookings = forms.BooleanField(required=False)
