"""Addresses of giving a lead to somebody."""

from django.urls import path

from leads.assignment import views

urlpatterns = [path("<lead:lead_id>/assign/", views.lead_assign, name="lead_assign")]
