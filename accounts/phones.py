"""Phone numbers: as people write them, kept as E.164."""

from typing import Any

import phonenumbers
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _


def e164(text: str) -> str:
    """`+39 055 123456` as `+39055123456`; ValueError where it is no number with its country."""
    try:
        number = phonenumbers.parse(text)
    except phonenumbers.NumberParseException as error:
        raise ValueError(text) from error
    if not phonenumbers.is_valid_number(number):
        raise ValueError(text)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


class PhoneField(forms.CharField):
    """A phone number with its country."""

    widget = forms.TextInput(attrs={"type": "tel", "autocomplete": "tel", "inputmode": "tel"})

    def __init__(self, **options: Any) -> None:
        help_text = _("With its country, such as +39 055 123456.")
        super().__init__(max_length=40, **{"help_text": help_text, **options})

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        if not text:
            return ""
        try:
            return e164(text)
        except ValueError as error:
            raise ValidationError(
                _("This is no phone number. Write it with + and the country."), code="phone"
            ) from error
