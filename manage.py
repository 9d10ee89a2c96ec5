#!/usr/bin/env python
"""Command-line entry point: ``manage.py help`` lists what it can do."""

import os
import sys

from django.conf import settings
from django.core.management import execute_from_command_line

from crm.env import one_line_errors


def main() -> None:
    """Run the command named on the command line with the project's settings."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")
    if sys.argv[1:2] == ["demo"]:
        # The settings are read before the command is: only here can it ask for its own.
        os.environ["DEMO"] = "1"
    with one_line_errors():
        # Django would swallow the error here and report an unknown command instead.
        settings.INSTALLED_APPS  # noqa: B018
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
