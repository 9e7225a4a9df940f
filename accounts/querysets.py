"""Named reads of users, organizations and memberships."""

from typing import TYPE_CHECKING

from django.contrib.auth.base_user import BaseUserManager
from django.db.models import Case, CharField, F, QuerySet, Value, When
from django.db.models.functions import Coalesce

if TYPE_CHECKING:
    from accounts.models import ApiKey, Membership, Organization, User  # noqa: F401 - the rows' type


class UserManager(BaseUserManager["User"]):
    """Users by e-mail, whatever its case."""

    def with_email(self, email: str) -> "User | None":
        """The user whose e-mail this is; at most one, by constraint."""
        return self.filter(email__lower=email.lower()).first()

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__lower=(username or "").lower())

    def create_superuser(self, email: str, password: str, **fields: object) -> "User":
        """An administrator, for `manage.py createsuperuser`."""
        user = self.model(email=email, is_staff=True, is_superuser=True, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class MembershipQuerySet(QuerySet["Membership"]):
    def of(self, user: "User") -> "MembershipQuerySet":
        """The user's memberships with their organizations, by name."""
        return self.filter(user=user).select_related("organization").order_by("organization__name")

    def of_organization(self, organization: "Organization") -> "MembershipQuerySet":
        """Everybody in it or invited, each as people look for them: by e-mail, name and status."""
        return (
            self.filter(organization=organization)
            .select_related("user")
            .alias(
                email=Coalesce("user__email", "invited_email", output_field=CharField()),
                name=F("user__name"),
                status=Case(
                    When(user=None, then=Value("invited")),
                    default=Value("active"),
                    output_field=CharField(),
                ),
            )
        )


class ApiKeyQuerySet(QuerySet["ApiKey"]):
    def standing(self) -> "ApiKeyQuerySet":
        """Those that have not been revoked, expired ones included, newest first."""
        return self.filter(revoked_at=None).order_by("-created_at", "-id")
