"""Addresses of the list of leads."""

from django.urls import path

from leads.listing import bulk, suggestions, views

urlpatterns = [
    path("leads/", views.lead_list, name="lead_list"),
    path("leads/bulk/", bulk.lead_bulk, name="lead_bulk"),
    path("leads/search/", suggestions.lead_search, name="lead_search"),
]
