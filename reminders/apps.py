from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from policytracker import health


class RemindersConfig(AppConfig):
    name = "reminders"
    verbose_name = _("reminders")

    def ready(self) -> None:
        """Let the platform ask how the runs are."""
        from reminders.runs import report

        health.REPORTS["reminders"] = report
