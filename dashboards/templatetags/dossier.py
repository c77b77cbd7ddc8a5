"""The lists on the page of a municipality, written in Python: a template would need most of the time."""

import datetime as dt
from collections.abc import Iterable

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from dashboards.dossier import FollowUpLine, MeasureLine, Policy
from municipalities.history import Change
from municipalities.templatetags.register import invented
from policytracker.markup import joined, written_once
from policytracker.provenance import Provenance
from policytracker.templatetags.interface import day, host, icon

register = template.Library()

KEPT = 2048

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


register.simple_tag(invented)


@register.simple_tag
def measure_rows(measures: Iterable[MeasureLine]) -> SafeString:
    """The rows of a table of measures: title, status, day due."""
    return joined(measure_row(measure) for measure in measures)


@written_once(kept=KEPT)
def measure_row(measure: MeasureLine) -> SafeString:
    """The row of a measure."""
    return row(measure.title, measure.about, measure.status_label, measure.due_on, measure.is_late)


@register.simple_tag
def follow_up_rows(lines: Iterable[FollowUpLine]) -> SafeString:
    """The rows of a table of findings: finding, status of the follow-up, day due."""
    return joined(follow_up_row(line) for line in lines)


@written_once(kept=KEPT)
def follow_up_row(line: FollowUpLine) -> SafeString:
    """The row of a finding and its follow-up."""
    return row(line.text, line.about, line.status_label, line.due_on, line.is_late)


def row(what: str, about: str, status: str, due_on: dt.date | None, is_late: bool) -> SafeString:
    """The row of what is to be done."""
    late = format_html(
        ' <span class="utrecht-data-badge pt-badge pt-badge--error">{}{}</span>', icon("warning"), _("late")
    )
    return format_html(
        ROW,
        what,
        about,
        _("Status"),
        capfirst(status),
        _("To be done by"),
        day(due_on),
        late if is_late else "",
    )


@register.simple_tag
def policy_items(policies: Iterable[Policy]) -> SafeString:
    """Policies with what is known of each and where that comes from."""
    return joined(policy_item(policy) for policy in policies)


@written_once(kept=KEPT)
def policy_item(policy: Policy) -> SafeString:
    """A policy in a list."""
    return format_html(
        POLICY,
        policy.title,
        policy.about,
        format_html('<p class="pt-entry__note">{}</p>', policy.note) if policy.note else "",
        " pt-provenance--demonstration" if policy.provenance == Provenance.DEMONSTRATION else "",
        policy_source(policy),
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
    return joined(history_item(change) for change in changes)


@written_once(kept=KEPT)
def history_item(change: Change) -> SafeString:
    """A change in the history."""
    return format_html(
        CHANGE,
        change.what,
        change.before,
        change.after,
        format_html('<p class="pt-history__what pt-quiet">{}</p>', change.why) if change.why else "",
        day(change.day),
        change.who,
        invented() if change.is_invented else "",
    )
