"""The letter as an OpenDocument text, to go on writing in: real headings, tables with a head, and Dutch."""

import datetime as dt
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from odfdo import Cell, Column, Document, Element, Header, HeaderRows, Paragraph, Row, Span, Style, Tab
from odfdo import Table as OdfTable

from dashboards.letters.content import Block, Fact, Letter, Table

STYLES = Path(__file__).with_name("styles.xml")
LANGUAGE = "nl-NL"
TEXT_WIDTH, WORDS, FIGURES = 160, 40, 19  # millimetres; of a column that is not the first
CELL, ROW = "Cell", "Row"
RULE = "0.5pt solid #8c8c8c"
PARAGRAPHS = {"paragraph": "Text_20_body", "quotation": "Quotations"}


def odt(letter: Letter) -> bytes:
    """The letter as a file for a word processor."""
    document = Document("text")
    document.set_part("styles.xml", STYLES.read_bytes())
    describe(document, letter)
    cell = Style("table-cell", name=CELL, border_top=RULE, border_bottom=RULE, padding="0.12cm")
    row = Style("table-row", name=ROW)
    row.set_properties({"fo:keep-together": "always"}, area="table-row")
    for style in (cell, row):
        document.insert_style(style, automatic=True)
    body = document.body
    body.clear()
    if letter["notice"]:
        body.append(Paragraph(letter["notice"], style="Notice"))
    for line in facts(letter["head"]):
        body.append(line)
    body.append(heading(1, letter["title"]))
    for number, block in enumerate(letter["blocks"], start=1):
        for element in elements(document, block, number):
            body.append(element)
    body.append(Paragraph(letter["source"], style="Source"))
    file = BytesIO()
    document.save(file)
    return file.getvalue()


def describe(document: Document, letter: Letter) -> None:
    """Write down what the document is, for whoever looks for it."""
    document.language = LANGUAGE
    meta, made_at = document.meta, dt.datetime.fromisoformat(letter["made_at"])
    meta.title = f"{letter['title']} – {letter['number']}"
    meta.subject = letter["source"]
    meta.initial_creator = meta.creator = letter["author"]
    meta.creation_date = meta.date = made_at


def elements(document: Document, block: Block, number: int) -> Iterator[Element]:
    """What a block of the letter consists of; `number` tells it from the others."""
    match block["kind"]:
        case "heading":
            yield heading(2, block["text"])
        case "paragraph" | "quotation" as kind:
            yield Paragraph(block["text"], style=PARAGRAPHS[kind])
        case "facts":
            yield from facts(block["facts"])
        case "table":
            yield Paragraph(block["caption"], style="Caption")
            yield table(document, block, f"Table{number}")
        case "lines":
            yield Paragraph(block["text"], style="Closing")
            for label in block["labels"]:
                line = Paragraph(label, style="Line_20_to_20_write_20_on")
                line.append(Tab())
                line.append(Tab())
                yield line


def heading(level: int, text: str) -> Header:
    """A heading that a reader can jump to."""
    header = Header(level, text)
    header.set_attribute("text:style-name", f"Heading_20_{level}")
    return header


def facts(known: list[Fact]) -> Iterator[Paragraph]:
    """Values behind their names."""
    for fact in known:
        line = Paragraph(style="Last_20_fact" if fact is known[-1] else "Fact")
        line.append(Span(fact["term"], style="Name"))
        line.append(Tab())
        line.append_plain_text(fact["value"])
        yield line


def table(document: Document, block: Table, name: str) -> OdfTable:
    """A table whose head is repeated on each page."""
    made = OdfTable(name)
    others = [FIGURES if column["is_number"] else WORDS for column in block["columns"][1:]]
    for width in (TEXT_WIDTH - sum(others), *others):
        style = Style("table-column", name=f"Column{width}", width=f"{width}mm")
        document.insert_style(style, automatic=True)
        made.append(Column(style=style.name))
    are_numbers = [column["is_number"] for column in block["columns"]]
    head = HeaderRows()
    head.append(row([column["title"] for column in block["columns"]], are_numbers, "Table_20_Heading"))
    made.append(head)
    for cells in block["rows"]:
        made.append(row(cells, are_numbers, "Table_20_Contents"))
    return made


def row(texts: list[str], are_numbers: list[bool], style: str) -> Row:
    """A row of texts, those of figures at the right side."""
    made = Row(style=ROW)
    for text, is_number in zip(texts, are_numbers, strict=True):
        cell = Cell(style=CELL, cell_type="string")
        cell.append(Paragraph(text, style=f"{style}_20_Figure" if is_number else style))
        made.append(cell)
    return made
