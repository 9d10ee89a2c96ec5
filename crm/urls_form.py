"""Every address of a process that serves the public form alone: ``FORM_ONLY=1``."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [path("", include("leads.intake.urls_form"))]

handler400 = "crm.error_pages.bad_request"
handler403 = "crm.error_pages.forbidden"
handler404 = "crm.error_pages.not_found"
handler500 = "crm.error_pages.server_error"
