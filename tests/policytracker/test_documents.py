"""Documents are known by what is in them; what could do harm is refused with a way out."""

import hashlib
import io
import re
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django import forms
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.utils import translation
from pypdf import PdfWriter
from pypdf.annotations import Link
from pypdf.generic import (
    ArrayObject,
    DictionaryObject,
    NameObject,
    NumberObject,
    RectangleObject,
    TextStringObject,
)

from policytracker import document_reader, documents
from policytracker.documents import (
    Checked,
    DocumentField,
    Kind,
    Reading,
    document_response,
    text_of,
    upload_to,
)
from tests.policytracker.documents import (
    archive,
    docx,
    docx_parts,
    odt,
    odt_parts,
    pdf,
    upload,
)


def problem(content: bytes) -> str | None:
    """Why the reader refuses this; it is asked here, in this process, as most tests need not start one."""
    return document_reader.verdict(io.BytesIO(content)).get("problem")


# What is accepted


@pytest.mark.parametrize(
    ("content", "kind", "pages"),
    [(pdf("a", "b", "c"), Kind.PDF, 3), (odt(), Kind.ODT, None), (docx(), Kind.DOCX, None)],
    ids=["pdf", "odt", "docx"],
)
def test_a_document_cleans_to_what_it_is(content: bytes, kind: Kind, pages: int | None) -> None:
    file = upload(content, f"Plan van aanpak{kind.extension.upper()}")
    checked = DocumentField().clean(file)
    assert checked == Checked(
        file=file,
        kind=kind,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        name=f"Plan van aanpak{kind.extension}",
        pages=pages,
    )
    assert file.read() == content
    assert (file.name, file.content_type) == (checked.name, kind.media_type)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("IVP 2027.docx", "IVP 2027.pdf"),
        ("IVP 2027.PDF", "IVP 2027.pdf"),
        ("IVP 2023.2026", "IVP 2023.2026.pdf"),
        ("ivp.exe", "ivp.exe.pdf"),
        ("ivp", "ivp.pdf"),
        ("../../etc/ivp.pdf", "ivp.pdf"),
        ("Beleid\u202efdp.exe", "Beleidfdp.exe.pdf"),
        ('a"b\r\nSet-Cookie: x.pdf', "a-bSet-Cookie- x.pdf"),
        ("Veiligheid in Súdwest-Fryslân.pdf", "Veiligheid in Súdwest-Fryslân.pdf"),
        ("...", "document.pdf"),
        ("x" * 300 + ".pdf", "x" * 120 + ".pdf"),
    ],
)
def test_the_content_gives_the_name_its_ending(given: str, kept: str) -> None:
    assert documents.safe_name(Path(given).name, Kind.PDF) == kept
    assert documents.safe_name(kept, Kind.PDF) == kept


def test_a_document_under_the_name_of_another_kind_is_taken_in_under_its_own() -> None:
    checked = DocumentField().clean(upload(pdf(), "IVP.docx"))
    assert (checked.kind, checked.name, checked.file.name) == (Kind.PDF, "IVP.pdf", "IVP.pdf")


def test_a_field_may_be_left_empty_or_left_as_it_is() -> None:
    assert DocumentField(required=False).clean(None) is None
    assert DocumentField().clean(None, initial="stored") == "stored"
    with pytest.raises(ValidationError):
        DocumentField().clean(None)


def test_the_field_says_what_it_takes(settings: Any) -> None:
    settings.DOCUMENT_MAX_SIZE = 5 * 1024 * 1024 // 2

    class Form(forms.Form):
        document = DocumentField()

    with translation.override("en"):
        assert str(Form()["document"].help_text) == "A PDF, ODT or DOCX of at most 2.5 MB."
    assert 'accept=".pdf,.odt,.docx,application/pdf' in str(Form()["document"])


# What is refused


