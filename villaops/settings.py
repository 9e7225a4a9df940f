"""Settings: one module, everything that differs between machines comes from the environment.

The variables and their defaults are listed in `.env.example`.
"""

from pathlib import Path
from typing import Any
from urllib.parse import unquote

import environ
from django.core.exceptions import ImproperlyConfigured
from django.utils.csp import CSP

from villaops import embedded, log
from villaops.mailers import mailer

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

# --- The application -------------------------------------------------------------------------

APP_NAME = env.str("APP_NAME", "VillaOps AI")
APP_VERSION = env.str("APP_VERSION", "0.1.0")
ENVIRONMENT = env.str("ENVIRONMENT", "development")
PRODUCTION = ENVIRONMENT == "production"
DEBUG = env.bool("DEBUG", False)
VAR_DIR = Path(env.str("VAR_DIR", str(BASE_DIR / "var")))

DEVELOPMENT_SECRET = "development-only-secret-that-production-refuses"  # noqa: S105 - public
SECRET_KEY = env.str("SECRET_KEY", DEVELOPMENT_SECRET)
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
JWT_SECRET_KEY = env.str("JWT_SECRET_KEY", DEVELOPMENT_SECRET)
if PRODUCTION and DEVELOPMENT_SECRET in (SECRET_KEY, JWT_SECRET_KEY):
    raise ImproperlyConfigured(
        "ENVIRONMENT=production needs SECRET_KEY and JWT_SECRET_KEY; their defaults are public."
    )
JWT_ALGORITHM = env.str("JWT_ALGORITHM", "HS256")
JWT_ACCESS_TOKEN_EXPIRE_MINUTES = env.int("JWT_ACCESS_TOKEN_EXPIRE_MINUTES", 30)
JWT_REFRESH_TOKEN_EXPIRE_DAYS = env.int("JWT_REFRESH_TOKEN_EXPIRE_DAYS", 7)

ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
TRUSTED_PROXIES = env.list("TRUSTED_PROXIES", default=[])
# Where people reach the dashboard; what mails link to. Empty: where the request came to.
PUBLIC_URL = env.str("PUBLIC_URL", "").rstrip("/")
if PRODUCTION and "*" in ALLOWED_HOSTS and not PUBLIC_URL:
    raise ImproperlyConfigured(
        "ALLOWED_HOSTS=* needs PUBLIC_URL: else whoever makes up a host has us mail links to it."
    )
FRONTEND_URL = env.str("FRONTEND_URL", "http://localhost:3000")
CORS_ORIGINS = env.json("CORS_ORIGINS", ["http://localhost:3000", "http://localhost:8000"])

DEFAULT_CURRENCY = env.str("DEFAULT_CURRENCY", "USD")
DEFAULT_TIME_ZONE = env.str("DEFAULT_TIME_ZONE", "UTC")

# What Prometheus shows at /metrics; empty: nothing is measured, and there is no such page. All
# processes write into one folder.
METRICS_TOKEN = env.str("METRICS_TOKEN", "")
METRICS_DIR = env.str("METRICS_DIR", str(VAR_DIR / "metrics"))

# Who is told of errors, and who of what took how long (villaops.operating.reporting).
SENTRY_DSN = env.str("SENTRY_DSN", "")
OTEL_EXPORTER_OTLP_ENDPOINT = env.str("OTEL_EXPORTER_OTLP_ENDPOINT", "")

ROOT_URLCONF = "villaops.urls"
WSGI_APPLICATION = "villaops.wsgi.application"
ASGI_APPLICATION = "villaops.asgi.application"
# The API serves every path with and without a slash; pages have one spelling each.
APPEND_SLASH = False

INSTALLED_APPS = [
    "villaops.admin.VillaOpsAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    # The widgets' templates, so that a form may draw its fields with ours.
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.google",
    "allauth.socialaccount.providers.github",
    "allauth.mfa",
    "allauth.usersessions",
    "axes",
    "pgtrigger",
    "pghistory",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "villaops",
    "accounts",
    "properties",
    "guests",
    "bookings",
    "messaging",
    "analytics",
    "imports",
    "villaops.live",
]

