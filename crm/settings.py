"""Settings, all from the environment: docs/settings.md has the table.

Production is the default. ``DEBUG=1`` is for developing, ``DEMO=1`` is what ``manage.py
demo`` sets; both work on loopback only. A missing or malformed variable raises SettingError.
"""

import os
from pathlib import Path

from django.utils.csp import CSP

from crm import env, logs, mail_services, paths, secret_settings
from crm.public_url import clean_public_url

BASE_DIR = Path(__file__).resolve().parent.parent
DEBUG = env.flag("DEBUG")
DEMO = env.flag("DEMO")
PRODUCTION = not (DEBUG or DEMO)
BEHIND_TLS_PROXY = env.flag("BEHIND_TLS_PROXY")
ON_LAMBDA = "AWS_LAMBDA_FUNCTION_NAME" in os.environ

# --- Where it listens, and for whom -----------------------------------------------------

LOOPBACK = ["localhost", "127.0.0.1", "[::1]"]
HOST = env.text("HOST", "127.0.0.1")
PORT = env.integer("PORT", 8000, least=1, most=65535)
WEB_CONCURRENCY = env.integer("WEB_CONCURRENCY", 2, least=1, most=64)
WEB_THREADS = env.integer("WEB_THREADS", 8, least=1, most=64)
ALLOWED_HOSTS = env.names("ALLOWED_HOSTS", None if PRODUCTION else LOOPBACK)
CSRF_TRUSTED_ORIGINS = env.names("CSRF_TRUSTED_ORIGINS", [])

if DEBUG and DEMO:
    message = "DEBUG and DEMO are both set: keep one."
    raise env.SettingError(message)
if not PRODUCTION and not {*ALLOWED_HOSTS, HOST} <= {*LOOPBACK, "::1"}:
    mode = "DEBUG" if DEBUG else "DEMO"
    message = f"{mode}=1 is for this machine only: ALLOWED_HOSTS and HOST must be localhost."
    raise env.SettingError(message)
if "*" in ALLOWED_HOSTS:
    message = "ALLOWED_HOSTS must name the hosts: with * anyone could put theirs into our mails."
    raise env.SettingError(message)
if not all(origin.startswith(("https://", "http://")) for origin in CSRF_TRUSTED_ORIGINS):
    message = "CSRF_TRUSTED_ORIGINS must be addresses such as https://crm.example.com."
    raise env.SettingError(message)

# --- Secrets and HTTPS: docs/adr/ has the reasons ---------------------------------------

EMAIL_SERVICE = mail_services.chosen("EMAIL_SERVICE")
_secrets = secret_settings.read(
    {
        "SECRET_KEY": None if PRODUCTION else "only-for-this-machine-" + "0" * 40,
        "ORIGIN_SECRET": "",
        "PUBLIC_URL": "",
        # A service takes no mail without its own, an SMTP server may.
        **dict.fromkeys(mail_services.secrets_of(EMAIL_SERVICE), None if EMAIL_SERVICE else ""),
    }
)
SECRET_KEY, *SECRET_KEY_FALLBACKS = secret_settings.signing_keys(_secrets["SECRET_KEY"])
ORIGIN_SECRET = secret_settings.origin_secrets(_secrets["ORIGIN_SECRET"])
# Of links in mails; without it, the host that the request names.
PUBLIC_URL = clean_public_url(_secrets["PUBLIC_URL"])

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
# Browsers take these from HTTPS alone, for this host alone: no neighbour can plant them.
_PREFIX = "__Host-" if PRODUCTION else ""
SESSION_COOKIE_NAME = f"{_PREFIX}sessionid"
CSRF_COOKIE_NAME = f"{_PREFIX}csrftoken"
SESSION_COOKIE_AGE = 7 * 24 * 3600
SESSION_IDLE_AGE = 12 * 3600
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if PRODUCTION else 0
SECURE_SSL_REDIRECT = PRODUCTION and BEHIND_TLS_PROXY
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_TLS_PROXY else None
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SECURE_CSP = {
    "default-src": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "form-action": [CSP.SELF],
    "frame-ancestors": [CSP.NONE],
    "object-src": [CSP.NONE],
}
SILENCED_SYSTEM_CHECKS = [
    "security.W005",  # HSTS for subdomains: the other hosts of the domain are not ours to bind.
    "security.W021",  # HSTS preload: the same, and it cannot be taken back.
]
if not BEHIND_TLS_PROXY:
    # No redirect to HTTPS where no proxy says what is HTTPS: it would never end.
    SILENCED_SYSTEM_CHECKS.append("security.W008")
