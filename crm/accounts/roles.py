"""Roles, and the permissions that come with them; no query asks for any."""

from collections.abc import Iterable
from enum import StrEnum

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models
from django.utils.translation import pgettext_lazy


class Role(StrEnum):
    """What a person may do; each role includes the ones above it in this list."""

    VIEWER = "viewer"
    SALES = "sales"
    ADMIN = "admin"

    @property
    def label(self) -> str:
        """The role in words."""
        return str(_LABELS[self])

    def has_rights_of(self, other: "Role") -> bool:
        """Tell whether this role may do everything that ``other`` may."""
        ranks = list(Role)
        return ranks.index(self) >= ranks.index(other)


_LABELS = {
    Role.VIEWER: pgettext_lazy("role", "Viewer"),
    Role.SALES: pgettext_lazy("role", "Sales"),
    Role.ADMIN: pgettext_lazy("role", "Admin"),
}


class UserWithRole(AbstractBaseUser):
    """What a user may do, in words of our own and in those of ``django.contrib.auth``."""

    role = models.CharField(max_length=10, default=Role.VIEWER)
    is_active = models.BooleanField(default=True)

    class Meta:
        """A part of the user."""

        abstract = True

    @property
    def role_label(self) -> str:
        """The role in words."""
        return Role(self.role).label

    @property
    def is_admin(self) -> bool:
        """May manage accounts."""
        return self.has_role(Role.ADMIN)

    @property
    def can_work(self) -> bool:
        """May change leads."""
        return self.has_role(Role.SALES)

    def has_role(self, role: Role) -> bool:
        """Tell whether the role of this user includes ``role``."""
        return self.is_active and Role(self.role).has_rights_of(role)

    def get_all_permissions(self, _obj: object = None) -> set[str]:
        """Return a permission for each role included: ``accounts.viewer`` and so on."""
        return {f"accounts.{role}" for role in Role if self.has_role(role)}

    def has_perm(self, perm: str, _obj: object = None) -> bool:
        """Tell whether the role gives this permission, for ``permission_required``."""
        return perm in self.get_all_permissions()

    def has_perms(self, perm_list: Iterable[str], _obj: object = None) -> bool:
        """Tell whether the role gives all these permissions."""
        return self.get_all_permissions().issuperset(perm_list)

    def has_module_perms(self, app_label: str) -> bool:
        """Tell whether the role gives any permission of this app, for ``{{ perms }}``."""
        return self.is_active and app_label == "accounts"
