"""Organizations, memberships, subscriptions and users, for administrators."""

from typing import Any
from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialApp, SocialToken
from axes.models import AccessFailureLog, AccessLog
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import redirect

from accounts import audit_admin, lock_admin  # noqa: F401 - register the audit log and locks
from accounts.locks import lift_locks_of
from accounts.members import Reach, change_role, limit_to_properties, remove_member
from accounts.models import Membership, Organization, Subscription, User
from accounts.organizations import keep_organization, update_organization
from villaops.admin.filters import ChosenFilter
from villaops.admin.rows import (
    ReadOnlyAdmin,
    RefusableForm,
    RowAdmin,
    VerbAdmin,
    acting,
    rows_of,
)
from villaops.errors import DomainError
from villaops.tenancy import Door

# Administrators are nobody's members, and limited by nothing.
EVERYWHERE = Reach(owners=True)


@admin.register(Organization)
class OrganizationAdmin(VerbAdmin):
    """Businesses, and the way to everything that belongs to one. They end by their owners' wish,
    which can be taken back here too.
    """

    list_display = ["name", "slug", "currency", "time_zone", "ends_at", "made"]
    search_fields = ["name", "slug"]
    fields = [
        "name",
        "slug",
        "currency",
        "time_zone",
        "locale",
        "reply_to",
        "ends_at",
        "created_at",
        "updated_at",
        "its_rows",
    ]
    readonly_fields = ["ends_at", "created_at", "updated_at", "its_rows"]
    actions = ["keep"]

    def update(self, row: Organization, by: User, changes: dict[str, Any]) -> Organization:
        return update_organization(organization=row, by=by, changes=changes)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.action(permissions=["change"], description="Keep selected organizations after all")
    def keep(self, request: HttpRequest, queryset: QuerySet[Organization]) -> None:
        """Let them go on."""
        for organization in queryset.exclude(ends_at=None).order_by("pk"):
            keep_organization(organization=organization, by=acting(request))
            self.message_user(request, f"{organization} stays.", messages.SUCCESS)

    @admin.display(description="see also")
    def its_rows(self, organization: Organization) -> str:
        """Links to the lists of what belongs to it."""
        return rows_of(
            organization,
            ("accounts_membership", "organization"),
            ("accounts_subscription", "organization"),
            ("properties_property", "organization"),
            ("properties_unit", "organization"),
            ("guests_guest", "organization"),
            ("bookings_booking", "organization"),
            ("bookings_block", "organization"),
        )


class MembershipForm(RefusableForm):
    """No property named is no limit."""

    def clean_property_ids(self) -> list[UUID] | None:
        return self.cleaned_data["property_ids"] or None


@admin.register(Membership)
class MembershipAdmin(VerbAdmin):
    """Who may do what where. Without a user it is an invitation."""

    form = MembershipForm

    list_display = ["user", "invited_email", "organization", "role", "made"]
    list_filter = [("organization", ChosenFilter), ("user", ChosenFilter), "role"]
    list_select_related = ("organization", "user")
    search_fields = ["user__email", "user__name", "organization__name"]
    fields = ["organization", "user", "invited_email", "role", "property_ids", "created_at"]
    readonly_fields = ["organization", "user", "invited_email", "created_at"]
    # One at a time: each may be somebody's last owner.
    actions = None

    def update(self, row: Membership, by: User, changes: dict[str, Any]) -> Membership:
        changed = row
        if "role" in changes:
            changed = change_role(membership=row, role=changes["role"], by=by, reach=EVERYWHERE)
        if "property_ids" in changes:
            changed = limit_to_properties(
                membership=row,
                property_ids=changes["property_ids"] or None,
                by=by,
                reach=EVERYWHERE,
            )
        return changed

    def delete_model(self, request: HttpRequest, obj: Membership) -> None:
        remove_member(membership=obj, by=acting(request), reach=EVERYWHERE)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """Say why where the verb refuses."""
        try:
            with transaction.atomic():
                return super().delete_view(request, object_id, extra_context)
        except DomainError as refusal:
            self.message_user(request, refusal.explanation, messages.ERROR)
        return redirect("admin:accounts_membership_change", object_id)


@admin.register(Subscription)
class SubscriptionAdmin(ReadOnlyAdmin):
    """Which plan an organization is on."""

    list_display = ["organization", "plan", "status", "current_period_end", "made"]
    list_filter = [("organization", ChosenFilter), "plan", "status"]
    list_select_related = ("organization",)
    search_fields = ["organization__name", "organization__slug"]


class NewUserForm(AdminUserCreationForm):
    """A user by e-mail and name; the user model is not Django's own."""

    class Meta:
        model = User
        fields = ["email", "name"]


class MembershipsOfUser(admin.TabularInline):
    """A user's roles, to read."""

    model = Membership
    fields = ("organization", "role", "created_at")
    readonly_fields = fields
    extra = 0
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("organization")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(User)
class UserAdmin(RowAdmin, DjangoUserAdmin):
    """People who sign in. They are made inactive rather than deleted: history names them.

    Who is an administrator, and what other administrators may do, only superusers decide.
    """

    add_form = NewUserForm
    list_display = ["email", "name", "is_active", "is_staff", "auth_provider", "last_login", "made"]
    list_filter = ("is_active", "is_staff", "is_superuser", "auth_provider")
    search_fields = ["email", "name"]
    ordering = ("-pk",)
    autocomplete_fields = ["default_organization"]
    actions = ["lift_locks"]
    readonly_fields = ["last_login", "created_at", "auth_provider"]
    fieldsets = [
        (None, {"fields": ["email", "name", "password"]}),
        ("Sign-in", {"fields": ["is_active", "email_verified", "auth_provider", "last_login"]}),
        ("Dashboard", {"fields": ["default_organization", "created_at"]}),
        (
            "Administration",
            {"fields": ["is_staff", "is_superuser", "groups", "user_permissions"]},
        ),
    ]
    add_fieldsets = [
        (
            None,
            {
                "classes": ["wide"],
                "fields": ["email", "name", "usable_password", "password1", "password2"],
            },
        ),
    ]

    @admin.action(permissions=["change"], description="Lift the locks of selected people")
    def lift_locks(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Let them try their passwords and second steps again."""
        for user in queryset.order_by("pk"):
            lift_locks_of(request, user=user, by=acting(request), door=Door.ADMIN)
            self.message_user(request, f"{user} may try again.", messages.SUCCESS)

    def get_inlines(self, request: HttpRequest, obj: Any) -> list[Any]:
        return [MembershipsOfUser] if obj else []

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        fields = list(super().get_readonly_fields(request, obj))
        if request.user.is_superuser:
            return fields
        return [*fields, "is_staff", "is_superuser", "groups", "user_permissions"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A superuser, their password included, is changed by superusers only."""
        mine: Any = request.user
        if obj and obj.is_superuser and not mine.is_superuser:
            return False
        return super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


# What allauth shows by itself and nobody should change by hand: addresses follow the user, and
# providers are configured by the environment. And what django-axes keeps no rows in.
admin.site.unregister([EmailAddress, SocialApp, SocialToken, AccessLog, AccessFailureLog])
