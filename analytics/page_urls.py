"""Addresses of the analytics pages, under `/o/<slug>/analytics/`; what they ask is in asked.py."""

from django.urls import path

from analytics import behind_views, page_views

app_name = "analysis"
urlpatterns = [
    path("", page_views.index, name="page"),
    path("nights/", behind_views.nights, name="nights"),
    path("bookings/", behind_views.bookings, name="bookings"),
    path("download", behind_views.download, name="download"),
]
