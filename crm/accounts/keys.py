"""Every key of this app, as a named function. Records are durable, the rest expires."""

from crm.dynamodb.items import Key

USERS = "USERS"


def user(user_id: str) -> Key:
    """Key of one user among the records; all users share one partition."""
    return {"PK": USERS, "SK": f"USER#{user_id}"}


def email(address: str) -> Key:
    """Key of the record that makes a normalised e-mail address belong to one user."""
    return {"PK": f"EMAIL#{address}", "SK": "EMAIL"}


def session(session_key: str) -> Key:
    """Key of a session, which expires."""
    return {"PK": f"SESSION#{session_key}"}


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