@pytest.mark.parametrize(
    "content",
    [b"MZ\x90\x00" + bytes(100), b"\x7fELF\x02\x01\x01" + bytes(100), b"#!/bin/sh\nrm -r plannen\n"],
    ids=["windows", "linux", "script"],
)
def test_a_program_under_the_name_of_a_document_is_refused(content: bytes) -> None:
    with translation.override("en"), pytest.raises(ValidationError, match="is a program, whatever its name"):
        DocumentField().clean(upload(content, "IVP.pdf"))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"<html><script>alert(1)</script>", "unknown"),
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "unknown"),
        (archive({"bestand.exe": b"MZ"}), "unknown"),
        (archive({"mimetype": "application/vnd.oasis.opendocument.spreadsheet"}), "unknown"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "old_word"),
    ],
    ids=["html", "picture", "zip", "spreadsheet", "doc"],
)
def test_another_kind_of_file_is_refused(content: bytes, reason: str) -> None:
    assert problem(content) == reason


def test_an_empty_file_is_refused() -> None:
    with translation.override("en"), pytest.raises(ValidationError, match="empty"):
        DocumentField().clean(upload(b""))


def test_a_file_that_is_too_large_is_refused_before_it_is_looked_into(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DOCUMENT_MAX_SIZE = 1024 * 1024
    monkeypatch.setattr(documents, "looked_into", lambda file: pytest.fail("looked into"))
    with translation.override("en"), pytest.raises(ValidationError, match="larger than 1 MB"):
        DocumentField().clean(upload(bytes(1024 * 1024 + 1)))


@pytest.mark.parametrize("reason", document_reader.Problem)
def test_each_problem_is_told_with_what_to_do(reason: document_reader.Problem) -> None:
    with translation.override("en"):
        assert re.search(r"\b(Save|Choose|Print|Open|choose)\b", str(DocumentField().error_messages[reason]))


# PDF


def change_of(root: dict[str, Any]) -> Callable[[PdfWriter], None]:
    def change(writer: PdfWriter) -> None:
        for key, value in root.items():
            writer.root_object[NameObject(key)] = value

    return change


def action(kind: str, **entries: Any) -> DictionaryObject:
    made = DictionaryObject({NameObject("/S"): NameObject(kind)})
    made.update({NameObject(f"/{key}"): value for key, value in entries.items()})
    return made


def names_of_scripts() -> DictionaryObject:
    tree = DictionaryObject(
        {NameObject("/Names"): ArrayObject([TextStringObject("start"), action("/JavaScript")])}
    )
    return DictionaryObject({NameObject("/JavaScript"): tree})


def with_action_on_a_link(writer: PdfWriter) -> None:
    annotation = writer.add_annotation(0, Link(rect=RectangleObject((0, 0, 9, 9)), url="https://example.org"))
    annotation[NameObject("/A")] = writer._add_object(action("/Launch", F=TextStringObject("cmd.exe")))


def with_action_after_an_action(writer: PdfWriter) -> None:
    harmless = action("/Named", Next=ArrayObject([writer._add_object(action("/JavaScript"))]))
    writer.root_object[NameObject("/OpenAction")] = writer._add_object(harmless)


def with_action_of_a_kind_that_stands_elsewhere(writer: PdfWriter) -> None:
    kind = writer._add_object(NameObject("/Launch"))
    writer.root_object[NameObject("/OpenAction")] = DictionaryObject({NameObject("/S"): kind})


def with_film_of_a_kind_that_stands_elsewhere(writer: PdfWriter) -> None:
    annotation = writer.add_annotation(0, Link(rect=RectangleObject((0, 0, 9, 9)), url="https://example.org"))
    annotation[NameObject("/Subtype")] = writer._add_object(NameObject("/RichMedia"))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (with_action_of_a_kind_that_stands_elsewhere, "active"),
        (with_film_of_a_kind_that_stands_elsewhere, "attached"),
        (change_of({"/Names": names_of_scripts()}), "active"),
        (change_of({"/OpenAction": action("/JavaScript")}), "active"),
        (change_of({"/AcroForm": DictionaryObject({NameObject("/XFA"): ArrayObject()})}), "active"),
        (change_of({"/AA": DictionaryObject({NameObject("/WC"): action("/SubmitForm")})}), "active"),
        (with_action_on_a_link, "active"),
        (with_action_after_an_action, "active"),
        (lambda writer: writer.add_attachment("lijst.xlsx", b"PK"), "attached"),
        (lambda writer: writer.encrypt("geheim", algorithm="RC4-128"), "locked"),
        (lambda writer: writer.encrypt("", "eigenaar", algorithm="RC4-128"), "locked"),
    ],
    ids=[
        "kind",
        "film",
        "names",
        "open",
        "xfa",
        "submit",
        "launch",
        "next",
        "attachment",
        "password",
        "restricted",
    ],
)
def test_a_pdf_that_does_something_or_hides_something_is_refused(
    change: Callable[[PdfWriter], object], reason: str
) -> None:
    assert problem(pdf(change=change)) == reason


