from django.db import migrations

# Which plan follows which was told by the old one; now the new one tells, and counts the versions. A plan
# whose last day has passed is expired by that day, so the status that said so becomes what it was before.
VERSIONS = """
UPDATE measures_actionplan later SET previous_version_id = earlier.id
FROM measures_actionplan earlier WHERE earlier.superseded_by_id = later.id;

WITH RECURSIVE chain AS (
    SELECT id, 1 AS version FROM measures_actionplan WHERE previous_version_id IS NULL
    UNION ALL
    SELECT later.id, chain.version + 1 FROM measures_actionplan later
    JOIN chain ON later.previous_version_id = chain.id
)
UPDATE measures_actionplan plan SET version = chain.version
FROM chain WHERE chain.id = plan.id AND chain.version > 1;

UPDATE measures_actionplan SET status = 'adopted' WHERE status = 'expired';
"""


class Migration(migrations.Migration):
    dependencies = [("measures", "0003_officers_desk")]

    operations = [migrations.RunSQL(VERSIONS, migrations.RunSQL.noop)]
