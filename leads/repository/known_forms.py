"""What visitors get of the company's forms: versions that a process has read once.

A version never changes, so it is remembered for good.
"""

from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime
from threading import Lock

from leads.definitions import BUILT_IN, Definition
from leads.repository.form_index import (
    UNANSWERED,
    Index,
    Listed,
    known_index,
    last_known_index,
    older_versions,
)
from leads.repository.forms import FormNotFoundError, definition

_definitions: dict[tuple[str, str], Definition] = {}
_flights: dict[tuple[str, str], Future[Definition]] = {}
_lock = Lock()


def known_definition(slug: str, version: str) -> Definition:
    """Return a version of a form: 0.5 RRU the first time in a process, then nothing.

    All who ask meanwhile get what the first one gets. Raises :class:`FormNotFoundError`, and
    what the store raises.
    """
    asked = (slug, version)
    with _lock:
        if asked in _definitions:
            return _definitions[asked]
        under_way = _flights.get(asked)
        flight = under_way or _flights.setdefault(asked, Future())
    # Not within the lock: a store that is slow to fail would keep each waiting for all others.
    return under_way.result() if under_way else _read(asked, flight)


def _read(asked: tuple[str, str], flight: Future[Definition]) -> Definition:
    try:
        found = _definitions[asked] = definition(*asked)
    except BaseException as error:
        flight.set_exception(error)
        raise
    else:
        flight.set_result(found)
        return found
    finally:
        del _flights[asked]


def newest_known(listed: Listed) -> Definition:
    """Return a form as it is now, or while the store does not answer as it was known last.

    Raises what the store raises if nothing of it is known.
    """
    try:
        return known_definition(listed.slug, listed.version)
    except UNANSWERED:
        if known := _newest_remembered(listed):
            return known
        if listed.slug == BUILT_IN.slug:
            return BUILT_IN
        raise


def is_taken(index: Index, listed: Listed, version: str) -> bool:
    """Tell whether a message written into a version of a form is taken now.

    Nothing is read unless the list has no room for all versions: then they are, once.
    """
    now = datetime.now(UTC)
    if listed.takes(version, now) or not index.has_older:
        return listed.takes(version, now)
    older = older_versions(index).get(listed.slug, {})
    return replace(listed, replaced=older).takes(version, now)


def known_form(slug: str = "", *, may_ask: bool) -> Definition | None:
    """Return a form, the first one for no slug; ``None`` if it is not there or not known.

    What this process does not remember it reads if it ``may_ask``: 1 RRU at most.
    """
    listed = (known_index() if may_ask else last_known_index()).named(slug)
    if not listed or not may_ask:
        return _newest_remembered(listed) if listed else None
    try:
        return newest_known(listed)
    except (FormNotFoundError, *UNANSWERED):
        return None


def _newest_remembered(listed: Listed) -> Definition | None:
    older = sorted(listed.replaced, key=lambda version: listed.replaced[version], reverse=True)
    versions = [(listed.slug, version) for version in (listed.version, *older)]
    return next((_definitions[one] for one in versions if one in _definitions), None)
