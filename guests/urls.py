"""Addresses of guests, under `/o/<slug>/guests/`."""

from django.urls import path

from guests import views

app_name = "guests"
urlpatterns = [
    path("", views.index, name="list"),
    path("new", views.create, name="create"),
    path("<uuid:guest_id>/", views.detail, name="detail"),
    path("<uuid:guest_id>/edit", views.edit, name="edit"),
    path("<uuid:guest_id>/delete", views.delete, name="delete"),
]
