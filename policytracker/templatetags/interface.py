"""The small parts that every page is made of, written in Python where a template would be slow."""

import datetime as dt
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from django import template
from django.core.paginator import Page
from django.utils.formats import date_format, get_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, gettext_lazy

register = template.Library()

COVERAGE_LABELS = {
    "priority": gettext_lazy("Priority"),
    "included": gettext_lazy("Included"),
    "separate_plan": gettext_lazy("Separate plan"),
    "regional_plan": gettext_lazy("Regional plan"),
    "reasoned_no": gettext_lazy("Reasoned no"),
    "in_preparation": gettext_lazy("In preparation"),
    "lapsed": gettext_lazy("Lapsed"),
    "absent": gettext_lazy("Absent"),
    "unknown": gettext_lazy("Unknown"),
}


@register.simple_tag
@lru_cache(maxsize=128)
def icon(name: str) -> SafeString:
    """A picture from the sheet in components/icons.html; it only repeats what the words beside it say."""
    return format_html(
        '<svg class="pt-icon" aria-hidden="true" viewBox="0 0 16 16"><use href="#icon-{}"></use></svg>', name
    )


@lru_cache(maxsize=128)
def coverage_html(value: str, label: str) -> SafeString:
    """The same few answers are shown on every row of every list, so each is made once."""
    name = value.replace("_", "-")
    return format_html(
        '<span class="pt-coverage pt-coverage--{}">{}<span>{}</span></span>',
        name,
        icon(f"coverage-{name}"),
        label,
    )


@register.simple_tag
def coverage(value: str, label: str = "") -> SafeString:
    """A value of coverage with its mark (colour, shape and pattern) and always its word.

    Without `label` the value's own name is shown; an unknown value raises KeyError.
    """
    return coverage_html(str(value), str(label or COVERAGE_LABELS[value]))


@register.simple_tag
def breadcrumb(*parts: Any) -> SafeString:
    """The path to this page: label, address, label, address, … and last the label of the page itself.

    The start page comes first by itself.
    """
    steps = [(gettext("Start"), "/"), *zip(parts[:-1:2], parts[1::2], strict=True)]
    links = format_html_join(
        "",
        '<li class="utrecht-breadcrumb-nav__item">'
        '<a class="utrecht-link utrecht-link--html-a utrecht-breadcrumb-nav__link" href="{1}">{0}</a></li>',
        steps,
    )
    return format_html(
        '<nav class="utrecht-breadcrumb-nav" aria-label="{}">'
        '<ol class="utrecht-breadcrumb-nav__list utrecht-breadcrumb-nav__list--html-ol">{}'
        '<li class="utrecht-breadcrumb-nav__item">'
        '<span class="utrecht-breadcrumb-nav__link" aria-current="page">{}</span></li></ol></nav>',
        gettext("Breadcrumb"),
        links,
        parts[-1],
    )


@register.simple_tag
def page_range(page: Page) -> list[int | str]:
    """The numbers to show beneath a list: the first, the last and those around this page; gaps are a text."""
    return list(page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1))


@register.simple_tag
def year_span(starts_on: Any, ends_on: Any) -> str:
    """A period in years, as a plan is named: "2023–2026", or one year where both are the same."""
    first, last = starts_on.year if starts_on else "", ends_on.year if ends_on else ""
    return str(first) if first == last else f"{first}–{last}"


@lru_cache(maxsize=4096)
def day_in(language: str, value: dt.date) -> str:
    """A day as it is written in a language; the same few hundred days fill every list."""
    return date_format(value, "DATE_FORMAT")


@register.filter
def day(value: dt.date | None) -> str:
    """A day in full, "3 november 2025", or nothing; in a list much quicker than Django's `date`."""
    return day_in(get_language() or "", value) if value else ""


@register.filter
def number(value: int | None) -> str:
    """A whole number with its thousands apart, "17.942.942"; in a list much quicker than `floatformat`."""
    return "" if value is None else f"{value:,}".replace(",", get_format("THOUSAND_SEPARATOR"))


@register.filter
def minutes(duration: Any) -> int:
    """A duration in whole minutes, rounded up and at least one."""
    return max(1, -(-int(duration.total_seconds()) // 60))


@register.filter
def host(address: str) -> str:
    """The name of the site that a source stands on, without "www."."""
    return urlsplit(address).netloc.removeprefix("www.")
