"""The rows of the register, written in Python: a template takes several times as long for 393 rows."""

from collections.abc import Iterable

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from municipalities.register import Entry
from policytracker.markup import joined, written_once
from policytracker.templatetags.interface import coverage, icon, number

register = template.Library()

ROWS_KEPT = 2048
ROW = (
    '<tr><th scope="row"><a href="{}{}">{}</a></th><td data-label="{}">{}</td><td data-label="{}">{}</td>'
    '<td data-label="{}">{}</td><td class="pt-numeric" data-label="{}">{}</td><td data-label="{}">{}</td>'
    '<td data-label="{}">{}{}{}</td></tr>\n'
)


@register.simple_tag
def register_rows(entries: Iterable[Entry], query: str = "") -> SafeString:
    """The rows of the table; `query` goes along to the page of each municipality."""
    return joined(row(entry, query) for entry in entries)


@written_once(kept=ROWS_KEPT)
def row(entry: Entry, query: str) -> SafeString:
    """A municipality, with marks where a source proposes something or a statement is invented."""
    return format_html(
        ROW,
        reverse("municipalities:detail", args=[entry.code]),
        query,
        entry.name,
        _("Code"),
        entry.code,
        _("Province"),
        entry.province,
        _("Safety region"),
        entry.region or "",
        _("Inhabitants"),
        number(entry.population),
        _("Coverage"),
        coverage(entry.coverage),
        _("What it rests on"),
        entry.basis,
        invented() if entry.is_invented else "",
        proposal() if entry.waits_in_public else "",
    )


@register.simple_tag
def invented() -> SafeString:
    """The word that marks what was made up for the demonstration."""
    return format_html(' <span class="pt-mark pt-mark--invented">{}</span>', _("invented"))


def proposal() -> SafeString:
    """The mark of a policy in a public source that waits for an answer."""
    return format_html(
        '<span class="pt-mark">{}{}</span>', icon("source"), _("Proposal from a public source")
    )
