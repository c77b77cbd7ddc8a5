"""A country a hundred times as large: the register with everything in it, copied within the database.

Every row gets copies with numbers of their own, a fixed distance from the original's, so that a copy of a
plan belongs to the copy of its municipality. Triggers write their history as always.
"""

from django.db import connection, models, transaction

from evaluations.models import FollowUp
from measures.models import ActionPlan, Measure, PlanParticipation, ProgressUpdate
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
    FollowUp,
    FollowUp.measures.through,
    Reminder,
    Message,
    MessageReminder,
)

# What is unique must differ in each copy; `n` is the number of the copy, from 1.
DIFFERENT = {
    (Municipality, "code"): "lpad(n::text, 2, '0') || substr(code, 3)",
    (Municipality, "name"): "name || ' ' || n",
    (Municipality, "sort_name"): "sort_name || ' ' || n",
    (Merger, "key"): "key || '-' || n",
    (SafetyPolicy, "source_key"): "source_key || '-' || n",
    (Message, "key"): "gen_random_uuid()",
    (Message, "recipient"): "'copy' || n || '.' || recipient",
}


def copy_statement(model: type[models.Model]) -> str:
    """The statement that copies all rows of the model; its parameter is the number of copies."""
    quote = connection.ops.quote_name
    columns, values = [], []
    for field in model._meta.concrete_fields:
        if field.generated:
            continue
        column = quote(field.column)
        moves = field.primary_key or (field.remote_field and field.remote_field.model in COPIED)
        columns.append(column)
        values.append(
            DIFFERENT.get((model, field.name)) or (f"{column} + n * {DISTANCE}" if moves else column)
        )
    table = quote(model._meta.db_table)
    return (
        f"INSERT INTO {table} ({', '.join(columns)}) "  # noqa: S608 (names of our own models)
        f"SELECT {', '.join(values)} FROM {table}, generate_series(1, %s) AS n"
    )


def multiply(times: int) -> None:
    """Make the register `times` as large. The copies have codes that CBS has not, so that rule is dropped."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit TO off")
        cursor.execute("ALTER TABLE municipalities_municipality DROP CONSTRAINT municipality_code_of_cbs")
        for model in COPIED:
            cursor.execute(copy_statement(model), [times - 1])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
