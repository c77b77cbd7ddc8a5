"""One run after the other, where they would touch the same rows of the ledger."""

from django.db import connection

KEY = 0x52454D49  # any number that nothing else in this database uses for a lock


def one_at_a_time() -> None:
    """Wait for other runs that plan or assemble; the turn ends with the transaction.

    The constraints of the ledger keep it right without this. Waiting keeps two runs from locking each other
    up.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [KEY])