MIDDLEWARE = [
    "villaops.headers.TrustedProxyMiddleware",
    "villaops.api.middleware.RequestIdMiddleware",
    *(["villaops.operating.metrics.MetricsMiddleware"] if METRICS_TOKEN else []),
    *(["villaops.log.AccessLogMiddleware"] if PRODUCTION else []),
    "django.middleware.security.SecurityMiddleware",
    "villaops.headers.PermissionsPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "villaops.api.middleware.CorsMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "villaops.headers.BodyLimitMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.devices.LastSeenMiddleware",
    "accounts.locks.LockoutMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "accounts.access.dashboard_context",
                "messaging.notification_views.bell",
            ],
            "libraries": dict.fromkeys(("i18n", "static"), "villaops.templatetags.once"),
        },
    }
]

# --- Database --------------------------------------------------------------------------------


def _database() -> dict:
    """DATABASE_URL, or the private server under VAR_DIR when it is empty.

    Prepared statements from the fifth execution on: measured 1.2 to 1.8 times the speed.
    """
    config = environ.Env.db_url_config(env.str("DATABASE_URL", "") or embedded.url(VAR_DIR))
    config["ENGINE"] = "villaops.postgresql"
    config["HOST"] = unquote(config["HOST"])
    config["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", 600)
    config["CONN_HEALTH_CHECKS"] = True
    config["OPTIONS"] = {
        **config.get("OPTIONS", {}),
        "server_side_binding": True,
        "prepare_threshold": 4,
        "application_name": "villaops",
        "connect_timeout": 10,
    }
    return config


DATABASES = {"default": _database()}
# Where event streams listen: past a pooler like PgBouncer, whose connections cannot. Empty: as all.
LISTEN_DATABASE_URL = env.str("LISTEN_DATABASE_URL", "")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Our events carry their context as JSON (villaops.history), so pghistory's own context function
# and table stay unused.
PGHISTORY_INSTALL_CONTEXT_FUNC_ON_MIGRATE = False

# --- Cache, sessions, mail -------------------------------------------------------------------

REDIS_URL = env.str("REDIS_URL", "")
BROKER_URL = env.str("BROKER_URL", "")
_REDIS = {
    "BACKEND": "django_redis.cache.RedisCache",
    "LOCATION": REDIS_URL,
    # One that hangs is as good as none, and must not take the requests with it.
    "OPTIONS": {"SOCKET_CONNECT_TIMEOUT": 1, "SOCKET_TIMEOUT": 1},
}
_OF_THE_PROCESS = "django.core.cache.backends.locmem.LocMemCache"
CACHES = {
    "default": _REDIS
    if REDIS_URL
    # Guesses and requests are counted by all processes together: in the database, if need be.
    else {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "villaops_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
    if PRODUCTION
    # The default of 300 would forget clients that are being counted.
    else {"BACKEND": _OF_THE_PROCESS, "OPTIONS": {"MAX_ENTRIES": 20_000}},
    # What villaops.remembered keeps.
    "answers": _REDIS
    if REDIS_URL
    else {"BACKEND": _OF_THE_PROCESS, "LOCATION": "answers", "OPTIONS": {"MAX_ENTRIES": 64}},
}
THROTTLES_IN_DATABASE = PRODUCTION and not REDIS_URL
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db" if REDIS_URL else "accounts.sessions"


# Who takes our mail, and how many seconds they may be silent.
MAILERS = {
    "default": mailer(
        env.str("EMAIL_URL", "consolemail://"), timeout=env.int("EMAIL_TIMEOUT_SECONDS", 10)
    )
}
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "VillaOps <no-reply@localhost>")

# --- People ----------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "landing"
CSRF_FAILURE_VIEW = "villaops.pages.csrf_failure"
AUTHENTICATION_BACKENDS = ["accounts.backends.LockoutBackend", "accounts.backends.EmailBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
PASSWORD_COMMON_CHECK = env.bool("PASSWORD_COMMON_CHECK", False)
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 8},
    },
    *(
        [{"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"}]
        if PASSWORD_COMMON_CHECK
        else []
    ),
]
# The e-mail is unique whatever its case, by a functional constraint that auth's checks cannot see;
# axes looks for its middleware by name, and ours is made of it; villaops.templatetags.once is meant
# to stand for two of Django's libraries.
SILENCED_SYSTEM_CHECKS = ["auth.E003", "auth.W004", "axes.W002", "templates.W003"]

