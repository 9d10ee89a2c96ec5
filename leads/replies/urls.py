"""Addresses of answers to a lead."""

from django.urls import path

from leads.replies import views

urlpatterns = [
    path("<lead:lead_id>/reply/", views.lead_reply, name="lead_reply"),
    path("<lead:lead_id>/notes/<str:name>/send/", views.reply_send, name="reply_send"),
]
