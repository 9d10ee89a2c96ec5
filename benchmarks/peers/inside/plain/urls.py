"""The admin and the public form."""

from django.contrib import admin
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import CreateView
from plain.models import Lead

contact = CreateView.as_view(
    model=Lead, fields=["name", "email", "company", "subject", "message"], success_url="/thanks/"
)
urlpatterns = [path("admin/", admin.site.urls), path("contact/", csrf_exempt(contact))]
