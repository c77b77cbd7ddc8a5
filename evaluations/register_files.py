"""The files of published evaluations and their findings (docs/sources.md)."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext as _

from evaluations.models import Evaluation, Finding
from municipalities import data_files as cells
from municipalities.data_files import Content, Problem, SourcedRow, Table
from municipalities.register_files import RegisterFiles

DIRECTORY = Path(__file__).parent / "data"


@dataclass(frozen=True, kw_only=True)
class EvaluationRow(SourcedRow):
    """An evaluation and the municipalities or regions that it is about."""

    title: str
    kind: str
    body: str
    published_on: dt.date | None
    date_precision: str
    scope: str
    codes: tuple[str, ...]
    period_studied: str
    commissioned_by: str
    findings_seen: bool


@dataclass(frozen=True, kw_only=True)
class FindingRow(SourcedRow):
    """A finding of an evaluation."""

    evaluation: str
    kind: str
    theme: str
    text_nl: str
    text_en: str


EVALUATIONS = Table(
    "evaluations.csv",
    EvaluationRow,
    {
        **cells.sourced(Evaluation),
        "title": cells.text(Evaluation, "title"),
        "kind": cells.choice(Evaluation.Kind),
        "body": cells.text(Evaluation, "body"),
        "published_on": cells.day(),
        "date_precision": cells.choice(Evaluation.DatePrecision),
        "scope": cells.choice(Evaluation.Scope),
        "codes": cells.several(r"GM\d{4}|(VR|RE)\d{2}", "GM0344", required=False),
        "period_studied": cells.text(Evaluation, "period_studied"),
        "commissioned_by": cells.text(Evaluation, "commissioned_by"),
        "findings_seen": cells.yes_or_no(),
    },
    key=("key",),
)
FINDINGS = Table(
    "findings.csv",
    FindingRow,
    {
        **cells.sourced(Finding),
        "evaluation": cells.slug(),
        "kind": cells.choice(Finding.Kind),
        "theme": cells.choice(Finding.Theme),
        "text_nl": cells.text(Finding, "text_nl"),
        "text_en": cells.text(Finding, "text_en"),
    },
    key=("key",),
)


@dataclass(frozen=True)
class EvaluationFiles:
    """What the files say."""

    evaluations: Content[EvaluationRow]
    findings: Content[FindingRow]

    @property
    def problems(self) -> list[Problem]:
        """Everything that is wrong, in the order of files and rows."""
        return [*sorted(self.evaluations.problems), *sorted(self.findings.problems)]


def read(register: RegisterFiles, directory: Path = DIRECTORY) -> EvaluationFiles:
    """Read and check the files in the folder, against the municipalities and regions of the register."""
    files = EvaluationFiles(evaluations=EVALUATIONS.read(directory), findings=FINDINGS.read(directory))
    known = _codes(register)
    for row in files.evaluations.rows:
        content = files.evaluations
        content.require(row, "codes", row.codes, known)
        if (row.date_precision == Evaluation.DatePrecision.UNKNOWN) != (row.published_on is None):
            content.problem(
                row.row, "published_on", _("Give the day of publication, or say that it is not known.")
            )
        prefixes = {
            Evaluation.Scope.NATIONAL.value: (),
            Evaluation.Scope.REGION.value: ("VR", "RE"),
            Evaluation.Scope.MUNICIPALITY.value: ("GM",),
        }[row.scope]
        if bool(row.codes) != bool(prefixes) or not all(code.startswith(prefixes) for code in row.codes):
            content.problem(row.row, "codes", _("These codes do not fit the scope."))
    for finding in files.findings.rows:
        files.findings.require(finding, "evaluation", [finding.evaluation], files.evaluations.keys)
    return files


def _codes(register: RegisterFiles) -> set[str] | None:
    known: set[str] = set()
    for content in (register.municipalities, register.safety_regions, register.police_units):
        if content.keys is None:
            return None
        known |= content.keys
    return known
