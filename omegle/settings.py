"""Settings, read top to bottom from the environment; operators read `docs/configuration.md`.

Production unless `DEBUG=1`: without its secrets nothing starts, and a malformed value stops the
start with one line. Mistakes that need two settings to see are system checks in `omegle/checks.py`.
`RUN_DIR` is where `make run` keeps what belongs to one copy (its secret, its database, where it is
and its Redis), so that `manage.py` finds the running copy by the same `RUN_DIR`.
"""

import base64
import sys
from datetime import timedelta
from pathlib import Path

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from kombu import Queue

from moderation.policy import REASONS
from omegle import env, logs

BASE_DIR = Path(__file__).resolve().parent.parent
RUN_DIR = env.directory("RUN_DIR", BASE_DIR / ".run")


def _kept(name: str) -> str:
    """Give what `make run` wrote under this name in RUN_DIR, or an empty string."""
    try:
        return (RUN_DIR / name).read_text().strip()
    except OSError:
        return ""


# Where the running copy is, and the TURN server that it started.
env.adopt(_kept("running"))

# --- This copy -------------------------------------------------------------------------------

DEBUG = env.flag("DEBUG")
# What an operator makes their own (docs/branding.md).
SITE_NAME = env.site_name("SITE_NAME", "Omegle")
SITE_LOGO = env.logo("SITE_LOGO")
SITE_ACCENT = env.colour("SITE_ACCENT")
# By language; '' for everybody else.
SITE_RULES = env.house_rules("SITE_RULES")
SITE_CONTACT = env.contact("SITE_CONTACT")

SECRET_KEY = env.text("SECRET_KEY") or _kept("secret-key")
if not SECRET_KEY and DEBUG:
    SECRET_KEY = "only-for-development-on-this-machine"
if not SECRET_KEY:
    raise ImproperlyConfigured("SECRET_KEY is not set (make run makes one and keeps it in RUN_DIR)")

# Older ones still open what they signed, until it is too old (ADR 23).
SECRET_KEY_FALLBACKS = list(env.words("SECRET_KEY_FALLBACKS"))
# What stands for visitors and addresses, and the links of receipts, outlive a new SECRET_KEY.
TAG_KEY = env.text("TAG_KEY") or SECRET_KEY

# What reports hold is sealed with them (ADR 19). Newest first: the first seals, each opens.
EVIDENCE_KEYS = env.sealing_keys("EVIDENCE_KEYS", _kept("evidence-key"))
if not EVIDENCE_KEYS and DEBUG:
    EVIDENCE_KEYS = (base64.urlsafe_b64encode(b"only-for-development-on-this-one").decode(),)
if not EVIDENCE_KEYS:
    raise ImproperlyConfigured(
        "EVIDENCE_KEYS is not set, so no report could be kept "
        "(make run makes one and keeps it in RUN_DIR)"
    )

HOST = env.text("HOST", "127.0.0.1")
PORT = env.integer("PORT", 8000, low=1, high=65535)
WORKERS = env.integer("WORKERS", 1, low=1, high=64)
DRAIN_SECONDS = env.integer("DRAIN_SECONDS", 30, low=2, high=600)
# What speaks WebSocket (ADR 10); picows does not exist for Windows.
_PROTOCOLS = ("picows", "websockets-sansio")
WS_PROTOCOL = env.choice("WS_PROTOCOL", _PROTOCOLS[sys.platform == "win32"], _PROTOCOLS)

# The address visitors type. It decides secure cookies, HSTS and the allowed origin; a proxy's
# headers do not.
_public = env.origin("PUBLIC_URL", f"http://127.0.0.1:{PORT}")
PUBLIC_URL = _public.geturl()
PUBLIC_SCHEME = _public.scheme
SECURE = PUBLIC_SCHEME == "https"

ALLOWED_HOSTS = [
    f"[{_public.hostname}]" if ":" in (_public.hostname or "") else _public.hostname or "",
    *env.words("ALLOWED_HOSTS"),
]
if env.is_loopback(_public.hostname or ""):
    ALLOWED_HOSTS += ["localhost", "127.0.0.1", "[::1]"]

# Proxies whose X-Forwarded-For is believed; everybody else's is ignored.
TRUSTED_PROXIES = env.networks("TRUSTED_PROXIES")

# --- Who may enter, and what is asked of them -------------------------------------------------

