"""Tags of Django that say the same each time, worked out once; and addresses by their shape.

A page has two hundred of them: words to translate, icons, style sheets and links. They took most
of the time a page takes. The settings put this in the place of Django's `i18n` and `static`.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, cast
from uuid import UUID

from django.template import Library, Node
from django.template.base import Origin, Parser, Token
from django.template.context import Context
from django.template.defaulttags import URLNode
from django.template.defaulttags import url as compile_url
from django.template.loader_tags import do_include
from django.templatetags.i18n import register as i18n
from django.templatetags.static import register as static
from django.urls import get_script_prefix, reverse
from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import get_language

# Where a template keeps the language it is said in.
LANGUAGE = "once language"

type Compile = Callable[[Parser, Token], Node]

register = Library()
register.tags |= static.tags | i18n.tags
register.filters |= static.filters | i18n.filters


class Once(Node):
    """Whatever a tag said first, in each language."""

    child_nodelists = ()

    def __init__(self, node: Node, name: str | None) -> None:
        self.node = node
        self.name = name
        self.said: dict[str, str] = {}

    def render(self, context: Context) -> str:
        """The words; nothing for `as name`, which keeps them under it."""
        # Once in each template: Django looks it up by thread and by task.
        language = context.render_context.get(LANGUAGE)
        if language is None:
            language = context.render_context[LANGUAGE] = get_language() or ""
        words = self.said.get(language)
        if words is None:
            words = self.said[language] = self.node.render(context)
        if self.name is None:
            return words
        context[self.name] = words
        return ""


def once(compile_tag: Compile) -> Compile:
    """The tag, but worked out once where it is given nothing but literal texts."""

    def compiled(parser: Parser, token: Token) -> Node:
        _tag, *bits = token.split_contents()
        name = bits[-1] if bits[-2:-1] == ["as"] else None
        texts = bits if name is None else bits[:-2]
        if not all(text[0] in "\"'" and text[0] == text[-1] for text in texts):
            return compile_tag(parser, token)
        if name is not None:
            token.contents = " ".join((_tag, *texts))
        return Once(compile_tag(parser, token), name)

    return compiled


for tag in ("translate", "trans", "static"):
    register.tag(tag, once(register.tags[tag]))


@register.tag("include")
def include(parser: Parser, token: Token) -> Node:
    """`{% include "..." only %}` says the same each time, being told nothing."""
    node = do_include(parser, token)
    _tag, *bits = token.split_contents()
    is_told_nothing = bits[1:] == ["only"] and bits[0][0] in "\"'"
    # It looks from where it stands for what it is to include.
    node.origin = cast("Origin", parser.origin)
    return Once(node, None) if is_told_nothing else node


# --- Addresses ---------------------------------------------------------------------------------

ANY = UUID(int=0)


class Address(URLNode):
    """`{% url %}`, quick for the hundred rows of a page whose addresses differ by an id."""

    def render(self, context: Context) -> str:
        if self.kwargs or self.asvar or not context.autoescape:
            return super().render(context)
        args = [arg.resolve(context) for arg in self.args]
        return address(self.view_name.resolve(context), args)


def address(view: str, args: list[Any]) -> SafeString:
    """What `reverse` says, for HTML. Ids take their places in what it said of others."""
    ids = [str(arg) for arg in args if isinstance(arg, UUID)]
    shape = _shape(
        get_script_prefix(), view, *(ANY if isinstance(arg, UUID) else arg for arg in args)
    )
    for one in ids:
        shape = shape.replace(str(ANY), one, 1)
    return SafeString(shape)


@lru_cache(maxsize=4096)
def _shape(_prefix: str, view: str, *args: Any) -> str:
    return escape(reverse(view, args=args))


def compile_address(parser: Parser, token: Token) -> Node:
    """For a library that is loaded after Django's own tags."""
    node = compile_url(parser, token)
    return Address(node.view_name, node.args, node.kwargs, node.asvar)
