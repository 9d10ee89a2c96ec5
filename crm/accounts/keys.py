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
