"""Who a cell of an owner column means."""

from collections import Counter

from crm.accounts.models import User


def owners() -> dict[str, str]:
    """Return account ids by e-mail, id and name, in lower case: one Query.

    A name that two accounts share means nobody. Whoever has left still owned what they owned.
    """
    users = User.objects.everyone()
    known = Counter(user.name.casefold() for user in users)
    named = {name: user.id for user in users if known[name := user.name.casefold()] == 1 and name}
    return (
        named
        | {user.id.casefold(): user.id for user in users}
        | {user.email.casefold(): user.id for user in users}
    )
