"""Tags that are worked out once say what Django's own say."""

from uuid import uuid4

import pytest
from django.template import Context, Template
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils import translation

IDS = [uuid4(), uuid4()]


def rendered(text: str, **context: object) -> str:
    return Template("{% load house i18n static %}" + text).render(Context(context))


def test_words_and_files_are_as_django_says_them() -> None:
    template = Template(
        "{% load i18n static %}{% translate 'Yes' %} {% translate 'No' as no %}{{ no }}"
        " {% translate \"100%\" %} {% static 'css/base.css' %}"
    )
    css = static("css/base.css")

    said = []
    for language in ("en", "de", "en"):
        with translation.override(language):
            said.append(template.render(Context()))

    assert said == [f"Yes No 100% {css}", f"Ja Nein 100% {css}", f"Yes No 100% {css}"]


def test_words_of_a_variable_are_each_times_own() -> None:
    template = Template("{% load i18n static %}{% translate word %} {% static path %}")

    said = [template.render(Context({"word": word, "path": word})) for word in ("<a>", "b")]

    assert said == [f"&lt;a&gt; {static('<a>')}", f"b {static('b')}"]


def test_a_part_that_is_told_nothing_is_what_django_includes() -> None:
    bar = "{% include 'components/working_bar.html' only %}"
    note = "{% include 'components/live_notes.html' with slug=slug only %}"

    assert [rendered(bar) for _ in range(2)] == [Template(bar).render(Context())] * 2
    ours = Template("{% load i18n %}" + note)
    for slug in ("hill", "lake"):
        told = Context({"slug": slug})
        assert ours.render(told) == Template(note).render(told)


def test_addresses_that_differ_by_an_id_are_each_rows_own() -> None:
    text = "{% url 'bookings:change_note' slug first second %}"

    for first, second in (IDS, IDS[::-1], (IDS[0], IDS[0])):
        expected = reverse("bookings:change_note", args=["villas", first, second])
        assert rendered(text, slug="villas", first=first, second=second) == expected


def test_an_address_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(NoReverseMatch):
        rendered("{% url 'bookings:change_note' slug %}", slug="villas")
    assert rendered("{% url 'bookings:change_note' slug as it %}{{ it }}", slug="villas") == ""


def test_addresses_are_escaped() -> None:
    assert rendered("{% url 'picture' name %}", name="a&b.png") == reverse(
        "picture", args=["a&b.png"]
    ).replace("&", "&amp;")
