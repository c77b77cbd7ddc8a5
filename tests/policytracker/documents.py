"""Small real documents, made part by part so that a test can spoil any of them."""

import io
import zipfile
from collections.abc import Callable

from django.core.files.uploadedfile import SimpleUploadedFile
from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

ODT_TYPE = "application/vnd.oasis.opendocument.text"
DOCX_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"


def pdf(*pages: str, change: Callable[[PdfWriter], object] | None = None) -> bytes:
    """A PDF with a page for each text."""
    writer = PdfWriter()
    font = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type1"),
            NameObject("/BaseFont"): NameObject("/Helvetica"),
            NameObject("/Encoding"): NameObject("/WinAnsiEncoding"),
        }
    )
    for text in pages or ("Integraal veiligheidsplan",):
        page = writer.add_blank_page(595, 842)
        fonts = DictionaryObject({NameObject("/F1"): font})
        page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
        content = DecodedStreamObject()
        content.set_data(f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET".encode("cp1252"))
        page[NameObject("/Contents")] = writer._add_object(content)
    if change is not None:
        change(writer)
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


def archive(parts: dict[str, str | bytes], *, stored: tuple[str, ...] = ("mimetype",)) -> bytes:
    """A zip with the parts in this order, all packed but the stored ones."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as made:
        for name, content in parts.items():
            made.writestr(name, content, zipfile.ZIP_STORED if name in stored else zipfile.ZIP_DEFLATED)
    return written.getvalue()


def docx_parts(*paragraphs: str, body: str = "") -> dict[str, str | bytes]:
    """The parts of a Word document."""
    body += "".join(f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>" for text in paragraphs or ("Plan",))
    word = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    return {
        "[Content_Types].xml": (
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            f'<Override PartName="/word/document.xml" ContentType="{DOCX_TYPE}"/></Types>'
        ),
        "word/document.xml": f'<w:document xmlns:w="{word}"><w:body>{body}</w:body></w:document>',
    }


def odt_parts(*paragraphs: str, body: str = "") -> dict[str, str | bytes]:
    """The parts of an OpenDocument text."""
    body += "".join(f"<t:p>{text}</t:p>" for text in paragraphs or ("Plan",))
    names = 'xmlns:t="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:o="urn:o"'
    return {
        "mimetype": ODT_TYPE,
        "content.xml": f"<o:document {names}><o:body>{body}</o:body></o:document>",
        "META-INF/manifest.xml": "<manifest/>",
    }


def docx(*paragraphs: str, **parts: str | bytes) -> bytes:
    """A Word document."""
    return archive(docx_parts(*paragraphs) | parts)


def odt(*paragraphs: str, **parts: str | bytes) -> bytes:
    """An OpenDocument text."""
    return archive(odt_parts(*paragraphs) | parts)


def upload(content: bytes, name: str = "Plan van aanpak.pdf") -> SimpleUploadedFile:
    """The file as a browser sends it, with a type that nobody should believe."""
    return SimpleUploadedFile(name, content, content_type="text/html")
