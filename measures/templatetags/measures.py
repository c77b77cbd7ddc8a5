"""The small parts of pages with measures, written in Python: they stand on every row and card."""

from functools import lru_cache

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from measures.models import Measure
from policytracker.choices import label
from policytracker.templatetags.interface import icon

register = template.Library()

ICONS = {
    Measure.Status.DRAFT: "source",
    Measure.Status.PLANNED: "task-later",
    Measure.Status.IN_PROGRESS: "task-open",
    Measure.Status.DONE: "task-done",
    Measure.Status.STOPPED: "close",
}


@register.simple_tag
def measure_status(status: str, is_late: bool = False) -> SafeString:
    """How far a measure is, with its mark and its word, and whether it is late."""
    return status_html(get_language() or "", status, is_late)


@lru_cache(maxsize=64)
def status_html(language: str, status: str, is_late: bool) -> SafeString:
    """The same few answers stand on every row, so each is written once."""
    late = format_html(' <span class="measure-late">{}<span>{}</span></span>', icon("task-late"), _("late"))
    return format_html(
        '<span class="measure-status measure-status--{}">{}<span>{}</span></span>{}',
        status.replace("_", "-"),
        icon(ICONS[Measure.Status(status)]),
        label(Measure.Status, status).capitalize(),
        late if is_late else "",
    )
