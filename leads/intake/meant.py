"""Which form a visitor means, in which version, and whether it takes messages."""

from datetime import UTC, datetime
from typing import NamedTuple

from crm.dynamodb.errors import UnavailableError
from leads.definitions import Definition
from leads.repository.form_index import Index, Listed, known_index, newer_index
from leads.repository.forms import FormNotFoundError
from leads.repository.known_forms import is_taken, known_definition, newest_known


class Meant(NamedTuple):
    """A form: what judges a message to it, and how the form is now.

    Fields, texts and consent are those of ``judging``, the version that was filled in, or the
    newest one if that is not taken any more, which ``is_known`` tells. ``is_framed`` if it is
    asked for as a part of another page.
    """

    judging: Definition
    newest: Definition
    listed: Listed
    is_first: bool
    is_known: bool = True
    is_framed: bool = False

    @property
    def is_open(self) -> bool:
        """Whether what somebody had open is taken."""
        return self.listed.is_in_grace(datetime.now(UTC))


def meant(slug: str = "", version: str = "") -> Meant:
    """Return the form of a slug, the first one for none, in a version, the newest for none.

    Raises :class:`FormNotFoundError`, and what the store raises. At most 1 RRU, in two requests,
    to show the newest one.
    """
    found = _meant(known_index(), slug, version)
    if found is None or not found.is_known:
        # Another process may have made it just now.
        found = _meant(newer_index(), slug, version)
    if found is None:
        raise FormNotFoundError(slug)
    return found


def _meant(index: Index, slug: str, version: str) -> Meant | None:
    listed = index.named(slug)
    if index.is_assumed and (listed is None or version not in {"", listed.version}):
        raise UnavailableError("Which forms and versions there are is not known.")
    if listed is None:
        return None
    is_first = listed == index.first
    newest = newest_known(listed)
    if not version or version == newest.version:
        return Meant(newest, newest, listed, is_first)
    if not is_taken(index, listed, version):
        return Meant(newest, newest, listed, is_first, is_known=False)
    return Meant(known_definition(listed.slug, version), newest, listed, is_first)
