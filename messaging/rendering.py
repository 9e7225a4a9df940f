"""Templates that people of an organization write: `{{ guest_name }}` and `{% if guest_name %}`.

Nothing else. Values are flat texts that are put in as they are and never read as a template, so a
guest may be named `{{ 7*7 }}`. In HTML they are escaped, and may stand only where a text stands or
as the whole of a link's address, so that no value can become markup and no link can carry another
one away. The markup itself is of the tags that mail programs show.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from html import escape
from html.parser import HTMLParser

from django.utils.translation import gettext as _

TOKEN = re.compile(r"\{\{(.*?)\}\}|\{%(.*?)%\}|(\{\{|\}\}|\{%|%\}|\{#|#\})", re.DOTALL)
# The end of such a line goes with what is on it.
ONLY_A_TAG = re.compile(r"^(\{%[^%\n]*%\}[ \t]*)\n", re.MULTILINE)
IN_ONE_TAG = re.compile(r"^(\{% if (?:(?!\{%)[^\n])*)(\{% endif %\})\n", re.MULTILINE)
NAME = re.compile(r"[a-z][a-z_0-9]*")
DEEPEST = 5

TAGS = re.compile(
    r"abbr|a|blockquote|br|b|center|code|div|em|font|h[1-4]|hr|img|i|li|ol|pre|p|small|span"
    r"|strong|sub|sup|s|table|tbody|td|tfoot|thead|th|tr|ul|u"
)
ATTRIBUTES = re.compile(
    r"align|alt|bgcolor|border|cellpadding|cellspacing|class|color|colspan|dir|height|href|lang"
    r"|role|rowspan|src|style|title|valign|width"
)
LINK = re.compile(r"(https?://|mailto:|tel:|#)", re.IGNORECASE)
PICTURE = re.compile(r"https://", re.IGNORECASE)
# What fetches something or runs, in the old and the new ways of saying so.
STYLE_REFUSED = re.compile(r"url\s*\(|expression|import|behavior|\\|javascript:", re.IGNORECASE)
# Stand in for a variable and for a tag while the markup around them is read.
VALUE_MARK, TAG_MARK = "\N{INTERLINEAR ANNOTATION ANCHOR}", "\N{INTERLINEAR ANNOTATION SEPARATOR}"
MARK_END = "\N{INTERLINEAR ANNOTATION TERMINATOR}"
MARKED = re.compile(f"{VALUE_MARK}([a-z_0-9]+){MARK_END}")
MARKS = re.compile(f"[{VALUE_MARK}{TAG_MARK}{MARK_END}]")


class TemplateFault(ValueError):
    """What is wrong with a template, in a sentence, and on which line."""

    def __init__(self, sentence: str, line: int) -> None:
        super().__init__(_("Line %(line)d: %(fault)s") % {"line": line, "fault": sentence})


@dataclass
class Choice:
    """`{% if name %}` one thing `{% else %}` another `{% endif %}`."""

    name: str
    line: int
    then: "list[Node]" = field(default_factory=list)
    otherwise: "list[Node]" = field(default_factory=list)
    is_else: bool = False


@dataclass(frozen=True)
class Value:
    """`{{ name }}`"""

    name: str


type Node = str | Value | Choice


def parse(source: str, known: Collection[str]) -> list[Node]:
    """What the template is made of. Raises TemplateFault for what is not `known`."""
    if MARKS.search(source):
        raise TemplateFault(_("there is an invisible character that cannot be sent."), 1)
    root: list[Node] = []
    opened: list[Choice] = []
    end = 0
    for match in TOKEN.finditer(source):
        here = _inside(opened) if opened else root
        if match.start() > end:
            here.append(source[end : match.start()])
        end = match.end()
        line = source.count("\n", 0, match.start()) + 1
        variable, tag, stray = match.groups()
        if stray:
            raise TemplateFault(_("“%s” has no other half.") % stray, line)
        if variable is not None:
            here.append(Value(_known(variable.strip(), known, line)))
        else:
            _tag(tag.split(), known, line, here, opened)
    if opened:
        raise TemplateFault(_("this {% if %} has no {% endif %}."), opened[-1].line)
    if source[end:]:
        root.append(source[end:])
    return root


def _inside(opened: list[Choice]) -> list[Node]:
    return opened[-1].otherwise if opened[-1].is_else else opened[-1].then


def _tag(
    words: list[str], known: Collection[str], line: int, here: list[Node], opened: list[Choice]
) -> None:
    if len(words) == 2 and words[0] == "if":
        if len(opened) == DEEPEST:
            raise TemplateFault(_("too many {% if %} inside each other."), line)
        choice = Choice(_known(words[1], known, line), line)
        here.append(choice)
        opened.append(choice)
    elif words == ["else"] and opened and not opened[-1].is_else:
        opened[-1].is_else = True
    elif words == ["endif"] and opened:
        opened.pop()
    elif words in (["else"], ["endif"]):
        raise TemplateFault(_("{%% %s %%} has no {%% if %%}.") % words[0], line)
    else:
        said = " ".join(words)[:40]
        raise TemplateFault(
            _("{%% %s %%} is not known. There is {%% if name %%}, {%% else %%}, {%% endif %%}.")
            % said,
            line,
        )


def _known(name: str, known: Collection[str], line: int) -> str:
    if name in known:
        return name
    if not NAME.fullmatch(name):
        fault = _("“%s” is no variable: only its name may stand here.") % name[:40]
    else:
        fault = _("there is no variable “%s” in this message.") % name[:40]
    raise TemplateFault(fault, line)


# --- Writing -----------------------------------------------------------------------------------


def render_subject(source: str, values: Mapping[str, str]) -> str:
    """One line, whatever a value holds: a second one would be a header of its own."""
    return " ".join(_render(source, values, str).split())


def render_text(source: str, values: Mapping[str, str]) -> str:
    """Values as they are. Lines that were only tags leave no gap."""
    source = ONLY_A_TAG.sub(r"\1", source.replace("\r\n", "\n"))
    source = IN_ONE_TAG.sub(r"\1\n\2", source)
    text = _render(source, values, str).replace("\r\n", "\n")
    text = re.sub(r"[ \t]+\n", "\n", text)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def render_html(source: str, values: Mapping[str, str]) -> str:
    """Values escaped, their lines kept."""
    return _render(source, values, _escaped)


def _escaped(value: str) -> str:
    return escape(value).replace("\r\n", "\n").replace("\n", "<br>")


def _render(source: str, values: Mapping[str, str], write: Callable[[str], str]) -> str:
    return "".join(_written(_parsed(source, frozenset(values)), values, write))


@lru_cache(maxsize=256)
def _parsed(source: str, known: frozenset[str]) -> list[Node]:
    return parse(source, known)


def _written(
    nodes: Sequence[Node], values: Mapping[str, str], write: Callable[[str], str]
) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, str):
            yield node
        elif isinstance(node, Value):
            yield write(values[node.name])
        else:
            chosen = node.then if values[node.name].strip() else node.otherwise
            yield from _written(chosen, values, write)


# --- Markup ------------------------------------------------------------------------------------


def check_html(source: str, known: Collection[str], links: Collection[str]) -> None:
    """Refuse markup that mails may not have. `links` are the variables that are addresses.

    Raises TemplateFault.
    """
    parse(source, known)

    def mark(match: re.Match[str]) -> str:
        variable = match.group(1)
        lines = "\n" * match.group().count("\n")
        name = f"{VALUE_MARK}{variable.strip()}{MARK_END}" if variable else TAG_MARK
        return name + lines

    reader = _Markup(links)
    reader.feed(TOKEN.sub(mark, source))
    reader.close()


class _Markup(HTMLParser):
    """Reads the markup and refuses what is not allowed."""

    def __init__(self, links: Collection[str]) -> None:
        super().__init__(convert_charrefs=False)
        self.links = links

    def fault(self, sentence: str) -> TemplateFault:
        return TemplateFault(sentence, self.getpos()[0])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if not TAGS.fullmatch(tag):
            raise self.fault(_("<%s> cannot be part of a mail.") % MARKS.sub("", tag)[:40])
        for name, value in attrs:
            self._attribute(tag, name, value or "")

    def handle_endtag(self, tag: str) -> None:
        if not TAGS.fullmatch(tag):
            raise self.fault(_("</%s> cannot be part of a mail.") % MARKS.sub("", tag)[:40])

    def handle_data(self, data: str) -> None:
        # Also where a variable would be the tag's name, and where a tag never ends.
        if "<" in data:
            raise self.fault(_("“<” begins no tag here: write &lt;"))

    def handle_comment(self, data: str) -> None:
        raise self.fault(_("comments cannot be part of a mail."))

    def handle_decl(self, decl: str) -> None:
        raise self.fault(_("only the inside of a mail is written here, no <!doctype>."))

    def handle_pi(self, data: str) -> None:
        raise self.fault(_("“<?” cannot be part of a mail."))

    def unknown_decl(self, data: str) -> None:
        raise self.fault(_("“<![” cannot be part of a mail."))

    def _attribute(self, tag: str, name: str, value: str) -> None:
        if not ATTRIBUTES.fullmatch(name):
            said = {"tag": tag, "name": MARKS.sub("", name)[:40]}
            raise self.fault(_("<%(tag)s> cannot have “%(name)s”.") % said)
        if MARKS.search(value):
            self._variable(name, value)
        elif name == "href" and not LINK.match(value.strip()):
            raise self.fault(_("a link begins with https://, mailto: or tel:."))
        elif name == "src" and not PICTURE.match(value.strip()):
            raise self.fault(_("a picture's address begins with https://."))
        elif name == "style" and STYLE_REFUSED.search(value):
            raise self.fault(_("a style may not fetch anything."))

    def _variable(self, name: str, value: str) -> None:
        whole = MARKED.fullmatch(value)
        if name != "href" or whole is None or whole.group(1) not in self.links:
            raise self.fault(
                _('inside a tag a variable may only be the whole address of a link: href="%s".')
                % "{{ booking_url }}"
            )
