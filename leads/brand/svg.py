"""SVG, built anew from lists of what a drawing needs: what stands on none is not in the result.

What could act or load anything is refused by its name, so that people know why; the notes of
drawing programs are left out.
"""

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError, SubElement, fromstring, tostring

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from crm.texts import shorten

_SVG = "http://www.w3.org/2000/svg"
_XLINK_HREF = "{http://www.w3.org/1999/xlink}href"
_ELEMENTS = {
    *("circle", "clipPath", "defs", "ellipse", "g", "line", "linearGradient", "mask"),
    *("path", "polygon", "polyline", "radialGradient", "rect", "stop", "use"),
}
_NOTES = {"desc", "metadata", "title"}
# What means the same as an attribute and in style="…".
_PROPERTIES = {
    *("clip-path", "clip-rule", "color", "color-interpolation", "display", "fill"),
    *("fill-opacity", "fill-rule", "mask", "mask-type", "opacity", "paint-order"),
    *("shape-rendering", "stop-color", "stop-opacity", "stroke", "stroke-dasharray"),
    *("stroke-dashoffset", "stroke-linecap", "stroke-linejoin", "stroke-miterlimit"),
    *("stroke-opacity", "stroke-width", "vector-effect", "visibility"),
}
_GEOMETRY = {
    *("clipPathUnits", "cx", "cy", "d", "fr", "fx", "fy", "gradientTransform"),
    *("gradientUnits", "height", "maskContentUnits", "maskUnits", "offset"),
    *("pathLength", "points", "r", "rx", "ry", "spreadMethod", "transform", "width"),
    *("x", "x1", "x2", "y", "y1", "y2"),
}
_ID = re.compile(r"[\w.-]+")
_HREF = re.compile(r"#([\w.-]+)")
_URL = re.compile(r"url\( ?(['\"]?)#([\w.-]+)\1 ?\)")
# Nothing that begins an address, escapes a letter or ends a value is among them.
_VALUE = re.compile(r"[a-zA-Z0-9 #.,%()/+-]*")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
_INSTRUCTION = re.compile(r"<\?(?!xml\s)\S*")

_MAX_DEPTH = 32
# As drawn: what <use>, a mask or a gradient refers to counts each time.
_MAX_DRAWN = 2_000
_SHORTEST, _LONGEST = 1e-3, 1e6
# So long is the longer side where no page says otherwise.
_SIDE = 512


def clean_svg(data: bytes) -> tuple[bytes, int, int]:
    """Return an SVG of nothing but shapes, its width and its height.

    Raises ``ValidationError`` for what is no SVG, and for one with more than a drawing.
    """
    source = _parse(data)
    if source.tag != f"{{{_SVG}}}svg":
        text = _('This is no SVG: its first element has to be <svg xmlns="%(address)s">.')
        raise ValidationError(text % {"address": _SVG})
    box = _view_box(source)
    scale = _SIDE / max(box[2:])
    width, height = (max(1, round(side * scale)) for side in box[2:])
    root = Element("svg", xmlns=_SVG, width=str(width), height=str(height))
    root.set("viewBox", " ".join(f"{number:.9g}" for number in box))
    written = _attributes(source).items()
    root.attrib |= {name: value for name, value in written if name in {"id", *_PROPERTIES}}
    _add_children(root, source, 1)
    _check_drawn(root)
    return tostring(root, encoding="unicode").encode(), width, height


def _refusal(what: str) -> ValidationError:
    text = _(
        "A logo must not have %(what)s. Save it as a plain SVG: texts as paths, styles as"
        " attributes, without pictures, effects and scripts."
    )
    return ValidationError(text % {"what": shorten(what, 80)})


def _too_much() -> ValidationError:
    return ValidationError(_("This SVG is nested too deep, or repeats too much: save it simpler."))


