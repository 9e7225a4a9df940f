"""Addresses of figures, under `/o/<slug>/occupancy/`."""

from django.urls import path

from analytics import report_views, views

app_name = "analytics"
urlpatterns = [
    path("", views.occupancy, name="occupancy"),
    path("report/", report_views.report, name="report"),
    path("report/<str:month>.pdf", report_views.report_pdf, name="report_pdf"),
]
