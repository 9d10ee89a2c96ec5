"""Accounts in the table of records: what :class:`crm.accounts.models.User` asks of the store.

An account is two items, written together: the user, and the e-mail address that points to
it, which makes addresses unique however many people sign up at once. Items carry ``userId``,
``email``, ``name``, ``role``, ``isActive``, ``password`` (hash), ``createdAt``, ``version``
(raised by every change that a form of the account makes), ``networks`` (of the latest sign-ins,
as digests), ``sessionSalt`` (after a deactivation), and what people set for themselves: ``zone``,
``singleKeys``, ``takeByMoving``, ``awayUntil``, ``mailArrivals`` and ``mailDigest``, which
accounts of before lack.
"""

from collections.abc import Mapping, Sequence
from uuid import uuid4

from crm.accounts import directory, keys
from crm.accounts.errors import (
    DuplicateEmailError,
    NotAdminError,
    StaleUserError,
    UserNotFoundError,
)
from crm.accounts.identity import MAX_EMAIL, is_id
from crm.dynamodb import calls
from crm.dynamodb.calls import Check, Item, Put, Update, Value, Write
from crm.dynamodb.errors import TransactionRefusedError
from crm.tables import RECORDS

# Has the form of an id, and is nobody's.
NOBODY = "0" * 32
_IS_ADMIN = "#role = :adminRole AND #isActive = :isTrue"
_IS_ADMIN_VALUES: dict[str, Value] = {"adminRole": "admin", "isTrue": True}


def get(user_id: str) -> Item | None:
    """Read an account. Costs 1 RRU: a stale one would outlive its password or its role."""
    if not is_id(user_id):
        return None
    return calls.get(RECORDS, keys.user(user_id), consistent=True)


def get_by_email(address: str) -> Item | None:
    """Read the account of a normalised address. Costs 2 RRU, whether there is one or not.

    Nobody shall tell by the time of an answer who has an account.
    """
    if not 0 < len(address) <= MAX_EMAIL:
        return None
    pointer = calls.get(RECORDS, keys.email(address), consistent=True)
    return get(str(pointer["userId"]) if pointer else NOBODY)


def everyone() -> list[Item]:
    """Read all accounts, in no particular order."""
    return calls.query_all(RECORDS, "#PK = :pk", {"pk": keys.USERS}, consistent=True)


def create(fields: Item, *, by: str | None = None, events: Sequence[Put] = ()) -> None:
    """Store a new account; ``by`` is the id of the admin who makes it, if one does.

    ``events``, what the security log records of it, are stored with it or not at all.

    Raises ``DuplicateEmailError`` or ``NotAdminError``.
    """
    user_id, address = str(fields["userId"]), str(fields["email"])
    pointer: Item = {**keys.email(address), "userId": user_id}
    user: Item = {**keys.user(user_id), **fields, "version": 1}
    absent = "attribute_not_exists(#PK)"
    writes: list[Put | Check] = [
        Put(table=RECORDS, item=pointer, condition=absent),
        Put(table=RECORDS, item=user, condition=absent),
    ]
    if by:
        writes.append(_check_admin(by))
    try:
        calls.transact([*writes, *events], uuid4().hex)
    except TransactionRefusedError as refusal:
        if by and 2 in refusal.failed:  # noqa: PLR2004 -- the position of the check above
            raise NotAdminError from refusal
        stored = refusal.failed.get(0)
        # After a lost answer the retry finds what its own first attempt has written.
        if stored is None or stored.get("userId") != user_id:
            raise DuplicateEmailError from refusal
    directory.forget()


def update(
    user_id: str,
    changes: Mapping[str, Value],
    *,
    seen: int | None = None,
    events: Sequence[Put] = (),
) -> None:
    """Write ``changes`` to an account, and ``events`` with it.

    With ``seen``, only if that is still its version. Raises ``UserNotFoundError`` or
    ``StaleUserError``.
    """
    written, condition, values = changes, "attribute_exists(#PK)", changes
    if seen is not None:
        written, condition = {**changes, "version": seen + 1}, "#version = :seen"
        values = {**written, "seen": seen}
    target = Update(
        table=RECORDS,
        key=keys.user(user_id),
        change=calls.set_expression(written),
        condition=condition,
        values=values,
    )
    try:
        calls.transact([target, *events], uuid4().hex)
    except TransactionRefusedError as refusal:
        # Events have keys of their own: one that is there tells of a first, lost answer.
        if 0 in refusal.failed:
            error = StaleUserError if refusal.failed[0] else UserNotFoundError
            raise error from refusal
    directory.forget()


def update_as_admin(
    user_id: str,
    version: int,
    changes: Mapping[str, Value],
    *,
    by: str,
    events: Sequence[Write] = (),
) -> None:
    """Write ``changes`` if the account still has ``version`` and ``by`` is still an admin.

    Both are looked at in one transaction, so two admins cannot remove each other and leave
    none. ``events``, and whatever else goes with it, are stored by it. Raises
    ``NotAdminError``, ``StaleUserError`` or ``UserNotFoundError``.
    """
    written = {**changes, "version": version + 1}
    condition = "#version = :seen"
    values = {**written, "seen": version}
    if by == user_id:
        condition = f"{condition} AND {_IS_ADMIN}"
        values |= _IS_ADMIN_VALUES
    target = Update(
        table=RECORDS,
        key=keys.user(user_id),
        change=calls.set_expression(written),
        condition=condition,
        values=values,
    )
    writes: list[Update | Check] = [target] if by == user_id else [target, _check_admin(by)]
    try:
        calls.transact([*writes, *events], uuid4().hex)
    except TransactionRefusedError as refusal:
        raise _error_of_refusal(refusal, own=by == user_id) from refusal
    directory.forget()


def _error_of_refusal(
    refusal: TransactionRefusedError, *, own: bool
) -> NotAdminError | StaleUserError | UserNotFoundError:
    if not own and 1 in refusal.failed:
        return NotAdminError()
    stored = refusal.failed.get(0)
    if stored is None:
        return UserNotFoundError()
    if own and not (stored["role"] == "admin" and stored["isActive"]):
        return NotAdminError()
    return StaleUserError()


def _check_admin(user_id: str) -> Check:
    return Check(
        table=RECORDS,
        key=keys.user(user_id),
        condition=_IS_ADMIN,
        values=_IS_ADMIN_VALUES,
    )
