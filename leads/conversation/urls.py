"""Addresses of the conversation of a lead."""

from django.urls import path

from leads.conversation import views

urlpatterns = [
    path("<lead:lead_id>/notes/", views.add, name="lead_notes"),
    path("<lead:lead_id>/notes/<str:name>/", views.show, name="note"),
    path("<lead:lead_id>/notes/<str:name>/edit/", views.edit, name="note_edit"),
    path("<lead:lead_id>/notes/<str:name>/delete/", views.delete, name="note_delete"),
]