CSRF_FAILURE_VIEW = "crm.accounts.views.expired.csrf_failure"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
# Lambda takes requests of 6 MB, in which a file is written in base64.
MAX_UPLOAD_MB = 4 if ON_LAMBDA else 50

# --- The application --------------------------------------------------------------------

ROOT_URLCONF = "crm.urls"
WSGI_APPLICATION = "crm.wsgi.application"
DATABASES: dict[str, dict[str, object]] = {}
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "crm",
    "crm.accounts",
    "leads",
]
MIDDLEWARE = [
    "crm.middleware.RequestLogMiddleware",
    "crm.probes.ProbeMiddleware",
    "crm.secret_settings.refresh_before_requests",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "crm.middleware.ClientMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "crm.zones.readers_zone",
    "crm.accounts.middleware.prefetch_session",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "crm.accounts.middleware.renew_session",
    "django.middleware.common.CommonMiddleware",
    "crm.bodies.BodySizeMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "crm.accounts.middleware.sign_in_redirects",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "crm.accounts.middleware.ChosenZoneMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "crm.middleware.StoreErrorMiddleware",
]
# What a process knows people by.
PEOPLE_APPS = {
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django_htmx",
    "crm.accounts",
}
PEOPLE_MIDDLEWARE = {
    "crm.zones.readers_zone",
    "crm.accounts.middleware.prefetch_session",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "crm.accounts.middleware.renew_session",
    "crm.accounts.middleware.sign_in_redirects",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "crm.accounts.middleware.ChosenZoneMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
}
FORM_ONLY = env.flag("FORM_ONLY")
if FORM_ONLY:
    # The public form's own processes know nobody, and answer no address of the staff.
    ROOT_URLCONF = "crm.urls_form"
    CSRF_FAILURE_VIEW = "crm.error_pages.csrf_failure"
    INSTALLED_APPS = [name for name in INSTALLED_APPS if name not in PEOPLE_APPS]
    MIDDLEWARE = [name for name in MIDDLEWARE if name not in PEOPLE_MIDDLEWARE]
if ON_LAMBDA:
    # Static files come from elsewhere. Nothing around it compresses, and only so much goes out.
    _static = MIDDLEWARE.index("whitenoise.middleware.WhiteNoiseMiddleware")
    MIDDLEWARE[_static : _static + 1] = [
        "crm.on_lambda.answers.OnePieceMiddleware",
        "django.middleware.gzip.GZipMiddleware",
    ]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["django.templatetags.i18n", "crm.texts"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "leads.held.notice.held_waiting",
                "leads.web.due_count.due_count",
            ],
        },
    }
]
# The public form's role may write jobs whose names begin so: they are of these tasks alone.
TASKS_OF_STRANGERS = {"arrival#": "leads.arrivals.asking.arrive"}
# What is a job beside what it is, by how its partition begins, and the task that does it: its
# writers name none. Items of other partitions are no jobs, whatever they have.
TASKS_OF_ITEMS = {"TALK#": "crm.outbox.delivery.deliver"}
TASKS = {"default": {"BACKEND": "crm.jobs.backend.StoredBackend"}}
MESSAGE_STORAGE = "crm.messages.HostCookieStorage"
# Of whoever's browser tells no zone: crm/zones.py.
USE_TZ = True
TIME_ZONE = "UTC"
# Of people who sign in: a second one wants LocaleMiddleware, and with it "Vary: Accept-Language".
# Visitors are spoken to in the language of a form, whatever their browsers ask for.
USE_I18N = True
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "crm.formats"
# Who writes the pages of what went wrong for visitors, in the language of a form.
ERROR_PAGE_OF_VISITORS = "leads.intake.pages.error_page"

