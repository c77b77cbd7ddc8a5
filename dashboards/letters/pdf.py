"""The letter as a PDF that everybody can read, also with a screen reader: PDF/UA-1."""

import datetime as dt
import json
from pathlib import Path

import typst

from dashboards.letters.content import Letter

TEMPLATE = Path(__file__).with_name("letter.typ")


def pdf(letter: Letter) -> bytes:
    """The letter set in type, in the fonts that come with the program; the same letter gives the same bytes.

    The template reads the letter as data, so that nothing in it is taken for markup.
    """
    made = typst.compile(
        TEMPLATE.read_bytes(),
        format="pdf",
        ignore_system_fonts=True,
        sys_inputs={"letter": json.dumps(letter, ensure_ascii=False)},
        pdf_standards="ua-1",
        timestamp=dt.datetime.fromisoformat(letter["made_at"]).replace(microsecond=0),
    )
    if not isinstance(made, bytes):
        raise TypeError(f"A PDF is one file, not {type(made)}.")
    return made
