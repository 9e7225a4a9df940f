"""Addresses of figures, under `/o/<slug>/occupancy/`."""

from django.urls import path

from analytics import views

app_name = "analytics"
urlpatterns = [path("", views.occupancy, name="occupancy")]
