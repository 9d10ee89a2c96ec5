"""Addresses of exports."""

from django.urls import path

from leads.exports import views

urlpatterns = [path("", views.lead_export, name="lead_export")]
