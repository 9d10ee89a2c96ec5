"""Addresses of the public form."""

from django.urls import path

from crm.paths import FORM
from leads.intake import looks, views

_FORM = FORM.removeprefix("/")

urlpatterns = [
    path(_FORM, views.contact, name="contact"),
    path(f"{_FORM}thanks/", views.thanks, name="contact_thanks"),
    path(f"{_FORM}logo/<str:logo>", looks.logo, name="contact_logo"),
    path(f"{_FORM}brand/<str:sheet>.css", looks.style_sheet, name="contact_style_sheet"),
    path(f"{_FORM}<form_slug:slug>/", views.contact, name="contact_of"),
    path(f"{_FORM}<form_slug:slug>/thanks/", views.thanks, name="contact_thanks_of"),
]
