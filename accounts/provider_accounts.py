"""Whose account a provider's identity opens: one rule for the API and the dashboard."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from allauth.socialaccount.models import SocialAccount

from accounts.audit import SecurityEvent, record_security_event
from accounts.mail import moment_in_mail, send_mail_to
from accounts.models import User
from accounts.oauth import PROVIDERS, Identity
from accounts.people import end_ways_in
from accounts.services import EmailTaken
from villaops.errors import Unauthenticated
from villaops.tenancy import Door, person_context
from villaops.verbs import one_at_a_time, verb

# Makes the account of somebody new, given what is known of them.
type MakeAccount = Callable[..., User]


class NoVerifiedEmail(Unauthenticated):
    code = "no_verified_email"
    message = "The provider states no verified e-mail"


def user_of_identity(
    *, identity: Identity, make_account: MakeAccount, door: Door, now: datetime, address: str
) -> User:
    """The user whom the identity opens, found, linked or made.

    A known identity is its user's, whatever e-mail it has today. Else the e-mail that the provider
    states as verified leads to an account, which is linked, or to a new one without password.
    Somebody inactive comes back as they are, unlinked: whoever asks turns them away. `address` is
    the caller's. Raises NoVerifiedEmail.
    """
    given: dict[str, Any] = {
        "identity": identity,
        "make_account": make_account,
        "door": door,
        "now": now,
        "address": address,
    }
    try:
        return _user_of_identity(**given)
    except EmailTaken:
        # Registered in the meantime, by a form: now there is somebody to link.
        return _user_of_identity(**given)


@verb()
def _user_of_identity(
    *, identity: Identity, make_account: MakeAccount, door: Door, now: datetime, address: str
) -> User:
    # Two callbacks at once would both find nobody.
    one_at_a_time(f"identity:{identity.provider}:{identity.uid}")
    known = SocialAccount.objects.filter(provider=identity.provider, uid=identity.uid)
    account = known.select_related("user").first()
    if account:
        account.extra_data = identity.shown
        account.save(update_fields=["extra_data", "last_login"])
        return account.user
    if identity.email is None:
        raise NoVerifiedEmail
    one_at_a_time(f"identity:{identity.email.lower()}")
    user = User.objects.select_for_update(no_key=True).filter(email__lower=identity.email.lower())
    found = user.first()
    if found is None:
        found = make_account(
            email=identity.email,
            password=None,
            name=identity.name,
            auth_provider=identity.provider,
            avatar_url=identity.avatar_url,
        )
    elif found.is_active:
        _link(found, identity, door, now)
        # allauth sends one of its own where somebody signed in connects another account.
        told = {
            "provider": PROVIDERS[identity.provider].name,
            "when": moment_in_mail(now),
            "ip": address,
        }
        send_mail_to(found.email, "account_connected", told)
    else:
        return found
    SocialAccount(
        user=found, provider=identity.provider, uid=identity.uid, extra_data=identity.shown
    ).save()
    record_security_event(
        kind=SecurityEvent.PROVIDER_LINKED,
        user=found,
        door=door,
        label=identity.provider.value,
        address=address,
    )
    return found


def _link(user: User, identity: Identity, door: Door, now: datetime) -> None:
    if not user.email_verified:
        user.set_unusable_password()
        end_ways_in(user=user, door=door, now=now)
        record_security_event(kind=SecurityEvent.EMAIL_VERIFIED, user=user, door=door)
    user.auth_provider = identity.provider
    user.email_verified = True
    if identity.avatar_url:
        user.avatar_url = identity.avatar_url
    with person_context(by=user, door=door):
        user.save()
