"""What the dashboard is drawn with: vendored files as listed, nothing inline, nothing remote."""

import hashlib
import re
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
STATIC = ROOT / "static"
# A mail is no page: its styles are in it, or nowhere.
TEMPLATES = sorted(
    path for path in (ROOT / "templates").rglob("*.html") if path.parent.name != "mail"
)
OURS = sorted([*STATIC.glob("css/*.css"), *STATIC.glob("js/*.js")])


def vendored() -> list[list[str]]:
    lines = (STATIC / "vendor" / "VERSIONS").read_text().splitlines()
    return [line.split() for line in lines if line and not line.startswith("#")]


@pytest.mark.parametrize(("path", "name", "version", "licence", "digest"), vendored())
def test_vendored_file_is_the_one_listed(
    path: str, name: str, version: str, licence: str, digest: str
) -> None:
    content = (STATIC / path).read_bytes()

    assert hashlib.sha256(content).hexdigest() == digest, f"{name} {version} ({licence})"


def test_every_vendored_file_is_listed_and_has_a_licence() -> None:
    files = {p for p in (STATIC / "vendor").glob("*/*") if p.name != "LICENSE"}

    assert files <= {STATIC / path for path, *_rest in vendored()}
    assert all((folder / "LICENSE").exists() for folder in (STATIC / "vendor").glob("*/"))


def test_every_icon_used_is_in_the_sprite_and_no_other() -> None:
    symbols = set(re.findall(r'<symbol id="([\w-]+)"', (STATIC / "img/icons.svg").read_text()))
    python = [*ROOT.glob("*/views.py"), *ROOT.glob("*/templatetags/*.py")]
    sources = "".join(path.read_text() for path in [*TEMPLATES, *python])
    used = set(re.findall(r"[\"']([a-z]+(?:-[a-z0-9]+)*)[\"']", sources))
    named = set(re.findall(r'{% icon "([\w-]+)" %}|icon_name="([\w-]+)"', sources))

    assert {name for pair in named for name in pair if name} <= symbols
    assert symbols <= used


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_template_has_nothing_inline_or_remote(template: Path) -> None:
    text = template.read_text()

    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:|https?://|hx-on", text)
    assert not re.search(r"<script(?![^>]*\ssrc=)", text)


@pytest.mark.parametrize("source", OURS, ids=lambda path: path.name)
def test_own_css_and_js_load_nothing_from_elsewhere(source: Path) -> None:
    text = re.sub(r"http://www\.w3\.org/\S+", "", source.read_text())

    assert "http" not in text
    assert "@import" not in text


def luminance(color: str) -> float:
    digits = color.lstrip("#")
    digits = "".join(d * 2 for d in digits) if len(digits) == 3 else digits
    channels = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


PAIRS = [
    *(
        (f"{tone}-ink", f"{tone}-soft")
        for tone in ("danger", "warning", "good", "info", "violet", "neutral")
    ),
    *(
        (ink, ground)
        for ink in ("ink", "ink-soft", "accent", "danger-ink")
        for ground in ("surface", "surface-sunk")
    ),
    ("accent", "accent-soft"),
    ("tblr-primary-fg", "tblr-primary"),
    ("tblr-primary-fg", "tblr-primary-darken"),
    ("tblr-danger-fg", "tblr-danger"),
    ("tblr-danger-fg", "tblr-danger-darken"),
]


@pytest.mark.parametrize("side", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), PAIRS)
def test_text_can_be_read_on_its_ground(ink: str, ground: str, side: int) -> None:
    css = (STATIC / "css/base.css").read_text()
    colors = dict(re.findall(r"--([\w-]+): (#\w+|light-dark\(.*?\));", css))
    sides = {
        name: re.findall(r"#\w+", value) * (2 if value.startswith("#") else 1)
        for name, value in colors.items()
    }

    assert contrast(sides[ink][side], sides[ground][side]) >= 4.5
