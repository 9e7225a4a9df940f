"""The JSON face of organizations, their members and their API keys: contract section 7."""

from typing import Annotated, Any, Self
from uuid import UUID

from django.db.models import F, QuerySet
from django.utils import timezone
from pydantic import Field, Strict

from accounts.access import KeyAccess, default_access
from accounts.api import OrganizationSlug
from accounts.api_keys import ApiKeyNotFound, create_api_key, revoke_api_key
from accounts.members import MemberNotFound, change_role, invite_member, remove_member
from accounts.models import ApiKey, Membership, Organization
from accounts.organizations import update_organization
from accounts.permissions import Permission, Role, Scope
from accounts.services import create_organization
from villaops.api.endpoint import SIGNED_IN, Endpoint, operation
from villaops.api.reads import Listed, ListQuery, OrderedBy, Page, find, page
from villaops.api.wire import (
    STORABLE,
    Currency,
    Email,
    Input,
    Message,
    Moment,
    Name,
    Output,
    SentMoment,
    Text,
    TimeZone,
    optional,
)
from villaops.links import site_of
from villaops.tenancy import Door
from villaops.versions import require_version

KeyName = Annotated[str, Strict(), Field(min_length=1, max_length=100), STORABLE]


# --- What travels ----------------------------------------------------------------------------


class OrganizationChanges(Input):
    name: Name = optional()
    slug: OrganizationSlug = optional()
    currency: Currency = optional()
    time_zone: TimeZone = optional()


class OrganizationInput(OrganizationChanges):
    name: Name


class OrganizationOutput(Output):
    id: UUID
    name: str
    slug: str
    currency: str
    time_zone: str
    # The caller's.
    role: Role
    is_default: bool
    created_at: Moment
    updated_at: Moment


class MemberChanges(Input):
    role: Role = optional()


class MemberInput(Input):
    email: Email
    role: Role


class MemberOutput(Output):
    id: UUID
    user_id: UUID | None
    email: str
    name: str | None
    role: Role
    status: Membership.Status
    created_at: Moment


class ApiKeyInput(Input):
    name: KeyName
    scopes: Annotated[list[Scope], Field(min_length=1)]
    expires_at: SentMoment | None = optional()


class ApiKeyOutput(Output):
    id: UUID
    name: str
    prefix: str
    scopes: list[Scope]
    expires_at: Moment | None
    last_used_at: Moment | None
    created_at: Moment


class NewApiKeyOutput(ApiKeyOutput):
    # Shown here and never again; null where the request is sent again.
    secret: str | None

    def to_keep(self) -> Self:
        return self.model_copy(update={"secret": None})


class OrganizationQuery(ListQuery):
    ordering: Annotated[Text, OrderedBy("created_at", "updated_at", "name")] = "-created_at"


class MemberQuery(ListQuery):
    ordering: Annotated[Text, OrderedBy("created_at", "name", "email", "status")] = "-created_at"


class ApiKeyQuery(ListQuery):
    ordering: Annotated[Text, OrderedBy("created_at", "name")] = "-created_at"


class MemberPath(Input):
    id: UUID


class ApiKeyPath(Input):
    id: UUID


def organization_output(
    organization: Organization, role: str, *, is_default: bool
) -> OrganizationOutput:
    """The organization as one of its members sees it."""
    return OrganizationOutput(
        id=organization.pk,
        name=organization.name,
        slug=organization.slug,
        currency=organization.currency,
        time_zone=organization.time_zone,
        role=Role(role),
        is_default=is_default,
        created_at=organization.created_at,
        updated_at=organization.updated_at,
    )


def member_output(membership: Membership) -> MemberOutput:
    """A member, or somebody invited, with the user loaded."""
    user = membership.user
    return MemberOutput(
        id=membership.pk,
        user_id=membership.user_id,
        email=user.email if user else membership.invited_email or "",
        name=user.name if user else None,
        role=Role(membership.role),
        status=membership.status(),
        created_at=membership.created_at,
    )


def _key_fields(key: ApiKey) -> dict[str, Any]:
    return {
        "id": key.pk,
        "name": key.name,
        "prefix": key.prefix,
        "scopes": key.scopes,
        "expires_at": key.expires_at,
        "last_used_at": key.last_used_at,
        "created_at": key.created_at,
    }


def api_key_output(key: ApiKey) -> ApiKeyOutput:
    """The key without what opens the door."""
    return ApiKeyOutput(**_key_fields(key))


# --- Lists -----------------------------------------------------------------------------------


def _mine(*, user: Any) -> QuerySet[Organization]:
    rows = Organization.objects.filter(memberships__user=user)
    return rows.annotate(role=F("memberships__role"))


def _members(*, organization: Any) -> QuerySet[Membership]:
    return Membership.objects.of_organization(organization)


def _keys(*, organization: Any) -> QuerySet[ApiKey]:
    return ApiKey.objects.standing().filter(organization=organization)


ORGANIZATIONS, MEMBERS, API_KEYS = Listed(_mine), Listed(_members), Listed(_keys)

# --- Organizations ---------------------------------------------------------------------------


class OrganizationEndpoint(Endpoint):
    tag = "Organizations"

    @property
    def organization(self) -> Organization:
        """The one that the request is about."""
        return self.access.organization


