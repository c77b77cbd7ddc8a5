"""A text told apart word by word: right, safe, and to be heard as well as seen."""

import re

import pytest
from django.utils import translation

from policytracker.text_difference import COMPARED, Piece, difference, pieces


def test_only_the_words_that_changed_are_marked() -> None:
    assert list(pieces("We train ten teachers a year.", "We now train ten teachers.")) == [
        Piece(False, False, "We"),
        Piece(False, True, " now"),
        Piece(False, False, " train ten"),
        Piece(True, False, " teachers a year."),
        Piece(False, True, " teachers."),
    ]


def test_texts_with_nearly_nothing_in_common_are_not_told_apart() -> None:
    before, after = "Knowledge stays in the systems that exist.", "All officers follow a course in the fall."
    assert list(pieces(before, after)) == [Piece(True, False, before), Piece(False, True, after)]
    assert list(pieces("", after)) == [Piece(False, True, after)]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "new"),
        ("old", ""),
        ("a  b\n\nc ", "a b\nc"),
        ("one two three", "three two one"),
        ("x " * (COMPARED + 1), "y " * (COMPARED + 1)),
    ],
)
def test_the_pieces_make_up_both_texts(before: str, after: str) -> None:
    found = list(pieces(before, after))
    assert "".join(piece.text for piece in found if not piece.is_added) == before
    assert "".join(piece.text for piece in found if not piece.is_removed) == after


def test_of_a_long_text_only_what_stands_beside_a_change_is_shown() -> None:
    words = [f"word{number}" for number in range(200)]
    before, after = " ".join([*words, "old", *words]), " ".join([*words, "new", *words])
    first, removed, added, last = pieces(before, after)
    assert (removed.text, added.text) == (" old", " new")
    assert first.text == " […] " + " ".join(words[-15:])
    assert last.text == " " + " ".join(words[:15]) + " […]"


def test_hostile_text_is_shown_and_never_run() -> None:
    html = difference("<b>was</b>", "<script>alert(1)</script> & “is”")
    assert set(re.findall(r"</?(\w+)", html)) == {"del", "ins", "span"}
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp;" in html
    assert "&lt;b&gt;was&lt;/b&gt;" in html


def test_what_is_marked_is_also_said() -> None:
    with translation.override("en"):
        html = difference("keep this old", "keep this new")
    assert re.sub("<[^>]+>", "", html) == "keep this [removed: old] [added: new]"
