"""Addresses of the demo's mailbox: they exist in the demo alone."""

from django.urls import path

from leads.receiving import views

urlpatterns = [
    path("", views.mailbox, name="demo_mailbox"),
    path("<str:name>/answer/", views.answer, name="demo_answer"),
]
