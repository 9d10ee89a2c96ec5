"""What can go wrong with an account.

AccountError
├── DuplicateEmailError    another account has the e-mail address
├── UserNotFoundError      the account does not exist
├── StaleUserError         the account has changed since it was read
└── NotAdminError          the person who asks is no longer an active admin
"""


class AccountError(Exception):
    """Any refused change to an account."""


class DuplicateEmailError(AccountError):
    """Another account has the e-mail address."""


class UserNotFoundError(AccountError):
    """The account does not exist."""


class StaleUserError(AccountError):
    """The account has changed since it was read."""


class NotAdminError(AccountError):
    """The person who asks for the change is no longer an active admin."""
