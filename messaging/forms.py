"""The forms of templates and automations."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from messaging.automations import Setting
from messaging.kinds import KINDS
from messaging.models import MAX_BODY, MAX_OFFSET_DAYS, MAX_SUBJECT
from messaging.services import check_template
from messaging.texts import Template
from villaops.forms import HouseForm

HOURS = [(hour, f"{hour:02}:00") for hour in range(24)]


class TemplateForm(HouseForm):
    """A message in the organization's own words."""

    subject = forms.CharField(label=_("Subject"), max_length=MAX_SUBJECT)
    text = forms.CharField(
        label=_("Text"),
        max_length=MAX_BODY,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 16, "class": "form-control template-source"}),
        help_text=_("For mail programs that show no HTML."),
    )
    html = forms.CharField(
        label=_("HTML"),
        max_length=MAX_BODY,
        strip=False,
        widget=forms.Textarea(
            attrs={"rows": 16, "class": "form-control template-source", "spellcheck": "false"}
        ),
        help_text=_("The inside of the mail. Your name above and the line below it are added."),
    )
    booking = forms.ChoiceField(
        label=_("Preview with"), required=False, help_text=_("A booking, or made-up values.")
    )

    def __init__(self, *args: Any, kind: str, bookings: list[tuple[str, str]], **more: Any) -> None:
        super().__init__(*args, **more)
        self.kind = kind
        # It has a choice for everybody: nothing to call optional.
        self.fields["booking"].is_needed = True  # type: ignore[attr-defined]
        self.offer("booking", [*bookings, ("", _("Made-up values"))])

    def clean_subject(self) -> str:
        # A browser sends none; a second line would be a header of its own.
        return " ".join(self.cleaned_data["subject"].split())

    def clean(self) -> dict[str, Any]:
        found = super().clean() or self.cleaned_data
        if {"subject", "text", "html"} <= found.keys():
            for name, fault in check_template(self.kind, self.template()).items():
                self.add_error(name, fault)
        return found

    def template(self) -> Template:
        """What was written."""
        found = self.cleaned_data
        return Template(
            found["subject"],
            found["html"].replace("\r\n", "\n"),
            found["text"].replace("\r\n", "\n"),
        )


class AutomationForm(HouseForm):
    """Whether and when a kind of message is sent."""

    is_on = forms.BooleanField(label=_("Send"), required=False)
    offset_days = forms.IntegerField(
        label=_("Days"), min_value=0, max_value=MAX_OFFSET_DAYS, required=False
    )
    hour = forms.TypedChoiceField(label=_("At"), choices=HOURS, coerce=int, required=False)

    def __init__(self, *args: Any, kind: str, setting: Setting, **more: Any) -> None:
        initial = {
            "is_on": setting.is_on,
            "offset_days": setting.offset_days,
            "hour": setting.hour,
        }
        super().__init__(*args, initial=initial, auto_id=f"{kind}-%s", **more)
        self.kind = kind
        timing = KINDS[kind].timing
        if timing is None:
            del self.fields["offset_days"], self.fields["hour"]
            return
        self.fields["offset_days"].label = {
            ("check_in", -1): _("Days before check-in"),
            ("check_out", -1): _("Days before check-out"),
            ("check_out", 1): _("Days after check-out"),
        }[timing.anchor, timing.sign]
        for name in ("offset_days", "hour"):
            self.fields[name].required = True
