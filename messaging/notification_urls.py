"""Addresses of the notifications."""

from django.urls import path

from messaging import notification_views as views

app_name = "notifications"
urlpatterns = [
    path("", views.index, name="list"),
    path("latest", views.latest, name="latest"),
    path("bell", views.bell_now, name="bell"),
    path("choices", views.choices, name="choices"),
    path("read", views.read_all, name="read_all"),
    path("<uuid:notification_id>", views.open_one, name="open"),
    path("<uuid:notification_id>/read", views.read, name="read"),
]
