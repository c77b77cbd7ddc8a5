"""Looks into one uploaded document, in a process of its own that can be stopped at any moment.

The file may be damaged, or made to harm whoever opens it. So this is a program, started by
`policytracker.documents` with little memory, little time and no environment, and it knows nothing of Django
or the database:

    python document_reader.py check < file     what it is, or why it is refused
    python document_reader.py text < file      what it says, page by page

Each answer is a line of JSON, written as soon as it is known: what was read stands when the time is up. Where
it holds no text something could not be read, as in a scan; without the last line, `END`, it is not the whole.
"""

import json
import logging
import re
import resource
import sys
import time
import zipfile
from collections.abc import Iterator
from enum import StrEnum
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, BinaryIO
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesNSImpl

if TYPE_CHECKING:
    from pypdf import PageObject, PdfReader

MEGABYTE = 1024 * 1024
MEMORY = 512 * MEGABYTE
SECONDS = {"check": 8, "text": 12}  # together less than a web worker may take over one request

MOST_ENTRIES = 5_000  # a thick plan with a hundred pictures has some two hundred
MOST_UNPACKED = 200 * MEGABYTE
MOST_UNPACKED_TIMES = 100  # larger than the file; running text packs to a tenth or a twentieth
MOST_PAGES = 500
MOST_TEXT = 2_000_000  # characters: more than so many pages of plain text have

Text = tuple[int | None, str | None]  # the page, and what stands there where that could be read
END = "end"
Name = tuple[str | None, str]  # of an XML element: namespace and local name


class Problem(StrEnum):
    """Why a document is refused."""

    PROGRAM = "program"
    UNKNOWN = "unknown"
    OLD_WORD = "old_word"
    LOCKED = "locked"
    BROKEN = "broken"
    ACTIVE = "active"
    ATTACHED = "attached"
    UNPACKS = "unpacks"
    TOO_MUCH = "too_much"


class RefusedError(Exception):
    """The document is refused, for the reason that it carries."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem = problem


# What it is, by its first bytes

PDF_START = b"%PDF-"
ZIP_START = b"PK\x03\x04"
OLD_WORD_START = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # .doc, and the wrapping of a DOCX with a password
PROGRAM_STARTS = (
    b"MZ",  # Windows
    b"\x7fELF",  # Linux
    *(b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe"),  # macOS
    b"\xca\xfe\xba\xbe",  # macOS, Java
    b"#!",  # a script
)


def check(file: BinaryIO) -> tuple[str, int | None]:
    """The kind of document and, for a PDF, its number of pages.

    Raises:
        RefusedError: when it is none of the kinds, or one that is not accepted.
    """
    start = file.read(8)
    if start.startswith(PDF_START):
        return "pdf", check_pdf(file)
    if start.startswith(ZIP_START):
        return check_archive(file), None
    if start.startswith(OLD_WORD_START):
        raise RefusedError(Problem.OLD_WORD)
    raise RefusedError(Problem.PROGRAM if start.startswith(PROGRAM_STARTS) else Problem.UNKNOWN)


def texts(file: BinaryIO) -> Iterator[Text]:
    """What a checked document says: page by page, or, where pages are not known, part by part."""
    left = MOST_TEXT
    for page, text in pdf_text(file) if file.read(5) == PDF_START else archive_text(file):
        if left <= 0:
            yield page, None
            return
        yield page, text and text[:left]
        left -= len(text or "")


# PDF

# Where the cross-reference table stands: a file that was cut off has lost it.
LAST_LINES = re.compile(rb"startxref\s+(\d+)\s+%%EOF[\s\0]*$")
TABLE = re.compile(rb"\s*(xref\b|\d+\s+\d+\s+obj\b)")

# By these a page shows a picture, a line or a surface.
PAINTS = re.compile(rb"(?<!\S)(?:Do|EI|sh|[fFBb]\*?|[Ss])(?!\S)")

# Actions by which a viewer runs something or sends something away.
RUNNING_ACTIONS = {"/JavaScript", "/Launch", "/ImportData", "/SubmitForm"}
CARRYING_ANNOTATIONS = {"/FileAttachment", "/RichMedia"}
# Where no viewer looks for an action, and where large documents keep most of what they have.
WITHOUT_ACTIONS = {"/AP", "/Contents", "/Metadata", "/P", "/Parent", "/Resources", "/StructTreeRoot"}


def check_pdf(file: BinaryIO) -> int:
    """The number of pages of a PDF that is whole, open and does nothing by itself."""
    from pypdf.errors import LimitReachedError

    check_ending(file)
    try:
        pdf = open_pdf(file)
        pages = len(pdf.pages)
        if not pages or "/Root" not in pdf.trailer:  # pypdf searches for what the trailer does not name
            raise RefusedError(Problem.BROKEN)
        for entry in dictionaries(pdf):
            if name_in(entry, "/S") in RUNNING_ACTIONS or "/JS" in entry or "/XFA" in entry:
                raise RefusedError(Problem.ACTIVE)
            if "/EF" in entry or name_in(entry, "/Subtype") in CARRYING_ANNOTATIONS:
                raise RefusedError(Problem.ATTACHED)
    except LimitReachedError as reached:
        raise RefusedError(Problem.TOO_MUCH) from reached
    return pages


def name_in(entry: dict[str, Any], key: str) -> str:
    """A name in a dictionary, wherever it stands: what pypdf's `get` gives may be a reference still."""
    if key not in entry:
        return ""
    return str(entry[key])


