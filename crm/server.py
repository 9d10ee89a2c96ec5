"""gunicorn's configuration; ``manage.py serve`` starts it. ADR 10 and 40 say why so."""

import os
import resource
from pathlib import Path

from gunicorn.arbiter import Arbiter
from gunicorn.workers.base import Worker

from crm.env import one_line_errors

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")
with one_line_errors():
    from django.conf import settings

    host = settings.HOST.strip("[]")
    bind = [f"[{host}]:{settings.PORT}" if ":" in host else f"{host}:{settings.PORT}"]
    workers = settings.WEB_CONCURRENCY
    threads = settings.WEB_THREADS
    logconfig_dict = settings.LOGGING
    # gunicorn sets its own logger's level, whatever the dictionary says.
    loglevel = "warning" if settings.DEMO else "info"

worker_class = "crm.serving.worker.Worker"
# In each process. A connection is a file to the system, and often allowed is only 1,024.
worker_connections = 4000
_allowed, _possible = resource.getrlimit(resource.RLIMIT_NOFILE)
_wanted = 2 * worker_connections
if _allowed < _wanted:
    _allowed = _wanted if _possible == resource.RLIM_INFINITY else min(_wanted, _possible)
    resource.setrlimit(resource.RLIMIT_NOFILE, (_allowed, _possible))
    worker_connections = min(worker_connections, _allowed // 2)
proc_name = "leadbook"
# Longer than the 60 seconds after which load balancers drop an idle connection.
keepalive = 65
timeout = 30
graceful_timeout = 30
# Only the application decides whom to believe about X-Forwarded-*: see crm.middleware.
forwarded_allow_ips = ""
secure_scheme_headers: dict[str, str] = {}
limit_request_line = 8190
limit_request_fields = 64
# Heartbeat files in memory: a slow disk must not look like a hung worker, and the root
# of a container may be read-only.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - see above
control_socket_disable = True
# Files are written as any other answer, which a slow reader cannot hold up.
sendfile = False
# crm.middleware writes a line for each request, with what it cost.
accesslog = None


def post_worker_init(worker: Worker) -> None:
    """Let each worker of the staff's site do what is due."""
    if not settings.FORM_ONLY:
        # The application is loaded by now.
        from crm.jobs.thread import Runner  # noqa: PLC0415

        worker.jobs = Runner()
        worker.jobs.start()


def worker_exit(_server: Arbiter, worker: Worker) -> None:
    """Let what is being done come to its end; nothing more is begun."""
    if hasattr(worker, "jobs"):
        worker.jobs.stop()
