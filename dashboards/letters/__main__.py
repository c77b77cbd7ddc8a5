"""Makes a file of the letter that comes in, in a process that does nothing else (see files.py)."""

import json
import sys

from dashboards.letters.odt import odt
from dashboards.letters.pdf import pdf

MAKERS = {"odt": odt, "pdf": pdf}

if __name__ == "__main__":
    sys.stdout.buffer.write(MAKERS[sys.argv[1]](json.load(sys.stdin.buffer)))
