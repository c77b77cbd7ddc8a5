"""The rows of the register, written in Python: a template takes several times as long for 393 rows."""

from collections.abc import Iterable
from functools import lru_cache

from django import template
from django.urls import reverse
from django.utils.formats import get_format
from django.utils.html import conditional_escape, escape, format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from municipalities.coverage import Coverage
from municipalities.register import Entry
from policytracker.templatetags.interface import coverage, icon

register = template.Library()

# Filled twice: first with a municipality's address and the columns' names, then with what differs by row.
ROW = (
    '<tr><th scope="row"><a href="{address}">{{}}</a></th>'
    '<td data-label="{code}">{{}}</td><td data-label="{province}">{{}}</td>'
    '<td data-label="{region}">{{}}</td>'
    '<td class="pt-numeric" data-label="{population}">{{}}</td><td data-label="{coverage}">{{}}</td>'
    '<td data-label="{basis}">{{}}{{}}{{}}</td></tr>\n'
)


@lru_cache(maxsize=256)
def area(name: str) -> SafeString:
    """The name of one of a few areas, escaped once."""
    return conditional_escape(name)


@register.simple_tag
def register_rows(entries: Iterable[Entry], query: str = "") -> SafeString:
    """The rows of the table, with marks where a source proposes something or a statement is invented."""
    address = reverse("municipalities:detail", args=["GM0"]) + query
    row = ROW.format(
        address=address.replace("GM0", "{}"),
        code=escape(_("Code")),
        province=escape(_("Province")),
        region=escape(_("Safety region")),
        population=escape(_("Inhabitants")),
        coverage=escape(_("Coverage")),
        basis=escape(_("What it rests on")),
    )
    proposal = format_html(
        '<span class="pt-mark">{}{}</span>', icon("source"), _("Proposal from a public source")
    )
    invented = format_html(' <span class="pt-mark pt-mark--invented">{}</span>', _("invented"))
    separator = get_format("THOUSAND_SEPARATOR")
    marks = {value: coverage(value) for value in Coverage.values}
    return format_html_join(
        "",
        row,
        (
            (
                code := SafeString(entry.code),
                entry.name,
                code,
                area(entry.province),
                area(entry.region or ""),
                "" if entry.population is None else f"{entry.population:,}".replace(",", separator),
                marks[entry.coverage],
                entry.basis,
                invented if entry.is_invented else "",
                proposal if entry.waits_in_public else "",
            )
            for entry in entries
        ),
    )
