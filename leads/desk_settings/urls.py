"""The addresses of what admins set, under ``/settings/``."""

from django.urls import path

from leads.desk_settings import views

urlpatterns = [
    path("", views.desk_settings, name="desk_settings"),
    path("reset/", views.desk_settings_reset, name="desk_settings_reset"),
]
