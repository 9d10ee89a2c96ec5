"""Sign-in and sign-out: Django's own, with a limit on failed attempts; drafts go on from there."""

from typing import Any, override

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import add_never_cache_headers
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from crm.accounts import devices, drafts
from crm.accounts.drafts import Draft
from crm.accounts.forms import SignInForm
from crm.accounts.http import ask_to_wait


class SignInView(LoginView):
    """Ask for e-mail address and password; who is signed in already goes on."""

    authentication_form = SignInForm
    redirect_authenticated_user = True

    @override
    def form_valid(self, form: SignInForm) -> HttpResponse:  # type: ignore[override]
        response = super().form_valid(form)
        user = form.get_user()
        draft = drafts.read(self.request.POST.get(drafts.FIELD, ""))
        if draft is not None:
            response = draft_page(self.request, draft, is_sent=draft.account == user.pk)
        devices.remember(self.request, response, user)
        return response

    @override
    def form_invalid(self, form: SignInForm) -> HttpResponse:  # type: ignore[override]
        response = super().form_invalid(form)
        if form.retry_after:
            ask_to_wait(response, form.retry_after)
        return response

    @override
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        demo = {}
        if getattr(settings, "DEMO", False):
            demo = {
                "email": getattr(settings, "DEMO_EMAIL", ""),
                "password": getattr(settings, "DEMO_PASSWORD", ""),
            }
        text = kwargs.pop("draft", self.request.POST.get(drafts.FIELD, ""))
        draft = drafts.read(text)
        kept = {
            "draft": text if draft else "",
            "is_sent_on": draft and draft.account,
            "typed": drafts.texts(draft) if draft else [],
            # On the way to a page, in a browser in which somebody was signed in.
            "is_ended": self.get_redirect_url() and drafts.last_account(self.request),
        }
        return super().get_context_data(demo=demo, **kept, **kwargs)


@login_not_required
@require_safe
def sign_in_link(request: HttpRequest, token: str) -> HttpResponse:
    """Make this browser a known one by a link from a mail; the password is asked as ever."""
    device = devices.read_link_token(token)
    if device is None:
        messages.error(request, _("This link no longer works. Sign in to get a new one."))
        return redirect("login")
    messages.success(request, _("You can sign in with this browser now. Enter your password."))
    response = redirect("login")
    devices.add(request, response, device)
    return response


def sign_in_page(request: HttpRequest, draft: str) -> HttpResponse:
    """Show the sign-in page in the place of an answer to a post, which it takes along."""
    view = SignInView()
    view.setup(request)
    context = view.get_context_data(form=SignInForm(request), draft=draft)
    response = render(request, "registration/login.html", context)
    add_never_cache_headers(response)
    return response


def draft_page(request: HttpRequest, draft: Draft, *, is_sent: bool) -> HttpResponse:
    """Post a draft to where it belongs: to be sent on, or to be shown in its form."""
    context = {"draft": draft, "is_sent": is_sent, "show": drafts.SHOW}
    response = render(request, "registration/draft.html", context)
    add_never_cache_headers(response)
    return response


# Not asking for a sign-in first: a second click on "Sign out" must not end at an error.
@method_decorator(login_not_required, name="dispatch")
class SignOutView(LogoutView):
    """End the session and go to the sign-in page; POST only."""

    next_page = "login"

    @override
    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = super().post(request, *args, **kwargs)
        messages.success(request, _("You are signed out."))
        # The back button shall show nothing to whoever comes next.
        response["Clear-Site-Data"] = '"cache"'
        return response
