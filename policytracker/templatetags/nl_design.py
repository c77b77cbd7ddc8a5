"""What the crispy template pack `nl_design` asks of Python: its controls and its list of errors.

Choices are written here rather than through Django's widget templates, which render two templates for each
option, where the filter of the register has some sixty of them and stands on the most visited page.
"""

from functools import lru_cache
from typing import Any, NamedTuple

from django import forms, template
from django.forms.utils import flatatt
from django.forms.widgets import Input
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString

register = template.Library()

TEXTBOX = "utrecht-textbox utrecht-textbox--html-input"
CLASSES: list[tuple[type[forms.Widget], str]] = [
    (forms.CheckboxInput, "pt-checkbox"),
    (forms.SelectMultiple, "utrecht-select utrecht-select--html-select"),
    (forms.Select, "utrecht-select utrecht-select--html-select"),
    (forms.Textarea, "utrecht-textarea utrecht-textarea--html-textarea"),
    (forms.FileInput, "pt-input--file"),
    (forms.NumberInput, f"{TEXTBOX} utrecht-textbox--numeric pt-input--number"),
    (forms.DateInput, f"{TEXTBOX} pt-input--date"),
    (Input, TEXTBOX),
]
CHOICE_CLASSES = {
    "radio": "utrecht-radio-button utrecht-radio-button--html-input",
    "checkbox": "pt-checkbox",
}


class FormError(NamedTuple):
    """One line of the error summary; `target` is the id of the control, empty where there is none."""

    target: str
    label: str
    message: str


def describedby(field: forms.BoundField) -> str:
    """The ids of help text and error, in the order in which they are read."""
    ids = []
    if field.help_text:
        ids.append(f"{field.auto_id}_helptext")
    if field.errors:
        ids.append(f"{field.auto_id}_error")
    return " ".join(ids)


def control_attributes(field: forms.BoundField) -> dict[str, Any]:
    """Attributes of the field's one control: the widget's own, and what the design and accessibility ask."""
    widget = field.field.widget
    attributes: dict[str, Any] = {"id": field.auto_id, **field.build_widget_attrs(dict(widget.attrs), widget)}
    design = next((name for kind, name in CLASSES if isinstance(widget, kind)), "")
    attributes["class"] = f"{design} {widget.attrs.get('class', '')}".strip()
    if ids := describedby(field):
        attributes.setdefault("aria-describedby", ids)
    return attributes


@lru_cache(maxsize=256)
def options_html(options: tuple[tuple[str, str], ...], chosen: frozenset[str]) -> SafeString:
    """The `<option>`s of one group. The same lists come back on every page, so each is written once."""
    return format_html_join(
        "",
        '<option value="{}"{}>{}</option>',
        ((value, SafeString(" selected") if value in chosen else "", label) for value, label in options),
    )


def select(field: forms.BoundField, attributes: dict[str, Any]) -> SafeString:
    """The `<select>` with its options, which stand in groups where a choice has choices of its own."""
    widget = field.field.widget
    value = widget.format_value(field.value())
    chosen = frozenset([value] if isinstance(value, str) else value)
    loose: list[tuple[str, str]] = []
    inner = SafeString("")
    for key, label in widget.choices:
        if not isinstance(label, (list, tuple)):
            loose.append(("" if key is None else str(key), str(label)))
            continue
        group = tuple((str(each), str(text)) for each, text in label)
        named = format_html('<optgroup label="{}">{}</optgroup>', key, options_html(group, chosen))
        inner, loose = inner + options_html(tuple(loose), chosen) + named, []
    inner += options_html(tuple(loose), chosen)
    if widget.allow_multiple_selected:
        attributes["multiple"] = True
    return format_html('<select name="{}"{}>{}</select>', field.html_name, flatatt(attributes), inner)


@register.simple_tag
def control(field: forms.BoundField) -> SafeString:
    """The control of a field that has one: everything but groups of choices."""
    widget = field.field.widget
    attributes = control_attributes(field)
    if isinstance(widget, forms.Select) and type(widget).create_option is forms.Select.create_option:
        return select(field, attributes)
    if isinstance(widget, forms.DateInput):
        # The browser's own date picker shows the day in the reader's way and sends it as year-month-day.
        attributes["type"] = "date"
        value = field.value()
        attributes["value"] = value.isoformat() if hasattr(value, "isoformat") else (value or None)
        return format_html('<input name="{}"{}>', field.html_name, flatatt(attributes))
    if isinstance(widget, forms.Textarea):
        attributes["cols"] = False  # as wide as its column
    return field.as_widget(attrs=attributes)


@register.simple_tag
def file_control(field: forms.BoundField) -> SafeString:
    """Only the box to choose a file; what is there already is for the template."""
    attributes = {"type": "file", **control_attributes(field)}
    return format_html('<input name="{}"{}>', field.html_name, flatatt(attributes))


@register.simple_tag
def choices(field: forms.BoundField) -> SafeString:
    """The radio buttons or checkboxes of a group, each inside its label, under the name of its group."""
    widget = field.field.widget
    base = field.build_widget_attrs({"id": field.auto_id}, widget)
    design = CHOICE_CLASSES[widget.input_type]
    html: list[tuple[SafeString]] = []
    for label, options, _index in widget.optgroups(
        field.html_name, widget.format_value(field.value()), {**widget.attrs, **base}
    ):
        if label:
            html.append((format_html('<p class="pt-choices__group">{}</p>', label),))
        for option in options:
            attributes = option["attrs"]
            attributes["class"] = f"{design} {attributes.get('class', '')}".strip()
            box = format_html(
                '<input type="{}" name="{}" value="{}"{}>',
                widget.input_type,
                option["name"],
                option["value"],
                flatatt(attributes),
            )
            html.append(
                (format_html('<label class="pt-choice">{}<span>{}</span></label>', box, option["label"]),)
            )
    return format_html_join("", "{}", html)


@register.simple_tag
def form_errors(form: forms.BaseForm) -> list[FormError]:
    """Everything that is wrong with a form, in the order of its fields and with the id to go to."""
    if not form.is_bound:
        return []
    found = [FormError("", "", str(message)) for message in form.non_field_errors()]
    for field in form:
        target = field.auto_id
        if isinstance(field.field.widget, (forms.RadioSelect, forms.CheckboxSelectMultiple)):
            target = f"{target}_0"
        if field.is_hidden:
            target = ""
        found += [FormError(target, str(field.label), str(message)) for message in field.errors]
    return found


@register.simple_tag
def fieldset_attributes(field: forms.BoundField) -> SafeString:
    """What a group of choices needs on its `<fieldset>`: what describes it, and whether it was refused."""
    attributes: dict[str, Any] = {}
    if ids := describedby(field):
        attributes["aria-describedby"] = ids
    return flatatt(attributes)


@register.filter
def button_class(button: Any) -> str:
    """The classes of a crispy button: its own, else primary when it submits and secondary when not."""
    own = [name for name in button.field_classes.split() if name not in {"btn", "btn-primary", "btn-inverse"}]
    if not any(name.startswith("utrecht-button--") for name in own):
        own.insert(0, f"utrecht-button--{'primary' if button.input_type == 'submit' else 'secondary'}-action")
    return conditional_escape(" ".join(["utrecht-button", *own]))
