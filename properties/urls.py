"""Addresses of properties and units, under `/o/<slug>/properties/`."""

from django.urls import path

from properties import unit_views, views

app_name = "properties"
urlpatterns = [
    path("", views.index, name="list"),
    path("new", views.create, name="create"),
    path("<uuid:property_id>/", views.detail, name="detail"),
    path("<uuid:property_id>/edit", views.edit, name="edit"),
    path("<uuid:property_id>/delete", views.delete, name="delete"),
    path("<uuid:property_id>/units/new", unit_views.create_unit, name="create_unit"),
    path("<uuid:property_id>/units/<uuid:unit_id>/edit", unit_views.edit_unit, name="edit_unit"),
    path("<uuid:property_id>/units/order", unit_views.reorder, name="reorder_units"),
    path(
        "<uuid:property_id>/units/<uuid:unit_id>/rename",
        unit_views.rename_unit,
        name="rename_unit",
    ),
    path("<uuid:property_id>/units/<uuid:unit_id>/offer", unit_views.offer, name="offer_unit"),
    path(
        "<uuid:property_id>/units/<uuid:unit_id>/delete", unit_views.remove_unit, name="delete_unit"
    ),
]