def test_a_pdf_with_a_lock_that_cannot_be_undone_here_is_refused_too() -> None:
    def with_aes(writer: PdfWriter) -> None:
        numbers = {"/V": 5, "/R": 6, "/Length": 256, "/P": -4}
        lock = DictionaryObject({NameObject(key): NumberObject(value) for key, value in numbers.items()})
        lock[NameObject("/Filter")] = NameObject("/Standard")
        for key in ("/O", "/U", "/OE", "/UE", "/Perms"):
            lock[NameObject(key)] = TextStringObject("x" * 48)
        references.append(writer._add_object(lock).idnum)

    references: list[int] = []
    whole = pdf(change=with_aes)
    locked = whole.replace(b"trailer\n<<", b"trailer\n<< /Encrypt %d 0 R" % references[0])
    assert locked != whole
    assert problem(locked) == "locked"


def test_a_pdf_with_links_and_an_outline_is_no_danger() -> None:
    def change(writer: PdfWriter) -> None:
        writer.add_annotation(0, Link(rect=RectangleObject((0, 0, 9, 9)), url="https://example.org"))
        writer.add_outline_item(title="Radicalisering", page_number=0)

    assert problem(pdf(change=change)) is None


def test_a_pdf_that_was_saved_again_by_adding_to_it_is_accepted() -> None:
    """Each addition has a table of its own, which points to the one before."""
    first = pdf()
    table = int(re.findall(rb"startxref\s+(\d+)", first)[-1])
    at = len(first)
    added = b"xref\n0 1\n0000000000 65535 f \ntrailer\n"
    root = re.search(rb"/Root (\d+ 0 R)", first)
    assert root is not None
    added += b"<< /Size 9 /Root %s /Prev %d >>\nstartxref\n%d\n%%%%EOF\n" % (root[1], table, at)
    assert problem(first + added) is None


