"""The row django-allauth reads an e-mail from, kept right by a trigger."""

import pytest
from allauth.account.models import EmailAddress

from accounts.models import User
from accounts.services import register_user
from villaops.tenancy import Door
from villaops.tests.build import PASSWORD, make_user

pytestmark = pytest.mark.django_db


def address_of(user: User) -> tuple[str, bool, bool]:
    address = EmailAddress.objects.get(user=user)
    return address.email, address.verified, address.primary


def test_registered_user_has_an_address() -> None:
    user = register_user(email="Ada@Example.com", password=PASSWORD, name="Ada", door=Door.API)

    assert address_of(user) == ("ada@example.com", False, True)


def test_address_follows_the_user() -> None:
    user = make_user("ada@example.com")

    User.objects.filter(pk=user.pk).update(email_verified=True)
    verified = address_of(user)
    User.objects.filter(pk=user.pk).update(email="Lovelace@example.com", email_verified=False)

    assert verified == ("ada@example.com", True, True)
    assert address_of(user) == ("lovelace@example.com", False, True)


def test_address_goes_with_the_user() -> None:
    user = make_user()

    user.delete()

    assert not EmailAddress.objects.exists()