def check_ending(file: BinaryIO) -> None:
    """Refuse a PDF without the pointer at its end, which pypdf would rather repair than report."""
    size = file.seek(0, 2)
    file.seek(max(size - 1024, 0))
    last = LAST_LINES.search(file.read())
    if last is None or int(last[1]) >= size:
        raise RefusedError(Problem.BROKEN)
    file.seek(int(last[1]))
    if not TABLE.match(file.read(64)):
        raise RefusedError(Problem.BROKEN)


def open_pdf(file: BinaryIO) -> "PdfReader":
    """The PDF, unless it needs a password or restricts what may be done with it."""
    from pypdf import PdfReader
    from pypdf.errors import DependencyError, WrongPasswordError

    try:
        pdf = PdfReader(file)
    except (DependencyError, NotImplementedError, WrongPasswordError) as locked:
        raise RefusedError(Problem.LOCKED) from locked
    if pdf.is_encrypted:
        raise RefusedError(Problem.LOCKED)
    return pdf


def dictionaries(pdf: "PdfReader") -> Iterator[dict[str, Any]]:
    """Each dictionary that can be reached from the document's root and may hold an action or a file."""
    from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject

    seen: set[tuple[int, int]] = set()
    waiting: list[Any] = [pdf.root_object]
    while waiting:
        item = waiting.pop()
        if isinstance(item, IndirectObject):
            if (reference := (item.idnum, item.generation)) in seen:
                continue
            seen.add(reference)
            item = item.get_object()
        if isinstance(item, ArrayObject):
            waiting.extend(item)
        elif isinstance(item, DictionaryObject):
            yield item
            waiting.extend(item.raw_get(key) for key in item if key not in WITHOUT_ACTIONS)


def pdf_text(file: BinaryIO) -> Iterator[Text]:
    """The text of each page; of one that cannot be read (a scan, an odd font) there is none."""
    started = time.monotonic()
    pdf = open_pdf(file)
    for number, page in enumerate(pdf.pages, start=1):
        if number > MOST_PAGES or time.monotonic() - started > SECONDS["text"]:
            yield number, None
            return
        text: str | None = None
        try:
            text = page.extract_text()
            is_read = text.strip() or not shows_something(page)
        except Exception:  # pypdf raises anything on a page that is not as it should be
            is_read = False
        yield number, text if is_read else None


