"""The letter as a file, to go on writing in or to send."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Literal

from dashboards.letters.content import Letter

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 10  # an ordinary letter takes less than one


def file(letter: Letter, kind: Literal["odt", "pdf"]) -> bytes:
    """The letter as an ODT or PDF file.

    What makes them keeps tens of megabytes for the next one, more than a web worker uses for everything else,
    and cannot be interrupted. So it works in a process of its own that ends with the letter, or before.

    Raises:
        subprocess.SubprocessError: when it cannot be made, or not in time.
    """
    made = subprocess.run(
        [sys.executable, "-m", "dashboards.letters", kind],
        cwd=ROOT,
        input=json.dumps(letter).encode(),
        stdout=subprocess.PIPE,
        timeout=SECONDS,
        check=True,
    )
    return made.stdout
