"""Addresses of imports, under `/o/<slug>/imports/`."""

from django.urls import path

from imports import views

app_name = "imports"
urlpatterns = [
    path("", views.index, name="list"),
    path("new", views.create, name="create"),
    path("export", views.export, name="export"),
    path("<uuid:import_id>/", views.detail, name="detail"),
    path("<uuid:import_id>/columns", views.columns, name="columns"),
    path("<uuid:import_id>/problems", views.problems, name="problems"),
    path("<uuid:import_id>/run", views.run, name="run"),
    path("<uuid:import_id>/stop", views.stop, name="stop"),
    path("<uuid:import_id>/undo", views.undo, name="undo"),
]
