"""How django-allauth works in this house: its mails, passwords, phones and second steps."""


from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.http import HttpRequest

from villaops.api.throttles import client_address


class AccountAdapter(DefaultAccountAdapter):
    """Accounts, whose identity is an e-mail."""

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_address(request)


class SocialAdapter(DefaultSocialAccountAdapter):
    """Accounts that Google and GitHub vouch for."""


class SecondStepAdapter(DefaultMFAAdapter):
    """Authenticator apps, recovery codes and passkeys."""
