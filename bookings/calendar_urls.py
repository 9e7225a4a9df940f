"""Addresses of the tape chart, under `/o/<slug>/calendar/`."""

from django.urls import path

from bookings import calendar_views as views

app_name = "calendar"
urlpatterns = [
    path("", views.chart, name="page"),
    path("units", views.units, name="units"),
    path("data", views.bars, name="data"),
    path("changes", views.changes, name="changes"),
    path("preview", views.preview, name="preview"),
    path("change", views.change, name="change"),
    path("block", views.block, name="block"),
    path("card/<str:kind>/<uuid:holder_id>", views.card, name="card"),
    path("list", views.listing, name="list"),
]
