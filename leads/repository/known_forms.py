"""What visitors get of the company's forms: versions that a process has read once.

A version never changes, so it is remembered for good.
"""

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
_reading = Lock()


def known_definition(slug: str, version: str) -> Definition:
    """Return a version of a form: 0.5 RRU the first time in a process, then nothing.

    Raises :class:`FormNotFoundError`, and what the store raises.
    """
    asked = (slug, version)
    if asked not in _definitions:
        with _reading:
            if asked not in _definitions:
                _definitions[asked] = definition(slug, version)
    return _definitions[asked]


def newest_known(listed: Listed) -> Definition:
    """Return a form as it is now, or while the store does not answer as it was known last.

    Raises what the store raises if nothing of it is known.
    """
    try:
        return known_definition(listed.slug, listed.version)
    except UNANSWERED:
        newest_first = sorted(listed.replaced, key=lambda version: listed.replaced[version])[::-1]
        for version in newest_first:
            if (listed.slug, version) in _definitions:
                return _definitions[listed.slug, version]
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


def known_language(slug: str, *, may_ask: bool) -> str:
    """Return the language of a form, of one that is not there that of the first one.

    What this process does not remember it reads if it ``may_ask``: 1 RRU at most. "" if it is
    not known then either.
    """
    index = known_index() if may_ask else last_known_index()
    listed = (slug and index.find(slug)) or index.first
    known = _definitions.get((listed.slug, listed.version))
    if known is None and may_ask:
        try:
            known = newest_known(listed)
        except (FormNotFoundError, *UNANSWERED):
            return ""
    return known.language if known else ""
