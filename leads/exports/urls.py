"""Addresses of exports."""

from django.urls import path

from leads.exports import views

urlpatterns = [path("leads/export/", views.lead_export, name="lead_export")]
