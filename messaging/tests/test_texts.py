"""What we write ourselves: every kind in every language, with a real booking, in text and HTML."""

from datetime import date
from html.parser import HTMLParser

import pytest

from accounts.models import Organization
from bookings.models import Booking, Status
from messaging.kinds import EDITABLE, KINDS, Audience
from messaging.services import check_template
from messaging.texts import default_template, is_written_in
from messaging.variables import examples_of, variables_of
from messaging.writing import stay_values, with_everything, write
from villaops.languages import LANGUAGES
from villaops.tests.build import make_booking, make_property

WRITTEN = [(kind, code) for kind in EDITABLE for code in LANGUAGES if is_written_in(kind, code)]


@pytest.mark.parametrize(("kind", "language"), WRITTEN)
def test_our_own_words_keep_the_rules_for_everybodys(kind: str, language: str) -> None:
    assert check_template(kind, default_template(kind, language)) == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_guests_are_written_to_in_every_language(language: str) -> None:
    to_guests = {kind for kind, about in KINDS.items() if about.audience is Audience.GUEST}

    assert to_guests <= {kind for kind, code in WRITTEN if code == language}


def test_a_fact_that_is_missing_leaves_no_trace() -> None:
    html = default_template("booking_confirmation", "en").html

    assert (
        "{% if total_price %}<tr><th>Total</th><td>{{ total_price }}</td></tr>{% endif %}" in html
    )


class Words(HTMLParser):
    """The words of a page, and whether its tags are closed."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self.opened: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in ("meta", "br"):
            self.opened.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.opened.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.opened:
            self.said += data.split()


@pytest.fixture
def stay(organization: Organization, inside: None) -> Booking:
    home = make_property(
        organization,
        units=2,
        name="Casa Mare",
        address_line1="Via Roma 1",
        city="Bellagio",
        country="IT",
        check_in_time="15:00",
        check_out_time="11:00",
        check_in_instructions="Ring the bell.\nTwice.",
    )
    made = make_booking(home, date(2026, 3, 6), 3, status=Status.CONFIRMED, adults=2, children=1)
    (booking,) = with_everything(Booking.objects.filter(pk=made.pk))
    return booking


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_is_written_with_a_real_booking(stay: Booking, language: str) -> None:
    told = stay_values(stay, language=language)

    for kind in (kind for kind, code in WRITTEN if code == language):
        given = examples_of(kind) | told
        draft = write(
            default_template(kind, language),
            organization=stay.organization,
            kind=kind,
            language=language,
            values={name: given[name] for name in variables_of(kind)},
            address="emma@example.com",
        )

        page = Words()
        page.feed(draft.html)
        page.close()
        said = " ".join(page.said)
        assert page.opened == [], kind
        assert "{" not in draft.subject + draft.text + said, kind
        assert "\n\n\n" not in draft.text, kind
        # HTML and text say the same; a button's words stand before its address in the text.
        body, _, foot = draft.text.partition("\n-- \n")
        assert "Sea Houses" in foot
        for word in body.replace("→", "").split():
            assert word.strip(":") in said or word.startswith("http"), (kind, word)


def test_days_and_numbers_are_written_as_the_reader_does(stay: Booking) -> None:
    english, german = (stay_values(stay, language=code) for code in ("en", "de"))

    assert (english["check_in"], english["nights"], english["party"], english["total_price"]) == (
        "Friday 6 March 2026",
        "3 nights",
        "2 adults, 1 child",
        "300.00\N{NO-BREAK SPACE}USD",
    )
    assert (german["check_in"], german["nights"], german["party"], german["total_price"]) == (
        "Freitag, 6. März 2026",
        "3 Nächte",
        "2 Erwachsene, 1 Kind",
        "300,00\N{NO-BREAK SPACE}USD",
    )
    assert english["property_address"] == "Via Roma 1\nBellagio IT"
    assert english["unit_name"] == "Room 1"
