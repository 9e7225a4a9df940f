"""Addresses of an organization's settings."""

from django.urls import path

from accounts import member_views as members
from accounts import organization_views as views

app_name = "organization"
urlpatterns = [
    path("", views.settings, name="settings"),
    path("logo", views.logo, name="logo"),
    path("export", views.export, name="export"),
    path("delete", views.end, name="end"),
    path("keep", views.keep, name="keep"),
    path("transfer", views.transfer, name="transfer"),
    path("leave", views.leave, name="leave"),
    path("members", members.members, name="members"),
    path("members/invite", members.invite, name="invite"),
    path("members/<uuid:member_id>", members.member, name="member"),
    path("members/<uuid:member_id>/resend", members.resend, name="resend"),
    path("members/<uuid:member_id>/remove", members.remove, name="remove"),
    path("api-keys", members.api_keys, name="api_keys"),
    path("api-keys/<uuid:key_id>/revoke", members.revoke, name="revoke"),
]
