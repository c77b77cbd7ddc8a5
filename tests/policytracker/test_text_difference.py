"""A text told apart word by word: right, safe, and to be heard as well as seen."""

import re

import pytest
from django.utils import translation

from policytracker.text_difference import COMPARED, Piece, difference, pieces


def test_only_the_words_that_changed_are_marked() -> None:
    assert list(pieces("We train ten teachers.", "We train twenty teachers a year.")) == [
        Piece(False, False, "We train"),
        Piece(True, False, " ten teachers."),
        Piece(False, True, " twenty teachers a year."),
    ]


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
        html = difference("keep old", "keep new")
    assert re.sub("<[^>]+>", "", html) == "keep [removed: old] [added: new]"
