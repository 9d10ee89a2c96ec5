"""The addresses of the product: each feature has its own beside its views."""

from django.conf import settings
from django.urls import include, path

from crm.paths import LEADS

_LEADS = LEADS.removeprefix("/")

urlpatterns = [
    path("", include("leads.board.urls")),  # /, /board/ and the move of a lead
    path("", include("leads.follow_ups.urls")),  # /today/ and the follow-up of a lead
    path(f"{_LEADS}import/", include("leads.imports.urls")),
    path(f"{_LEADS}export/", include("leads.exports.urls")),
    path(_LEADS, include("leads.listing.urls")),
    path(_LEADS, include("leads.detail.urls")),
    path("changes/", include("leads.undo.urls")),
    path(_LEADS, include("leads.conversation.urls")),
    path(_LEADS, include("leads.replies.urls")),
    path(_LEADS, include("leads.assignment.urls")),
    path(_LEADS, include("leads.closing.urls")),
    path("held/", include("leads.held.urls")),
    path("forms/", include("leads.forms.urls")),
    path("settings/fields/", include("leads.registry.urls")),
    path("settings/templates/", include("leads.reply_templates.urls")),
    path("settings/", include("leads.desk_settings.urls")),
    path("", include("leads.intake.urls")),  # /contact/ and /api/
]

if settings.DEMO:
    urlpatterns.append(path("demo/mail/", include("leads.receiving.urls")))
