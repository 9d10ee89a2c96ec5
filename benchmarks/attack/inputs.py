"""Every input of the fuzz: each route, each parameter, each field of each form and of the JSON."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from urllib.parse import quote, urlencode

import orjson
from django.urls import Resolver404, URLPattern, URLResolver, get_resolver, resolve

from benchmarks.attack.client import Received, Sent
from benchmarks.attack.forms import Form, read_page
from benchmarks.attack.hostile import HEADERS, METHODS, TEXTS, VALUES

type Ask = Callable[[Sent], Received]

JSON = "/api/v1/leads"
DOCUMENT = {
    "name": "Ada",
    "email": "ada@example.com",
    "company": "Engines",
    "subject": "A machine",
    "message": "How much is one?",
}
_PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")
_FORM_TYPE = {"Content-Type": "application/x-www-form-urlencoded"}
_CSRF = "csrfmiddlewaretoken"
_PUBLIC = ("/contact/", "/api/", "/accounts/login/", "/accounts/password-reset/")


def routes() -> list[str]:
    """Return every address that the application answers, parameters in brackets."""
    found = [f"/{route}" for route in _walk(get_resolver().url_patterns)]
    return ["/healthz", "/readyz", "/static/<file>", "/nothing/<here>", *found]


def _walk(patterns: Sequence[URLPattern | URLResolver], before: str = "") -> Iterator[str]:
    for pattern in patterns:
        route = before + str(pattern.pattern).replace("^", "")
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, route)
        else:
            yield route


def inputs(ask: Ask, ids: Callable[[str], str]) -> Iterator[Sent]:
    """Make all inputs; ``ask`` gets the pages with the forms, ``ids`` what is there by its name."""
    known: set[tuple[str, frozenset[str]]] = set()
    for route in routes():
        path = address(route, ids)
        page = ask(Sent(route, "GET", path, is_staff=_is_staff(route)))
        forms, queries = read_page(path, page.body.decode(errors="replace"))
        yield from _parameters(route, ids)
        yield from _queries(route, path, queries or {"q", "cursor", "next"})
        yield from _methods(route, path)
        yield from _headers(route, path)
        for form in forms:
            shape = (_route_of(form.action), frozenset(form.fields))
            if form.method == "post" and form.fields.keys() - {_CSRF} and shape not in known:
                known.add(shape)
                yield from _posts(route, form)
    yield from _documents()


def pages(ids: Callable[[str], str]) -> Iterator[Sent]:
    """Make a plain request for every page, for several leads where it is one of a lead."""
    for route in routes():
        for _ in range(20 if "<" in route else 1):
            yield Sent(route, "GET", address(route, ids), is_staff=_is_staff(route))


def _route_of(path: str) -> str:
    try:
        return resolve(path).route
    except Resolver404:
        return path


def _is_staff(route: str) -> bool:
    return not route.startswith(_PUBLIC)


def _parameters(route: str, ids: Callable[[str], str]) -> Iterator[Sent]:
    names = _PARAMETER.findall(route)
    for name in names:
        for text in TEXTS:
            values = {other: ids(other) for other in names} | {name: text}
            path = address(route, values.__getitem__)
            yield Sent(route, "GET", path, is_staff=_is_staff(route))


def address(route: str, values: Callable[[str], str]) -> str:
    """Return the address of a route with such values as parameters."""
    return _PARAMETER.sub(lambda found: quote(values(found[1])[:4_000], safe=""), route)


def _queries(route: str, path: str, names: set[str]) -> Iterator[Sent]:
    for name in sorted(names):
        for text in TEXTS:
            query = urlencode({name: text[:4_000]})
            yield Sent(route, "GET", f"{path}?{query}", is_staff=_is_staff(route))
    for query in ("%ff=%fe", "a=1&a=2&a[]=3", "&&&==", "q=%ED%A0%80", "x" * 4_000):
        yield Sent(route, "GET", f"{path}?{query}", is_staff=_is_staff(route))


def _methods(route: str, path: str) -> Iterator[Sent]:
    for method in METHODS:
        yield Sent(route, method, path, is_staff=_is_staff(route))
    for body in (b"", b"\xff\xfe\0", b"a=%ff&b=%00", b"&" * 2_000, b"a=1&" * 1_500):
        yield Sent(route, "POST", path, body, _FORM_TYPE, is_staff=_is_staff(route))


def _headers(route: str, path: str) -> Iterator[Sent]:
    for name, text in HEADERS:
        yield Sent(route, "GET", path, headers={name: text}, is_staff=_is_staff(route))


def _posts(route: str, form: Form) -> Iterator[Sent]:
    for name in sorted(form.fields.keys() - {_CSRF}):
        for text in TEXTS:
            yield _post(route, form, {**form.fields, name: text})
        yield _post(route, form, {key: was for key, was in form.fields.items() if key != name})
        yield multipart(route, form, name, '../<zq7mark>\\".csv', "\0<zq7mark>,\xff")


def _post(route: str, form: Form, fields: Mapping[str, str]) -> Sent:
    body = urlencode(fields, errors="surrogatepass").encode()
    return Sent(route, "POST", form.action, body, _FORM_TYPE, is_staff=_is_staff(route))


def multipart(route: str, form: Form, name: str, filename: str, content: str) -> Sent:
    """Return a post of a form in which one field is a file."""
    parts = [
        f'--zq\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{text}\r\n'
        for key, text in form.fields.items()
        if key != name
    ]
    file = f'name="{name}"; filename="{filename}"\r\nContent-Type: text/csv'
    parts.append(f"--zq\r\nContent-Disposition: form-data; {file}\r\n\r\n{content}\r\n")
    body = "".join([*parts, "--zq--\r\n"]).encode()
    headers = {"Content-Type": "multipart/form-data; boundary=zq"}
    return Sent(route, "POST", form.action, body, headers, is_staff=_is_staff(route))


def _documents() -> Iterator[Sent]:
    for name in (*DOCUMENT, "status", "leadId", "__proto__"):
        for value in VALUES:
            yield _json(orjson.dumps(DOCUMENT | {name: value}))
    broken = (
        b"",
        b"{",
        b"[]",
        b"null",
        b'"x"',
        b"\xff",
        b"[" * 5_000,
        b'{"a":1e999}',
        b'{"\\ud800":1}',
    )
    for body in broken:
        yield _json(body)


def _json(body: bytes) -> Sent:
    return Sent(JSON, "POST", JSON, body, {"Content-Type": "application/json"}, is_staff=False)