MINIMUM_AGE = env.integer("MINIMUM_AGE", 18, low=13, high=99)
# How ages are known (ADR 16): `none` and `self` by the answer at the door, of which `none` says
# that nothing rests on it; `provider` by an outside service that signs with this key.
AGE_ASSURANCE = env.choice("AGE_ASSURANCE", "self", ("none", "self", "provider"))
AGE_PROVIDER_URL = env.page_url("AGE_PROVIDER_URL")
AGE_PROVIDER_KEY = env.public_key("AGE_PROVIDER_KEY")
# At which ages, besides 18, a pool of its own begins.
AGE_BANDS = env.ages("AGE_BANDS")
# Where the service is offered; `omegle.countries` knows what that asks for.
COUNTRIES = env.countries("COUNTRIES")
# Who listens to somebody in a crisis there: what `omegle.crisis` has, and a file beside it.
CRISIS_HELP = env.helplines("CRISIS_HELP")
TERMS_VERSION = env.text("TERMS_VERSION", "1")
VISITOR_COOKIE_AGE = timedelta(days=env.integer("VISITOR_DAYS", 30, low=1, high=365))
REFUSAL_COOKIE_AGE = timedelta(hours=24)

# --- Meeting and talking ----------------------------------------------------------------------

# Seconds a visitor with interests waits for a common one before taking anyone. The wish for a
# common language is dropped after three times as long.
PATIENCE = env.seconds("PATIENCE", 10, low=0.1, high=600)

# A room in which nothing is said ends, and so does the visit of somebody who is in no room and has
# not been heard of. Both are warned before.
IDLE_SECONDS = env.seconds("IDLE_SECONDS", 1800, low=10)
IDLE_WARNING_SECONDS = env.seconds("IDLE_WARNING_SECONDS", 120, low=1)

# Who was warned or banned meets others of that kind alone, so long after the warning or the ban's
# end.
LANE_SPAN = timedelta(days=env.integer("LANE_DAYS", 7, low=0, high=365))

# In the first seconds of a conversation links, phone numbers and other contacts are held back.
EARLY_SECONDS = env.seconds("EARLY_SECONDS", 180, low=0)

# --- Video (ADR 9) ----------------------------------------------------------------------------

# `relay`: through our TURN server alone; `direct`: strangers learn each other's address once both
# have agreed. `make run` chooses by itself.
VIDEO = env.choice("VIDEO", "off", ("relay", "direct", "off"))
TURN_URLS = env.turn_urls("TURN_URLS")
TURN_SECRET = env.text("TURN_SECRET")
# The addresses that the server relays from, as strangers see them.
TURN_RELAYS = env.ipv4_addresses("TURN_RELAYS")
# And the ports, so that nothing else at these addresses is called by a visitor's browser.
TURN_PORTS = env.ports("TURN_PORTS")

# --- Stills of video, sent with a report (ADR 11) ----------------------------------------------

FRAME_EVIDENCE = env.flag("FRAME_EVIDENCE")

# --- Checks of one's own camera (ADR 12) ---------------------------------------------------------

FRAME_DETECTOR = env.choice("FRAME_DETECTOR", "none", ("none", "nudenet"))
# How sure the detector has to be. Nobody is banned by it, but a conversation ends.
FRAME_THRESHOLD = env.share("FRAME_THRESHOLD", 0.6)
# A few a minute: whoever shows something does so for longer.
FRAME_SECONDS = env.integer("FRAME_SECONDS", 20, low=10, high=600)
KNOWN_PICTURES = env.files_by_word("KNOWN_PICTURES", tuple(REASONS))
FRAME_CHECKS = FRAME_DETECTOR != "none" or bool(KNOWN_PICTURES)

# --- Moderators (ADR 20) --------------------------------------------------------------------------

# Points a shift, by `moderation.policy.desk`; 0 for no limit.
EXPOSURE_BUDGET = env.integer("EXPOSURE_BUDGET", 120, low=0, high=10_000)

# --- Limits: count/seconds, 0 for none. A household behind one address meets none of them. ------

