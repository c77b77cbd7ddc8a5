"""Prepares the checkout so that it runs: `script/setup`. Uses the standard library alone.

Each step keeps a stamp, a hash of what it was made from; while that is the same the step is skipped, so a
second run takes no time. Whatever goes wrong ends in one sentence that says what to do; the details are in
var/log/setup.log.
"""

import argparse
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
VAR = ROOT / "var"
STAMPS = VAR / "setup"
LOG = VAR / "log" / "setup.log"
PYTHON = VENV / "bin" / "python"
UV = VENV / "uv" / "bin" / "uv"  # beside the packages: a sync of the packages would remove it


class SetupError(Exception):
    """Set-up cannot go on; the text is the sentence for the person who started it."""


# What a failed command wrote → what the person can do about it. The first that fits is told.
CAUSES = [
    (r"No space left on device|ENOSPC", "The disk is full. Make room and run this again."),
    (
        r"DO NOT MATCH THE HASHES|[Hh]ash mismatch|EINTEGRITY",
        "A downloaded package is not the one that this project pinned. Do not use it; "
        "check the package registry or the proxy between it and this machine.",
    ),
    (
        r"certificate|CERT_|UnknownIssuer",
        "The package registry's certificate is not trusted here. "
        "Add your organisation's certificate to the system, or name it in SSL_CERT_FILE, and run this again.",
    ),
    (
        r"[Nn]ame resolution|dns error|resolve host|[Cc]onnection refused|[Nn]etwork is unreachable"
        r"|[Tt]imed out|NewConnection|ProxyError|from versions: none|error sending request|Failed to fetch"
        r"|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EHOSTUNREACH",
        "The package registry cannot be reached. "
        "Check the network (behind a proxy: set HTTPS_PROXY) and run this again.",
    ),
    (
        r"compiler|unable to execute|[Cc]ommand 'g?cc'|g?cc failed|Python\.h|error: command",
        "A package must be compiled and no working C compiler was found. "
        "Install one (on Debian: apt-get install build-essential python3-dev) and run this again.",
    ),
    (
        r"no usable wheels|No matching distribution|EBADPLATFORM|EBADENGINE",
        "A package has no version for this machine or this Python. "
        "Use Linux on x86-64 or ARM64 with Python 3.11 or newer.",
    ),
    (
        r"EACCES|EPERM|[Pp]ermission denied",
        "This user may not write here. Use a checkout of your own and run this again.",
    ),
]


def digest(*parts: str, files: Iterable[Path] = ()) -> str:
    """A hash of the texts and of the names and contents of the files."""
    result = hashlib.sha256()
    for part in parts:
        result.update(part.encode() + b"\0")
    for file in sorted(files):
        content = file.read_bytes()
        result.update(f"{file.relative_to(ROOT)}\0{len(content)}\0".encode() + content)
    return result.hexdigest()


def files_below(*folders: str) -> list[Path]:
    """Every file in the folders of the checkout."""
    return [path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file()]


def environment() -> dict[str, str]:
    """What the installers see: .venv's programs first, the system's certificates, a home to write in."""
    env = dict(os.environ)
    env["PATH"] = f"{VENV / 'bin'}{os.pathsep}{env.get('PATH', '/usr/local/bin:/usr/bin:/bin')}"
    env.setdefault("UV_SYSTEM_CERTS", "1")
    env.setdefault("NODE_USE_SYSTEM_CA", "1")
    env["UV_LINK_MODE"] = env.get(
        "UV_LINK_MODE", "copy"
    )  # a hard-linked file could be changed by another checkout
    env["VIRTUAL_ENV"] = str(VENV)
    home = env.get("HOME", "")
    if not home or not os.access(home, os.W_OK):
        env["HOME"] = str(VAR / "cache")
    for name in ("PYTHONHOME", "PYTHONPATH", "UV_PYTHON"):
        env.pop(name, None)
    return env


