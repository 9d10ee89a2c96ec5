"""Sign-in, passwords and accounts; the names are those of ``django.contrib.auth``."""

from functools import partial

from django.contrib.auth import views as auth_views
from django.urls import path

from crm.later import Later

_public = partial(Later, login_required=False)

urlpatterns = [
    path("login/", _public("crm.accounts.views.sign_in.SignInView"), name="login"),
    path("logout/", _public("crm.accounts.views.sign_in.SignOutView"), name="logout"),
    path("password-change/", auth_views.PasswordChangeView.as_view(), name="password_change"),
    path(
        "password-change/done/",
        auth_views.PasswordChangeDoneView.as_view(),
        name="password_change_done",
    ),
    path(
        "password-reset/", _public("crm.accounts.views.passwords.ResetView"), name="password_reset"
    ),
    path(
        "password-reset/done/",
        auth_views.PasswordResetDoneView.as_view(),
        name="password_reset_done",
    ),
    path(
        "password-reset/complete/",
        auth_views.PasswordResetCompleteView.as_view(),
        name="password_reset_complete",
    ),
    path(
        "password-reset/<uidb64>/<token>/",
        _public("crm.accounts.views.passwords.ResetConfirmView"),
        name="password_reset_confirm",
    ),
    path("users/", Later("crm.accounts.views.users.user_list"), name="user_list"),
    path("users/add/", Later("crm.accounts.views.users.user_add"), name="user_add"),
    path("users/<str:user_id>/", Later("crm.accounts.views.users.user_edit"), name="user_edit"),
    path(
        "users/<str:user_id>/password/",
        Later("crm.accounts.views.users.user_password"),
        name="user_password",
    ),
]
