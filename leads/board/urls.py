"""Addresses of the board."""

from django.urls import path
from django.views.generic import RedirectView

from leads.board import views

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="board"), name="home"),
    path("board/", views.page, name="board"),
    path("board/column/<str:status>/", views.column_page, name="board_column"),
    path("leads/<lead:lead_id>/move/", views.move, name="lead_move"),
]
