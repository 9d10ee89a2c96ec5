"""Django's own authentication, reading users from DynamoDB."""

from typing import Any, override

from django.contrib.auth.backends import BaseBackend, ModelBackend
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest

from crm.accounts import prefetch, repository
from crm.accounts.models import User


class DynamoDBBackend(ModelBackend):
    """``ModelBackend`` with its time-equal password check, without the ORM behind it."""

    @override
    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **others: Any,
    ) -> User | None:
        """Return the user if the password is right; ``account=`` is who has the address, if read.

        The password is hashed once, whoever has the address.
        """
        if "account" not in others:
            return super().authenticate(request, username, password, **others)
        user = others["account"] or User(password=make_password(None))
        is_right = user.check_password(password or "")
        return user if is_right and self.user_can_authenticate(user) else None

    @override
    def get_user(self, user_id: str) -> User | None:
        item = prefetch.finish(user_id, repository.get)
        user = User.from_item(item) if item else None
        return user if self.user_can_authenticate(user) else None

    @override
    def get_user_permissions(self, user_obj: object, obj: object = None) -> set[str]:
        if obj is not None or not isinstance(user_obj, User):
            return set()
        return user_obj.get_all_permissions()

    @override
    def get_group_permissions(self, user_obj: object, obj: object = None) -> set[str]:
        return set()

    # ModelBackend's asynchronous methods ask the ORM; these call the methods above.
    aget_user = BaseBackend.aget_user
    aget_user_permissions = BaseBackend.aget_user_permissions
    aget_group_permissions = BaseBackend.aget_group_permissions
