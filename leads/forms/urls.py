"""Addresses of the company's forms, under ``/forms/``."""

from django.urls import path

from leads.forms import brand_views, views

urlpatterns = [
    path("", views.form_list, name="form_list"),
    path("add/", views.form_add, name="form_add"),
    path("brand/", brand_views.form_brand, name="form_brand"),
    path("<form_slug:slug>/", views.form_edit, name="form_edit"),
    path("<form_slug:slug>/preview/", views.form_preview, name="form_preview"),
    path("<form_slug:slug>/copy/", views.form_copy, name="form_copy"),
    path("<form_slug:slug>/switch/", views.form_switch, name="form_switch"),
    path("<form_slug:slug>/delete/", views.form_delete, name="form_delete"),
]
