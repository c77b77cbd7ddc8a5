"""The lists on the page of a municipality, written in Python: a template would need most of the time."""

import datetime as dt
from collections.abc import Iterable, Iterator

from django import template
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from dashboards.dossier import Dossier, FollowUpLine, MeasureLine, Policy
from municipalities.filters import ReferenceDayForm
from municipalities.history import Change
from municipalities.templatetags.register import invented
from policytracker.markup import joined, written_once
from policytracker.provenance import Provenance
from policytracker.templatetags.interface import day, host, icon
from policytracker.templatetags.listing import filter_box

register = template.Library()

PAGES_KEPT = 128  # of some 25 kB each

ROW = (
    '<tr><th scope="row">{}<span class="pt-facts__note">{}</span></th><td data-label="{}">{}</td>'
    '<td class="pt-nowrap" data-label="{}">{}{}</td></tr>\n'
)
POLICY = (
    '<li class="pt-entry"><p class="pt-entry__title"><a href="{}">{}</a></p>'
    '<p class="pt-entry__note">{}</p>{}'
    '<p class="pt-provenance{}">{}</p></li>\n'
)
CHANGE = (
    '<li class="pt-history__item"><p class="pt-history__what"><strong>{}</strong><br>{} → {}</p>{}'
    '<p class="pt-history__meta">{} · {}{}</p></li>\n'
)


register.simple_tag(invented)


@register.simple_tag
def dossier_content(dossier: Dossier, form: ReferenceDayForm) -> SafeString:
    """All that stands beneath the heading of the page."""
    return content(dossier, filter_box(form["peildatum"]))


@written_once(kept=PAGES_KEPT)
def content(dossier: Dossier, day_box: SafeString) -> SafeString:
    """The sections of the page, with the box in which another day is asked for."""
    context = {
        "dossier": dossier,
        "standing": dossier.standing,
        "day_box": day_box,
        "notices": list(notices(dossier)),
    }
    return render_to_string("municipalities/detail_content.html", context)


def notices(dossier: Dossier) -> Iterator[dict[str, str]]:
    """What a reader must know first: that the municipality is gone, or that a merger is planned."""
    for merger in dossier.successions:
        notice = {
            "url": reverse("municipalities:detail", args=[merger.successor_code]),
            "url_label": _("To %(name)s") % {"name": merger.successor},
        }
        names = {"day": day(merger.effective_on), "successor": merger.successor}
        if merger.is_planned:
            heading = _("Planned, not certain: part of %(successor)s from %(day)s") % names
            yield {**notice, "type": "info", "heading": heading, "text": merger.note}
        else:
            text = _("On %(day)s it went into %(successor)s.") % names
            yield {
                **notice,
                "type": "warning",
                "heading": _("This municipality no longer exists"),
                "text": text,
            }


@register.simple_tag
def measure_rows(measures: Iterable[MeasureLine]) -> SafeString:
    """The rows of a table of measures: title, status, day due."""
    return joined(
        row(
            format_html('<a href="{}">{}</a>', reverse("measures:detail", args=[one.pk]), one.title),
            one.about,
            one.status_label,
            one.due_on,
            one.is_late,
        )
        for one in measures
    )


@register.simple_tag
def follow_up_rows(lines: Iterable[FollowUpLine]) -> SafeString:
    """The rows of a table of findings: finding, status of the follow-up, day due."""
    return joined(row(one.text, one.about, one.status_label, one.due_on, one.is_late) for one in lines)


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


def policy_item(policy: Policy) -> SafeString:
    """A policy in a list."""
    return format_html(
        POLICY,
        reverse("policies:detail", args=[policy.pk]),
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
