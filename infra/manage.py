"""``make manage``: run manage.py here, on the tables of a stage.

The tables' names are read from the outputs of its Data stack, so a stage that was switched to
restored tables is found. Nothing that these commands write is signed: they get a SECRET_KEY
that is thrown away, and nobody needs the right to read the real one.
"""

import os
import secrets
import sys
from collections.abc import Sequence
from pathlib import Path

from crm.tables import TABLES
from infra import arguments, naming
from infra.account import Account, AccountError

ROOT = Path(__file__).resolve().parent.parent
# Settings that are of this machine, or of the stage's own processes.
OTHERS = {
    *("AWS_ENDPOINT_URL_DYNAMODB", "DEBUG", "DEMO", "DJANGO_SETTINGS_MODULE", "HOST", "PORT"),
    *("SECRET_KEY_FILE", "SECRET_KEY_PARAMETER", "ORIGIN_SECRET_PARAMETER", "PUBLIC_URL_PARAMETER"),
    "STAGE",
    *(index.setting for table in TABLES for index in table.indexes),
}


def environment(words: Sequence[str]) -> dict[str, str]:
    """Return the settings of manage.py for the stage that words such as ``STAGE=dev`` name."""
    options = arguments.read(words, mail=arguments.NOBODY)
    outputs = Account(options).outputs("Data")
    if not outputs:
        message = (
            f"there is no {naming.stack(options, 'Data')} in {options.region}: make deploy first."
        )
        raise AccountError(message)
    tables = {
        # A stage of before the table is there: the next deployment makes it, of that name.
        table.setting: outputs.get(naming.output(table), naming.table(options, table))
        for table in TABLES
    }
    kept = {name: value for name, value in os.environ.items() if name not in OTHERS}
    return {
        **kept,
        **tables,
        "ALLOWED_HOSTS": "localhost",
        "AWS_REGION": options.region,
        "SECRET_KEY": secrets.token_urlsafe(64),
    }


def main(words: Sequence[str]) -> int:
    """Become manage.py, so that it has the terminal and can ask for passwords."""
    split = words.index("--") if "--" in words else len(words)
    with arguments.one_line_errors():
        variables = environment(words[:split])
    command = [sys.executable, str(ROOT / "manage.py"), *words[split + 1 :]]
    sys.stdout.flush()
    os.execve(sys.executable, command, variables)  # noqa: S606 - the Makefile says which


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
