"""What a letter to the council consists of: words and figures in their order, as JSON.

A letter is written once and kept as it was. What shows it (a page, an ODT file, a PDF file) reads nothing but
this, so that it says the same on every later day and in every form. A new version of the shape is added here
and to `CouncilLetter`; whatever shows letters goes on to read the versions that were ever written.
"""

from typing import Literal, TypedDict

VERSION = 1


class Fact(TypedDict):
    """A value with its name before it."""

    term: str
    value: str


class Heading(TypedDict):
    """The heading of a section."""

    kind: Literal["heading"]
    text: str


class Paragraph(TypedDict):
    """Running text."""

    kind: Literal["paragraph"]
    text: str


class Quotation(TypedDict):
    """Text of somebody else, with its own line ends."""

    kind: Literal["quotation"]
    text: str


class Facts(TypedDict):
    """Values with their names."""

    kind: Literal["facts"]
    facts: list[Fact]


class Column(TypedDict):
    """The head of a column; figures stand at its right side."""

    title: str
    is_number: bool


class Table(TypedDict):
    """A table; the first cell of a row is its name."""

    kind: Literal["table"]
    caption: str
    columns: list[Column]
    rows: list[list[str]]


class Lines(TypedDict):
    """A text, and beneath it lines to write on with a pen, each with what is asked before it."""

    kind: Literal["lines"]
    text: str
    labels: list[str]


Block = Heading | Paragraph | Quotation | Facts | Table | Lines


class Letter(TypedDict):
    """The whole letter. `made_at` is a moment in ISO 8601; everything else is shown as it stands."""

    number: str
    made_at: str
    author: str
    title: str
    notice: str
    head: list[Fact]
    blocks: list[Block]
    source: str
