"""Addresses of the templates of answers, under ``/settings/templates/``."""

from django.urls import path

from leads.reply_templates import views

urlpatterns = [
    path("", views.template_list, name="template_list"),
    path("<str:owner>/add/", views.template_add, name="template_add"),
    path("<str:owner>/<str:template_id>/", views.template_edit, name="template_edit"),
    path("<str:owner>/<str:template_id>/delete/", views.template_delete, name="template_delete"),
]
