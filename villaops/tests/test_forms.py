"""Forms look as Django's own would."""

from django import forms
from django.forms.renderers import TemplatesSetting
from django.test.html import parse_html

from villaops.forms import HouseForm


class Choosing(HouseForm):
    place = forms.ChoiceField(
        choices=[
            ("", "All"),
            ("Rooms", [("1", 'The "blue" one'), ("2", "<Attic> & stairs")]),
            (3, "Cellar"),
        ],
        widget=forms.Select(attrs={"data-places": True, "disabled": False}),
    )


def test_select_is_drawn_as_django_draws_it() -> None:
    form = Choosing({"place": "2"})

    ours = str(form["place"])
    form.renderer = TemplatesSetting()

    assert 'value="2" selected' in ours
    assert parse_html(ours) == parse_html(str(form["place"]))