LOGIN_FAILURE_LIMIT = env.int("LOGIN_FAILURE_LIMIT", 5)
LOGIN_LOCK_MINUTES = env.int("LOGIN_LOCK_MINUTES", 15)
RATE_LIMIT_AUTH = env.int("RATE_LIMIT_AUTH", 300)
RATE_LIMIT_API = env.int("RATE_LIMIT_API", 1200)

AXES_ENABLED = LOGIN_FAILURE_LIMIT > 0
AXES_FAILURE_LIMIT = LOGIN_FAILURE_LIMIT
AXES_COOLOFF_TIME = LOGIN_LOCK_MINUTES / 60
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
# The log-in form's name for it, and what a success is looked up under; ours is called email.
AXES_USERNAME_FORM_FIELD = "username"
AXES_USERNAME_CALLABLE = "accounts.backends.locked_name"
AXES_CLIENT_IP_CALLABLE = "villaops.api.throttles.client_address"
AXES_LOCKOUT_CALLABLE = "accounts.views.locked_out"
AXES_VERBOSE = False
AXES_DISABLE_ACCESS_LOG = True

# --- Sign-in at the dashboard (django-allauth); the API has endpoints of its own ---------------

ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
SOCIALACCOUNT_ADAPTER = "accounts.adapter.SocialAdapter"
MFA_ADAPTER = "accounts.adapter.SecondStepAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
# Who sends text messages: console prints them, twilio sends them; without one none are offered.
SMS_PROVIDER = env.str("SMS_PROVIDER", "" if PRODUCTION else "console")
TWILIO_ACCOUNT_SID = env.str("TWILIO_ACCOUNT_SID", "")
TWILIO_AUTH_TOKEN = env.str("TWILIO_AUTH_TOKEN", "")
TWILIO_FROM = env.str("TWILIO_FROM", "")
TWILIO_URL = env.str("TWILIO_URL", "https://api.twilio.com")
if SMS_PROVIDER not in ("", "console", "twilio"):
    raise ImproperlyConfigured("SMS_PROVIDER is console, twilio or empty.")
if SMS_PROVIDER == "twilio" and not (TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN and TWILIO_FROM):
    raise ImproperlyConfigured(
        "SMS_PROVIDER=twilio needs TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN and TWILIO_FROM."
    )
ACCOUNT_LOGIN_METHODS = {"email", "phone"} if SMS_PROVIDER else {"email"}
# Ours asks for more (accounts.sign_up); allauth's own sign-up has no address.
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "phone"]
# An e-mail nobody has confirmed limits nothing, so log-in does not ask.
ACCOUNT_EMAIL_VERIFICATION = SOCIALACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_FORMS = {
    "request_login_code": "accounts.forms.RequestCodeForm",
    "confirm_login_code": "accounts.forms.LoginCodeForm",
    "reset_password": "accounts.forms.ForgottenPasswordForm",
    "reset_password_from_key": "accounts.forms.ResetPasswordForm",
    "change_password": "accounts.forms.ChangePasswordForm",
    "set_password": "accounts.forms.SetPasswordForm",
    "reauthenticate": "accounts.forms.ConfirmPasswordForm",
    "change_phone": "accounts.forms.PhoneForm",
    "verify_phone": "accounts.forms.PhoneCodeForm",
}
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = ACCOUNT_PHONE_VERIFICATION_TIMEOUT = 10 * 60
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = ACCOUNT_PHONE_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
# The password form counts its failures with axes; these are second steps and repeated passwords.
ACCOUNT_RATE_LIMITS = {
    "login_failed": f"{LOGIN_FAILURE_LIMIT}/{LOGIN_LOCK_MINUTES * 60}s/key"
    if LOGIN_FAILURE_LIMIT > 0
    else None
}
# A link to choose a new password works for an hour, as the API's does.
PASSWORD_RESET_TIMEOUT = 60 * 60

MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_TOTP_ISSUER = APP_NAME
MFA_FORMS = {
    "authenticate": "accounts.forms.SecondStepForm",
    "reauthenticate": "accounts.forms.ConfirmSecondStepForm",
    "activate_totp": "accounts.forms.AppForm",
    "add_webauthn": "accounts.forms.AddPasskeyForm",
    "edit_webauthn": "accounts.forms.RenamePasskeyForm",
}
# A phone's clock may be half a minute off.
MFA_TOTP_TOLERANCE = 1
# Browsers offer passkeys over plain HTTP on this machine alone.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not PRODUCTION