def shows_something(page: "PageObject") -> bool:
    """Whether a page is not blank."""
    content = page.get_contents()
    return content is not None and PAINTS.search(content.get_data()) is not None


# ODT and DOCX: archives of XML files

ODT_TYPE = b"application/vnd.oasis.opendocument.text"
ODT_SCRIPTS = {"Basic", "Scripts"}
ODT_PARTS = ("content.xml", "styles.xml")  # styles.xml has the headers and footers
OFFICE, DRAWING = (f"urn:oasis:names:tc:opendocument:xmlns:{name}:1.0" for name in ("office", "drawing"))
ODT_LISTENERS = (OFFICE, "event-listeners")  # what a document runs when somebody opens or prints it
ODT_OBJECTS = {(DRAWING, name) for name in ("object-ole", "plugin", "applet")}

CONTENT_TYPES = "[Content_Types].xml"
OVERRIDE = "{http://schemas.openxmlformats.org/package/2006/content-types}Override"
DOCX_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
DOCX_FOLDER = "word/"
MACRO_PARTS = ("vbaproject.bin", "vbadata.xml")
ACTIVE_FOLDER, EMBEDDED_FOLDER = "word/activex/", "word/embeddings/"
RELATIONSHIP = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
DATA_EXCHANGE = re.compile(r"^\s*DDE(?:AUTO)?\b", re.IGNORECASE | re.MULTILINE)  # starts another program
CHART_DATA = (".xlsx",)  # the table behind a chart is no attachment


def check_archive(file: BinaryIO) -> str:
    """Which kind of document the archive is, when it is whole, small enough and does nothing by itself."""
    with zipfile.ZipFile(file) as archive:
        check_entries(archive, file.seek(0, 2))
        names = archive.namelist()
        if names[0] == "mimetype":
            check_odt(archive)
            return "odt"
        if CONTENT_TYPES in names:
            check_docx(archive)
            return "docx"
    raise RefusedError(Problem.UNKNOWN)


def check_entries(archive: zipfile.ZipFile, size: int) -> None:
    """Refuse what unpacks to too much, hides where it belongs, is locked, or is damaged."""
    entries = archive.infolist()
    unpacked = sum(entry.file_size for entry in entries)
    if len(entries) > MOST_ENTRIES or unpacked > min(MOST_UNPACKED, MEGABYTE + size * MOST_UNPACKED_TIMES):
        raise RefusedError(Problem.UNPACKS)
    if any(entry.flag_bits & 0x1 for entry in entries):
        raise RefusedError(Problem.LOCKED)
    names = archive.namelist()
    if not names or len(set(names)) < len(names) or any(leads_outside(name) for name in names):
        raise RefusedError(Problem.BROKEN)
    if archive.testzip() is not None:
        raise RefusedError(Problem.BROKEN)


def leads_outside(name: str) -> bool:
    """Whether the name of an entry is a place outside its archive."""
    path = PurePosixPath(name.replace("\\", "/"))
    return path.is_absolute() or ".." in path.parts or name[1:2] == ":"


def check_odt(archive: zipfile.ZipFile) -> None:
    """Refuse what is no text, has a password or a macro, or cannot be read."""
    first, names = archive.infolist()[0], archive.namelist()
    with archive.open(first) as mimetype:
        if mimetype.read(len(ODT_TYPE) + 1).strip() != ODT_TYPE:
            raise RefusedError(Problem.UNKNOWN)
    if first.compress_type != zipfile.ZIP_STORED or first.header_offset or "content.xml" not in names:
        raise RefusedError(Problem.BROKEN)
    if "META-INF/manifest.xml" in names and b"encryption-data" in archive.read("META-INF/manifest.xml"):
        raise RefusedError(Problem.LOCKED)
    paths = [PurePosixPath(name) for name in names]
    if any(ODT_SCRIPTS & set(path.parts[:-1]) for path in paths):
        raise RefusedError(Problem.ACTIVE)
    for path in paths:
        if path.name in ODT_PARTS:  # of the document, or of a chart or formula in it
            parse(archive, str(path), OdtElements())


