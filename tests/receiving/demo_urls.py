"""The addresses of the demo, which has a mailbox."""

from django.urls import include, path

from crm import urls

urlpatterns = [*urls.urlpatterns, path("demo/mail/", include("leads.receiving.urls"))]