# The country of telephone numbers that name none; the form's own processes show no number.
PHONE_REGION = "" if FORM_ONLY else env.country("PHONE_REGION")

# --- The public form and API: how many messages an hour, 0 for any number; docs/adr/0041 ---

MOST_AN_HOUR = 1_000_000
INTAKE_PER_NETWORK = env.integer("INTAKE_PER_NETWORK", 20, least=0, most=MOST_AN_HOUR)
INTAKE_TOTAL = env.integer("INTAKE_TOTAL", 300, least=0, most=MOST_AN_HOUR)
INTAKE_CEILING = env.integer("INTAKE_CEILING", 5_000, least=0, most=MOST_AN_HOUR)
INTAKE_TRUSTED = env.networks("INTAKE_TRUSTED")
if 0 < INTAKE_CEILING < INTAKE_TOTAL:
    message = "INTAKE_CEILING counts all messages, INTAKE_TOTAL only accepted ones: raise it."
    raise env.SettingError(message)

# --- Accounts ---------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
# Who knows what people work at: asked when an account is deactivated.
WORK_OF_PEOPLE = "leads.arrivals.leaving.LEADS_OF_PEOPLE"
AUTHENTICATION_BACKENDS = ["crm.accounts.backends.DynamoDBBackend"]
SESSION_ENGINE = "crm.accounts.sessions"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "board"
PASSWORD_RESET_TIMEOUT = 3600
# Of the threads of a process, those for strangers who wait for the moment of an answer.
ANSWERS_THAT_WAIT = max(1, WEB_THREADS // 4)
DEMO_EMAIL = "demo@example.com"
DEMO_PASSWORD = "leadbook-demo"  # noqa: S105 - public, and `serve` refuses to start with it
_VALIDATION = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": f"{_VALIDATION}.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("name", "email")},
    },
    {"NAME": f"{_VALIDATION}.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "crm.accounts.password_rules.GuessablePasswordValidator"},
    {"NAME": f"{_VALIDATION}.NumericPasswordValidator"},
]
# How long the security log's record is kept, and the counts of what was refused.
SECURITY_LOG_DAYS = env.integer("SECURITY_LOG_DAYS", 90, least=1, most=3650)

# --- DynamoDB: credentials and endpoint are the AWS SDK's own variables -----------------

AWS_REGION = env.aws_region()
if PRODUCTION and not AWS_REGION:
    message = "AWS_REGION is not set, and no AWS profile names a region."
    raise env.SettingError(message)
TABLE_NAME = env.text("TABLE_NAME", "ContactFormLeads")
RECORDS_TABLE_NAME = env.text("RECORDS_TABLE_NAME", "CrmRecords")
EPHEMERAL_TABLE_NAME = env.text("EPHEMERAL_TABLE_NAME", "CrmEphemeral")
HELD_TABLE_NAME = env.text("HELD_TABLE_NAME", "CrmHeld")
EMAIL_INDEX = env.text("EMAIL_INDEX", "email-index")
STATUS_INDEX = env.text("STATUS_INDEX", "status-index")
OWNER_INDEX = env.text("OWNER_INDEX", "owner-index")
BOARD_INDEX = env.text("BOARD_INDEX", "board-index")
AGENDA_INDEX = env.text("AGENDA_INDEX", "agenda-index")
TEAM_AGENDA_INDEX = env.text("TEAM_AGENDA_INDEX", "team-agenda-index")
DUE_INDEX = env.text("DUE_INDEX", "due-index")
HELD_INDEX = env.text("HELD_INDEX", "held-index")
HELD_NETWORK_INDEX = env.text("HELD_NETWORK_INDEX", "held-network-index")

