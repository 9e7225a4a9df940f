"""How we write, until an organization writes itself: one text for each kind and language.

The HTML is made of the text, so that both say the same. Paragraphs are separated by empty lines;
`Label: {{ value }}` on lines of their own is a table; `→ Words: {{ url }}` is a button.
"""

import re
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib import import_module

from villaops.languages import DEFAULT_LANGUAGE


@dataclass(frozen=True)
class Words:
    """The few words of a language that values and the frame are made of: one, and several."""

    night: tuple[str, str]
    adult: tuple[str, str]
    child: tuple[str, str]
    unsubscribe: str
    # Below every mail, with the organization's name.
    foot: str
    foot_staff: str = "You get this because you work with {organization}."


@dataclass(frozen=True)
class Template:
    """What a message is made of."""

    subject: str
    html: str
    text: str


TAG = r"\{%[^%]*%\}"
BUTTON = re.compile(r"→ (.+?): \{\{ (\w+) \}\}")
# A label and a value; all of it, or nothing, inside one `if`.
FACT = re.compile(r"(?:(\{% if \w+ %\})([^:{}]+): (.+)(\{% endif %\})|()([^:{}]+): (.+)())")


@cache
def default_template(kind: str, language: str) -> Template:
    """As we write it; in English where we do not write the language."""
    texts = import_module(f"messaging.texts.{language}").TEXTS
    source = texts.get(kind) or import_module(f"messaging.texts.{DEFAULT_LANGUAGE}").TEXTS[kind]
    subject, _, text = source.strip().partition("\n")
    text = text.strip() + "\n"
    return Template(subject, as_html(text), text)


def is_written_in(kind: str, language: str) -> bool:
    """Whether we write this kind in the language ourselves."""
    return kind in import_module(f"messaging.texts.{language}").TEXTS


def words_of(language: str) -> Words:
    """The language's own words."""
    words: Words = import_module(f"messaging.texts.{language}").WORDS
    return words


def as_html(text: str) -> str:
    """The same in HTML."""
    # A tag on a line of its own opens or closes something around paragraphs.
    spaced = re.sub(rf"^({TAG})$", r"\n\1\n", text, flags=re.MULTILINE)
    blocks = (block.strip() for block in re.split(r"\n{2,}", spaced))
    return "\n".join(_block(block.splitlines()) for block in blocks if block) + "\n"


def _block(lines: list[str]) -> str:
    if len(lines) == 1 and re.fullmatch(TAG, lines[0]):
        return lines[0]
    if len(lines) == 1 and (button := BUTTON.fullmatch(lines[0])):
        words, url = button.groups()
        return f'<p class="button"><a href="{{{{ {url} }}}}">{escape(words)}</a></p>'
    facts = [FACT.fullmatch(line) for line in lines]
    if len(lines) > 1 and all(facts):
        parts = ([part for part in fact.groups() if part is not None] for fact in facts if fact)
        rows = "\n".join(_row(*four) for four in parts)
        return f'<table class="facts" role="presentation">\n{rows}\n</table>'
    return f"<p>{'<br>\n'.join(escape(line, quote=False) for line in lines)}</p>"


def _row(before: str, label: str, value: str, after: str) -> str:
    row = f"<tr><th>{escape(label, quote=False)}</th><td>{escape(value, quote=False)}</td></tr>"
    return f"{before}{row}{after}"
