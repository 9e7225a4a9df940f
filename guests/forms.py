"""The forms of guests."""

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from guests.merging import BOTH, FIELDS, KEEP, MERGE, FieldPreview
from guests.models import Guest
from villaops.forms import HouseForm
from villaops.languages import LANGUAGES


class GuestForm(HouseForm):
    """What is known of a guest."""

    errors_at = {"guest_email_taken": "email"}

    name = forms.CharField(label=_("Name"), max_length=255)
    email = forms.EmailField(label=_("E-mail"), max_length=254)
    phone = forms.CharField(label=_("Phone"), required=False, max_length=50, empty_value=None)
    nationality = forms.CharField(
        label=_("Nationality"), required=False, max_length=100, empty_value=None
    )
    language = forms.TypedChoiceField(
        label=_("Language"),
        required=False,
        empty_value=None,
        choices=[("", _("As the organization writes")), *LANGUAGES.items()],
        help_text=_("What mails to them are written in."),
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


class MergeForm(HouseForm):
    """Whose value stays, field by field, as far as there is something to choose."""

    LABELS: ClassVar[dict[str, Any]] = {
        "name": _("Name"),
        "email": _("E-mail"),
        "phone": _("Phone"),
        "nationality": _("Nationality"),
        "notes": _("Notes"),
    }

    def __init__(self, *args: Any, preview: list[FieldPreview], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.preview = {field.name: field for field in preview}
        for name in FIELDS:
            field = self.preview[name]
            if not field.differs():
                continue
            choices: list[tuple[str, Any]] = [(KEEP, field.keep), (MERGE, field.merge)]
            if name == "notes":
                choices.append((BOTH, _("Both, one after the other")))
            self.fields[name] = forms.ChoiceField(
                label=self.LABELS[name],
                choices=choices,
                initial=field.choice,
                widget=forms.RadioSelect(attrs={"class": "form-check-input"}),
            )

    def settled(self) -> list[tuple[Any, str]]:
        """What needs no choice: the field's label and the value that stays."""
        return [
            (self.LABELS[name], (field.merge if field.choice == MERGE else field.keep) or "")
            for name, field in self.preview.items()
            if name not in self.fields and (field.keep or field.merge)
        ]


class AnonymizeForm(HouseForm):
    """The guest's name, typed: nothing brings back what goes."""

    name = forms.CharField(
        label=_("Type the guest's name to confirm"),
        max_length=255,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, guest: Guest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.guest = guest

    def clean_name(self) -> str:
        """Spaces and the case do not matter; every letter does."""
        typed: str = self.cleaned_data["name"]
        if typed.casefold().split() != self.guest.name.casefold().split():
            raise forms.ValidationError(_("This is not the guest's name."))
        return typed
