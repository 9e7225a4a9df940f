"""The forms of an organization's settings."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from babel import Locale
from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from accounts.forms import EmailField
from accounts.models import SLUG_PATTERN, Membership, Organization
from accounts.permissions import ROLES, Role, Scope
from properties.forms import currencies, time_zones
from villaops.forms import DayInput, HouseForm

LANGUAGES = ("da", "de", "el", "en", "es", "fi", "fr", "hr", "id", "it", "nb", "nl", "pl", "pt")
PLACES = ("en_AU", "en_GB", "en_US", "de_AT", "de_CH", "fr_CH", "it_CH", "pt_BR", "es_MX")


def locales() -> list[tuple[str, str]]:
    """Languages and ways of writing, each in its own words."""
    return sorted(
        (code, (Locale.parse(code).display_name or code).capitalize())
        for code in (*LANGUAGES, *PLACES, "sv", "th", "tr")
    )


class NewOrganizationForm(HouseForm):
    """What an organization needs to begin."""

    errors_at = {"organization_slug_taken": "slug"}

    name = forms.CharField(label=_("Name of the business"), max_length=255)
    currency = forms.ChoiceField(label=_("Currency"))
    time_zone = forms.ChoiceField(label=_("Time zone"))

    def __init__(self, *args: Any, initial: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, initial=initial, **kwargs)
        self._offer("currency", currencies())
        self._offer("time_zone", time_zones())

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        """Offer the choices and what is stored now, be it rare."""
        now = self.initial.get(name)
        rare = [(now, now)] if now and now not in dict(choices) else []
        self.offer(name, [*rare, *choices])


class OrganizationForm(NewOrganizationForm):
    """An organization's facts."""

    slug = forms.CharField(
        label=_("Short name for addresses"),
        min_length=3,
        max_length=50,
        validators=[RegexValidator(SLUG_PATTERN, _("Small letters and digits joined by hyphens."))],
        help_text=_("Part of every address of your dashboard. Old links stop working."),
    )
    locale = forms.ChoiceField(label=_("Dates and numbers as in"))
    reply_to = forms.EmailField(
        label=_("Guests' answers go to"),
        required=False,
        max_length=254,
        empty_value=None,
        help_text=_("An address that somebody reads. Empty: that of the first owner."),
    )
    logo = forms.FileField(
        label=_("Logo"),
        required=False,
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp,image/gif"}),
        help_text=_("JPEG, PNG, WebP or GIF, at most 5 MB. It is made small."),
    )
    without_logo = forms.BooleanField(label=_("Remove the logo"), required=False)

    field_order = [
        "name",
        "slug",
        "currency",
        "time_zone",
        "locale",
        "reply_to",
        "logo",
        "without_logo",
    ]

    def __init__(self, *args: Any, organization: Organization, **kwargs: Any) -> None:
        facts = ("name", "slug", "currency", "time_zone", "locale", "reply_to")
        initial = {name: getattr(organization, name) for name in facts}
        super().__init__(*args, initial=initial, **kwargs)
        self._offer("locale", locales())
        self.fields["currency"].help_text = _("For new properties; the others keep theirs.")
        self.fields["time_zone"].help_text = _("For new properties; the others keep theirs.")
        if not organization.logo:
            del self.fields["without_logo"]

    def facts(self) -> dict[str, Any]:
        """What is not the logo."""
        return {name: self.cleaned_data[name] for name in self.initial}


class MemberForm(HouseForm):
    """A member's role, and the properties they are limited to."""

    errors_at = {"organization_needs_owner": "role"}

    role = forms.ChoiceField(label=_("Role"), widget=forms.RadioSelect)
    property_ids = forms.TypedMultipleChoiceField(
        label=_("Only these properties"),
        required=False,
        coerce=UUID,
        widget=forms.CheckboxSelectMultiple,
        help_text=_(
            "They see and touch these, their bookings and the guests of those bookings, and nothing"
            " else. None ticked: all properties. An owner has no limits."
        ),
    )

    def __init__(
        self,
        *args: Any,
        homes: Iterable[tuple[UUID, str]],
        owners: bool,
        membership: Membership | None = None,
        **kwargs: Any,
    ) -> None:
        now: dict[str, Any] = {"role": Role.STAFF}
        if membership:
            now = {"role": membership.role, "property_ids": membership.property_ids or []}
        super().__init__(*args, initial=now, **kwargs)
        self.offer("role", role_choices(owners=owners))
        self.offer("property_ids", [(str(pk), name) for pk, name in homes])

    def limits(self) -> Sequence[UUID] | None:
        """The properties that are ticked; None for all."""
        return self.cleaned_data["property_ids"] or None


class InvitationForm(MemberForm):
    """Whom to invite, as what."""

    errors_at = {"already_member": "email"}

    email = EmailField()

    field_order = ["email", "role", "property_ids"]


class TransferForm(HouseForm):
    """Who is to own the organization."""

    errors_at = {"not_yet_in": "to"}

    to = forms.TypedChoiceField(label=_("New owner"), coerce=UUID)

    def __init__(self, *args: Any, members: Iterable[Membership], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = [
            (str(one.pk), f"{one.user.name} · {one.user.email}") for one in members if one.user
        ]
        self.offer("to", [("", "–"), *people])


class EndForm(HouseForm):
    """The organization's name, typed, so that nobody ends it by mistake."""

    name = forms.CharField(
        label=_("Type the name of the organization"),
        widget=forms.TextInput({"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, organization: Organization, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.organization = organization

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if name != self.organization.name.strip():
            raise forms.ValidationError(_("This is not the name."))
        return name


class ApiKeyForm(HouseForm):
    """What a key is called and for."""

    name = forms.CharField(
        label=_("Name"), max_length=100, help_text=_("Which program it is for, such as Website.")
    )
    scope = forms.ChoiceField(
        label=_("May"), choices=Scope.choices, initial=Scope.READ, widget=forms.RadioSelect
    )
    expires_on = forms.DateField(
        label=_("Works until"),
        required=False,
        widget=DayInput,
        help_text=_("The last day, in UTC. Empty: until it is revoked."),
    )

    def __init__(self, *args: Any, today: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean_expires_on(self) -> dt.date | None:
        day: dt.date | None = self.cleaned_data["expires_on"]
        if day and day < self.today:
            raise forms.ValidationError(_("This day is over."))
        return day

    def expires_at(self) -> dt.datetime | None:
        """The end of the day."""
        day = self.cleaned_data["expires_on"]
        if day is None:
            return None
        return dt.datetime.combine(day, dt.time.max, dt.UTC)


def role_choices(*, owners: bool) -> list[tuple[str, str]]:
    """The roles with what they are for; without owner for those who may make none."""
    return [
        (role.value, f"{role.label}: {rights.description}")
        for role, rights in ROLES.items()
        if owners or role != Role.OWNER
    ]