def _parse(data: bytes) -> Element:
    written = data.decode("utf-8-sig", "replace")
    # With a NUL the parser takes a text for UTF-16, whatever it is told.
    if "\ufffd" in written or "\0" in written:
        raise ValidationError(_("This SVG is not in UTF-8: save it once more."))
    # What attacks a parser of XML is declared there: it never sees one.
    if "<!DOCTYPE" in written:
        raise _refusal("<!DOCTYPE>")
    if instruction := _INSTRUCTION.search(written):
        raise _refusal(instruction[0])
    try:
        return fromstring(written)  # noqa: S314 -- see above
    except ParseError as error:
        text = _("This SVG cannot be read: line %(line)s is no XML.")
        raise ValidationError(text % {"line": error.position[0]}) from error


def _view_box(source: Element) -> tuple[float, ...]:
    """Return where the drawing begins and how large it is, to nine digits."""
    size = " ".join(source.get(name, "").strip().removesuffix("px") for name in ("width", "height"))
    written = source.get("viewBox", f"0 0 {size}").replace(",", " ").split()
    if len(written) == len("xywh") and all(map(_NUMBER.fullmatch, written)):
        box = tuple(float(f"{float(number):.9g}") for number in written)
        is_near = max(map(abs, box)) <= _LONGEST
        if is_near and min(box[2:]) >= _SHORTEST:
            return box
    raise ValidationError(_("This SVG does not say how large it is: it needs a viewBox."))


def _add_children(target: Element, source: Element, depth: int) -> None:
    if depth > _MAX_DEPTH:
        raise _too_much()
    for child in source:
        namespace, _brace, name = child.tag.rpartition("}")
        if namespace != f"{{{_SVG}" or name in _NOTES:
            continue
        if name not in _ELEMENTS:
            raise _refusal(f"<{name}>")
        _add_children(SubElement(target, name, _attributes(child)), child, depth + 1)


def _attributes(source: Element) -> dict[str, str]:
    found = {name: _value(name, " ".join(value.split())) for name, value in _written(source)}
    return {name: value for name, value in found.items() if value}


def _written(source: Element) -> Iterator[tuple[str, str]]:
    """Yield attributes, and last what is said by style: it counts more."""
    for name, value in source.items():
        if name == _XLINK_HREF:
            yield "href", value
        elif not name.startswith("{") and name != "style":
            yield name, value
    for declaration in source.get("style", "").split(";"):
        name, _colon, value = declaration.partition(":")
        name = name.strip().lower()
        if name in _GEOMETRY or (name not in _PROPERTIES and "url(" in value.lower()):
            raise _refusal(f'style="{declaration.strip()}"')
        if name in _PROPERTIES:
            yield name, value


def _value(name: str, value: str) -> str:
    """Return what is kept of an attribute; nothing if it means nothing in a logo."""
    if name == "id":
        return value if _ID.fullmatch(value) else ""
    if name == "href" and _HREF.fullmatch(value):
        return value
    reference = _URL.match(value)
    start, rest = (f"url(#{reference[2]})", value[reference.end() :]) if reference else ("", value)
    acts = name == "href" or name.lower().startswith("on")
    is_kept = name in _PROPERTIES or name in _GEOMETRY
    if acts or "url(" in rest.lower() or (is_kept and not _VALUE.fullmatch(rest)):
        raise _refusal(f'{name}="{value}"')
    return start + rest if is_kept else ""


def _check_drawn(root: Element) -> None:
    # Of elements with one id, the first counts.
    by_id = {element.get("id", ""): element for element in reversed(list(root.iter()))}
    waiting = [(root, 0)]
    drawn = 0
    while waiting:
        element, depth = waiting.pop()
        drawn += 1
        if drawn > _MAX_DRAWN or depth > _MAX_DEPTH:
            raise _too_much()
        inside = [*element, *(by_id[found] for found in _references(element) if found in by_id)]
        waiting += [(each, depth + 1) for each in inside]


def _references(element: Element) -> Iterator[str]:
    for name, value in element.items():
        if name == "href":
            yield value[1:]
        elif found := _URL.match(value):
            yield found[2]