def check_docx(archive: zipfile.ZipFile) -> None:
    """Refuse what is no Word document, has a macro or another file inside, or cannot be read."""
    from defusedxml.ElementTree import parse as parse_tree

    with archive.open(CONTENT_TYPES) as listed:
        overrides = parse_tree(listed, forbid_dtd=True).iter(OVERRIDE)
        types = {entry.get("ContentType", ""): entry.get("PartName", "").lstrip("/") for entry in overrides}
    names = [name.lower() for name in archive.namelist()]
    if any("macroenabled" in kind.lower() for kind in types) or any(
        name.endswith(MACRO_PARTS) or name.startswith(ACTIVE_FOLDER) for name in names
    ):
        raise RefusedError(Problem.ACTIVE)
    if DOCX_TYPE not in types:
        raise RefusedError(Problem.UNKNOWN)
    if types[DOCX_TYPE] not in archive.namelist():
        raise RefusedError(Problem.BROKEN)
    if any(name.startswith(EMBEDDED_FOLDER) and not name.endswith(CHART_DATA) for name in names):
        raise RefusedError(Problem.ATTACHED)
    if any(fetches(archive, name) for name in archive.namelist() if name.lower().endswith(".rels")):
        raise RefusedError(Problem.ACTIVE)
    for part in text_parts(archive):
        fields = Fields()
        parse(archive, part, fields)
        if DATA_EXCHANGE.search("".join(fields.pieces)):
            raise RefusedError(Problem.ACTIVE)


def fetches(archive: zipfile.ZipFile, relationships: str) -> bool:
    """Whether opening the document fetches something from elsewhere; a hyperlink waits for a click."""
    from defusedxml.ElementTree import parse as parse_tree

    with archive.open(relationships) as listed:
        return any(
            entry.get("TargetMode", "").lower() == "external"
            and entry.get("Type", "").rpartition("/")[2] != "hyperlink"
            for entry in parse_tree(listed, forbid_dtd=True).iter(RELATIONSHIP)
        )


def text_parts(archive: zipfile.ZipFile) -> list[str]:
    """The files of the archive that may hold what a reader reads: the text, notes, headers, remarks."""
    names = archive.namelist()
    return [name for name in ODT_PARTS if name in names] or [
        name for name in names if name.startswith(DOCX_FOLDER) and name.endswith(".xml")
    ]


def archive_text(file: BinaryIO) -> Iterator[Text]:
    """The text of each part. Where pages begin is known only to the program that shows them."""
    with zipfile.ZipFile(file) as archive:
        for part in text_parts(archive):
            paragraphs = Paragraphs()
            parse(archive, part, paragraphs)
            if paragraphs.text:
                yield None, paragraphs.text


def parse(archive: zipfile.ZipFile, part: str, handler: ContentHandler) -> None:
    """Read a part as XML without a document type, entities or anything from elsewhere."""
    from defusedxml.expatreader import DefusedExpatParser

    parser = DefusedExpatParser(namespaceHandling=1, forbid_dtd=True)
    parser.setContentHandler(handler)
    with archive.open(part) as stream:
        parser.parse(stream)


ODF = "urn:oasis:names:tc:opendocument:xmlns:text:1.0"
WORD = (
    "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    "http://purl.oclc.org/ooxml/wordprocessingml/main",
)
PARAGRAPHS = {(ODF, "p"), (ODF, "h"), *((word, "p") for word in WORD)}
# Word keeps what was removed under "track changes"; it can still be read there.
WITH_TEXT = {(ODF, "p"), (ODF, "h"), *((word, name) for word in WORD for name in ("t", "delText"))}
MARKS = {
    **{(ODF, name): " " for name in ("s", "tab", "line-break")},
    **{(word, name): " " for word in WORD for name in ("tab", "br", "cr")},
    **{(word, "noBreakHyphen"): "-" for word in WORD},
}


