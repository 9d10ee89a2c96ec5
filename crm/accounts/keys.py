"""Every key of this app, as a named function. Records are durable, the rest expires."""

from datetime import date
from hashlib import sha256

from crm.dynamodb.items import Key

USERS = "USERS"


def user(user_id: str) -> Key:
    """Key of one user among the records; all users share one partition."""
    return {"PK": USERS, "SK": f"USER#{user_id}"}


def email(address: str) -> Key:
    """Key of the record that makes a normalised e-mail address belong to one user."""
    return {"PK": f"EMAIL#{address}", "SK": "EMAIL"}


def session_digest(session_key: str) -> str:
    """Return the name of a session wherever its key, which opens it, must not be known."""
    return sha256(session_key.encode()).hexdigest()


def session(session_key: str) -> Key:
    """Key of a session, which expires."""
    return session_of_digest(session_digest(session_key))


def session_of_digest(digest: str) -> Key:
    """Key of a session by its name: the store never sees what opens it."""
    return {"PK": f"SESSION#{digest}"}


def session_list(user_id: str, day: date) -> Key:
    """Key of the list of the sessions that a user began on a day, which expires."""
    return {"PK": f"SESSIONS#{user_id}#{day.isoformat()}"}


def throttle(purpose: str, kind: str, digest: str) -> Key:
    """Key of a counter of attempts, which expires; ``digest`` hides whom it counts."""
    return {"PK": f"THROTTLE#{purpose}#{kind}#{digest}"}


def security_month(month: str) -> str:
    """Partition of what the security log records of a month, such as ``2026-11``."""
    return f"SECURITY#{month}"


def security_event(at: str, unique: str) -> Key:
    """Key of one event of the security log, by its time in UTC; nobody may guess ``unique``."""
    return {"PK": security_month(at[: len("2026-11")]), "SK": f"{at}#{unique}"}


def refusals(day: str) -> Key:
    """Key of the counts of what was refused on a day, such as ``2026-11-29``; it expires."""
    return {"PK": f"REFUSALS#{day}"}
