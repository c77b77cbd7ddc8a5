"""Production settings for the measurements: the project's own, with the floor and a count of the queries."""

from policytracker.settings import *  # noqa: F403
from policytracker.settings import MIDDLEWARE, env

MIDDLEWARE = ["tests.bench.floor.QueryCountMiddleware", *MIDDLEWARE]
ROOT_URLCONF = "tests.bench.urls"
STATIC_ROOT = env.str("BENCH_STATIC_ROOT")
