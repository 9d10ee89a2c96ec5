"""The template tag ``translate``, quicker: what it says is looked up once for each language."""

from typing import override

from django.template import Context, Library
from django.template.base import Node, Parser, Token
from django.templatetags.i18n import TranslateNode, do_translate
from django.utils.translation import get_language

register = Library()


@register.tag("translate")
def translate(parser: Parser, token: Token) -> Node:
    """Return Django's own node, kept if all that it says stands in the template."""
    node = do_translate(parser, token)
    return _Kept(node) if _is_constant(node) else node


def _is_constant(node: TranslateNode) -> bool:
    text, context = node.filter_expression, node.message_context
    is_text = text.var.literal is not None and not text.filters
    return is_text and (context is None or isinstance(context.var, str))


class _Kept(Node):
    def __init__(self, node: TranslateNode) -> None:
        self._node = node
        self._name, node.asvar = node.asvar, None
        self._texts: dict[str | None, str] = {}

    @override
    def render(self, context: Context) -> str:
        language = get_language()
        text = self._texts.get(language)
        if text is None:
            text = self._texts[language] = self._node.render(context)
        if not self._name:
            return text
        context[self._name] = text
        return ""
