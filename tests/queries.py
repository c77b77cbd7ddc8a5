"""How many queries a page takes, for tests that hold it to a number."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.test.utils import CaptureQueriesContext

# A test runs in a transaction, where the request's own becomes a savepoint; elsewhere these are not there.
OF_THE_TEST = ("SAVEPOINT", "RELEASE SAVEPOINT")


@contextmanager
def expect_queries(number: int) -> Iterator[None]:
    """Fail unless the block takes exactly this number of queries, the log-in's two included."""
    with CaptureQueriesContext(connection) as captured:
        yield
    queries = [query["sql"] for query in captured if not query["sql"].startswith(OF_THE_TEST)]
    assert len(queries) == number, "\n".join([f"{len(queries)} queries instead of {number}:", *queries])
