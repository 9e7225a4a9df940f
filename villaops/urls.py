"""Every address: root and API, administrators' site, and the dashboard under `/o/<slug>/`."""

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from accounts import audit_views
from accounts.invitation_views import invitation
from accounts.organization_views import create as create_organization
from bookings import availability_views
from bookings.today import today
from messaging.unsubscribe import unsubscribe
from villaops import pages
from villaops.find import find
from villaops.gallery import gallery
from villaops.live.views import events

dashboard: list[URLPattern | URLResolver] = [
    path("", today, name="today"),
    path("find", find, name="find"),
    path("events", events, name="events"),
    path("bookings/", include("bookings.urls")),
    path("calendar/", include("bookings.calendar_urls")),
    path("availability/", availability_views.search, name="availability"),
    path("guests/", include("guests.urls")),
    path("messages/", include("messaging.urls")),
    path("properties/", include("properties.urls")),
    path("occupancy/", include("analytics.urls")),
    path("analytics/", include("analytics.page_urls")),
    path("notifications/", include("messaging.notification_urls")),
    path("settings/", include("accounts.organization_urls")),
    path("imports/", include("imports.urls")),
    path("audit/", audit_views.index, name="audit"),
    path("audit/export", audit_views.export, name="audit_export"),
]

urlpatterns = [
    # First, because it is asked for most: all others would be tried before it.
    path("o/<slug:slug>/", include(dashboard)),
    path("", pages.landing, name="landing"),
    path("", include("villaops.api.urls")),
    path("", include("accounts.urls")),
    path("unsubscribe/<str:token>", unsubscribe, name="unsubscribe"),
    path("invitations/<str:secret>", invitation, name="invitation"),
    path("organizations/new", create_organization, name="create_organization"),
    path("o/", pages.home, name="home"),
    path("gallery", gallery, name="gallery"),
    path("admin", RedirectView.as_view(url="/admin/")),
    path("admin/", admin.site.urls),
    # Browsers ask here on pages that name no icon, like the administrators'.
    path("favicon.ico", RedirectView.as_view(url=f"{settings.STATIC_URL}img/favicon.svg")),
]

handler400 = "villaops.pages.bad_request"
handler403 = "villaops.pages.permission_denied"
handler404 = "villaops.pages.not_found"
handler429 = "villaops.pages.too_many_requests"
handler500 = "villaops.pages.server_error"
