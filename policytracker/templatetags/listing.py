"""What stands around a list, written in Python: the register offers sixty choices on the busiest page."""

from functools import lru_cache

from django import forms, template
from django.core.paginator import Page
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from policytracker.listing import PAGE, Address
from policytracker.templatetags.interface import icon, page_range

register = template.Library()

Options = tuple[tuple[str, str], ...]
Groups = tuple[tuple[str, Options], ...]

CONTROLS = {
    "search": SafeString('class="utrecht-textbox utrecht-textbox--html-input" autocomplete="off"'),
    "date": SafeString('class="utrecht-textbox utrecht-textbox--html-input pt-input--date"'),
}


@register.simple_tag
def filter_box(field: forms.BoundField) -> SafeString:
    """A filter that is typed: a word to search for or a day, with what is wrong with it."""
    kind = "date" if isinstance(field.field, forms.DateField) else "search"
    name, value = field.html_name, field.value()
    error, described = "", ""
    if message := wrong(field):
        described = format_html(' aria-invalid="true" aria-describedby="{}_error"', field.auto_id)
        error = format_html(
            '<p class="utrecht-form-field-error-message" id="{}_error">{}</p>',
            field.auto_id,
            message,
        )
    return format_html(
        '<div class="pt-filter__box"><label class="utrecht-form-label" for="{0}">{1}</label>{2}'
        '<input type="{3}" name="{4}" id="{0}" value="{5}" {6}{7}></div>',
        field.auto_id,
        field.label,
        error,
        kind,
        name,
        value.isoformat() if hasattr(value, "isoformat") else value or "",
        CONTROLS[kind],
        described,
    )


@register.simple_tag
def filter_choices(field: forms.BoundField) -> SafeString:
    """A filter with several values: a button with the number chosen, which opens the checkboxes."""
    chosen = frozenset(field.value() or ())
    language, label = get_language() or "", str(field.label)
    return choices_html(language, field.html_name, label, groups_of(field), chosen, wrong(field))


def wrong(field: forms.BoundField) -> str:
    """What is wrong with the field, in one line; nothing where all is well."""
    return " ".join(str(message) for message in field.errors)


def groups_of(field: forms.BoundField) -> Groups:
    """The choices in groups, each under its name; those that stand in none under an empty one."""
    loose: list[tuple[str, str]] = []
    groups: list[tuple[str, Options]] = []
    for value, label in field.field.choices:  # type: ignore[attr-defined]
        if isinstance(label, (list, tuple)):
            groups.append((str(value), tuple((key, str(text)) for key, text in label)))
        else:
            loose.append((value, str(label)))
    return (("", tuple(loose)), *groups) if loose else tuple(groups)


@lru_cache(maxsize=256)
def choices_html(
    language: str, name: str, label: str, groups: Groups, chosen: frozenset[str], error: str
) -> SafeString:
    """The same choices are shown again and again, most often with none chosen, so they are written once."""
    message = format_html('<p class="utrecht-form-field-error-message">{}</p>', error)
    return format_html(
        '<details class="pt-pick" name="filter"{}><summary class="pt-pick__button">{}{}{}</summary>'
        '<fieldset class="pt-pick__panel"><legend class="pt-visually-hidden">{}</legend>{}{}</fieldset>'
        "</details>",
        SafeString(" open") if error else "",
        label,
        count_html(name, len(chosen), ""),
        icon("chevron-down"),
        label,
        message if error else "",
        format_html_join("", "{}", ((group_html(name, *group, chosen),) for group in groups)),
    )


@register.simple_tag
def filter_counts(form: forms.Form) -> SafeString:
    """For a part that htmx puts in the page: the numbers on the buttons of the filters outside it."""
    swap = SafeString(' hx-swap-oob="true"')
    return format_html_join(
        "",
        "{}",
        (
            (count_html(field.html_name, len(field.value() or ()), swap),)
            for field in form
            if isinstance(field.field, forms.MultipleChoiceField)
        ),
    )


def count_html(name: str, number: int, swap: str) -> SafeString:
    """How many choices of a filter are chosen; kept out of sight where none is."""
    return format_html(
        '<span class="pt-pick__count" id="chosen-{}"{}{}>{}'
        '<span class="pt-visually-hidden"> {}</span></span>',
        name,
        swap,
        "" if number else SafeString(" hidden"),
        number,
        _("chosen"),
    )


def group_html(name: str, group: str, options: Options, chosen: frozenset[str]) -> SafeString:
    """The checkboxes of one group."""
    checked = SafeString(" checked")
    boxes = format_html_join(
        "",
        '<label class="pt-choice"><input class="pt-checkbox" type="checkbox" name="{}" value="{}"{}>'
        "<span>{}</span></label>",
        ((name, value, checked if value in chosen else "", text) for value, text in options),
    )
    heading = format_html('<p class="pt-choices__group">{}</p>', group) if group else ""
    return format_html("{}{}", heading, boxes)


@register.simple_tag
def page_links(page: Page, address: Address) -> SafeString:
    """The pages of a list: the first, the last and those around this one; nothing where there is but one."""
    if not page.has_other_pages():
        return SafeString("")
    word, links = _("Page"), []
    if page.has_previous():
        links.append(_turn(address, page.previous_page_number(), "prev", icon("arrow-left"), _("Previous")))
    for number in page_range(page):
        if not isinstance(number, int):
            links.append(format_html('<span class="pt-pagination__gap">{}</span>', number))
            continue
        links.append(
            format_html(
                '<a class="utrecht-pagination__page-link{}" href="{}"{}>'
                '<span class="pt-visually-hidden">{} </span>{}</a>',
                " utrecht-pagination__page-link--current" if number == page.number else "",
                address.having(PAGE, number),
                SafeString(' aria-current="page"') if number == page.number else "",
                word,
                number,
            )
        )
    if page.has_next():
        links.append(_turn(address, page.next_page_number(), "next", _("Next"), icon("arrow-right")))
    return format_html(
        '<nav class="utrecht-pagination" aria-label="{}"><ul class="pt-pagination__list">{}</ul></nav>',
        _("Pages"),
        format_html_join("", "<li>{}</li>", ((link,) for link in links)),
    )


def _turn(address: Address, number: int, rel: str, *parts: str) -> SafeString:
    """The link to the page before or after."""
    return format_html(
        '<a class="utrecht-pagination__relative-link" rel="{}" href="{}">{} {}</a>',
        rel,
        address.having(PAGE, number),
        *parts,
    )
