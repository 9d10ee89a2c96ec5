"""DjangoCRM's settings as it ships them, for production and over our PostgreSQL."""

import os

from webcrm.settings import *  # noqa: F403 - its own way

DEBUG = False
SECRET_KEY = os.environ["SECRET_KEY"]
ALLOWED_HOSTS = ["127.0.0.1"]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": os.environ["DBNAME"],
        "USER": os.environ["DBUSER"],
        "HOST": os.environ["DBHOST"],
        "PORT": os.environ["DBPORT"],
    }
}
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
