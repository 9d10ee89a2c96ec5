"""Addresses of closing a lead."""

from django.urls import path

from leads.closing import views

urlpatterns = [path("<lead:lead_id>/close/", views.lead_close, name="lead_close")]