# --- Mail -------------------------------------------------------------------------------

EMAIL_HOST_NAME = env.text("EMAIL_HOST", "")
if EMAIL_HOST_NAME and EMAIL_SERVICE:
    message = "EMAIL_SERVICE and EMAIL_HOST are both set: keep one."
    raise env.SettingError(message)
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", None if EMAIL_SERVICE else "leadbook@localhost")
# Mail that comes in: where it is sent to, and how the server that receives it calls itself.
INBOUND_ADDRESS = env.inbound_address("INBOUND_ADDRESS")
INBOUND_AUTHSERV_ID = env.text("INBOUND_AUTHSERV_ID", "")
PASSWORD_RESET_BY_MAIL = bool(EMAIL_HOST_NAME or EMAIL_SERVICE) or not PRODUCTION
MAILERS: dict[str, dict[str, object]] = {}
if EMAIL_HOST_NAME:
    MAILERS["default"] = {
        "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "OPTIONS": {
            "host": EMAIL_HOST_NAME,
            "port": env.integer("EMAIL_PORT", 587, least=1, most=65535),
            "username": env.text("EMAIL_HOST_USER", ""),
            "password": _secrets["EMAIL_HOST_PASSWORD"],
            "use_tls": env.flag("EMAIL_USE_TLS", default=True),
            "timeout": 10,
        },
    }
elif EMAIL_SERVICE:
    MAILERS["default"] = mail_services.mailer(EMAIL_SERVICE, _secrets, AWS_REGION)
elif PRODUCTION:
    # No mail is a choice: the reset page then sends people to an admin.
    SILENCED_SYSTEM_CHECKS.append("mail.W001")
elif DEMO:
    # What is sent stands at /demo/mail/, where it is answered as a visitor would.
    DEMO_MAILBOX = BASE_DIR / "var" / "mail"
    MAILERS["default"] = {
        "BACKEND": "crm.mail.MailboxBackend",
        "OPTIONS": {"folder": DEMO_MAILBOX},
    }
    INBOUND_ADDRESS = INBOUND_ADDRESS or "reply@in.example.com"
    INBOUND_AUTHSERV_ID = INBOUND_AUTHSERV_ID or "in.example.com"
else:
    MAILERS["default"] = {"BACKEND": "crm.mail.PlainConsoleBackend"}
# Who writes the mails of which letters: see crm/outbox.
OUTBOX_CHANNELS = {"reply": "leads.replies.mails.write"}
# Who is told of each new lead by the events stack, and not by Leadbook once more: docs/events.md.
NEWS_MAIL = env.text("NEWS_MAIL", "").strip().lower()

# --- Static files -----------------------------------------------------------------------

STATIC_URL = paths.STATIC
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = Path(os.environ.get("STATIC_ROOT") or BASE_DIR / "staticfiles")
_HASHED = "whitenoise.storage.CompressedManifestStaticFilesStorage"
_PLAIN = "django.contrib.staticfiles.storage.StaticFilesStorage"
STORAGES = {"staticfiles": {"BACKEND": _HASHED if PRODUCTION else _PLAIN}}
# The demo runs without DEBUG and without collectstatic.
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = not PRODUCTION
WHITENOISE_ALLOW_ALL_ORIGINS = False
# Of names without a hash, of which other sites know one.
WHITENOISE_MAX_AGE = paths.EMBED_SCRIPT_SECONDS if PRODUCTION else 0

# --- Logs -------------------------------------------------------------------------------

# On the demo's terminal the sign-in stays the last thing: only what goes wrong follows it.
LOGGING = logs.configuration(as_json=PRODUCTION, least="WARNING" if DEMO else "INFO")
# Names the deployment in the metrics of each line; without one a line carries none.
STAGE = env.label("STAGE")