@pytest.mark.parametrize(
    "spoil",
    [
        lambda whole: whole[: len(whole) // 2],
        lambda whole: whole[:-8],
        lambda whole: re.sub(rb"startxref\s+\d+", b"startxref\n3", whole),
        lambda whole: re.sub(rb"startxref\s+\d+", b"startxref\n99999999", whole),
        lambda whole: whole.replace(b"/Root", b"/Boot"),
        lambda whole: whole.replace(b"/Kids", b"/Kinds"),
        lambda whole: b"%PDF-1.7\n" + bytes(500),
    ],
    ids=["half", "end", "pointer", "far", "root", "pages", "nothing"],
)
def test_a_damaged_pdf_is_refused(spoil: Callable[[bytes], bytes]) -> None:
    spoiled = spoil(pdf("a", "b"))
    assert problem(spoiled) == "broken"


# Archives


def test_a_document_of_word_online_may_call_its_main_part_otherwise() -> None:
    parts = docx_parts()
    parts["word/document2.xml"] = parts.pop("word/document.xml")
    parts["[Content_Types].xml"] = str(parts["[Content_Types].xml"]).replace("document.xml", "document2.xml")
    assert problem(archive(parts)) is None


ENTITIES = '<!DOCTYPE d [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><d>&b;</d>'
MACRO_TYPE = "application/vnd.ms-word.document.macroEnabled.main+xml"


def rels(kind: str, mode: str = "External") -> dict[str, str | bytes]:
    of_package = "http://schemas.openxmlformats.org/package/2006/relationships"
    of_document = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    listed = f'<Relationship Id="r1" Type="{of_document}/{kind}" Target="https://a.nl" TargetMode="{mode}"/>'
    return docx_parts() | {
        "word/_rels/settings.xml.rels": f'<Relationships xmlns="{of_package}">{listed}</Relationships>'
    }


def field(*instruction: str) -> dict[str, str | bytes]:
    runs = "".join(f"<w:r><w:instrText>{piece}</w:instrText></w:r>" for piece in instruction)
    begin, end = (f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>' for kind in ("begin", "end"))
    return docx_parts(body=f"<w:p>{begin}{runs}{end}</w:p>")


def odt_with(element: str) -> dict[str, str | bytes]:
    names = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "drawing")
    )
    return odt_parts(body=f"<{element} {names}/>")


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        (rels("attachedTemplate"), "active"),
        (rels("image", "external"), "active"),
        (field(" DDEAUTO c:\\cmd.exe"), "active"),
        (field(" D", "DE excel"), "active"),
        (docx_parts(body='<w:p><w:fldSimple w:instr="dde excel"/></w:p>'), "active"),
        (odt_with("office:event-listeners"), "active"),
        (odt_with("drawing:object-ole"), "attached"),
        (odt_parts() | {"Object 1/content.xml": odt_with("office:event-listeners")["content.xml"]}, "active"),
        (odt_parts() | {"Object 1/Basic/Module1.xml": "<x/>"}, "active"),
        (docx_parts() | {"word/vbaProject.bin": b"x"}, "active"),
        (docx_parts() | {"word/VBAPROJECT.BIN": b"x"}, "active"),
        (docx_parts() | {"word/activeX/activeX1.xml": "<x/>"}, "active"),
        (docx_parts() | {"word/embeddings/oleObject1.bin": b"x"}, "attached"),
        (docx_parts() | {"word/document.xml": "<w>"}, "broken"),
        (docx_parts() | {"word/document.xml": ENTITIES}, "broken"),
        (docx_parts() | {"[Content_Types].xml": ENTITIES}, "broken"),
        (docx_parts() | {"[Content_Types].xml": "<Types/>"}, "unknown"),
        ({"[Content_Types].xml": docx_parts()["[Content_Types].xml"]}, "broken"),
        (odt_parts() | {"Basic/Standard/Module1.xml": "<x/>"}, "active"),
        (odt_parts() | {"Scripts/python/x.py": "x"}, "active"),
        (odt_parts() | {"content.xml": "<w>"}, "broken"),
        (odt_parts() | {"content.xml": ENTITIES}, "broken"),
        ({"mimetype": odt_parts()["mimetype"]}, "broken"),
        (odt_parts() | {"META-INF/manifest.xml": "<m:encryption-data/>"}, "locked"),
        (odt_parts() | {"../../etc/passwd": "x"}, "broken"),
        (odt_parts() | {"/etc/passwd": "x"}, "broken"),
        (odt_parts() | {"C:\\plan.exe": "x"}, "broken"),
        (odt_parts() | {"..\\plan.exe": "x"}, "broken"),
        (odt_parts() | {f"Pictures/{number}": "" for number in range(5_001)}, "unpacks"),
        (odt_parts() | {"Pictures/1.bmp": bytes(30 * 1024 * 1024)}, "unpacks"),
    ],
)
def test_a_document_that_does_or_hides_something_or_cannot_be_read_is_refused(
    parts: dict[str, str | bytes], reason: str
) -> None:
    assert problem(archive(parts)) == reason


def test_a_document_with_macros_that_says_so_only_in_its_types_is_refused() -> None:
    types = str(docx_parts()["[Content_Types].xml"])
    macros = re.sub(r'ContentType="[^"]+"', f'ContentType="{MACRO_TYPE}"', types)
    assert problem(archive(docx_parts() | {"[Content_Types].xml": macros})) == "active"


@pytest.mark.parametrize(
    "parts",
    [
        rels("hyperlink"),
        rels("image", "Internal"),
        field(" PAGE "),
        field(' HYPERLINK "https://a.nl/DDE"'),
        odt_parts() | {"Object 1/content.xml": odt_parts()["content.xml"]},
    ],
    ids=["link", "picture", "number", "field", "chart"],
)
def test_a_link_a_page_number_or_a_chart_is_no_danger(parts: dict[str, str | bytes]) -> None:
    assert problem(archive(parts)) is None