# By address: twenty people who all have to enter again because the terms changed; more mistakes
# than a household makes in a notice.
LIMIT_ENTER = env.rate("LIMIT_ENTER", "60/60")
# By address: more than that and each does a proof of work first.
LIMIT_PROOF = env.rate("LIMIT_PROOF", "10/60")
# By address: twenty pages that reconnect a few times after a short outage.
LIMIT_CONNECT = env.rate("LIMIT_CONNECT", "120/60")
# By address, at once: a household has fewer open pages than this.
LIMIT_CONNECTIONS = env.integer("LIMIT_CONNECTIONS", 60)
# By visitor: skipping faster than this earns a cool-down of `seconds / count`.
LIMIT_FIND = env.rate("LIMIT_FIND", "20/60")
# By socket: a burst of a quick typist, then two a second.
LIMIT_MESSAGES = env.rate("LIMIT_MESSAGES", "20/10")
LIMIT_TYPING = env.rate("LIMIT_TYPING", "20/10")
# By socket, for frames that have no limit of their own: far more than a page ever sends.
LIMIT_FRAMES = env.rate("LIMIT_FRAMES", "1000/10")
# By visitor.
LIMIT_REPORTS = env.rate("LIMIT_REPORTS", "10/600")
# By address: a household reports less often than this, and a page sends one for each report.
LIMIT_STILLS = env.rate("LIMIT_STILLS", "30/600")
# By address: one for each decision, and some that were too long.
LIMIT_APPEALS = env.rate("LIMIT_APPEALS", "10/600")
# By address: what is stored is forgotten, or blocks are undone, by everybody of a household.
LIMIT_FORGET = env.rate("LIMIT_FORGET", "10/600")
# By address: more than that and each does a proof of work first.
LIMIT_NOTICES = env.rate("LIMIT_NOTICES", "5/600")
# By socket: a call's negotiation sends some dozens of candidates at once. `media` and `ice` count.
LIMIT_SIGNALS = env.rate("LIMIT_SIGNALS", "200/10")
LIMIT_OFFERS = env.rate("LIMIT_OFFERS", "30/20")
# By visitor: one every FRAME_SECONDS at its lowest, and those of calls that follow each other.
LIMIT_CAMERA = env.rate("LIMIT_CAMERA", "20/60")

# Strangers that `manage.py simulate` sends with it meet no limit of addresses; without one they do.
SIMULATE_TOKEN = env.long_secret("SIMULATE_TOKEN")

# --- Parts --------------------------------------------------------------------------------------

REDIS_URL = env.redis_url("REDIS_URL", _kept("redis-url") or "redis://127.0.0.1:6379/0")
# Nodes of a cluster that has the conversations instead, all of this copy under one hash tag.
REDIS_CLUSTER = env.redis_nodes("REDIS_CLUSTER")
REDIS_TAG = env.word("REDIS_TAG", "p0")

DATABASES = {"default": env.database("DATABASE_URL", f"sqlite:///{RUN_DIR}/db.sqlite3")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # Web, worker and beat write: readers must not block them, and writers wait their turn.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 10,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
elif DATABASES["default"]["ENGINE"] == "django.db.backends.postgresql":
    # A server that does not answer is away; a report waits on disk then.
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    DATABASES["default"]["OPTIONS"] = {
        "connect_timeout": 3,
        "tcp_user_timeout": 5000,
        "options": "-c statement_timeout=10000 -c lock_timeout=5000",
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "cache",
    }
}
# Only what is rare and may be lost goes over the layer, never what strangers say (ADR 1).
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL], "prefix": "layer"},
    }
}

# A job is taken by another worker this long after its own worker died.
_VISIBILITY_TIMEOUT = timedelta(minutes=5)
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://", 1)
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": _VISIBILITY_TIMEOUT.total_seconds(),
    "global_keyprefix": "celery:",
    # Not in turn: a worker looks at its next queue once the one before it is empty.
    "queue_order_strategy": "priority",
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_CONCURRENCY = env.integer("CELERY_CONCURRENCY", 1, low=1, high=64)
CELERY_TASK_DEFAULT_QUEUE = "upkeep"
CELERY_TASK_ROUTES = {
    "moderation.report_file": {"queue": "reports"},
    "chat.rooms_screen": {"queue": "screening"},
    "chat.camera_check": {"queue": "media"},
}
# In the order in which a worker that has all of them looks at them.
CELERY_TASK_QUEUES = [Queue(name) for name in ("reports", "screening", "upkeep", "media")]
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE_FILENAME = str(RUN_DIR / "celerybeat-schedule")
HEARTBEAT_SECONDS = 10
CELERY_BEAT_SCHEDULE = {
    # A worker that was away owes no beats.
    name: {"task": name, "schedule": seconds, "options": {"expires": seconds}}
    for name, seconds in {
        "omegle.heartbeat": HEARTBEAT_SECONDS,
        "chat.rooms_screen": 5,
        "moderation.reports_sweep": 15,
        "moderation.claims_expire": 30,
        "moderation.sanctions_expire": 30,
        "moderation.requests_expire": 60,
        "moderation.hits_write": 30,
        "moderation.notices_watch": 60,
        "moderation.audit_head": 60,
        "moderation.records_purge": 3600,
        "moderation.opinions_ask": 3600,
        "moderation.sessions_clear": 86_400,
    }.items()
}

