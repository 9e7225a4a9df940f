"""What the documents show is what the code says."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from accounts.permissions import ROLES, Permission, Role, allows
from bookings.models import MOVES, Status
from bookings.querysets import HOLDING

ROOT = Path(settings.BASE_DIR)
CONCEPTS = (ROOT / "docs" / "concepts.md").read_text()
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def table(head: list[str], rows: list[list[str]]) -> str:
    lines = [f"| {' | '.join(cells)} |" for cells in (head, *rows)]
    lines.insert(1, "|---" * len(head) + "|")
    return "\n".join(lines) + "\n"


def marked(marks: bool) -> str:
    return "x" if marks else " "


def test_concepts_shows_which_status_follows_which() -> None:
    rows = [[old, *(marked(new in MOVES[old]) for new in Status)] for old in Status.values]

    assert table(["from \\ to", *Status.values], rows) in CONCEPTS


def test_concepts_shows_which_statuses_hold_nights() -> None:
    shown = re.findall(r"^\| (\w+) \| [^|]+ \| (yes|no) \|$", CONCEPTS, re.MULTILINE)

    assert shown == [(status, "yes" if status in HOLDING else "no") for status in Status.values]


def test_concepts_shows_what_roles_are_for() -> None:
    rows = [[role.label, ROLES[role].description] for role in Role]

    assert table(["Role", "In words"], rows) in CONCEPTS


def test_concepts_shows_what_roles_may_do() -> None:
    rows = [
        [f"`{permission}`", *(marked(allows(role, permission)) for role in Role)]
        for permission in Permission
    ]

    assert table(["Permission", *Role.labels], rows) in CONCEPTS


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_to_something(document: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text())

    assert [link for link in links if not (document.parent / link).exists()] == []
