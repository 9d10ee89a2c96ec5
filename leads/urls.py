"""The addresses of the product: each feature has its own beside its views."""

from django.urls import include, path

urlpatterns = [
    path("", include("leads.board.urls")),
    path("", include("leads.listing.urls")),
    path("", include("leads.detail.urls")),
    path("", include("leads.intake.urls")),
    path("", include("leads.imports.urls")),
    path("", include("leads.exports.urls")),
]
