"""Every path of the API, served with and without a slash at its end, redirected never."""

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, re_path
from django.views.decorators.csrf import csrf_exempt

from accounts import api as accounts
from accounts import api_oauth as oauth
from accounts import api_recovery as recovery
from accounts import organization_api as organizations
from analytics import api as analytics
from analytics import api_reports as reports
from bookings import api as bookings
from bookings import api_availability as availability
from bookings import api_blocks as blocks
from guests import api as guests
from imports import api as imports
from properties import api as properties
from villaops.api import root
from villaops.api.endpoint import Endpoint
from villaops.api.errors import json_response


def route(address: str, endpoint: type[Endpoint]) -> URLPattern:
    return path(address, endpoint.as_view())


# Parts of a path are any text: what is no id is told so (422), not that the path does not exist.
V1 = {
    "auth/register": accounts.Register,
    "auth/login": accounts.Login,
    "auth/refresh": accounts.Refresh,
    "auth/logout": accounts.Logout,
    "auth/change-password": recovery.ChangePassword,
    "auth/forgot-password": recovery.ForgotPassword,
    "auth/reset-password": recovery.ResetPassword,
    "auth/verify-email": recovery.VerifyEmail,
    "auth/resend-verification": recovery.ResendVerification,
    "auth/exchange": recovery.Exchange,
    "auth/google": oauth.StartGoogle,
    "auth/google/callback": oauth.FinishGoogle,
    "auth/github": oauth.StartGitHub,
    "auth/github/callback": oauth.FinishGitHub,
    "auth/me": accounts.Me,
    "organizations": organizations.Organizations,
    "organizations/current": organizations.CurrentOrganization,
    "organizations/current/members": organizations.Members,
    "organizations/current/members/<str:id>": organizations.MemberDetail,
    "organizations/current/api-keys": organizations.ApiKeys,
    "organizations/current/api-keys/<str:id>": organizations.ApiKeyDetail,
    "properties": properties.Properties,
    "properties/<str:id>": properties.PropertyDetail,
    "properties/<str:id>/units": properties.Units,
    "properties/<str:id>/units/<str:unit_id>": properties.UnitDetail,
    "guests": guests.Guests,
    "guests/<str:id>": guests.GuestDetail,
    "bookings": bookings.Bookings,
    "bookings/<str:id>": bookings.BookingDetail,
    "availability": availability.Availability,
    "blocks": blocks.Blocks,
    "blocks/<str:id>": blocks.BlockDetail,
    "imports": imports.Imports,
    "imports/export": imports.Export,
    "imports/<str:id>": imports.ImportDetail,
    "imports/<str:id>/problems": imports.ImportProblems,
    "imports/<str:id>/run": imports.RunImport,
    "imports/<str:id>/undo": imports.UndoImport,
    "analytics/occupancy": analytics.Occupancy,
    "analytics/summary": reports.SummaryReport,
    "analytics/revenue": reports.RevenueReport,
    "analytics/trends": reports.TrendsReport,
    "analytics/sources": reports.SourcesReport,
    "analytics/pickup": reports.PickupReport,
}
ROOT = {
    "health": root.HealthEndpoint,
    "health/ready": root.ReadinessEndpoint,
}
READERS = {
    "metrics": root.MetricsEndpoint,
    "openapi.json": root.SchemaEndpoint,
    "docs": root.DocsEndpoint,
    "redoc": root.RedocEndpoint,
}


@csrf_exempt
def no_such_path(request: HttpRequest) -> HttpResponse:
    return json_response({"detail": "Not Found"}, 404)


ENDPOINTS = {**ROOT, **READERS, **{f"api/v1/{address}": found for address, found in V1.items()}}

urlpatterns = [
    *(route(address, endpoint) for address, endpoint in ENDPOINTS.items()),
    *(route(f"{address}/", endpoint) for address, endpoint in ENDPOINTS.items()),
    re_path(r"^api(?:/|$)", no_such_path),
]
