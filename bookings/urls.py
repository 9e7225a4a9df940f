"""Addresses of bookings and blocks, under `/o/<slug>/bookings/`."""

from django.urls import path

from bookings import block_views, form_views, list_views, views

app_name = "bookings"
urlpatterns = [
    path("", list_views.index, name="list"),
    path("new", form_views.create, name="create"),
    path("new/guests", form_views.guest_options, name="guest_options"),
    path("blocks/new/<uuid:property_id>", block_views.create, name="block"),
    path("blocks/<uuid:block_id>/release", block_views.release, name="release"),
    path("<uuid:booking_id>/", views.detail, name="detail"),
    path("<uuid:booking_id>/edit", form_views.edit, name="edit"),
    path("<uuid:booking_id>/status", views.status, name="status"),
    path("<uuid:booking_id>/cancel", views.cancel, name="cancel"),
    path("<uuid:booking_id>/move", views.move, name="move"),
    path("<uuid:booking_id>/delete", views.delete, name="delete"),
]
