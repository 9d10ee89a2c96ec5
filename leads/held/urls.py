"""Addresses of held messages."""

from django.urls import path

from leads.held import bulk, views

urlpatterns = [
    path("", views.held_list, name="held_list"),
    path("all/", bulk.held_all, name="held_all"),
    path("<lead:lead_id>/release/", views.held_release, name="held_release"),
    path("<lead:lead_id>/discard/", views.held_discard, name="held_discard"),
    path("<lead:lead_id>/take-back/", views.held_take_back, name="held_take_back"),
]
