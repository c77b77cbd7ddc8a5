"""Is the Dutch translation complete, and does it fit the sources? Run by script/test."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parent.parent
PO = ROOT / "locale" / "nl" / "LC_MESSAGES" / "django.po"
Key = tuple[str | None, str, str]


def keys(entries: list[polib.POEntry]) -> dict[Key, polib.POEntry]:
    """The messages by context, text and plural."""
    return {
        (entry.msgctxt, entry.msgid, entry.msgid_plural): entry for entry in entries if not entry.obsolete
    }


def incomplete(po: polib.POFile) -> list[str]:
    """The messages that a reader would not see in good Dutch."""
    found = [f"fuzzy: {entry.msgid!r}" for entry in po.fuzzy_entries()]
    return found + [f"not translated: {entry.msgid!r}" for entry in po.untranslated_entries()]


def marked_in_sources() -> polib.POFile:
    """What the sources mark for translation, found by Django's makemessages in a copy of them."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.py", "*.html", "*.txt"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in filter(None, listed.split("\0")):
            if not name.startswith(("tests/", "script/", "requirements/")) and (ROOT / name).is_file():
                (copy / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(ROOT / name, copy / name)
        (copy / "locale").mkdir(exist_ok=True)
        command = [sys.executable, "-m", "django", "makemessages", "--locale", "nl", "--keep-pot"]
        subprocess.run(
            [*command, "--no-location", "--settings", "django.conf.global_settings"],
            cwd=copy,
            capture_output=True,
            check=True,
        )
        return polib.pofile(str(copy / "locale" / "django.pot"))


def out_of_date(po: polib.POFile) -> list[str]:
    """The messages that only the sources or only the translation has."""
    sources, translated = keys(marked_in_sources()), keys(po)
    found = [f"missing from {PO.relative_to(ROOT)}: {key[1]!r}" for key in sources if key not in translated]
    return found + [f"no longer in the sources: {key[1]!r}" for key in translated if key not in sources]


def main() -> int:
    """Print every problem. Returns 1 when there is one."""
    if not PO.exists():
        print(f"{PO.relative_to(ROOT)} is missing.")
        return 1
    po = polib.pofile(str(PO))
    problems = incomplete(po)
    if shutil.which("xgettext"):
        problems += out_of_date(po)
    else:
        print("xgettext was not found, so whether the translation fits the sources was not checked.")
    print("\n".join(problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
