"""The gallery of components: complete, and for staff alone."""

from pathlib import Path

import pytest
from django.conf import settings
from django.template.autoreload import reset_loaders
from django.test import Client

from accounts.models import User
from villaops.gallery import SPECIMENS
from villaops.templatetags import house
from villaops.tests.build import make_user

COMPONENTS = Path(settings.BASE_DIR) / "templates" / "components"


def as_staff(client: Client) -> Client:
    client.force_login(make_user("staff@example.com", is_staff=True))
    return client


@pytest.mark.django_db
def test_gallery_shows_every_component_there_is(client: Client) -> None:
    # What another test has drawn would be given again.
    for kept in (house.badge, house._navigation, house._palette):
        kept.cache_clear()
    reset_loaders()

    answer = as_staff(client).get("/gallery")

    drawn = {template.name for template in answer.templates}
    named = {component for specimen in SPECIMENS for component in specimen.components}
    assert named == {path.name for path in COMPONENTS.glob("*.html")}
    assert {f"components/{name}" for name in named} <= drawn
    assert all(f"components/{name}" in answer.text for name in named)


@pytest.mark.django_db
def test_gallery_shows_each_specimen_in_light_and_dark_and_every_icon(client: Client) -> None:
    page = as_staff(client).get("/gallery").text

    sprite = (Path(settings.BASE_DIR) / "static/img/icons.svg").read_text()
    assert page.count('data-bs-theme="light"') == page.count('data-bs-theme="dark"')
    assert page.count('data-bs-theme="dark"') == len(SPECIMENS)
    assert f'<span class="count">{sprite.count("<symbol ")}</span>' in page
    assert len(page.encode()) < 100_000


def test_gallery_is_not_there_for_others(client: Client, owner: User) -> None:
    strangers = client.get("/gallery")
    client.force_login(owner)

    assert strangers.status_code == 404
    assert client.get("/gallery").status_code == 404
    assert 'href="/gallery"' not in client.get("/o/sea-houses/").text


def test_staff_find_the_gallery_in_the_account_menu(client: Client, owner: User) -> None:
    owner.is_staff = True
    owner.save()
    client.force_login(owner)

    assert 'href="/gallery"' in client.get("/o/sea-houses/").text
