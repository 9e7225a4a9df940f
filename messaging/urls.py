"""Addresses of messages, under `/o/<slug>/messages/`."""

from django.urls import path

from messaging import automation_views, template_views, views

app_name = "messages"
urlpatterns = [
    path("", views.log, name="log"),
    path("schedule/", views.schedule, name="schedule"),
    path("schedule/<uuid:booking_id>/<slug:kind>/skip", views.skip, name="skip"),
    path("automations/", automation_views.index, name="automations"),
    path("automations/<slug:kind>", automation_views.change, name="automation"),
    path("templates/", template_views.index, name="templates"),
    path("templates/<slug:kind>/<slug:language>/", template_views.edit, name="template"),
    path("templates/<slug:kind>/<slug:language>/save", template_views.save, name="save"),
    path("templates/<slug:kind>/<slug:language>/preview", template_views.preview, name="preview"),
    path("templates/<slug:kind>/<slug:language>/test", template_views.test, name="test"),
    path("templates/<slug:kind>/<slug:language>/reset", template_views.reset, name="reset"),
    path("<uuid:message_id>/", views.message, name="message"),
    path("<uuid:message_id>/body", views.body, name="body"),
    path("<uuid:message_id>/resend", views.resend, name="resend"),
]
