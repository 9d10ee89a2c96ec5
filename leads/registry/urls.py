"""Addresses of the custom fields, under ``/settings/fields/``."""

from django.urls import path

from leads.registry import views

urlpatterns = [
    path("", views.field_list, name="field_list"),
    path("add/", views.field_add, name="field_add"),
    path("<str:name>/", views.field_edit, name="field_edit"),
    path("<str:name>/move/", views.field_move, name="field_move"),
    path("<str:name>/retire/", views.field_retire, name="field_retire"),
]
