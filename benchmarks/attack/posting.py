"""Posts messages in a process of its own, which knows nothing of leads and is there at once."""

import signal
from collections import Counter
from collections.abc import Mapping
from itertools import cycle
from multiprocessing.connection import Connection
from time import monotonic, sleep
from urllib.parse import urlencode
from uuid import uuid4

from benchmarks.attack.client import Client, Sent

SECONDS = 60.0
RATE = 50
NETWORKS = 4
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def post(port: int, message: Mapping[str, str], parent: Connection) -> None:
    """Post a message at a steady rate, each time another one; tell the parent the answers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    client, answers = Client(port), Counter[int]()
    addresses = cycle(f"198.18.{number}.7" for number in range(NETWORKS))
    parent.send("ready")
    started = monotonic()
    while monotonic() - started < SECONDS:
        subject = f"Flood {answers.total()}"
        fields = {**message, "submission": uuid4().hex, "subject": subject}
        body = urlencode(fields).encode()
        sent = Sent("/contact/", "POST", "/contact/", body, _FORM, is_staff=False)
        answers[client.ask(sent, "", next(addresses)).status] += 1
        sleep(max(0.0, started + answers.total() / RATE - monotonic()))
    parent.send(dict(answers))
