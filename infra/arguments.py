"""Read ``STAGE=production REGION=…`` from a command line, as the Makefile writes it."""

import difflib
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import boto3

from infra.account import AccountError
from infra.options import NAMES, OptionError, Options

# Options want an address, also where nothing sends mail.
NOBODY = "nobody@example.com"
WORDS = [name.upper() for name in NAMES]


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Turn what is wrong with options or the account into one line and exit status 2."""
    try:
        yield
    except (OptionError, AccountError) as error:
        sys.stderr.write(f"Leadbook: {' '.join(str(error).split())}\n")
        sys.exit(2)
    except KeyboardInterrupt:
        sys.stderr.write("\nLeadbook: stopped; run it again to go on.\n")
        sys.exit(130)


def read(words: Sequence[str], **defaults: str) -> Options:
    """Return the options that words such as ``STAGE=dev`` tell. Raises OptionError."""
    given: dict[str, str | None] = {**defaults}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or name not in WORDS:
            message = (
                f"{word[:80]!r} is no option; there are {', '.join(WORDS)}, each as NAME=value."
            )
            raise OptionError(message)
        given[name.lower()] = value
    options = Options.parse(given)
    _check_region(options.region)
    return options


def _check_region(region: str) -> None:
    """Refuse a region that the AWS SDK does not know."""
    known = boto3.Session().get_available_regions("dynamodb")
    if region in known:
        return
    close = difflib.get_close_matches(region, known, n=1)
    hint = f" Is it {close[0]}?" if close else ""
    message = f"REGION {region} is not known to the AWS SDK.{hint}"
    raise OptionError(message)
