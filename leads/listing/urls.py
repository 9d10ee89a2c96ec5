"""Addresses of the list of leads."""

from django.urls import path

from leads.listing import bulk, suggestions, views

urlpatterns = [
    path("", views.lead_list, name="lead_list"),
    path("bulk/", bulk.lead_bulk, name="lead_bulk"),
    path("search/", suggestions.lead_search, name="lead_search"),
]
