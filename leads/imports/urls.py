"""Addresses of imports."""

from django.urls import path

from leads.imports import views

urlpatterns = [
    path("", views.import_list, name="lead_import"),
    path("<str:import_id>/", views.import_run, name="lead_import_run"),
    path("<str:import_id>/step/", views.import_step, name="lead_import_step"),
    path("<str:import_id>/undo/", views.import_undo, name="lead_import_undo"),
    path("<str:import_id>/errors.csv", views.import_errors, name="lead_import_errors"),
    path("<str:import_id>/kept.csv", views.import_kept, name="lead_import_kept"),
]
