"""Documents that people upload: what they are, where they are kept, and how they are sent.

Nothing in an upload is believed: not its name, not the type that the browser gives. `DocumentField` looks
inside, through a process of its own (`policytracker.document_reader`), and hands over a `Checked` document.
"""

import hashlib
import json
import re
import secrets
import subprocess
import sys
import tempfile
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, NamedTuple, cast

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.core.files.uploadedfile import UploadedFile
from django.db import models
from django.http import FileResponse
from django.utils.formats import number_format
from django.utils.functional import lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from policytracker import document_reader
from policytracker.dates import today
from policytracker.document_reader import END, MEGABYTE, SECONDS, Problem

LONGEST_NAME = 120  # without the extension
UNSAFE_IN_NAME = re.compile(r'[/\\:*?"<>|]+')
GRACE = 2  # seconds to start the reader in


class Kind(models.TextChoices):
    """The kinds of document that are accepted."""

    PDF = "pdf", "PDF"
    ODT = "odt", "ODT"
    DOCX = "docx", "DOCX"

    @property
    def extension(self) -> str:
        """How the name of such a file ends."""
        return f".{self.value}"

    @property
    def media_type(self) -> str:
        """The type by which it is sent."""
        return MEDIA_TYPES[self]


MEDIA_TYPES = {
    Kind.PDF: "application/pdf",
    Kind.ODT: "application/vnd.oasis.opendocument.text",
    Kind.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
EXTENSIONS = tuple(kind.extension for kind in Kind)


@dataclass(frozen=True)
class Checked:
    """An uploaded document that was looked into."""

    file: UploadedFile
    kind: Kind
    size: int  # in bytes
    sha256: str
    name: str  # to show; it ends as the kind says
    pages: int | None = None  # known of a PDF only


def largest_size() -> str:
    """The largest size of a document that is accepted, in words."""
    size = settings.DOCUMENT_MAX_SIZE
    return f"{number_format(size / MEGABYTE, decimal_pos=1 if size % MEGABYTE else 0)} MB"


class DocumentField(forms.FileField):
    """An uploaded document, which is looked into; it cleans to a `Checked` one.

    What the file is counts, not how its name ends: somebody who has a PDF that is called `.docx` has done
    nothing that they could mend, so it is taken in and its name put right. What is no document at all is
    refused, whatever it is called.
    """

    widget = forms.FileInput  # no link to what is there: that goes through a view, not an address of its own
    default_error_messages = {
        "missing": _("No file came in. Choose it again."),
        "empty": _("This file is empty. Choose another one."),
        "too_large": _(
            "This file is larger than %(largest)s. Save it with smaller pictures, or as more than one file."
        ),
        Problem.PROGRAM: _(
            "This file is a program, whatever its name says. Choose the document itself: a PDF, ODT or DOCX."
        ),
        Problem.UNKNOWN: _(
            "This file is not a PDF, ODT or DOCX, whatever its name says. Save the document as one of these."
        ),
        Problem.OLD_WORD: _(
            "This is an old Word file (.doc), or one with a password. "
            "Save it as DOCX or PDF, without a password."
        ),
        Problem.LOCKED: _("This file is protected with a password. Save it without one and choose it again."),
        Problem.BROKEN: _("This file is damaged or not whole. Open it, save it again and choose that."),
        Problem.ACTIVE: _(
            "This file has a script, macro or form in it that can do something by itself. "
            "Print it to a new PDF and choose that one."
        ),
        Problem.ATTACHED: _(
            "Another file is attached inside this one. Save it without attachments and choose it again."
        ),
        Problem.UNPACKS: _(
            "This file unpacks to far more than a document should. Save it as PDF and choose that one."
        ),
        Problem.TOO_MUCH: _(
            "Looking into this file takes too long. Save it as a new PDF, or in parts, and choose that."
        ),
    }

    def __init__(self, **options: Any) -> None:
        options.setdefault("help_text", lazy(accepted_documents, str)())
        super().__init__(**options)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """Let the browser offer documents first; what is chosen is looked into all the same."""
        accepted = [*EXTENSIONS, *MEDIA_TYPES.values()]
        return {**super().widget_attrs(widget), "accept": ",".join(accepted)}

    def to_python(self, data: Any) -> Any:
        """The checked document.

        Raises:
            ValidationError: when it is none, or not one that is accepted; it says what to do.
        """
        file = cast(UploadedFile | None, super().to_python(data))
        if file is None:
            return None
        size = file.size or 0
        if size > settings.DOCUMENT_MAX_SIZE:
            raise ValidationError(
                self.error_messages["too_large"], code="too_large", params={"largest": largest_size()}
            )
        verdict = looked_into(file)
        if "problem" in verdict:
            raise ValidationError(self.error_messages[verdict["problem"]], code=verdict["problem"])
        kind = Kind(verdict["kind"])
        file.name = name = safe_name(file.name or "", kind)
        file.content_type = kind.media_type
        return Checked(file, kind, size, digest(file), name, verdict["pages"])


def accepted_documents() -> str:
    """Which documents are accepted, in words."""
    return gettext("A PDF, ODT or DOCX of at most %(largest)s.") % {"largest": largest_size()}


# Looking inside


def looked_into(file: File) -> dict[str, Any]:
    """What the reader says of the file: its kind and pages, or the problem."""
    lines = list(answers("check", file))
    return lines[0] if lines else {"problem": Problem.TOO_MUCH}


class Reading(NamedTuple):
    """What a document says, each piece with its page where pages are known."""

    pieces: list[tuple[int | None, str]]
    is_whole: bool  # not a scan in whole or part, nor so long or slow that only the first pages were read


def text_of(document: Checked) -> Reading:
    """What the document says, as far as that can be read."""
    lines = list(answers("text", document.file))
    read = [line for line in lines if line != END]
    pieces = [(page, text) for page, text in read if text and text.strip()]
    is_whole = END in lines and all(text is not None for _page, text in read)
    return Reading(pieces, is_whole=is_whole and bool(pieces))


def answers(task: str, file: File) -> Iterator[Any]:
    """What the reader wrote before it was done, or was stopped because it took too much.

    Raises:
        RuntimeError: when the reader itself does not work.
    """
    with tempfile.TemporaryFile() as copy:
        for chunk in file.chunks():
            copy.write(chunk)
        copy.seek(0)
        try:
            done = subprocess.run(
                [sys.executable, "-I", document_reader.__file__, task],
                stdin=copy,
                capture_output=True,
                env={},
                cwd="/",
                timeout=SECONDS[task] + GRACE,
                check=False,
            )
        except subprocess.TimeoutExpired as stopped:
            written = stopped.stdout or b""
        else:
            written = done.stdout
            if done.returncode > 0:
                raise RuntimeError(f"The reader of documents failed: {done.stderr.decode()}")
        file.seek(0)
    for line in written.splitlines(keepends=True):
        if line.endswith(b"\n"):
            yield json.loads(line)


def digest(file: File) -> str:
    """The SHA-256 of the file, by which the same document is known again."""
    sha256 = hashlib.sha256()
    for chunk in file.chunks():
        sha256.update(chunk)
    file.seek(0)
    return sha256.hexdigest()


# Names and sending


def safe_name(name: str, kind: Kind) -> str:
    """The name to show and to send: without signs that steer a screen or a disk, and with the right end."""
    readable = "".join(sign for sign in unicodedata.normalize("NFC", name) if sign.isprintable())
    stem = UNSAFE_IN_NAME.sub("-", readable)
    if stem.lower().endswith(EXTENSIONS):
        stem = stem.rpartition(".")[0]
    stem = " ".join(stem.split()).strip(". ")[:LONGEST_NAME].rstrip(". ")
    return f"{stem or gettext('document')}{kind.extension}"


def upload_to(instance: models.Model, filename: str) -> str:
    """Where a document is stored: by month, under a random name that says nothing of what is in it."""
    extension = PurePath(filename).suffix.lower()
    name = f"{secrets.token_hex(16)}{extension if extension in EXTENSIONS else ''}"
    return f"documents/{today():%Y/%m}/{name}"


def document_response(file: File, name: str, kind: Kind | str) -> FileResponse:
    """The document as a download: never shown by the browser itself, and never taken for something else."""
    kind = Kind(kind)
    return FileResponse(
        file.open("rb"),
        as_attachment=True,
        filename=safe_name(name, kind),
        content_type=kind.media_type,
        headers={"X-Content-Type-Options": "nosniff"},
    )
