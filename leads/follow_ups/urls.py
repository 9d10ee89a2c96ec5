"""Addresses of follow-ups; that of one stands under its lead."""

from django.urls import path

from crm.paths import LEADS
from leads.follow_ups import views

_LEADS = LEADS.removeprefix("/")

urlpatterns = [
    path("today/", views.today, name="today"),
    path("today/count/", views.count, name="today_count"),
    path(f"{_LEADS}<lead:lead_id>/follow-up/", views.follow_up, name="lead_follow_up"),
]
