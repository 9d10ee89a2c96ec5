"""The list: 25 a page, filtered by stage, searched as Django's admin searches."""

from django.contrib import admin
from plain.models import Lead


@admin.register(Lead)
class LeadAdmin(admin.ModelAdmin):
    """Leads as a table."""

    list_display = ["name", "company", "email", "subject", "status", "created_at"]
    list_filter = ["status"]
    list_per_page = 25
    search_fields = ["name", "email", "company", "subject"]
