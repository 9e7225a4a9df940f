"""Sign-in and one's own account; unnamespaced, because Django's settings and allauth name them."""

from allauth.account import views as allauth_account
from allauth.mfa.base import views as second_step
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as passkeys
from allauth.socialaccount import views as social
from allauth.usersessions import views as sessions
from django.urls import URLPattern, path, re_path

from accounts import account_views, providers, views
from villaops.pages import get_or_post

entrance: list[URLPattern] = [
    path("login", views.login, name="login"),
    path("login", views.login, name="account_login"),
    path("logout", views.logout, name="logout"),
    path("logout", views.logout, name="account_logout"),
    path("signup", views.sign_up, name="account_signup"),
    path("signup/code", views.sign_up_code, name="sign_up_code"),
    path("login/code", allauth_account.request_login_code, name="account_request_login_code"),
    path(
        "login/code/confirm", allauth_account.confirm_login_code, name="account_confirm_login_code"
    ),
    path("login/passkey", passkeys.login_webauthn, name="mfa_login_webauthn"),
    path("login/second-step", second_step.authenticate, name="mfa_authenticate"),
    path("login/inactive", allauth_account.account_inactive, name="account_inactive"),
    path("login/google", providers.google_login, name="google_login"),
    path("login/google/callback", providers.google_callback, name="google_callback"),
    path("login/github", providers.github_login, name="github_login"),
    path("login/github/callback", providers.github_callback, name="github_callback"),
    path("login/cancelled", social.login_cancelled, name="socialaccount_login_cancelled"),
    path("login/failed", social.login_error, name="socialaccount_login_error"),
    # An account is made of what the provider states, or not at all: there is no form to fill in.
    path("login/incomplete", social.login_error, name="socialaccount_signup"),
    path("password/reset", allauth_account.password_reset, name="account_reset_password"),
    path(
        "password/reset/sent",
        allauth_account.password_reset_done,
        name="account_reset_password_done",
    ),
    re_path(
        r"^password/reset/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>[^/]+)$",
        allauth_account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/done",
        allauth_account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
]

account: list[URLPattern] = [
    path("account", account_views.profile, name="account_profile"),
    path("account/email", account_views.email, name="account_email"),
    path("account/email/code", account_views.email_code, name="account_email_code"),
    path("account/password", allauth_account.password_change, name="account_change_password"),
    path("account/password/first", allauth_account.password_set, name="account_set_password"),
    path("account/phone", allauth_account.change_phone, name="account_change_phone"),
    path("account/phone/code", allauth_account.verify_phone, name="account_verify_phone"),
    path("account/phone/remove", account_views.remove_phone, name="account_remove_phone"),
    path("account/confirm", allauth_account.reauthenticate, name="account_reauthenticate"),
    path("account/confirm/code", second_step.reauthenticate, name="mfa_reauthenticate"),
    path(
        "account/confirm/passkey",
        passkeys.reauthenticate_webauthn,
        name="mfa_reauthenticate_webauthn",
    ),
    path("account/two-step", second_step.index, name="mfa_index"),
    path("account/two-step/app", totp.activate_totp, name="mfa_activate_totp"),
    path("account/two-step/app/remove", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path(
        "account/two-step/codes",
        recovery_codes.view_recovery_codes,
        name="mfa_view_recovery_codes",
    ),
    path(
        "account/two-step/codes/new",
        recovery_codes.generate_recovery_codes,
        name="mfa_generate_recovery_codes",
    ),
    path(
        "account/two-step/codes/download",
        recovery_codes.download_recovery_codes,
        name="mfa_download_recovery_codes",
    ),
    path("account/passkeys", passkeys.list_webauthn, name="mfa_list_webauthn"),
    path("account/passkeys/new", passkeys.add_webauthn, name="mfa_add_webauthn"),
    path("account/passkeys/<int:pk>", passkeys.edit_webauthn, name="mfa_edit_webauthn"),
    path("account/passkeys/<int:pk>/remove", passkeys.remove_webauthn, name="mfa_remove_webauthn"),
    path("account/connections", social.connections, name="socialaccount_connections"),
    path("account/sessions", sessions.list_usersessions, name="usersessions_list"),
    path("account/sessions/<int:pk>/end", account_views.end_session, name="account_end_session"),
    path("account/delete", account_views.delete, name="account_delete"),
]

# Views that are not ours take any method.
for page in (*entrance, *account):
    page.callback = get_or_post(page.callback)

urlpatterns = [
    *entrance,
    *account,
    path("pictures/<str:name>", account_views.picture, name="picture"),
]
