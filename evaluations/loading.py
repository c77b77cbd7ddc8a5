"""Writing published evaluations and their findings, as municipalities/loading.py says."""

from typing import Any

from django.db import models

from evaluations.models import Evaluation, Finding
from evaluations.register_files import EvaluationFiles, EvaluationRow
from municipalities.loading import (
    TableReport,
    ids_by,
    source_values,
    synchronise_links,
    synchronise_sourced,
)
from municipalities.models import Municipality, PoliceUnit, SafetyRegion
from policytracker.provenance import Provenance


def load(files: EvaluationFiles) -> list[TableReport]:
    """Write the files, which have no problems, inside the caller's transaction."""
    evaluations = _load_evaluations(files)
    evaluation_ids = ids_by(
        Evaluation.objects.filter(provenance=Provenance.PUBLIC_SOURCE).exclude(source_key=None), "source_key"
    )
    published = [row for row in files.evaluations.rows if row.key in evaluation_ids]
    return [
        evaluations,
        _load_subjects(Evaluation.municipalities.through, Municipality, "GM", published, evaluation_ids),
        _load_subjects(Evaluation.safety_regions.through, SafetyRegion, "VR", published, evaluation_ids),
        _load_subjects(Evaluation.police_units.through, PoliceUnit, "RE", published, evaluation_ids),
        _load_findings(files, evaluation_ids),
    ]


def _load_evaluations(files: EvaluationFiles) -> TableReport:
    wanted = {
        row.key: {
            **source_values(row),
            "title": row.title,
            "kind": row.kind,
            "body": row.body,
            "published_on": row.published_on,
            "date_precision": row.date_precision,
            "scope": row.scope,
            "period_studied": row.period_studied,
            "commissioned_by": row.commissioned_by,
            "findings_seen": row.findings_seen,
        }
        for row in files.evaluations.rows
    }
    return synchronise_sourced(Evaluation, wanted)


def _load_subjects(
    link: type[models.Model],
    subject: type[models.Model],
    prefix: str,
    rows: list[EvaluationRow],
    evaluation_ids: dict[str, Any],
) -> TableReport:
    """Load which municipalities or regions, whose codes have the prefix, the evaluations are about."""
    column = f"{subject._meta.model_name}_id"
    codes = ids_by(subject._default_manager.all(), "code")
    report = synchronise_links(
        link,
        {
            (row.key, code): {"evaluation_id": evaluation_ids[row.key], column: codes[code]}
            for row in rows
            for code in row.codes
            if code.startswith(prefix)
        },
        link._default_manager.filter(evaluation__in=[evaluation_ids[row.key] for row in rows]),
        ends={"evaluation_id": evaluation_ids, column: codes},
    )
    report.table = f"{Evaluation._meta.verbose_name_plural}: {subject._meta.verbose_name_plural}"
    return report


def _load_findings(files: EvaluationFiles, evaluation_ids: dict[str, Any]) -> TableReport:
    wanted = {
        row.key: {
            **source_values(row),
            "evaluation_id": evaluation_ids[row.evaluation],
            "kind": row.kind,
            "theme": row.theme,
            "text_nl": row.text_nl,
            "text_en": row.text_en,
        }
        for row in files.findings.rows
        if row.evaluation in evaluation_ids
    }
    return synchronise_sourced(Finding, wanted)
