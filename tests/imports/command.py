"""``import_leads`` in a process of its own, saying at every step how far it is."""

import os
import sys

import django
from django.conf import settings
from django.core.management import execute_from_command_line

from crm import cli
from crm.tables import TABLES

if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    django.setup()
    for table in TABLES:
        setattr(settings, table.setting, os.environ[table.setting])
    cli.LINE_SECONDS = 0
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    execute_from_command_line(["manage.py", "import_leads", *sys.argv[1:]])
