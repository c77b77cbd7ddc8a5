"""Production settings for the measurements: the project's own, with the floor and a count of the queries."""

from policytracker.settings import *  # noqa: F403
from policytracker.settings import MIDDLEWARE

MIDDLEWARE = ["tests.bench.floor.QueryCountMiddleware", *MIDDLEWARE]
ROOT_URLCONF = "tests.bench.urls"
