"""The theme, the form templates and the parts that pages are made of. No test here may use the database."""

import datetime as dt
import itertools
import math
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from crispy_forms.bootstrap import AppendedText, InlineRadios, StrictButton
from crispy_forms.helper import FormHelper
from crispy_forms.layout import Button, ButtonHolder, Column, Div, Fieldset, Layout, Row, Submit
from crispy_forms.utils import render_crispy_form
from django import forms
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.paginator import Paginator
from django.http import QueryDict
from django.template import Context, Template
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils import translation

from municipalities.coverage import Coverage
from policytracker.templatetags.interface import (
    COVERAGE_LABELS,
    breadcrumb,
    coverage,
    host,
    minutes,
    year_span,
)

ROOT = Path(settings.BASE_DIR)
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
ICONS = (ROOT / "templates" / "components" / "icons.html").read_text()


@pytest.fixture(autouse=True)
def in_english() -> Any:
    with translation.override("en"):
        yield


def render(source: str, **context: Any) -> str:
    return Template("{% load interface %}" + source).render(Context(context))


def ids(html: str) -> set[str]:
    return set(re.findall(r'\sid="([^"]+)"', html))


# The colours


def colours(selector: str) -> dict[str, str]:
    """The custom properties with a colour in the part of the theme that begins with `selector`."""
    css = (ROOT / "static" / "css" / ("print.css" if "print" in selector else "tokens.css")).read_text()
    block = css[css.index(selector) :].partition("}")[0]
    return dict(re.findall(r"--pt-((?:color|coverage)-[\w-]+): (#[0-9a-f]{6});", block))


LIGHT = colours(".policytracker-theme {")
DARK = {**LIGHT, **colours("@media (prefers-color-scheme: dark)")}
THEMES = pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])

# Machado, Oliveira and Fernandes 2009, severity 1.0, for linear RGB.
SIGHTS = {
    "normal": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}


