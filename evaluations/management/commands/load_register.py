"""Load the register from its data files.

It stands in the highest application whose tables it fills; each application reads and writes its own part.
"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import pghistory
from django.core.management.base import BaseCommand, CommandError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from evaluations import loading as evaluation_loading
from evaluations import register_files as evaluation_files
from measures import loading as measure_loading
from measures import register_files as measure_files
from municipalities import loading
from municipalities import register_files as municipality_files
from municipalities.data_files import Problem
from municipalities.loading import TableReport


class Command(BaseCommand):
    help = (
        "Load municipalities, mergers, groups, published safety policies, evaluations, typical measures and "
        "support offers from the register's data files. It may be run again at any time: what a person "
        "decided or changed is left alone and named. With a problem in any file nothing is written and the "
        "exit code is 1."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--directory",
            type=Path,
            help="a folder with all the files, instead of the ones that come with the application",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="report what would be done, and write nothing"
        )

    def handle(self, *, directory: Path | None, dry_run: bool, **options: Any) -> None:
        if directory is not None and not directory.is_dir():
            raise CommandError(_("There is no folder %(folder)s.") % {"folder": directory})
        register = municipality_files.read(directory or municipality_files.DIRECTORY)
        measures = measure_files.read(directory or measure_files.DIRECTORY)
        evaluations = evaluation_files.read(register, directory or evaluation_files.DIRECTORY)
        if problems := [*register.problems, *measures.problems, *evaluations.problems]:
            raise CommandError(self._problems(problems))
        try:
            with pghistory.context(reason=loading.REASON), transaction.atomic():
                loading.wait_for_other_loads()
                reports = [
                    *loading.load(register),
                    *measure_loading.load(measures),
                    *evaluation_loading.load(evaluations),
                ]
                transaction.set_rollback(dry_run)
        except IntegrityError as error:
            raise CommandError(
                _("Nothing was written: the files do not fit what is in the register already. %(error)s")
                % {"error": error}
            ) from error
        loading.refresh_statistics()
        self._report(reports, dry_run=dry_run)

    def _problems(self, problems: list[Problem]) -> str:
        """The problems as a table, with the heading row of the file counted as row 1."""
        heading = (_("File"), _("Row"), _("Field"), _("Problem"))
        lines: list[tuple[str, ...]] = [
            heading,
            *((problem.file, str(problem.row or ""), problem.field, problem.message) for problem in problems),
        ]
        count = ngettext(
            "%(count)d problem in the files; nothing was written.",
            "%(count)d problems in the files; nothing was written.",
            len(problems),
        ) % {"count": len(problems)}
        return "\n".join([count, "", *_columns(lines, right={1})])

    def _report(self, reports: list[TableReport], *, dry_run: bool) -> None:
        heading = ("", _("added"), _("changed"), _("removed"), _("unchanged"), _("left alone"))
        lines: list[tuple[str, ...]] = [heading]
        for report in reports:
            numbers = (report.added, report.changed, report.removed, report.unchanged, len(report.kept))
            lines.append((report.table, *map(str, numbers)))
        for line in _columns(lines, right=set(range(1, len(heading)))):
            self.stdout.write(line)
        if any(report.kept for report in reports):
            self.stdout.write("\n" + _("Left alone:"))
            for report in reports:
                for kept in report.kept:
                    self.stdout.write(f"  {report.table}: {kept.name} ({kept.reason})")
        if dry_run:
            self.stdout.write("\n" + _("This was a trial: nothing was written."))


def _columns(lines: list[tuple[str, ...]], *, right: set[int]) -> list[str]:
    """The lines of a table with its columns below each other; those in `right` are aligned to the right."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if number in right else cell.ljust(width)
            for number, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]
