"""Addresses of guests, under `/o/<slug>/guests/`."""

from django.urls import path

from guests import care_views, views

app_name = "guests"
urlpatterns = [
    path("", views.index, name="list"),
    path("new", views.create, name="create"),
    path("<uuid:guest_id>/", views.detail, name="detail"),
    path("<uuid:guest_id>/edit", views.edit, name="edit"),
    path("<uuid:guest_id>/delete", views.delete, name="delete"),
    path("<uuid:guest_id>/merge", care_views.merge, name="merge"),
    path("<uuid:guest_id>/merge/<uuid:merge_id>/undo", care_views.undo, name="undo_merge"),
    path("<uuid:guest_id>/export", care_views.export, name="export"),
    path("<uuid:guest_id>/anonymize", care_views.anonymize, name="anonymize"),
]
