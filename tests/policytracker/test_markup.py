"""HTML is written once for the same values, and anew for others and for another language."""

from typing import Any

from django.utils import translation
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from policytracker.choices import label, labels
from policytracker.markup import joined, written_once
from policytracker.provenance import Confidence


def test_the_same_is_written_once() -> None:
    written: list[Any] = []

    @written_once(kept=10)
    def item(text: str) -> SafeString:
        written.append(text)
        return format_html("<li>{}</li>", text)

    assert [item("a"), item("<b>"), item("a")] == ["<li>a</li>", "<li>&lt;b&gt;</li>", "<li>a</li>"]
    assert written == ["a", "<b>"]


def test_each_language_has_its_own() -> None:
    @written_once(kept=10)
    def word() -> SafeString:
        return format_html("<b>{}</b>", gettext("Municipalities"))

    with translation.override("nl"):
        assert word() == "<b>Gemeenten</b>"
    with translation.override("en"):
        assert word() == "<b>Municipalities</b>"


def test_joined_pieces_stay_safe() -> None:
    assert (
        format_html("{}", joined([format_html("<i>{}</i>", "&"), SafeString("<br>")])) == "<i>&amp;</i><br>"
    )


def test_labels_are_in_the_readers_language() -> None:
    with translation.override("en"):
        assert (label(Confidence, "high"), label(Confidence, ""), label(Confidence, None)) == ("sure", "", "")
    with translation.override("nl"):
        assert labels(Confidence) == {None: "", "high": "zeker", "medium": "vrij zeker", "low": "niet zeker"}