class Organizations(OrganizationEndpoint):
    @operation("list_organizations", SIGNED_IN)
    def get(self, query: OrganizationQuery) -> Page[OrganizationOutput]:
        """List the organizations that one is a member of."""
        default = self.default_access

        def shape(organization: Any) -> OrganizationOutput:
            is_default = bool(default and default.organization == organization)
            return organization_output(organization, organization.role, is_default=is_default)

        return page(self.request, ORGANIZATIONS, query, shape, user=self.user.pk)

    @operation("create_organization", SIGNED_IN, status=201, errors={409}, etag="row")
    def post(self, body: OrganizationInput) -> OrganizationOutput:
        """Make an organization and become its owner."""
        made = create_organization(by=self.user, door=Door.API, **body.given())
        is_default = self.default_access is None
        output = organization_output(made, Role.OWNER, is_default=is_default)
        return self.versioned(made, output)


class CurrentOrganization(OrganizationEndpoint):
    @operation("get_organization", Permission.READ_ORGANIZATION, etag="row")
    def get(self) -> OrganizationOutput:
        """Show the organization that the request is about."""
        return self.shown(self.organization)

    @operation("update_organization", Permission.EDIT_ORGANIZATION, errors={409}, etag="row")
    def patch(self, body: OrganizationChanges) -> OrganizationOutput:
        """Change the fields that are sent."""
        return self.shown(
            update_organization(
                organization=self.organization,
                by=self.by,
                changes=body.given(),
                expected=self.expected,
            )
        )

    put = patch

    def shown(self, organization: Organization) -> OrganizationOutput:
        output = organization_output(
            organization, self.access.role, is_default=self.is_default(organization)
        )
        return self.versioned(organization, output)

    def is_default(self, organization: Organization) -> bool:
        """Whether it is meant by requests of the same caller that name none."""
        if isinstance(self.access, KeyAccess) or "X-Organization" not in self.request.headers:
            return True
        if self.user.default_organization_id == organization.pk:
            return True
        default = default_access(self.user)
        return bool(default and default.organization == organization)


# --- Members ---------------------------------------------------------------------------------


class MemberEndpoint(OrganizationEndpoint):
    def members(self) -> QuerySet[Membership]:
        return _members(organization=self.organization.pk)

    def membership(self, path: MemberPath) -> Membership:
        return find(self.members().filter(pk=path.id), MemberNotFound)

    def site(self) -> str:
        """Where the dashboard is, for links in mails."""
        return site_of(self.request)


class Members(MemberEndpoint):
    @operation("list_members", Permission.READ_MEMBERS)
    def get(self, query: MemberQuery) -> Page[MemberOutput]:
        """List the members, and who has been invited."""
        organization = self.organization.pk
        return page(self.request, MEMBERS, query, member_output, organization=organization)

    @operation("invite_member", Permission.MANAGE_MEMBERS, status=201, errors={409}, etag="row")
    def post(self, body: MemberInput) -> MemberOutput:
        """Invite an address by mail; one that was invited before gets a new link."""
        invited = invite_member(
            organization=self.organization,
            email=body.email,
            role=body.role,
            by=self.by,
            reach=self.member.reach(),
            now=timezone.now(),
            site=self.site(),
        )
        return self.versioned(invited, member_output(invited))


class MemberDetail(MemberEndpoint):
    @operation("update_member", Permission.MANAGE_MEMBERS, errors={409}, etag="row")
    def patch(self, path: MemberPath, body: MemberChanges) -> MemberOutput:
        """Give a member another role."""
        membership = self.membership(path)
        if "role" in body.given():
            changed = change_role(
                membership=membership,
                role=body.role,
                by=self.by,
                reach=self.member.reach(),
                expected=self.expected,
            )
            # The one read first has its user with it.
            membership.role, membership.property_ids = changed.role, changed.property_ids
        else:
            require_version(membership, self.expected)
        return self.versioned(membership, member_output(membership))

    put = patch

    @operation("remove_member", Permission.MANAGE_MEMBERS, errors={409}, etag="row")
    def delete(self, path: MemberPath) -> Message:
        """End a membership, or an invitation."""
        remove_member(
            membership=self.membership(path),
            by=self.by,
            reach=self.member.reach(),
            expected=self.expected,
        )
        return Message(message="Member removed")


# --- API keys --------------------------------------------------------------------------------


class ApiKeyEndpoint(OrganizationEndpoint):
    def keys(self) -> QuerySet[ApiKey]:
        return _keys(organization=self.organization.pk)


class ApiKeys(ApiKeyEndpoint):
    @operation("list_api_keys", Permission.MANAGE_API_KEYS)
    def get(self, query: ApiKeyQuery) -> Page[ApiKeyOutput]:
        """List the keys that have not been revoked."""
        organization = self.organization.pk
        return page(self.request, API_KEYS, query, api_key_output, organization=organization)

    @operation("create_api_key", Permission.MANAGE_API_KEYS, status=201)
    def post(self, body: ApiKeyInput) -> NewApiKeyOutput:
        """Make a key. Its secret is in this answer and nowhere else."""
        made = create_api_key(organization=self.organization, by=self.user, **body.given())
        return NewApiKeyOutput(**_key_fields(made.key), secret=made.secret)


class ApiKeyDetail(ApiKeyEndpoint):
    @operation("revoke_api_key", Permission.MANAGE_API_KEYS)
    def delete(self, path: ApiKeyPath) -> Message:
        """Shut the door that the key opened, at once."""
        revoke_api_key(key=find(self.keys().filter(pk=path.id), ApiKeyNotFound), by=self.user)
        return Message(message="API key revoked")
