"""A stub of Systems Manager: it answers GetParameters, whoever signed the request."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import override


@contextmanager
def parameter_store(values: Mapping[str, str]) -> Iterator[str]:
    """Serve parameters by name, and yield the address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            """Answer GetParameters."""
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            found = [{"Name": name, "Value": values[name]} for name in asked["Names"]]
            body = json.dumps({"Parameters": found, "InvalidParameters": []}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        @override
        def log_message(self, *_arguments: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
