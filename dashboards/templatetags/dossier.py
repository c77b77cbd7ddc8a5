"""The lists on the page of a municipality, written in Python: a template would need most of the time."""

import datetime as dt
from collections.abc import Iterable

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from dashboards.dossier import FollowUpLine, MeasureLine, Policy
from municipalities.history import Change
from policytracker.provenance import Provenance
from policytracker.templatetags.interface import day, host, icon

register = template.Library()

ROW = (
    '<tr><th scope="row">{}<span class="pt-facts__note">{}</span></th><td data-label="{}">{}</td>'
    '<td class="pt-nowrap" data-label="{}">{}{}</td></tr>\n'
)
POLICY = (
    '<li class="pt-entry"><p class="pt-entry__title">{}</p><p class="pt-entry__note">{}</p>{}'
    '<p class="pt-provenance{}">{}</p></li>\n'
)
CHANGE = (
    '<li class="pt-history__item"><p class="pt-history__what"><strong>{}</strong><br>{} → {}</p>{}'
    '<p class="pt-history__meta">{} · {}{}</p></li>\n'
)


@register.simple_tag
def invented() -> SafeString:
    """The word that marks what was made up for the demonstration."""
    return format_html(' <span class="pt-mark pt-mark--invented">{}</span>', _("invented"))


@register.simple_tag
def measure_rows(measures: Iterable[MeasureLine]) -> SafeString:
    """The rows of a table of measures: title, status, day due."""
    return table_rows((one.title, one.about, one.status_label, one.due_on, one.is_late) for one in measures)


@register.simple_tag
def follow_up_rows(lines: Iterable[FollowUpLine]) -> SafeString:
    """The rows of a table of findings: finding, status of the follow-up, day due."""
    return table_rows((one.text, one.about, one.status_label, one.due_on, one.is_late) for one in lines)


def table_rows(rows: Iterable[tuple[str, str, str, dt.date | None, bool]]) -> SafeString:
    """Rows of what is to be done: what, about what, its status, the day due, and whether that has passed."""
    status, due = _("Status"), _("To be done by")
    late = format_html(
        ' <span class="utrecht-data-badge pt-badge pt-badge--error">{}{}</span>', icon("warning"), _("late")
    )
    return format_html_join(
        "",
        ROW,
        (
            (what, about, status, capfirst(label), due, day(due_on), late if is_late else "")
            for what, about, label, due_on, is_late in rows
        ),
    )


@register.simple_tag
def policy_items(policies: Iterable[Policy]) -> SafeString:
    """Policies with what is known of each and where that comes from."""
    return format_html_join(
        "",
        POLICY,
        (
            (
                policy.title,
                policy.about,
                format_html('<p class="pt-entry__note">{}</p>', policy.note) if policy.note else "",
                " pt-provenance--demonstration" if policy.provenance == Provenance.DEMONSTRATION else "",
                policy_source(policy),
            )
            for policy in policies
        ),
    )


def policy_source(policy: Policy) -> SafeString | str:
    """Where a policy comes from, with the address, the day and how sure the reading is."""
    if policy.provenance != Provenance.PUBLIC_SOURCE:
        return policy.source
    told = (
        _("Found in public, confirmed by the municipality:") if policy.is_confirmed else policy.source + ":"
    )
    return format_html(
        '{}<span>{} <a href="{}" rel="noopener">{}</a>, {}</span>',
        icon("source"),
        told,
        policy.source_url,
        host(policy.source_url),
        _("seen on %(day)s, %(sure)s") % {"day": day(policy.source_seen_on), "sure": policy.sure},
    )


@register.simple_tag
def history_items(changes: Iterable[Change]) -> SafeString:
    """What changed, from what to what, when and by whom."""
    mark = invented()
    return format_html_join(
        "",
        CHANGE,
        (
            (
                change.what,
                change.before,
                change.after,
                format_html('<p class="pt-history__what pt-quiet">{}</p>', change.why) if change.why else "",
                day(change.day),
                change.who,
                mark if change.is_invented else "",
            )
            for change in changes
        ),
    )
