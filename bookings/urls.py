"""Addresses of bookings and blocks, under `/o/<slug>/bookings/`."""

from django.urls import path

from bookings import (
    block_views,
    bulk_views,
    form_views,
    list_views,
    note_views,
    saved_view_views,
    views,
)

app_name = "bookings"
urlpatterns = [
    path("", list_views.index, name="list"),
    path("export", list_views.export, name="export"),
    path("ticked/confirm", bulk_views.confirm, name="confirm_many"),
    path("ticked/unconfirm", bulk_views.unconfirm, name="unconfirm_many"),
    path("ticked/cancel", bulk_views.cancel, name="cancel_many"),
    path("ticked/revive", bulk_views.revive, name="revive_many"),
    path("ticked/export", bulk_views.export, name="export_many"),
    path("views/", saved_view_views.index, name="views"),
    path("views/new", saved_view_views.create, name="save_view"),
    path("views/<uuid:view_id>/rename", saved_view_views.rename, name="rename_view"),
    path("views/<uuid:view_id>/delete", saved_view_views.delete, name="delete_view"),
    path("views/<uuid:view_id>/default", saved_view_views.default, name="default_view"),
    path("new", form_views.create, name="create"),
    path("new/guests", form_views.guest_options, name="guest_options"),
    path("new/guests-alike", form_views.guests_alike, name="guests_alike"),
    path("new/quote", form_views.quote_stay, name="quote"),
    path("taken", form_views.taken, name="taken"),
    path("blocks/new/<uuid:property_id>", block_views.create, name="block"),
    path("blocks/taken", block_views.taken, name="block_taken"),
    path("blocks/<uuid:block_id>/edit", block_views.edit, name="edit_block"),
    path("blocks/<uuid:block_id>/release", block_views.release, name="release"),
    path("<uuid:booking_id>/", views.detail, name="detail"),
    path("<uuid:booking_id>/edit", form_views.edit, name="edit"),
    path("<uuid:booking_id>/status", views.status, name="status"),
    path("<uuid:booking_id>/expect", views.expect, name="expect"),
    path("<uuid:booking_id>/cancel", views.cancel, name="cancel"),
    path("<uuid:booking_id>/move", views.move, name="move"),
    path("<uuid:booking_id>/confirmation", views.confirmation, name="confirmation"),
    path("<uuid:booking_id>/notes/new", note_views.add, name="add_note"),
    path("<uuid:booking_id>/notes/<uuid:note_id>", note_views.change, name="change_note"),
    path("<uuid:booking_id>/notes/<uuid:note_id>/delete", note_views.delete, name="delete_note"),
    path("<uuid:booking_id>/delete", views.delete, name="delete"),
]
