"""Addresses of a lead."""

from django.urls import path

from leads.detail import views

urlpatterns = [
    path("add/", views.lead_add, name="lead_add"),
    path("<lead:lead_id>/", views.lead_detail, name="lead_detail"),
    path("<lead:lead_id>/panel/", views.lead_panel, name="lead_panel"),
    path("<lead:lead_id>/news/", views.lead_news, name="lead_news"),
    path("<lead:lead_id>/edit/", views.lead_edit, name="lead_edit"),
    path("<lead:lead_id>/delete/", views.lead_delete, name="lead_delete"),
]
