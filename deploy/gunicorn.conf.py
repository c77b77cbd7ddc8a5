"""Gunicorn's settings, the same for script/server and the container."""

import os

workers = int(os.environ.get("WEB_WORKERS", "2"))
worker_class = "sync"  # measured: threads and ASGI gave nothing on these pages
timeout = 30
graceful_timeout = 10
max_requests = 5_000  # a worker that grows is replaced
max_requests_jitter = 500
accesslog = "-"
logger_class = "policytracker.access_log.Logger"
access_log_format = (
    "%(m)s %(U)s %(s)s %(B)s bytes %(M)s ms"  # no address, no query: both may hold personal data
)
forwarded_allow_ips = os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1")
control_socket_disable = True  # its place in the home folder would be shared by all copies of a user
if os.access("/dev/shm", os.W_OK):  # noqa: S108 (gunicorn makes a private file there)
    worker_tmp_dir = "/dev/shm"  # noqa: S108
