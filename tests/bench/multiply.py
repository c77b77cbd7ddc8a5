"""A country a hundred times as large: the register with everything in it, copied within the database.

Every row and its history get copies with numbers of their own, a fixed distance from the original's, so that
a copy of a plan belongs to the copy of its municipality. Row by row the triggers would take a quarter of an
hour, so that they are away meanwhile; references are checked once, at the end.
"""

from collections.abc import Iterator

import pgtrigger
from django.apps import apps
from django.db import connection, models, transaction
from django.db.backends.utils import CursorWrapper

from evaluations.models import FollowUp
from measures.models import ActionPlan, Measure, PlanParticipation, ProgressUpdate, SupportUse
from municipalities.models import (
    Contact,
    CoverageStatement,
    GroupMembership,
    Merger,
    MergerPart,
    Municipality,
    PolicyParticipation,
    SafetyPolicy,
)
from reminders.models import Message, MessageReminder, Reminder

DISTANCE = 10_000_000

# In the order in which they depend on each other.
COPIED: tuple[type[models.Model], ...] = (
    Municipality,
    Merger,
    MergerPart,
    GroupMembership,
    Contact,
    SafetyPolicy,
    PolicyParticipation,
    CoverageStatement,
    ActionPlan,
    PlanParticipation,
    Measure,
    Measure.partners.through,
    ProgressUpdate,
    SupportUse,
    FollowUp,
    FollowUp.measures.through,
    Reminder,
    Message,
    MessageReminder,
)

# What is unique must differ in each copy; `n` is the number of the copy, from 1.
DIFFERENT: dict[tuple[type[models.Model], str], str] = {
    (Municipality, "code"): "'GM' || lpad(n::text, 2, '0') || substr(code, 3)",
    (Municipality, "name"): "name || ' ' || n",
    (Municipality, "sort_name"): "sort_name || ' ' || n",
    (Merger, "key"): "key || '-' || n",
    (SafetyPolicy, "source_key"): "source_key || '-' || n",
    (Message, "key"): "gen_random_uuid()",
    (Message, "recipient"): "'copy' || n || '.' || recipient",
}


def tables() -> Iterator[tuple[type[models.Model], type[models.Model]]]:
    """Each model to copy with itself, and each model that holds the history of one with that one."""
    for model in COPIED:
        yield model, model
    for event in apps.get_models():
        tracked = getattr(event, "pgh_tracked_model", None)
        if tracked is not None and (concrete := tracked._meta.concrete_model) in COPIED:
            yield event, concrete


def copy_statement(model: type[models.Model], about: type[models.Model]) -> str:
    """The statement that copies all rows of `model`, which are about those of `about`.

    Its parameter is the number of copies.
    """
    quote = connection.ops.quote_name
    columns, values = [], []
    for field in model._meta.concrete_fields:
        if field.generated:
            continue
        column = quote(field.column)
        moves = field.primary_key or (field.remote_field and field.remote_field.model in COPIED)
        if moves or (model is not about and field.name == "id"):  # the history knows the number by that name
            value = f"{column} + n * {DISTANCE}"
        else:
            value = DIFFERENT.get((about, field.name), column)
        columns.append(column)
        values.append(value)
    table = quote(model._meta.db_table)
    return (
        f"INSERT INTO {table} ({', '.join(columns)}) "  # noqa: S608 (names of our own models)
        f"SELECT {', '.join(values)} FROM {table}, generate_series(1, %s) AS n"
    )


def references(cursor: CursorWrapper, names: list[str]) -> list[tuple[str, str, str]]:
    """Table, name and definition of every reference out of the tables."""
    cursor.execute(
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE contype = 'f' AND conrelid::regclass::text = ANY(%s)",
        [names],
    )
    return cursor.fetchall()


def widen_codes(cursor: CursorWrapper) -> None:
    """Let codes have six figures: there are not enough of four. What CBS allows does not hold here."""
    cursor.execute("ALTER TABLE municipalities_municipality DROP CONSTRAINT municipality_code_of_cbs")
    cursor.execute(
        "SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef JOIN pg_attribute ON attrelid = adrelid "
        "AND attnum = adnum "
        "WHERE adrelid = 'municipalities_municipality'::regclass AND attname = 'search_key'"
    )
    (search_key,) = cursor.fetchone()
    cursor.execute("ALTER TABLE municipalities_municipality DROP COLUMN search_key")
    for table in ("municipalities_municipality", "municipalities_municipalityevent"):
        cursor.execute(f"ALTER TABLE {table} ALTER COLUMN code TYPE varchar(8)")
    cursor.execute(
        "ALTER TABLE municipalities_municipality "
        f"ADD COLUMN search_key text GENERATED ALWAYS AS ({search_key}) STORED"
    )


def multiply(times: int) -> None:
    """Make the register `times` as large, in a database that is thrown away."""
    pairs = list(tables())
    quote = connection.ops.quote_name
    names = [model._meta.db_table for model, _about in pairs]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit TO off")
        pgtrigger.uninstall()
        widen_codes(cursor)
        found = references(cursor, names)
        for table, name, _definition in found:
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {quote(name)}")
        for model, about in pairs:
            cursor.execute(copy_statement(model, about), [times - 1])
        for table, name, definition in found:
            cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {quote(name)} {definition}")
        pgtrigger.install()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
