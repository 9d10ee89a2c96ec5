"""What every template has: ``translate`` and ``shorten``, Django's own without their cost."""

from typing import override

from django.template import Context, Library
from django.template.base import Node, Parser, Token
from django.template.defaultfilters import stringfilter
from django.templatetags.i18n import TranslateNode, do_translate
from django.utils.text import Truncator
from django.utils.translation import get_language

register = Library()


@register.tag("translate")
def translate(parser: Parser, token: Token) -> Node:
    """Return Django's own node, asked once for each language if all it says stands in it."""
    node = do_translate(parser, token)
    return _Kept(node) if _is_constant(node) else node


def shorten(text: str, length: int) -> str:
    """Shorten a text to at most ``length`` characters, the last of them then an ellipsis."""
    return text if len(text) <= length else Truncator(text).chars(length)


register.filter("shorten", stringfilter(shorten), is_safe=True)


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
