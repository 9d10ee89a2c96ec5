"""Every address of the site, by app. The probes are in :mod:`crm.probes`."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("accounts/", include("crm.accounts.urls")),
    path("ops/", include("crm.jobs.urls")),
    path("", include("leads.urls")),
]

handler400 = "crm.error_pages.bad_request"
handler403 = "crm.error_pages.forbidden"
handler404 = "crm.error_pages.not_found"
handler500 = "crm.error_pages.server_error"
