"""The parts of a comparison that come back many times on its page, written in Python."""

from collections.abc import Iterable

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from dashboards.comparison import Example, Line, Missing
from municipalities.templatetags.register import invented
from policytracker.markup import joined, written_once
from policytracker.templatetags.interface import number

register = template.Library()

ROWS_KEPT = 2048
TEXT_SHOWN = 300  # characters of what a municipality wrote

ROW = (
    '<tr><th scope="row">{}<span class="pt-facts__note">{}</span>{}{}</th>'
    '<td data-label="{}"><span class="pt-nowrap">{}</span><progress class="pt-meter pt-meter--below" '
    'max="{}" value="{}" aria-hidden="true"></progress></td>{}</tr>\n'
)
TAKE_OVER = (
    '<a class="utrecht-button-link utrecht-button-link--html-a utrecht-button-link--secondary-action '
    'pt-button--small" href="{}">{}<span class="pt-visually-hidden">: {}</span></a>'
)
BAR = (
    '<svg class="pt-bar" viewBox="0 0 100 12" preserveAspectRatio="none" aria-hidden="true">'
    '<rect class="pt-bar__ground" width="100" height="12"></rect>'
    '<rect class="pt-bar__own" y="2" width="{}" height="8"></rect>{}</svg>'
)
MARK = '<line class="pt-bar__mark" x1="{0}" x2="{0}" y1="0" y2="12"></line>'


@register.simple_tag
def bar(line: Line) -> SafeString:
    """The municipality's number as a bar, with a stroke where the median lies; both are written beside it."""
    mark = "" if line.mark is None else format_html(MARK, min(max(line.mark, 1), 99))
    return format_html(BAR, line.length, mark)


@register.simple_tag
def missing_rows(missing: Iterable[Missing], with_plan: int, taker: str) -> SafeString:
    """The rows of what others do; they can be taken over for the municipality with the code `taker`."""
    return joined(row(one, with_plan, taker) for one in missing)


@written_once(kept=ROWS_KEPT)
def row(one: Missing, with_plan: int, taker: str) -> SafeString:
    """A measure, how many have it, and of whom."""
    share = _("%(number)s of %(all)s") % {"number": number(one.number), "all": number(with_plan)}
    return format_html(
        ROW,
        one.title,
        one.about,
        format_html('<span class="pt-facts__note">{}</span>', Truncator(one.text).chars(TEXT_SHOWN)),
        examples(one, taker) if one.typical else whose(one.examples),
        _("How many have it"),
        share,
        with_plan,
        one.number,
        action(one, taker) if taker else "",
    )


def action(one: Missing, taker: str) -> SafeString:
    """The cell with the button, or with the word that it was pressed before."""
    if one.is_begun:
        inner = format_html(
            '<span class="utrecht-data-badge pt-badge">{}</span>', _("already a draft of yours")
        )
    else:
        inner = take_over(one.url, one.title, taker)
    return format_html('<td class="pt-no-print">{}</td>', inner)


def take_over(url: str, title: str, taker: str) -> SafeString:
    """The button that makes a draft."""
    return format_html(TAKE_OVER, f"{url}&gemeente={taker}", _("Take over as draft"), title)


def examples(one: Missing, taker: str) -> SafeString:
    """How some municipalities do it, folded behind their names."""
    may_take = taker and not one.is_begun
    items = joined(
        format_html(
            '<li class="pt-example"><span>{}, {}{}</span>{}</li>',
            example.title,
            owner(example),
            invented() if example.is_invented else "",
            take_over(example.url, f"{example.title}, {example.name}", taker) if may_take else "",
        )
        for example in one.examples
    )
    return format_html(
        '<details class="pt-more pt-small"><summary>{}</summary><ul class="pt-examples">{}</ul></details>',
        _("For instance %(names)s") % {"names": ", ".join(example.name for example in one.examples)},
        items,
    )


def whose(those: Iterable[Example]) -> SafeString:
    """Whose measure it is, which is in no library."""
    return joined(
        format_html(
            '<span class="pt-facts__note">{} · {}{}</span>',
            owner(one),
            _("not in the library"),
            invented() if one.is_invented else "",
        )
        for one in those
    )


def owner(example: Example) -> SafeString:
    """The municipality, which leads to its measure, and how many share the measure with it."""
    return format_html('<a href="{}">{}</a>', reverse("measures:detail", args=[example.pk]), example.whose)