def run(command: list[str | Path], trouble: str) -> None:
    """Run an installer, its output in the log.

    Raises:
        SetupError: with the cause in plain words where the output tells it, else with `trouble`.
    """
    with LOG.open("a", encoding="utf-8") as log:
        log.write(f"\n$ {' '.join(map(str, command))}\n")
        log.flush()
        start = log.tell()
        try:
            code = subprocess.run(
                command,
                cwd=ROOT,
                env=environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                check=False,
            ).returncode
        except OSError as error:
            log.write(f"{error}\n")
            code = 127
    if code:
        with LOG.open(encoding="utf-8", errors="replace") as log:
            log.seek(start)
            output = log.read()
        cause = next((advice for pattern, advice in CAUSES if re.search(pattern, output)), "")
        raise SetupError(f"{trouble} {cause or 'Run this again; if it stays, the log says more.'}")


def works(*command: str | Path) -> bool:
    """Whether the command runs and ends well."""
    try:
        return subprocess.run(command, env=environment(), capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def venv_is_sound() -> bool:
    """Whether .venv runs here, was made at this path and still has the Python version it was made with."""
    code = "import sys, pathlib; made = pathlib.Path(sys.prefix, 'pyvenv.cfg').read_text(); "
    code += f"sys.exit(sys.prefix != {str(VENV)!r} or '%d.%d.' % sys.version_info[:2] not in made)"
    return works(PYTHON, "-I", "-c", code)


def make_venv() -> None:
    """The checkout's own Python environment, without pip where this Python's pip can be used instead."""
    if VENV.exists():
        shutil.rmtree(VENV)
    without = ["--without-pip"] if works(sys.executable, "-m", "pip", "--version") else []
    run(
        [sys.executable, "-m", "venv", *without, VENV],
        "Python's venv module or pip is missing or incomplete. Install both "
        "(on Debian: apt-get install python3-venv python3-pip).",
    )


def install_uv() -> None:
    """The installer uv, itself pinned by hash, with whichever pip there is."""
    pip = PYTHON if works(PYTHON, "-m", "pip", "--version") else sys.executable
    if not works(pip, "-m", "pip", "--version"):
        raise SetupError("Python's pip is missing. Install it (on Debian: apt-get install python3-pip).")
    shutil.rmtree(VENV / "uv", ignore_errors=True)
    command = [pip, "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--retries", "2"]
    command += ["--timeout", "30", "--require-hashes", "--only-binary", ":all:", "--target", VENV / "uv"]
    run([*command, "-r", ROOT / "requirements" / "uv.txt"], "The installer uv could not be fetched.")


def install_packages() -> None:
    """The Python packages, exactly those of requirements/development.txt."""
    requirements = ROOT / "requirements" / "development.txt"
    run(
        [UV, "pip", "sync", "--python", PYTHON, "--require-hashes", "--compile-bytecode", requirements],
        "The Python packages could not be installed.",
    )


def install_node_packages() -> None:
    """The front-end packages, exactly those of package-lock.json, with the Node of the Python packages."""
    if not works(VENV / "bin" / "node", "--version"):
        raise SetupError("Node, which comes with the Python packages, does not run on this machine.")
    npm: list[str | Path] = [VENV / "bin" / "npm", "ci"]
    run(
        [
            *npm,
            "--fetch-retries=2",
            "--fetch-retry-mintimeout=1000",
            "--fetch-retry-maxtimeout=5000",
            "--fetch-timeout=60000",
        ],
        "The front-end packages could not be fetched.",
    )


def bundle() -> None:
    """Style and script for the browser, from static/css and static/js into static/dist."""
    run([VENV / "bin" / "node", "script/build.mjs"], "The style and script could not be built.")


def compile_translations() -> None:
    """The translations in the form that Python reads."""
    code = (
        "import pathlib, polib\n"
        "for po in pathlib.Path('locale').glob('*/LC_MESSAGES/*.po'):\n"
        "    polib.pofile(str(po)).save_as_mofile(str(po.with_suffix('.mo')))\n"
    )
    run([PYTHON, "-c", code], "The translations could not be compiled.")


def collect_static() -> None:
    """The static files as the web server serves them: compressed, with a hash in each name."""
    settings = ["SECRET_KEY=collectstatic", "DATABASE_URL=postgres:///none", "DEBUG=false", "HTTPS=true"]
    run(
        ["/usr/bin/env", *settings, PYTHON, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"],
        "The static files could not be collected.",
    )


class Step:
    """One part of the set-up: `make` runs when `inputs()` differ from last time or a product is missing."""

    def __init__(
        self, name: str, doing: str, make: Callable[[], None], inputs: Callable[[], str], products: list[Path]
    ) -> None:
        self.name, self.doing, self.make, self.inputs, self.products = name, doing, make, inputs, products

    def bring_up_to_date(self) -> bool:
        """Do the step when it is due. Returns whether it was."""
        stamp, now = STAMPS / self.name, self.inputs()
        if all(product.exists() for product in self.products) and stamp.exists() and stamp.read_text() == now:
            return False
        started = time.monotonic()
        print(f"  {self.doing} …", end="", flush=True)
        stamp.unlink(missing_ok=True)
        try:
            self.make()
        except BaseException:
            print(flush=True)
            raise
        stamp.write_text(now)
        print(f" {time.monotonic() - started:.0f} s", flush=True)
        return True


def steps() -> Iterator[Step]:
    """The steps in their order. The inputs of a step are read when its turn comes, after those before it."""
    requirements, front = (
        ROOT / "requirements",
        [ROOT / n for n in ("package.json", "package-lock.json", ".npmrc")],
    )

    def environment_made() -> str:
        return digest(str(VENV), str(PYTHON.resolve()))

    def packages() -> str:
        return digest(environment_made(), files=[requirements / "development.txt"])

    def bundled() -> str:
        return digest(files=[*files_below("static/css", "static/js"), *front, ROOT / "script" / "build.mjs"])

    if not venv_is_sound():
        yield Step("venv", "Making .venv", make_venv, lambda: digest(str(time.time_ns())), [PYTHON])
    yield Step(
        "uv",
        "Fetching the installer uv",
        install_uv,
        lambda: digest(environment_made(), files=[requirements / "uv.txt"]),
        [UV],
    )
    yield Step(
        "packages",
        "Installing the Python packages",
        install_packages,
        packages,
        [VENV / "bin" / "node", VENV / "bin" / "gunicorn"],
    )
    yield Step(
        "node-packages",
        "Installing the front-end packages",
        install_node_packages,
        lambda: digest(files=front),
        [ROOT / "node_modules" / ".package-lock.json"],
    )
    yield Step(
        "bundle",
        "Building style and script",
        bundle,
        bundled,
        [ROOT / "static" / "dist" / name for name in ("app.css", "app.js")],
    )
    translations = list((ROOT / "locale").glob("*/LC_MESSAGES/*.po"))
    yield Step(
        "translations",
        "Compiling the translations",
        compile_translations,
        lambda: digest(files=translations),
        [po.with_suffix(".mo") for po in translations],
    )
    yield Step(
        "static",
        "Collecting the static files",
        collect_static,
        lambda: digest(packages(), bundled(), files=files_below("static/images")),
        [VAR / "static" / "staticfiles.json"],
    )


@contextmanager
def alone() -> Iterator[None]:
    """One set-up of this checkout at a time; a second waits for the first."""
    try:
        for folder in (VAR, STAMPS, LOG.parent):
            folder.mkdir(mode=0o700, exist_ok=True)
        lock = (STAMPS / "lock").open("w")
    except OSError as error:
        raise SetupError(
            f"This user may not write in {error.filename}. Use a checkout of your own."
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Another set-up of this checkout is running; waiting for it …", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def main() -> int:
    """Run every step that is due. Returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="script/setup", description="Prepares this checkout so that it runs."
    )
    parser.add_argument("--quiet", action="store_true", help="say nothing when nothing had to be done")
    quiet = parser.parse_args().quiet
    started = time.monotonic()
    os.umask(0o022)
    try:
        with alone():
            LOG.write_text("")
            done = [step.name for step in steps() if step.bring_up_to_date()]
    except SetupError as error:
        print(f"{error} (Details: {LOG.relative_to(ROOT)})", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"Set-up failed: {error.strerror}: {error.filename}.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nSet-up was interrupted; run it again to go on.", file=sys.stderr)
        return 130
    if done:
        print(f"Set-up done in {time.monotonic() - started:.0f} s.", flush=True)
    elif not quiet:
        print("Everything was already set up.", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