class Paragraphs(ContentHandler):
    """Gathers the text of a part, each paragraph on a line of its own, however it is cut up within."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self.depth = 0

    @property
    def text(self) -> str:
        """What was gathered."""
        return "".join(self.pieces).strip()

    def startElementNS(self, name: Name, qname: str | None, attrs: AttributesNSImpl) -> None:
        """Begin a paragraph or a piece of text."""
        if name in PARAGRAPHS:
            self.pieces.append("\n")
        if name in WITH_TEXT:
            self.depth += 1
        elif name in MARKS:
            self.pieces.append(MARKS[name])

    def endElementNS(self, name: Name, qname: str | None) -> None:
        """End a paragraph or a piece of text."""
        if name in WITH_TEXT:
            self.depth -= 1
        if name in PARAGRAPHS:
            self.pieces.append("\n")

    def characters(self, content: str) -> None:
        """Keep what is text."""
        if self.depth:
            self.pieces.append(content)


class OdtElements(ContentHandler):
    """Refuses the elements by which an ODT runs something, or has something inside that is no picture."""

    def startElementNS(self, name: Name, qname: str | None, attrs: AttributesNSImpl) -> None:
        """Look at an element."""
        if name == ODT_LISTENERS:
            raise RefusedError(Problem.ACTIVE)
        if name in ODT_OBJECTS:
            raise RefusedError(Problem.ATTACHED)


FIELD_TEXTS = {(word, "instrText") for word in WORD}
FIELD_MARKS = {(word, "fldChar") for word in WORD}


class Fields(ContentHandler):
    """Gathers the instructions of the fields of a part, each on a line of its own, however it is cut up."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self.is_within = False

    def startElementNS(self, name: Name, qname: str | None, attrs: AttributesNSImpl) -> None:
        """Begin a field, or a piece of its instruction."""
        if name in FIELD_MARKS:
            self.pieces.append("\n")
        self.is_within = name in FIELD_TEXTS
        for word in WORD:
            if instruction := attrs.get((word, "instr")):  # the whole of a simple field
                self.pieces.append(f"\n{instruction}\n")

    def endElementNS(self, name: Name, qname: str | None) -> None:
        """End a piece of an instruction."""
        self.is_within = False

    def characters(self, content: str) -> None:
        """Keep what belongs to an instruction."""
        if self.is_within:
            self.pieces.append(content)


# The program


def restrict() -> None:
    """Give this process little memory and time, and nothing to write to but its output."""
    for kind, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, sum(SECONDS.values())),
        (resource.RLIMIT_FSIZE, 0),
    ):
        _soft, hard = resource.getrlimit(kind)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (most, most))


def verdict(file: BinaryIO) -> dict[str, Any]:
    """What the document is, or why it is refused; what nobody foresaw in it is damage."""
    try:
        kind, pages = check(file)
    except RefusedError as refused:
        return {"problem": refused.problem}
    except ImportError:
        raise  # not the document's fault
    except MemoryError:
        return {"problem": Problem.TOO_MUCH}
    except Exception:
        return {"problem": Problem.BROKEN}
    return {"kind": kind, "pages": pages}


def main(task: str) -> None:
    """Answer what was asked about the file on standard input."""
    restrict()
    logging.disable()
    with open(0, "rb", closefd=False) as file:
        if task == "check":
            print(json.dumps(verdict(file)), flush=True)  # noqa: T201
            return
        try:
            for text in texts(file):
                print(json.dumps(text), flush=True)  # noqa: T201
            print(json.dumps(END), flush=True)  # noqa: T201
        except ImportError:
            raise
        except Exception:  # what was read stands
            return


if __name__ == "__main__":
    main(sys.argv[1])
