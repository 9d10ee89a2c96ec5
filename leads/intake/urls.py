"""Addresses at which messages come in."""

from django.urls import include, path, re_path

from leads.intake import api

urlpatterns = [
    path("", include("leads.intake.urls_form")),
    path("api/v1/leads", api.leads, name="api_leads"),
    re_path("^api/", api.not_found),
]
