"""The JSON face of accounts: register, log in, refresh, log out, profile."""

from typing import Annotated, Literal
from uuid import UUID

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from pydantic import AfterValidator, Field, Strict

from accounts.access import Access, default_access
from accounts.login import check_login
from accounts.models import UUID_PATTERN, User
from accounts.permissions import Role
from accounts.pictures import picture_address
from accounts.recovery import ask_for_verification
from accounts.services import register_user, update_profile
from accounts.tokens import TokenPair, issue_tokens, log_out, refresh_tokens
from villaops.api.authentication import bearer_token
from villaops.api.endpoint import PUBLIC, SIGNED_IN, Endpoint, operation
from villaops.api.wire import (
    SLUG_SHAPE,
    STORABLE,
    Email,
    Input,
    Message,
    Moment,
    Name,
    Output,
    Shape,
    Text,
    optional,
)
from villaops.tenancy import Door


def _acceptable(password: str) -> str:
    """Length alone, unless PASSWORD_COMMON_CHECK refuses common ones."""
    try:
        validate_password(password)
    except ValidationError as error:
        raise ValueError(" ".join(error.messages)) from error
    return password


NewPassword = Annotated[
    str, Strict(), Field(min_length=8, max_length=128), STORABLE, AfterValidator(_acceptable)
]
OrganizationSlug = Annotated[
    str,
    Strict(),
    Field(min_length=3, max_length=50),
    Shape(f"(?!{UUID_PATTERN}).*", "A slug is not a UUID"),
    SLUG_SHAPE,
]


def _web_address(text: str) -> str:
    try:
        URLValidator(schemes=["http", "https"])(text)
    except ValidationError as error:
        raise ValueError("Input should be an http or https address") from error
    return text


WebAddress = Annotated[str, Strict(), Field(max_length=512), AfterValidator(_web_address)]


def _as_written_here(slug_or_id: str) -> str:
    try:
        return str(UUID(slug_or_id))
    except ValueError:
        return slug_or_id


SlugOrId = Annotated[Text, AfterValidator(_as_written_here)]


class Registration(Input):
    email: Email
    password: NewPassword
    name: Name
    organization_name: Name = optional()
    organization_slug: OrganizationSlug = optional()


class Credentials(Input):
    email: Email
    password: Text


class RefreshToken(Input):
    refresh_token: Text


class ProfileChanges(Input):
    name: Name = optional()
    avatar_url: WebAddress | None = optional()
    default_organization: SlugOrId = optional()


class OrganizationSummary(Output):
    id: UUID
    slug: str
    name: str
    role: Role


class UserOutput(Output):
    id: UUID
    email: str
    name: str
    avatar_url: str | None
    auth_provider: User.Provider
    is_active: bool
    # A label that older clients show; rights come from memberships.
    role: str
    email_verified: bool
    organization: OrganizationSummary | None
    created_at: Moment


class Tokens(Output):
    access_token: str
    refresh_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 (a name)


class AuthResponse(Tokens):
    user: UserOutput
    tokens: Tokens


def user_output(user: User, access: Access | None) -> UserOutput:
    """The user, with the organization they work in unless they name another."""
    organization = access and OrganizationSummary(
        id=access.organization.pk,
        slug=access.organization.slug,
        name=access.organization.name,
        role=Role(access.role),
    )
    return UserOutput(
        id=user.pk,
        email=user.email,
        name=user.name,
        avatar_url=user.avatar_url or picture_address(user),
        auth_provider=User.Provider(user.auth_provider),
        is_active=user.is_active,
        role="manager",
        email_verified=user.email_verified,
        organization=organization,
        created_at=user.created_at,
    )


def _tokens(pair: TokenPair) -> Tokens:
    return Tokens(access_token=pair.access_token, refresh_token=pair.refresh_token)


def signed_in(user: User) -> AuthResponse:
    """The user with a new pair of tokens."""
    tokens = _tokens(issue_tokens(user=user))
    return AuthResponse(
        user=user_output(user, default_access(user)), tokens=tokens, **tokens.model_dump()
    )


class AuthEndpoint(Endpoint):
    tag = "Sign-in"
    counted_as = "auth"


class Register(AuthEndpoint):
    @operation("register", PUBLIC, status=201, errors={409})
    def post(self, body: Registration) -> AuthResponse:
        """Make an account and an organization that it owns."""
        user = register_user(**body.given(), door=Door.API)
        ask_for_verification(user.email)
        return signed_in(user)


class Login(AuthEndpoint):
    @operation("login", PUBLIC, errors={401, 403})
    def post(self, body: Credentials) -> AuthResponse:
        """Exchange e-mail and password for tokens."""
        return signed_in(check_login(self.request, email=body.email, password=body.password))


class Refresh(AuthEndpoint):
    @operation("refresh_tokens", PUBLIC, errors={401})
    def post(self, body: RefreshToken) -> Tokens:
        """Exchange a refresh token, once, for a new pair."""
        return _tokens(refresh_tokens(refresh_token=body.refresh_token))


class Logout(AuthEndpoint):
    @operation("logout", PUBLIC)
    def post(self, body: RefreshToken) -> Message:
        """End the refresh token's family, and the access token if one is sent."""
        log_out(refresh_token=body.refresh_token, access_token=bearer_token(self.request))
        return Message(message="Logged out")


class Me(AuthEndpoint):
    @operation("get_me", SIGNED_IN)
    def get(self) -> UserOutput:
        """Who the credentials belong to."""
        return user_output(self.user, self.default_access)

    @operation("update_me", SIGNED_IN, errors={404})
    def patch(self, body: ProfileChanges) -> UserOutput:
        """Change the profile; the default organization is named by slug or id."""
        user = update_profile(user=self.user, changes=body.given())
        return user_output(user, default_access(user))

    put = patch
