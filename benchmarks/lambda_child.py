"""One process of the benchmark for Lambda: ``lambda_child.py FOLDER WHAT``, with -I and -S.

WHAT is ``base``, ``start``, or the JSON of ``{"events": [...], "rounds": 0}``. It prints JSON:
milliseconds of the clock and of the processor, and the peak of memory. With ``"pauses"`` it
waits so often for a line on standard input and prints how long the next event then takes.
Standard library only.
"""

import json
import resource
import sys
import time
from base64 import b64decode
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from urllib.parse import unquote


class Context:
    """What Lambda hands over besides an event."""

    aws_request_id = "8f507cfc-5b6e-4d8a-9b6f-0a1b2c3d4e5f"

    def get_remaining_time_in_millis(self) -> int:
        """Return as much time as there is."""
        return 29_000


def clocks() -> tuple[float, float]:
    """Return the clock, and the processor's time in this process, in milliseconds."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return time.perf_counter() * 1000, (used.ru_utime + used.ru_stime) * 1000


def main() -> None:
    """Do it and print what it took."""
    folder, what = sys.argv[1:]
    sys.path.insert(0, folder)
    clock, processor = clocks()
    told: dict[str, object] = {}
    if what == "base":
        import boto3  # noqa: F401, PLC0415 - that is what is measured
        import django  # noqa: F401, PLC0415 - as above
    else:
        from crm.lambda_handler import handler  # noqa: PLC0415 - that is what is measured

        if what != "start":
            wanted = json.loads(what)
            for event in wanted["events"]:
                answer = handler(event, Context())
                if answer["statusCode"] != 200:  # noqa: PLR2004 - HTTP
                    sys.exit(f"{event['rawPath']} answered {answer['statusCode']}")
            for _pause in range(wanted.get("pauses", 0)):
                print_line("paused")
                sys.stdin.readline()
                print_line(str(milliseconds_of_request(handler, wanted["events"][0])))
            if wanted["rounds"]:
                told["warm"] = [warm(event, wanted["rounds"]) for event in wanted["events"]]
    clock_after, processor_after = clocks()
    told |= {"ms": clock_after - clock, "cpu": processor_after - processor, "peak": peak()}
    sys.stdout.write(json.dumps(told))


def print_line(text: str) -> None:
    """Print a line now: somebody waits for it."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def milliseconds_of_request(handler: Callable[..., object], event: dict[str, object]) -> float:
    """Ask once and return the milliseconds."""
    before = time.perf_counter()
    handler(event, Context())
    return (time.perf_counter() - before) * 1000


def peak() -> int:
    """Return the most memory that this process ever had, in bytes; its parent's is not meant."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))


def warm(event: dict[str, object], rounds: int) -> dict[str, list[float]]:
    """Ask through the handler and by WSGI in turn; return the milliseconds of both."""
    from crm.lambda_handler import handler  # noqa: PLC0415 - imported by now
    from crm.wsgi import application  # noqa: PLC0415 - imported by now

    def start_response(*_arguments: object) -> Callable[[bytes], object]:
        return BytesIO().write

    def by_wsgi() -> None:
        body = application(environment(event), start_response)
        b"".join(body)
        body.close()

    def by_handler() -> None:
        handler(event, Context())

    ways = {"wsgi": by_wsgi, "handler": by_handler}
    taken: dict[str, list[float]] = {way: [] for way in ways}
    for number in range(rounds):
        # Each is first in half of the rounds.
        for way in sorted(ways, reverse=number % 2 == 1):
            before = time.perf_counter()
            ways[way]()
            taken[way].append((time.perf_counter() - before) * 1000)
    return taken


def environment(event: dict) -> dict[str, object]:  # type: ignore[type-arg] # JSON
    """Make of an event what a server makes of the same request."""
    headers = {
        f"HTTP_{name.upper().replace('-', '_')}": text for name, text in event["headers"].items()
    }
    body = b64decode(event.get("body") or "")
    return headers | {
        "REQUEST_METHOD": event["requestContext"]["http"]["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(event["rawPath"], "latin-1"),
        "QUERY_STRING": event["rawQueryString"],
        "SERVER_PROTOCOL": "HTTP/1.1",
        "SERVER_NAME": event["headers"]["x-forwarded-host"],
        "SERVER_PORT": "443",
        "HTTP_COOKIE": "; ".join(event["cookies"]),
        "HTTP_HOST": event["headers"]["x-forwarded-host"],
        "REMOTE_ADDR": "192.0.2.1",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "https",
        "wsgi.input": BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }


if __name__ == "__main__":
    main()
