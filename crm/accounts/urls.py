"""Sign-in, passwords, sessions and accounts; the names are those of ``django.contrib.auth``."""

from django.contrib.auth import views as auth_views
from django.urls import path
from django.views.decorators.cache import never_cache

from crm.accounts.views import me, passwords, security, sessions, sign_in, users
from crm.traits import Trait, declares

urlpatterns = [
    path("login/", declares(Trait.MOMENT)(sign_in.SignInView.as_view()), name="login"),
    path("login/<token>/", sign_in.sign_in_link, name="sign_in_link"),
    path("logout/", sign_in.SignOutView.as_view(), name="logout"),
    path("password-change/", passwords.ChangeView.as_view(), name="password_change"),
    path(
        "password-change/done/",
        auth_views.PasswordChangeDoneView.as_view(),
        name="password_change_done",
    ),
    path(
        "password-reset/",
        declares(Trait.MOMENT)(passwords.ResetView.as_view()),
        name="password_reset",
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
        passwords.ResetConfirmView.as_view(),
        name="password_reset_confirm",
    ),
    path("me/", me.own_account, name="own_account"),
    path("sessions/", sessions.session_list, name="session_list"),
    path("sessions/end-others/", sessions.session_end_others, name="session_end_others"),
    path("sessions/<str:digest>/end/", sessions.session_end, name="session_end"),
    path("log/", security.security_log, name="user_log"),
    path("users/", users.user_list, name="user_list"),
    path("users/add/", users.user_add, name="user_add"),
    path("users/<str:user_id>/", users.user_edit, name="user_edit"),
    path("users/<str:user_id>/password/", users.user_password, name="user_password"),
]
for _pattern in urlpatterns:
    # Who uses the same browser later shall find none of it: no-store, on all of these pages.
    _pattern.callback = never_cache(_pattern.callback)
