"""The settings of the test suite: production without HTTPS, hashed files or slow hashing."""

import os

OURS = """DEBUG BEHIND_TLS_PROXY HOST PORT ALLOWED_HOSTS CSRF_TRUSTED_ORIGINS STAGE PHONE_REGION
    INTAKE_PER_NETWORK INTAKE_TOTAL INTAKE_CEILING INTAKE_TRUSTED PUBLIC_URL SECURITY_LOG_DAYS
    INBOUND_ADDRESS INBOUND_AUTHSERV_ID EMAIL_SERVICE"""
for name in OURS.split():
    os.environ.pop(name, None)
os.environ["DEMO"] = "1"
os.environ.setdefault("AWS_REGION", "us-east-1")
os.environ.setdefault("AWS_ACCESS_KEY_ID", "test")
os.environ.setdefault("AWS_SECRET_ACCESS_KEY", "test")

from crm import logs  # noqa: E402 - the environment comes first
from crm.settings import *  # noqa: E402, F403 - the environment comes first, then all of them

DEMO = False
PRODUCTION = True
LOGGING = logs.configuration(as_json=False)
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", "testserver"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# The demo's own.
INBOUND_ADDRESS = INBOUND_AUTHSERV_ID = ""