def linear(colour: str) -> list[float]:
    """Red, green and blue from 0 to 1 without sRGB's curve."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]


def luminance(rgb: list[float]) -> float:
    return 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2]


def contrast(one: str, other: str) -> float:
    """The ratio of WCAG 2, from 1 to 21."""
    low, high = sorted(luminance(linear(colour)) for colour in (one, other))
    return (high + 0.05) / (low + 0.05)


def seen(colour: str, sight: str) -> tuple[float, float, float]:
    """CIELAB (D65) of a colour as somebody with this sight sees it."""
    rgb = [
        min(1.0, max(0.0, sum(weight * part for weight, part in zip(row, linear(colour), strict=True))))
        for row in SIGHTS[sight]
    ]
    x = (0.4124564 * rgb[0] + 0.3575761 * rgb[1] + 0.1804375 * rgb[2]) / 0.95047
    y = luminance(rgb)
    z = (0.0193339 * rgb[0] + 0.1191920 * rgb[1] + 0.9503041 * rgb[2]) / 1.08883

    def bent(part: float) -> float:
        return part ** (1 / 3) if part > 216 / 24389 else (24389 / 27 * part + 16) / 116

    return 116 * bent(y) - 16, 500 * (bent(x) - bent(y)), 200 * (bent(y) - bent(z))


def coverage_colours(theme: dict[str, str]) -> dict[str, str]:
    return {value: theme[f"coverage-{value.replace('_', '-')}"] for value in Coverage.values}


@THEMES
@pytest.mark.parametrize("sight", SIGHTS)
def test_each_pair_of_coverage_colours_differs_for_every_sight(theme: dict[str, str], sight: str) -> None:
    for one, other in itertools.combinations(coverage_colours(theme).items(), 2):
        difference = math.dist(seen(one[1], sight), seen(other[1], sight))
        assert difference >= 15, f"{one} and {other} differ by {difference:.1f}"


@THEMES
def test_each_pair_of_coverage_colours_differs_in_black_and_white(theme: dict[str, str]) -> None:
    lightness = sorted(seen(colour, "normal")[0] for colour in coverage_colours(theme).values())
    assert min(after - before for before, after in itertools.pairwise(lightness)) >= 4


@THEMES
def test_a_coverage_mark_stands_out_from_the_page(theme: dict[str, str]) -> None:
    for value, colour in coverage_colours(theme).items():
        assert contrast(colour, theme["color-ground"]) >= 3, value


@THEMES
@pytest.mark.parametrize(
    ("ink", "ground", "least"),
    [
        ("ink", "ground", 7),
        ("ink", "surface-strong", 7),
        ("ink-quiet", "ground", 7),
        ("ink-quiet", "surface", 4.5),
        ("accent", "ground", 7),
        ("accent", "accent-soft", 4.5),
        ("accent-ink", "accent", 7),
        ("accent-ink", "accent-strong", 7),
        ("band-ink", "band", 7),
        ("info", "info-soft", 4.5),
        ("ok", "ok-soft", 4.5),
        ("warning", "warning-soft", 4.5),
        ("error", "error-soft", 4.5),
        ("error", "ground", 4.5),
        ("demonstration-ink", "demonstration", 7),
        ("line-strong", "ground", 3),
        ("focus", "ground", 3),
    ],
)
def test_text_and_edges_stand_out(theme: dict[str, str], ink: str, ground: str, least: float) -> None:
    assert contrast(theme[f"color-{ink}"], theme[f"color-{ground}"]) >= least


def test_paper_shows_the_coverage_colours_of_the_light_theme() -> None:
    assert coverage_colours(colours("@media print")) == coverage_colours(LIGHT)


# Coverage: a shape and a word with every colour


def test_every_value_of_coverage_has_a_shape_of_its_own() -> None:
    drawings = re.findall(r'<symbol id="icon-coverage-([\w-]+)"[^>]*>(.*?)</symbol>', ICONS)
    assert {name.replace("-", "_") for name, _drawing in drawings} == set(Coverage.values)
    assert len({drawing for _name, drawing in drawings}) == len(Coverage.values)


@pytest.mark.parametrize("value", Coverage)
def test_coverage_is_always_written_out(value: Coverage) -> None:
    html = coverage(value)
    assert f">{value.label}</span>" in html
    assert f"#icon-coverage-{value.replace('_', '-')}" in html
    assert COVERAGE_LABELS[value] == value.label


def test_coverage_follows_the_language_and_escapes_its_label() -> None:
    assert "&lt;b&gt;" in coverage("absent", "<b>")
    with translation.override("nl"):
        dutch = coverage("unknown")
    assert dutch != coverage("unknown")


def test_an_unknown_value_of_coverage_is_an_error() -> None:
    with pytest.raises(KeyError):
        coverage("maybe")


# The templates as files


def test_every_picture_that_is_asked_for_exists() -> None:
    drawn = set(re.findall(r'<symbol id="icon-([\w-]+)"', ICONS))
    asked = {name for path in TEMPLATES for name in re.findall(r'{% icon "([\w-]+)" %}', path.read_text())}
    assert asked
    assert asked <= drawn


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_no_template_needs_an_unsafe_content_security_policy(path: Path) -> None:
    source = re.sub(r"{%.*?%}|{{.*?}}", "", path.read_text())
    assert not re.search(r"\bhx-on\b|\bon(click|change|submit|load|input)=|javascript:", source)
    assert not re.search(r"<script(?![^>]*\bsrc=)", source)
    if "emails" not in path.parts:
        assert not re.search(r"\sstyle=|<style", source)


# Forms


class PolicyForm(forms.Form):
    """One of each kind of control."""

    value = forms.ChoiceField(
        label="Answer", choices=[("yes", "Yes"), ("no", "<No>")], widget=forms.RadioSelect
    )
    title = forms.CharField(label="Title", help_text="As on the <em>paper</em>.")
    email = forms.EmailField(label="Address", required=False)
    password = forms.CharField(
        label="Password", widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )
    number = forms.IntegerField(label="Number", required=False)
    starts_on = forms.DateField(label="First day", initial=dt.date(2023, 1, 2))
    kind = forms.ChoiceField(
        label="Kind",
        choices=[("", "Choose"), ("ivp", "IVP"), ("Other", [("note", "A & B"), ("plan", "Plan")])],
    )
    themes = forms.MultipleChoiceField(
        label="Themes",
        choices=[("a", "Polarisation"), ("Groups", [("b", "Jihadism")])],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    partners = forms.MultipleChoiceField(
        label="Partners", choices=[("p", "Police"), ("s", "School")], required=False
    )
    decided = forms.NullBooleanField(label="Decided", required=False)
    quotation = forms.CharField(label="Quotation", widget=forms.Textarea, required=False)
    document = forms.FileField(label="Document", required=False)
    agreed = forms.BooleanField(label="Agreed")
    token = forms.CharField(widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        if self.data.get("title") == "overlap":
            raise forms.ValidationError("The period overlaps another one.")
        return super().clean() or {}


def policy_form(data: dict[str, Any] | None = None, **options: Any) -> str:
    form = PolicyForm(QueryDict(mutable=True) if data == {} else data, **options)
    return render_crispy_form(form, FormHelper(), {"csrf_token": "token"})


def test_a_control_has_its_label_and_what_describes_it() -> None:
    html = policy_form()
    assert '<label class="utrecht-form-label" for="id_title">Title</label>' in html
    assert 'aria-describedby="id_title_helptext"' in html
    assert "As on the <em>paper</em>." in html
    assert 'autocomplete="current-password"' in html
    for described in re.findall(r'aria-describedby="([^"]+)"', html):
        assert set(described.split()) <= ids(html)
    for target in re.findall(r'<label[^>]* for="([^"]+)"', html):
        assert target in ids(html)


def test_what_is_not_required_says_so_in_words_except_in_a_search() -> None:
    words = "(not required)"
    assert policy_form().count(words) == sum(
        not field.required and not isinstance(field.widget, forms.CheckboxInput)
        for field in PolicyForm.base_fields.values()
    )
    helper = FormHelper()
    helper.form_method = "get"
    html = render_crispy_form(PolicyForm(), helper, {"csrf_token": "token"})
    assert words not in html
    assert "csrfmiddlewaretoken" not in html


def test_a_posted_form_carries_the_token_and_leaves_checking_to_the_server() -> None:
    form_tag = re.search(r"<form[^>]*>", policy_form())
    assert form_tag is not None
    assert "novalidate" in form_tag[0]
    assert 'enctype="multipart/form-data"' in form_tag[0]
    assert 'name="csrfmiddlewaretoken" value="token"' in policy_form()


def test_every_error_stands_beside_its_field_and_in_the_summary() -> None:
    html = policy_form({"title": "", "value": "perhaps", "number": "twelve", "email": "x", "themes": ["z"]})
    summary = html[html.index("data-error-summary") : html.index("</ul>")]
    assert re.search(r"1\d things must be corrected", summary)
    targets = re.findall(r'href="#([^"]+)"', summary)
    assert {"id_title", "id_value_0", "id_number", "id_email", "id_themes_0", "id_agreed"} <= set(targets)
    assert set(targets) <= ids(html)
    for name in ("title", "value", "number", "email", "themes", "agreed"):
        assert f'id="id_{name}_error"' in html
    assert re.search(r'<input[^>]*name="title"[^>]*aria-invalid="true"', html)
    assert re.search(r'aria-describedby="id_title_helptext id_title_error"', html)
    assert "Token – This field is required." in summary


def test_what_was_typed_is_kept() -> None:
    html = policy_form(
        {
            "title": '"quoted" & <kept>',
            "value": "no",
            "kind": "note",
            "themes": ["b"],
            "partners": ["s"],
            "decided": "false",
            "quotation": "<kept too>",
            "number": "twelve",
            "starts_on": "2024-02-30",
            "password": "secret",
            "agreed": "on",
        }
    )
    assert 'value="&quot;quoted&quot; &amp; &lt;kept&gt;"' in html
    assert re.search(r'<input type="radio" name="value" value="no"[^>]* checked', html)
    assert '<option value="note" selected>A &amp; B</option>' in html
    assert re.search(r'<input type="checkbox" name="themes" value="b"[^>]* checked', html)
    assert '<option value="s" selected>School</option>' in html
    assert '<option value="false" selected>No</option>' in html
    assert "&lt;kept too&gt;" in html
    assert 'value="twelve"' in html
    assert 'value="2024-02-30"' in html
    assert "secret" not in html
    assert re.search(r'<input type="checkbox" name="agreed"[^>]* checked', html)


def test_choices_are_escaped_and_stand_under_the_name_of_their_group() -> None:
    html = policy_form()
    assert "<span>&lt;No&gt;</span>" in html
    assert '<optgroup label="Other"><option value="note">A &amp; B</option>' in html
    assert '<p class="pt-choices__group">Groups</p>' in html
    assert html.count("<fieldset") == html.count("<legend") == 2
    assert (
        html.index('<option value="" selected>Choose')
        < html.index('<option value="ivp">')
        < html.index("<optgroup")
    )


def test_a_date_is_asked_with_the_browsers_own_picker() -> None:
    assert re.search(r'<input name="starts_on"[^>]*type="date"[^>]*value="2023-01-02"', policy_form())


def test_an_error_of_the_whole_form_has_no_field_to_go_to() -> None:
    summary = policy_form({"title": "overlap"})
    assert "<li>The period overlaps another one.</li>" in summary


def test_a_form_that_is_not_sent_has_no_errors() -> None:
    assert "data-error-summary" not in policy_form()


def test_what_is_there_already_can_be_opened_and_removed() -> None:
    class Stored(SimpleUploadedFile):
        url = "/media/ivp.pdf"

    html = policy_form(initial={"document": Stored("ivp.pdf", b"pdf")})
    assert '<a href="/media/ivp.pdf">ivp.pdf</a>' in html
    assert 'name="document-clear"' in html
    assert html.count('type="file"') == 1


def test_a_widget_that_makes_its_own_options_keeps_them() -> None:
    class Marked(forms.Select):
        def create_option(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
            option = super().create_option(*args, **kwargs)
            option["attrs"]["data-mark"] = "yes"
            return option

    class MarkedForm(forms.Form):
        kind = forms.ChoiceField(choices=[("a", "A")], widget=Marked)

    html = render_crispy_form(MarkedForm(), FormHelper())
    assert 'data-mark="yes"' in html
    assert "utrecht-select--html-select" in html


def test_the_layout_of_a_form() -> None:
    helper = FormHelper()
    helper.form_class = "own-class"
    helper.layout = Layout(
        Fieldset("The policy", Row(Column("title"), "kind"), css_class="with-class"),
        Div(InlineRadios("value"), AppendedText("number", "euro"), css_id="rest"),
        StrictButton("Just a button"),
        ButtonHolder(
            Submit("save", "State it"), Button("cancel", "Cancel", css_class="utrecht-button--subtle")
        ),
    )
    html = render_crispy_form(PolicyForm(), helper)
    assert '<form class="own-class"' in html
    assert '<legend class="pt-section__legend">The policy</legend>' in html
    assert '<div id="rest">' in html
    assert "pt-choices--columns" in html
    assert '<span class="pt-affix">euro</span>' in html
    assert re.search(r'<button type="submit"[^>]*class="utrecht-button utrecht-button--primary-action"', html)
    assert re.search(r'<button type="button"[^>]*class="utrecht-button utrecht-button--subtle"', html)
    assert re.search(r'<button [^>]*type="button"[^>]*>Just a button</button>', html)


def test_the_crispy_filters_use_the_same_templates() -> None:
    form = PolicyForm()
    whole = Template("{% load crispy_forms_tags %}{{ form|crispy }}").render(Context({"form": form}))
    one = Template("{% load crispy_forms_tags %}{{ form.title|as_crispy_field }}").render(
        Context({"form": form})
    )
    assert "utrecht-form-field" in one
    assert one.strip() in whole


# Pages that must work when nothing else does: rendered as Django does it, without a request


@pytest.mark.parametrize(
    ("name", "dutch"),
    [("400.html", "Het verzoek"), ("500.html", "Er ging iets mis"), ("403_csrf.html", None)],
)
def test_an_error_page_works_without_request_and_database(name: str, dutch: str | None) -> None:
    with translation.override("nl"):
        html = render_to_string(name)
    assert html.count("<h1") == 1
    assert '<html lang="nl"' in html
    if dutch:
        assert 'lang="en"' in html
        assert dutch in html


def test_a_refusal_says_why() -> None:
    html = render_to_string(
        "403.html", {"exception": "Only VNG may pause a rule."}, RequestFactory().get("/")
    )
    assert "Only VNG may pause a rule." in html


def test_who_is_locked_out_reads_for_how_long() -> None:
    context = {"cooloff_timedelta": dt.timedelta(minutes=14, seconds=1)}
    html = render_to_string("registration/locked_out.html", context, RequestFactory().get("/"))
    assert "again in 15 minutes" in html


# Mail


def test_a_message_says_that_it_was_made_with_invented_data() -> None:
    for name in ("emails/base.html", "emails/base.txt"):
        assert "invented data" not in render_to_string(name)
        assert "invented data" in render_to_string(name, {"demonstration": True})


def test_a_plain_message_holds_its_words_unescaped() -> None:
    context = {"button_label": "'s-Gravenhage & Rijswijk", "button_url": "https://example.com/?a=1&b=2"}
    assert "'s-Gravenhage & Rijswijk:\nhttps://example.com/?a=1&b=2" in render_to_string(
        "emails/base.txt", context
    )


def test_a_message_with_markup_leads_to_the_address_of_its_button() -> None:
    html = render_to_string(
        "emails/base.html", {"button_label": "Confirm", "button_url": "https://example.com/x"}
    )
    assert 'href="https://example.com/x"' in html


# The small parts


def test_a_day_and_a_number_are_written_in_the_reader_s_way() -> None:
    source = "{{ day|day }} {{ nothing|day }}|{{ number|number }}"
    context = {"day": dt.date(2025, 11, 3), "nothing": None, "number": 17_942_942}
    assert render(source, **context) == "Nov. 3, 2025 |17,942,942"
    with translation.override("nl"):
        assert render(source, **context) == "3 november 2025 |17.942.942"


@pytest.mark.parametrize(
    ("starts_on", "ends_on", "text"),
    [
        (dt.date(2023, 1, 1), dt.date(2026, 12, 31), "2023–2026"),
        (dt.date(2024, 1, 1), dt.date(2024, 12, 31), "2024"),
        (dt.date(2024, 1, 1), None, "2024–"),
    ],
)
def test_a_period_in_years(starts_on: dt.date, ends_on: dt.date | None, text: str) -> None:
    assert year_span(starts_on, ends_on) == text


def test_a_duration_is_rounded_up_to_a_minute() -> None:
    assert [minutes(dt.timedelta(seconds=seconds)) for seconds in (0, 60, 61)] == [1, 1, 2]


def test_a_source_is_named_by_its_site() -> None:
    assert host("https://www.utrecht.nl/bestuur/plan.pdf?x=1") == "utrecht.nl"


def test_the_path_to_a_page_begins_at_the_start_and_ends_here() -> None:
    html = breadcrumb("Municipalities", "/gemeenten/", "<Utrecht>")
    assert re.findall(r'href="([^"]+)"', html) == ["/", "/gemeenten/"]
    assert '<span class="utrecht-breadcrumb-nav__link" aria-current="page">&lt;Utrecht&gt;</span>' in html


def test_the_pages_of_a_list_keep_the_rest_of_the_address() -> None:
    pages = Paginator(range(342), 50)
    request = RequestFactory().get("/", {"q": "utrecht", "page": "3"})
    html = render_to_string("components/pagination.html", {"page": pages.page(3)}, request)
    assert 'href="?q=utrecht&amp;page=2"' in html
    assert 'rel="next" href="?q=utrecht&amp;page=4"' in html
    assert html.count('aria-current="page"') == 1
    assert (
        render_to_string("components/pagination.html", {"page": Paginator([], 50).page(1)}, request).strip()
        == ""
    )


def test_a_sorted_column_says_which_way() -> None:
    html = render(
        "{% include 'components/sort_header.html' with label='Name' url='?o=-name' direction='ascending' %}"
    )
    assert 'aria-sort="ascending"' in html
    assert 'href="?o=-name"' in html


def test_where_a_row_comes_from() -> None:
    public = SimpleNamespace(
        provenance="public_source",
        source_url="https://www.example.nl/plan.pdf",
        source_seen_on=dt.date(2025, 11, 3),
        get_confidence_display="sure",
    )
    html = render("{% include 'components/provenance.html' %}", row=public)
    assert ">example.nl</a>" in html
    assert "Nov. 3, 2025, sure" in html
    invented = render(
        "{% include 'components/provenance.html' %}", row=SimpleNamespace(provenance="demonstration")
    )
    assert "Invented for the demonstration" in invented


def test_a_task_posts_only_what_changes_something() -> None:
    actions = [
        {"label": "Still right", "url": "/confirm", "method": "post", "style": "primary"},
        {"label": "Change", "url": "/change"},
    ]
    html = render(
        "{% include 'components/task.html' with state='late' title='Is it right?' minutes=2 %}",
        actions=actions,
        csrf_token="token",
    )
    assert '<form method="post" action="/confirm"' in html
    assert 'value="token"' in html
    assert re.search(r'<a class="[^"]*" href="/change"', html)
    assert "about 2 minutes" in html
    assert "Late:" in html


def test_numbers_are_links_where_there_is_something_to_see() -> None:
    stats = [
        {"value": 24, "label": "Lapsed", "url": "/x", "coverage": "lapsed"},
        {"value": 0, "label": "Without contact"},
    ]
    html = render("{% include 'components/stat_strip.html' with label='Standing' %}", stats=stats)
    assert html.count("<a ") == 1
    assert "icon-coverage-lapsed" in html


def test_the_bar_above_a_list_names_its_filters_and_how_to_lose_them() -> None:
    chips = [{"label": "Province", "value": "Utrecht", "url": "?"}]
    exports = [{"label": "CSV", "url": "?format=csv"}]
    html = render(
        "{% include 'components/result_bar.html' with result='26 municipalities' clear_url='?' %}",
        chips=chips,
        exports=exports,
    )
    assert 'role="status">26 municipalities' in html
    assert "Remove filter" in html
    assert 'href="?format=csv"' in html


@pytest.mark.parametrize(
    ("kind", "shown"),
    [("success", "ok"), ("info", "info"), ("warning", "warning"), ("error", "error"), ("debug", "info")],
)
def test_a_message_of_django_gets_the_look_of_its_kind(kind: str, shown: str) -> None:
    assert f"utrecht-alert--{shown}" in render(
        "{% include 'components/alert.html' with text='x' %}", type=kind
    )


def test_facts_history_badge_and_an_empty_list() -> None:
    facts = [
        {"term": "Theme", "value": "Priority", "coverage": "priority", "note": "38 days left"},
        {"term": "Plan", "value": "2023–2026", "url": "/plan"},
    ]
    html = render("{% include 'components/facts.html' %}", facts=facts)
    assert html.count("<dt") == html.count("<dd") == 2
    assert "icon-coverage-priority" in html
    entries = [
        {"when": dt.datetime(2025, 11, 3, 12, tzinfo=dt.UTC), "who": "VNG", "what": "Seen", "why": "Asked"}
    ]
    assert 'datetime="2025-11-03' in render("{% include 'components/history.html' %}", entries=entries)
    assert "pt-badge--ok" in render("{% include 'components/badge.html' with text='Done' tone='ok' only %}")
    empty = render(
        "{% include 'components/empty_state.html' with heading='None' url='/add' url_label='Add' only %}"
    )
    assert 'href="/add"' in empty
    assert ">Add</a>" in empty
