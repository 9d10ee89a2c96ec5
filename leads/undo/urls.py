"""Addresses of what was done, and of taking it back."""

from django.urls import path

from leads.undo import steps, views

urlpatterns = [
    path("", views.change_list, name="change_list"),
    path("<str:act>/", views.change_detail, name="change_detail"),
    path("<str:act>/undo/", views.change_undo, name="change_undo"),
    path("<str:act>/step/", steps.change_step, name="change_step"),
]
