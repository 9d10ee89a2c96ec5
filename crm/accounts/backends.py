"""Django's own authentication, reading users from DynamoDB."""

from typing import override

from django.contrib.auth.backends import BaseBackend, ModelBackend

from crm.accounts import prefetch, repository
from crm.accounts.models import User


class DynamoDBBackend(ModelBackend):
    """``ModelBackend`` with its time-equal password check, without the ORM behind it."""

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