# --- Django -------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "daphne",  # before staticfiles: its runserver serves sockets in development
    "omegle.apps.StaffAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "axes",
    "channels",
    "csp",
    "omegle.apps.OmegleConfig",
    "matching.apps.MatchingConfig",
    "moderation.apps.ModerationConfig",
    "chat.apps.ChatConfig",
    "spymode.apps.SpymodeConfig",
]
MIDDLEWARE = [
    "omegle.middleware.probe_middleware",
    "django.middleware.security.SecurityMiddleware",
    "omegle.middleware.BrowserPolicyMiddleware",
    "omegle.static.StaticFilesMiddleware",
    "csp.middleware.CSPMiddleware",
    "omegle.middleware.PartAwayMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "omegle.languages.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "moderation.sessions.StaffSessionMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",  # last: it replaces the answer to somebody locked out
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
                "omegle.context.site",
            ]
        },
    }
]
ROOT_URLCONF = "omegle.urls"
ASGI_APPLICATION = "omegle.asgi.application"
# The longest frame of the protocol, for the development server; uvicorn has it in `server/web.py`.
DAPHNE_WEBSOCKET_MAX_MESSAGE_SIZE = 16 * 1024
DAPHNE_WEBSOCKET_MAX_FRAME_SIZE = 16 * 1024
# What the visitors' pages are in (ADR 24), each by its own name; the desk is in the first.
LANGUAGE_CODE = "en"
LANGUAGES = [
    ("en", "English"),
    ("es", "Español"),
    ("de", "Deutsch"),
    ("fr", "Français"),
    ("pt", "Português"),
    ("ar", "العربية"),
]
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_NAME = "language"
LANGUAGE_COOKIE_AGE = int(timedelta(days=365).total_seconds())
LANGUAGE_COOKIE_SECURE = SECURE
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
FORMAT_MODULE_PATH = "omegle.formats"
TIME_ZONE = "UTC"
USE_TZ = True
# RedisCache counts atomically; django-ratelimit does not know it by name. 4.1.0, checks.py.
# Plain http is redirected by the proxy that ends TLS (W008): PUBLIC_URL, not the request, has the
# scheme here.
SILENCED_SYSTEM_CHECKS = ["django_ratelimit.W001", "django_ratelimit.E003", "security.W008"]
RATELIMIT_ENABLE = True

STATIC_URL = "static/"
STATIC_ROOT = env.directory("STATIC_ROOT", RUN_DIR / "static")
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "omegle.static.HashedStaticFilesStorage"
    },
}

# --- Security -----------------------------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "worker-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = int(timedelta(days=365).total_seconds()) if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE
SECURE_HSTS_PRELOAD = SECURE
SESSION_COOKIE_SECURE = SECURE
SESSION_COOKIE_AGE = int(timedelta(hours=12).total_seconds())
# Not Strict: a link to a case, in a mail or a chat of the team, must find its reader signed in.
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = SECURE
CSRF_COOKIE_HTTPONLY = True
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
# Sign-in of staff: docs/staff.md, moderation/sign_in.py.
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
LOGIN_URL = "admin:login"
OTP_TOTP_ISSUER = SITE_NAME
OTP_ADMIN_HIDE_SENSITIVE_DATA = True  # nobody reads another's secret
AXES_HANDLER = "moderation.sign_in.SignInHandler"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
# Trying on does not make the wait longer.
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_CLIENT_IP_CALLABLE = "moderation.sign_in.address_stand_in"
AXES_CLIENT_STR_CALLABLE = "moderation.sign_in.log_name"
AXES_LOCKOUT_CALLABLE = "moderation.sign_in.lockout_page"
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False  # its tables stay empty
AXES_VERBOSE = False
DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200

# --- Figures for Prometheus: `/metrics` -----------------------------------------------------------

# Without one there is no such page.
METRICS_TOKEN = env.long_secret("METRICS_TOKEN")

# --- Logs: events and counts, never an address, a text or a visitor ------------------------------

LOG_LEVEL = env.text("LOG_LEVEL", "INFO").upper()
if LOG_LEVEL not in ("DEBUG", "INFO", "WARNING", "ERROR"):
    raise ImproperlyConfigured("LOG_LEVEL must be DEBUG, INFO, WARNING or ERROR")
LOGGING = logs.config(
    level=LOG_LEVEL, plain=DEBUG, names=("omegle", "chat", "matching", "moderation", "spymode")
)
