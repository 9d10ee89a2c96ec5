"""Who may see a view."""

from collections.abc import Callable
from functools import update_wrapper
from typing import Concatenate, cast

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase

from crm.accounts.http import AuthenticatedHttpRequest
from crm.accounts.models import Role

type View[**P] = Callable[Concatenate[HttpRequest, P], HttpResponseBase]
type StaffView[**P] = Callable[Concatenate[AuthenticatedHttpRequest, P], HttpResponseBase]


def require_role[**P](role: Role) -> Callable[[StaffView[P]], View[P]]:
    """Let a view be seen only by those whose role includes ``role``.

    Others who are signed in get the 403 page, the rest are sent to sign in; for htmx
    requests :func:`crm.accounts.middleware.sign_in_redirects` turns that into a redirect
    of the whole page.
    """

    def decorate(view: StaffView[P]) -> View[P]:
        def view_with_role(
            request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs
        ) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            staff = cast("AuthenticatedHttpRequest", request)
            if not staff.user.has_role(role):
                message = f"This page is for people with the role “{role.label}”."
                raise PermissionDenied(message)
            return view(staff, *args, **kwargs)

        update_wrapper(view_with_role, view)
        return view_with_role

    return decorate
