"""The accounts, for admins: list, add, change, set password."""

from collections.abc import Sequence
from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth.forms import SetPasswordForm
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from crm.accounts import attempts, directory, leaving
from crm.accounts.access import require_role
from crm.accounts.errors import DuplicateEmailError, NotAdminError, StaleUserError
from crm.accounts.forms import AddUserForm, EditUserForm, text_labels
from crm.accounts.http import AuthenticatedHttpRequest, form_page, is_act
from crm.accounts.models import Role, User
from crm.dynamodb.calls import Write
from crm.traits import Trait, declares, takes_text

NO_ADMIN = "You are no longer an admin."


@require_safe
@require_role(Role.ADMIN)
def user_list(request: AuthenticatedHttpRequest) -> HttpResponse:
    """List all accounts by name."""
    return render(request, "accounts/user_list.html", {"people": User.objects.everyone()})


@declares(Trait.DRAFT)
@takes_text(text_labels)
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("password1", "password2")
@require_role(Role.ADMIN)
def user_add(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Add an account."""
    form = AddUserForm(request.POST if request.method == "POST" else None)
    if is_act(request) and form.is_valid() and (user := _create(request, form)):
        text = _("The account of %(name)s was added.") % {"name": user.name}
        messages.success(request, text)
        return redirect("user_add" if "_addanother" in request.POST else "user_list")
    return form_page(request, "accounts/user_add.html", {"form": form})


@declares(Trait.DRAFT)
@takes_text(text_labels)
@require_http_methods(["GET", "HEAD", "POST"])
@require_role(Role.ADMIN)
def user_edit(request: AuthenticatedHttpRequest, user_id: str) -> HttpResponse:
    """Change name and role of an account, or deactivate it."""
    user = _get_user(user_id)
    own = user.id == request.user.id
    form = EditUserForm(request.POST if request.method == "POST" else None, user=user, own=own)
    if is_act(request) and form.is_valid():
        heir = _heir(request, user, form)
        if heir and not heir.is_valid():
            return _leaving_page(request, user, form, heir)
        try:
            _change(request, user, form, heir)
        except StaleUserError:
            return _stale_page(request, user_id, own=own, posted=form)
        text = _("The account of %(name)s was changed.") % {"name": user.name}
        messages.success(request, text)
        if heir:
            messages.info(request, _heir_text(user, heir))
        goes_on = "_continue" in request.POST
        return redirect("user_edit", user_id) if goes_on else redirect("user_list")
    return form_page(request, "accounts/user_edit.html", {"form": form, "person": user, "own": own})


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("new_password1", "new_password2")
@require_role(Role.ADMIN)
def user_password(request: AuthenticatedHttpRequest, user_id: str) -> HttpResponse:
    """Set the password of another account, which ends its sessions."""
    user = _get_user(user_id)
    if user.id == request.user.id:
        return redirect("password_change")
    form = SetPasswordForm(user, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        form.save(commit=False)
        try:
            _save(request, user)
        except StaleUserError:
            return _stale_page(request, user_id, own=False)
        # Who forgot the password has tried in vain before.
        attempts.forget(user)
        text = _("%(name)s has a new password and was signed out.") % {"name": user.name}
        messages.success(request, text)
        return redirect("user_edit", user_id)
    return form_page(request, "accounts/user_password.html", {"form": form, "person": user})


def _get_user(user_id: str) -> User:
    user = User.objects.find(user_id)
    if user is None:
        message = "There is no such account."
        raise Http404(message)
    return user


def _create(request: AuthenticatedHttpRequest, form: AddUserForm) -> User | None:
    data = form.cleaned_data
    try:
        return User.objects.create_user(
            data["email"],
            data["password1"],
            name=data["name"],
            role=Role(data["role"]),
            by=request.user,
        )
    except DuplicateEmailError:
        form.add_error("email", _("There is already an account with this e-mail address."))
        return None
    except NotAdminError as error:
        raise PermissionDenied(NO_ADMIN) from error


def _heir(
    request: AuthenticatedHttpRequest, user: User, form: EditUserForm
) -> leaving.HeirForm | None:
    """Return the form that asks where open work goes, if somebody who has some may work no more.

    It is bound once it was answered.
    """
    if not _stops_working(user, form) or leaving.work().number(user.id) == 0:
        return None
    return leaving.HeirForm(request.POST if "heir" in request.POST else None, user.id)


def _stops_working(user: User, form: EditUserForm) -> bool:
    """Tell whether somebody is deactivated, or gets a role that works no leads."""
    if not form.cleaned_data["is_active"]:
        return user.is_active
    return user.can_work and not Role(form.cleaned_data["role"]).has_rights_of(Role.SALES)


def _leaving_page(
    request: AuthenticatedHttpRequest, user: User, form: EditUserForm, heir: leaving.HeirForm
) -> HttpResponse:
    """Ask where open work goes: 422 if it was answered badly."""
    status = HTTPStatus.UNPROCESSABLE_ENTITY if heir.is_bound else HTTPStatus.OK
    posted = [(name, request.POST[name]) for name in form.fields if name in request.POST]
    number = leaving.work().number(user.id)
    context = {
        "person": user,
        "form": heir,
        "posted": posted,
        "number": number,
        "stays": form.cleaned_data["is_active"],
    }
    return render(request, "accounts/user_leaving.html", context, status=status)


def _heir_text(user: User, heir: leaving.HeirForm) -> str:
    to = directory.people().get(heir.heir_id)
    if to is None:
        return _("The open leads of %(name)s are given back to nobody now, step by step.") % {
            "name": user.name
        }
    names = {"name": user.name, "heir": to.name}
    return _("The open leads of %(name)s go to %(heir)s now, step by step.") % names


def _change(
    request: AuthenticatedHttpRequest,
    user: User,
    form: EditUserForm,
    heir: leaving.HeirForm | None,
) -> None:
    for name in ("name", "role", "is_active", "version"):
        setattr(user, name, form.cleaned_data[name])
    to = heir.heir_id if heir else ""
    _save(request, user, leaving.work().handing_over(user.id, to, request.user) if heir else ())
    if heir:
        leaving.work().begin()


def _save(request: AuthenticatedHttpRequest, user: User, beside: Sequence[Write] = ()) -> None:
    try:
        user.save(by=request.user, beside=beside)
    except NotAdminError as error:
        raise PermissionDenied(NO_ADMIN) from error


def _stale_page(
    request: AuthenticatedHttpRequest,
    user_id: str,
    *,
    own: bool,
    posted: EditUserForm | None = None,
) -> HttpResponse:
    user = _get_user(user_id)
    text = _("Somebody else has changed this account meanwhile. It is shown as it is now.")
    messages.error(request, text)
    form = EditUserForm(user=user, own=own, posted=posted)
    context = {"form": form, "person": user, "own": own, "is_stale": posted is not None}
    return render(request, "accounts/user_edit.html", context, status=HTTPStatus.CONFLICT)
