"""Templates that people write: what they may say, and that no value ever says anything."""

import pytest

from messaging.rendering import (
    TemplateFault,
    check_html,
    parse,
    render_html,
    render_subject,
    render_text,
)

EVIL = '{{ 7*7 }}{% load x %}<script>alert("1")</script>'
KNOWN = {"guest_name", "booking_url"}


def values(**more: str) -> dict[str, str]:
    return {"guest_name": "Emma", "booking_url": "https://villas.example/1"} | more


def test_a_value_is_a_text_and_never_a_template() -> None:
    source, evil = "Dear {{ guest_name }}!", values(guest_name=EVIL)

    assert render_text(source, evil) == f"Dear {EVIL}!\n"
    assert render_subject(source, evil) == f"Dear {EVIL}!"
    assert render_html(source, evil) == (
        "Dear {{ 7*7 }}{% load x %}&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;!"
    )


def test_a_subject_is_one_line_whatever_is_put_into_it() -> None:
    injected = values(guest_name="Emma\r\nBcc: all@example.com\n\nHello")

    assert render_subject("Dear {{ guest_name }}", injected) == (
        "Dear Emma Bcc: all@example.com Hello"
    )


def test_what_is_empty_is_left_out_with_its_gap() -> None:
    source = (
        "Hello\n\n{% if guest_name %}\nDear {{ guest_name }}\n{% else %}\nYou\n{% endif %}\n\nBye"
    )

    assert render_text(source, values()) == "Hello\n\nDear Emma\n\nBye\n"
    assert render_text(source, values(guest_name=" ")) == "Hello\n\nYou\n\nBye\n"


def test_lines_of_a_value_are_kept_in_html() -> None:
    assert render_html("{{ guest_name }}", values(guest_name="a\r\nb<")) == "a<br>b&lt;"


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("a\n{{ price }}", "Line 2: there is no variable “price” in this message."),
        ("{{ guest_name.pk }}", "Line 1: “guest_name.pk” is no variable"),
        ("{{ guest_name|safe }}", "Line 1: “guest_name|safe” is no variable"),
        ("{{ 7*7 }}", "Line 1: “7*7” is no variable"),
        ("{{ }}", "Line 1: “” is no variable"),
        ("{% load x %}", "Line 1: {% load x %} is not known"),
        ("{% include 'a' %}", "Line 1: {% include 'a' %} is not known"),
        ("{% if guest_name == 1 %}{% endif %}", "Line 1: {% if guest_name == 1 %} is not known"),
        ("\n\n{% if guest_name %}", "Line 3: this {% if %} has no {% endif %}"),
        ("{% endif %}", "Line 1: {% endif %} has no {% if %}"),
        ("{% if guest_name %}{% else %}{% else %}{% endif %}", "Line 1: {% else %} has no"),
        ("{{ guest_name", "Line 1: “{{” has no other half"),
        ("{# a #}", "Line 1: “{#” has no other half"),
        ("{% if guest_name %}" * 6, "Line 1: too many {% if %}"),
    ],
)
def test_what_is_not_known_is_said_with_its_line(source: str, fault: str) -> None:
    with pytest.raises(TemplateFault) as refused:
        parse(source, KNOWN)

    assert str(refused.value).startswith(fault)


@pytest.mark.parametrize(
    "source",
    [
        "<p>Dear <strong>{{ guest_name }}</strong>,<br>see you</p>",
        '<a class="button" href="{{ booking_url }}">Open</a>',
        '<a href="https://villas.example">us</a> <img src="https://villas.example/a.png" alt="">',
        '<table style="width: 100%"><tr>{% if guest_name %}<td>&lt;</td>{% endif %}</tr></table>',
    ],
)
def test_ordinary_markup_is_taken(source: str) -> None:
    check_html(source, KNOWN, {"booking_url"})


@pytest.mark.parametrize(
    "source",
    [
        "<script>alert(1)</script>",
        "<p onclick='x()'>",
        "<style>p{background:url({{ booking_url }})}</style>",
        "<iframe src='https://villas.example'></iframe>",
        "<form action='https://elsewhere.example'><textarea>{{ booking_url }}</textarea></form>",
        "<a href='javascript:alert(1)'>x</a>",
        "<a href='https://elsewhere.example/?{{ booking_url }}'>x</a>",
        "<a href='{{ guest_name }}'>x</a>",
        "<img src='{{ booking_url }}'>",
        "<img src='https://elsewhere.example/?{{ booking_url }}'>",
        "<p class='{{ guest_name }}'>",
        "<p {{ guest_name }}>",
        "<{{ guest_name }}>",
        "<p {% if guest_name %}class='a'{% endif %}>",
        "<p style='background: url(https://elsewhere.example)'>",
        "<!-- {{ guest_name }} -->",
        "<!doctype html>",
        "<meta http-equiv='refresh' content='0'>",
        "<svg><a href='#'>x</a></svg>",
        "<a href='https://villas.example'",
    ],
)
def test_markup_that_could_do_harm_is_refused(source: str) -> None:
    with pytest.raises(TemplateFault, match="Line 1: "):
        check_html(source, KNOWN, {"booking_url"})