GOOGLE_CLIENT_ID = env.str("GOOGLE_CLIENT_ID", "")
GOOGLE_CLIENT_SECRET = env.str("GOOGLE_CLIENT_SECRET", "")
GITHUB_CLIENT_ID = env.str("GITHUB_CLIENT_ID", "")
GITHUB_CLIENT_SECRET = env.str("GITHUB_CLIENT_SECRET", "")
# Where a provider sends the browser of the API's sign-in back to; the dashboard has its own.
CALLBACK = "http://localhost:8000/api/v1/auth/{}/callback"
GOOGLE_REDIRECT_URI = env.str("GOOGLE_REDIRECT_URI", CALLBACK.format("google"))
GITHUB_REDIRECT_URI = env.str("GITHUB_REDIRECT_URI", CALLBACK.format("github"))
# Another OpenID provider in Google's place, or a GitHub of one's own.
GOOGLE_ISSUER = env.str("GOOGLE_ISSUER", "https://accounts.google.com").rstrip("/")
GITHUB_URL = env.str("GITHUB_URL", "https://github.com").rstrip("/")
GITHUB_API_URL = env.str("GITHUB_API_URL", "https://api.github.com").rstrip("/")
OAUTH_CALLBACK_STYLE = env.str("OAUTH_CALLBACK_STYLE", "query")
if OAUTH_CALLBACK_STYLE not in ("query", "fragment", "code"):
    raise ImproperlyConfigured("OAUTH_CALLBACK_STYLE is query, fragment or code.")

SOCIALACCOUNT_PROVIDERS: dict[str, dict[str, Any]] = {
    "google": {
        "provider_class": "accounts.providers.Google",
        "SCOPE": ["openid", "email", "profile"],
        "OAUTH_PKCE_ENABLED": True,
    },
    "github": {
        "provider_class": "accounts.providers.GitHub",
        "SCOPE": ["user:email"],
        "OAUTH_PKCE_ENABLED": True,
    },
}
# A form may not lead to another host (Content-Security-Policy, form-action), so it is a link.
SOCIALACCOUNT_LOGIN_ON_GET = True
SOCIALACCOUNT_QUERY_EMAIL = True
SOCIALACCOUNT_REQUESTS_TIMEOUT = 5

# --- Language and time -----------------------------------------------------------------------

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

# --- Static files ----------------------------------------------------------------------------

STATIC_URL = "/static/"
# Development serves the files from where they are written; there is nothing to collect.
STATIC_ROOT = BASE_DIR / "staticfiles" if PRODUCTION else None
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = not PRODUCTION
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

# What people upload, where no other storage is configured; served by a view of ours.
MEDIA_ROOT = env.str("MEDIA_ROOT", str(VAR_DIR / "media"))

# --- Security --------------------------------------------------------------------------------

SECURE_CSP = {
    "default-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:"],
    "object-src": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "form-action": [CSP.SELF],
    "frame-ancestors": [CSP.NONE],
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", PRODUCTION)
# A container's health check, a proxy's probe and Prometheus speak plain HTTP.
SECURE_REDIRECT_EXEMPT = [r"^health$", r"^health/ready$", r"^metrics$"]
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", 31_536_000 if PRODUCTION else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = PRODUCTION
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("BEHIND_PROXY", False) else None
)
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
# 5 MiB, the contract's limit for a body.
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
# A form with a picture of 5 MB, and what is around it.
UPLOAD_LIMIT = 6 * 1024 * 1024
# A file to import of 50 MB, alike.
IMPORT_LIMIT = 51 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
DATA_UPLOAD_MAX_NUMBER_FILES = 4

# --- API -------------------------------------------------------------------------------------

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "UNAUTHENTICATED_USER": None,
    "DEFAULT_SCHEMA_CLASS": "villaops.api.schema.OperationSchema",
}
SPECTACULAR_SETTINGS = {
    # Not APP_NAME: the committed document must not depend on who made it.
    "TITLE": "VillaOps API",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "PREPROCESSING_HOOKS": ["villaops.api.schema.documented"],
    # The default one would name enums after our database's choices.
    "POSTPROCESSING_HOOKS": [],
    "APPEND_COMPONENTS": {
        "securitySchemes": {
            "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
            "apiKey": {
                "type": "apiKey",
                "in": "header",
                "name": "Authorization",
                "description": "`Api-Key` and the key, separated by a space.",
            },
        }
    },
}

LOGGING = log.configuration(json=PRODUCTION)
