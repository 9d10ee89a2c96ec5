"""The sessions that somebody has just now, for themselves to see."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import batched
from typing import Any

from django.contrib.auth import HASH_SESSION_KEY

from crm.accounts import keys, session_lists
from crm.accounts.models import User
from crm.accounts.sessions import RENEWAL, SIGN_IN, SessionStore, is_alive, used_at
from crm.dynamodb import calls
from crm.dynamodb.items import Item
from crm.tables import EPHEMERAL

# As many as a request takes.
_BATCH = 100


@dataclass(frozen=True)
class LiveSession:
    """A session, by the digest that does not open it; ``used`` is right to the hour."""

    digest: str
    began: datetime
    used: datetime
    network: str
    agent: str


def sessions_of(user: User) -> list[LiveSession]:
    """Return the sessions of somebody, the last used first; 1 RRU each, and 8 for their lists."""
    listed = batched(session_lists.digests(user.id), _BATCH)
    found = [session for some in listed for session in _read(user, some)]
    return sorted(found, key=lambda one: (one.used, one.began, one.digest), reverse=True)


def _read(user: User, digests: Sequence[str]) -> Iterator[LiveSession]:
    names = {keys.session_of_digest(digest)["PK"]: digest for digest in digests}
    for item in calls.batch_get(EPHEMERAL, [{"PK": name} for name in names], consistent=True):
        if data := _data(item, user):
            yield _session(names[str(item["PK"])], item, data)


def _data(item: Item, user: User) -> dict[str, Any]:
    """Return what a session holds, if it still opens the account: nothing after a new password."""
    data: dict[str, Any] = SessionStore().decode(str(item["data"])) if is_alive(item) else {}
    fitting = {user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()}
    return data if data.get(HASH_SESSION_KEY) in fitting else {}


def _session(digest: str, item: Item, data: dict[str, Any]) -> LiveSession:
    used = used_at(item)
    sign_in = data[SIGN_IN]
    return LiveSession(
        digest,
        began=datetime.fromtimestamp(sign_in["at"], UTC),
        used=datetime.fromtimestamp(used - used % RENEWAL, UTC),
        network=sign_in["network"],
        agent=sign_in["agent"],
    )