def test_the_table_behind_a_chart_is_no_attachment() -> None:
    parts = docx_parts() | {"word/embeddings/Microsoft_Excel_Sheet1.xlsx": b"x"}
    assert problem(archive(parts)) is None


def test_an_odt_says_first_and_unpacked_what_it_is() -> None:
    assert problem(archive(odt_parts(), stored=())) == "broken"
    later = dict(reversed(odt_parts().items()))
    assert problem(archive(later)) == "unknown"


def test_an_archive_with_a_password_is_refused() -> None:
    locked = bytearray(docx())
    for start, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        locked[locked.index(start) + flags] |= 1
    assert problem(bytes(locked)) == "locked"


@pytest.mark.parametrize("made", [odt, docx])
def test_an_archive_that_was_cut_off_or_spoiled_is_refused(made: Callable[[], bytes]) -> None:
    whole = made()
    assert problem(whole[: len(whole) // 2]) == "broken"
    spoiled = bytearray(whole)
    name = b"content.xml" if made is odt else b"word/document.xml"
    place = whole.index(name) + len(name) + 10
    spoiled[place : place + 8] = b"\0" * 8
    assert problem(bytes(spoiled)) == "broken"


def test_two_entries_of_one_name_are_refused() -> None:
    written = io.BytesIO(docx())
    with zipfile.ZipFile(written, "a") as made, pytest.warns(UserWarning, match="Duplicate"):
        made.writestr("word/document.xml", "<other/>")
    assert problem(written.getvalue()) == "broken"


def test_an_archive_that_understates_what_it_unpacks_to_is_refused() -> None:
    packed = archive(odt_parts() | {"Pictures/1.bmp": bytes(30 * 1024 * 1024)})
    lie = packed.replace(struct.pack("<L", 30 * 1024 * 1024), struct.pack("<L", 1000))
    assert lie != packed
    assert problem(lie) == "broken"


# Text


def text_in(content: bytes) -> list[tuple[int | None, str]]:
    return reading_of(content).pieces


def reading_of(content: bytes) -> Reading:
    return text_of(DocumentField().clean(upload(content)))


def painted(second: bytes) -> bytes:
    """A PDF whose second page has this for its content."""

    def change(writer: PdfWriter) -> None:
        writer.pages[1]["/Contents"].get_object().set_data(second)

    return pdf("Eerste", "", "Derde", change=change)


def test_the_text_of_a_pdf_has_its_pages() -> None:
    assert reading_of(pdf("Eerste", "", "Derde")) == ([(1, "Eerste"), (3, "Derde")], True)


@pytest.mark.parametrize(
    "content",
    [
        pdf(""),
        painted(b"q 595 0 0 842 0 0 cm /Scan Do Q"),
        painted(b"q 9 0 0 9 0 0 cm BI /W 1 /H 1 /BPC 8 /CS /G ID x EI Q"),
        painted(b"0 0 m 10 10 l f*"),
        docx(" "),
    ],
    ids=["blank", "picture", "picture within", "drawn", "word"],
)
def test_a_scan_is_not_read_in_whole(content: bytes) -> None:
    assert not reading_of(content).is_whole


def test_a_page_that_shows_nothing_is_blank_and_not_a_scan() -> None:
    assert reading_of(painted(b"/P <</MCID 0>> BDC q 0 0 9 9 re W* n Q EMC")).is_whole


def test_a_text_that_is_too_long_is_read_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document_reader, "MOST_TEXT", 8)
    assert list(document_reader.texts(io.BytesIO(pdf("Eerste", "Tweede", "Derde")))) == [
        (1, "Eerste"),
        (2, "Tw"),
        (3, None),
    ]


def test_text_is_read_whole_however_it_is_cut_up() -> None:
    runs = "<w:p><w:r><w:t>1234</w:t></w:r><w:r><w:rPr><w:b/></w:rPr><w:t>56782</w:t></w:r></w:p>"
    marks = "<w:p><w:r><w:t>a</w:t><w:tab/><w:t>b</w:t><w:noBreakHyphen/><w:t>c</w:t></w:r></w:p>"
    assert text_in(archive(docx_parts("Slot", body=runs + marks))) == [
        (None, "123456782\n\na b-c\n\nSlot"),
    ]
    spans = "<t:h>Kop</t:h><t:p>1234<t:span>567</t:span>82<t:s/>x</t:p>"
    assert text_in(archive(odt_parts("Slot", body=spans))) == [(None, "Kop\n\n123456782 x\n\nSlot")]


def test_headers_notes_and_removed_words_are_read_too() -> None:
    word = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    header = (
        f'<w:hdr xmlns:w="{word}"><w:p><w:del><w:r><w:delText>Weg</w:delText></w:r></w:del></w:p></w:hdr>'
    )
    assert text_in(archive(docx_parts() | {"word/header1.xml": header})) == [(None, "Plan"), (None, "Weg")]


# The process that reads


def test_the_reader_is_stopped_when_its_time_is_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = tmp_path / "reader.py"
    slow.write_text(
        "import time\n"
        "print('[1, \"Eerste\"]', flush=True)\n"
        "print('[2, ', end='', flush=True)\n"
        "time.sleep(60)\n"
    )
    monkeypatch.setattr(document_reader, "__file__", str(slow))
    monkeypatch.setattr(documents, "GRACE", 1 - document_reader.SECONDS["text"])
    assert list(documents.answers("text", upload(b"x"))) == [[1, "Eerste"]]
    checked = Checked(upload(b"x"), Kind.PDF, 1, "", "IVP.pdf")
    assert text_of(checked) == ([(1, "Eerste")], False)


def test_a_reader_that_was_killed_is_too_much_and_one_that_fails_is_our_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = tmp_path / "reader.py"
    monkeypatch.setattr(document_reader, "__file__", str(reader))
    reader.write_text("import os, signal\nos.kill(os.getpid(), signal.SIGXCPU)\n")
    assert documents.looked_into(upload(b"x")) == {"problem": "too_much"}
    reader.write_text("import nothing_of_this_name\n")
    with pytest.raises(RuntimeError, match="nothing_of_this_name"):
        documents.looked_into(upload(b"x"))


def test_the_reader_has_little_memory_and_sees_no_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_KEY", "not for a document")
    reader = tmp_path / "reader.py"
    reader.write_text(
        "import sys, os, json\n"
        f"sys.path.insert(0, {str(Path(document_reader.__file__).parent)!r})\n"
        "import document_reader\n"
        "document_reader.restrict()\n"
        "try:\n    bytes(1024 ** 3)\nexcept MemoryError:\n    print(json.dumps(sorted(os.environ)))\n"
    )
    monkeypatch.setattr(document_reader, "__file__", str(reader))
    [seen] = documents.answers("check", upload(b"x"))
    assert "SECRET_KEY" not in seen


# Storing and sending


@time_machine.travel("2026-11-30T23:30:00Z", tick=False)
def test_a_document_is_stored_under_a_random_name_in_the_folder_of_its_month() -> None:
    first, second = (upload_to(None, "Namen van personen.PDF") for _ in range(2))
    assert re.fullmatch(r"documents/2026/12/[0-9a-f]{32}\.pdf", first)
    assert first != second
    assert re.fullmatch(r"documents/2026/12/[0-9a-f]{32}", upload_to(None, "plan.php"))


@pytest.mark.parametrize("kind", Kind)
def test_a_document_is_sent_as_a_download(kind: Kind) -> None:
    response = document_response(ContentFile(b"inhoud"), "IVP 2027.exe", kind)
    assert response["Content-Type"] == kind.media_type
    assert response["Content-Disposition"] == f'attachment; filename="IVP 2027.exe.{kind.value}"'
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Length"] == "6"
    assert b"".join(response.streaming_content) == b"inhoud"


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ('x"; filename=evil.exe', 'attachment; filename="x-; filename=evil.exe.pdf"'),
        ("x\r\nSet-Cookie: a=b", 'attachment; filename="xSet-Cookie- a=b.pdf"'),
        ("Fryslân.pdf", "attachment; filename*=utf-8''Frysl%C3%A2n.pdf"),
    ],
)
def test_a_name_cannot_change_the_header(name: str, header: str) -> None:
    assert document_response(ContentFile(b"x"), name, "pdf")["Content-Disposition"] == header
