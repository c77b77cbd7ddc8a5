"""Everything that must hold before a change is accepted: script/test, and the same in .ci/run.

A check that fails shows what it found and the next one runs; the exit code tells at the end. The tests come
last, so that pytest's closing line is among the last lines.
"""

import argparse
import os
import secrets
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from policytracker.embedded import Servers
from policytracker.serving.environment import local_environment
from policytracker.serving.server import VAR, ServerError
from policytracker.serving.valkey import empty_database
from tests.chromium import find_chromium

ROOT = Path(__file__).resolve().parent.parent
BROKER = 2  # the server of the same checkout uses 0, its check 1
TESTS = "tests"


@dataclass(frozen=True)
class Check:
    """A command that must end well."""

    name: str
    command: list[str]
    env: dict[str, str] = field(default_factory=dict)


def templates() -> list[str]:
    """The templates of the project."""
    return sorted(str(path.relative_to(ROOT)) for path in (ROOT / "templates").rglob("*.html"))


def checks() -> list[Check]:
    """Every check but the tests, the quickest first."""
    programs = Path(sys.executable).parent
    manage = [sys.executable, "manage.py"]
    return [
        Check("ruff", [str(programs / "ruff"), "check", "."]),
        Check("ruff format", [str(programs / "ruff"), "format", "--check", "."]),
        Check("djade", [str(programs / "djade"), "--check", "--target-version", "5.2", *templates()]),
        Check("import-linter", [str(programs / "lint-imports"), "--no-cache"]),
        Check(
            "production settings",
            [*manage, "check", "--deploy", "--fail-level", "WARNING"],
            {"HTTPS": "true", "DEBUG": "false"},
        ),
        Check("migrations", [*manage, "makemigrations", "--check", "--dry-run"]),
        Check("translations", [sys.executable, "-m", "tests.translations"]),
        Check("mypy", [str(programs / "mypy")]),
        Check("server --check", [sys.executable, "-m", "policytracker.launcher", "server", "--check"]),
    ]


def environment(servers: Servers) -> dict[str, str]:
    """Production settings on this machine's servers, with a broker database of the tests' own."""
    env = local_environment(servers)
    env |= {
        "SECRET_KEY": secrets.token_urlsafe(60),
        "DEBUG": "false",
        "HTTPS": "false",
        "CELERY_NO_COLOR": "1",
    }
    env["REDIS_URL"] = empty_database(env["REDIS_URL"], BROKER)
    env["MEDIA_ROOT"] = str(servers.var / "run" / "test-media")
    env["PYTHONPATH"] = str(ROOT)
    return env


def passes(check: Check, env: dict[str, str]) -> bool:
    """Run one check and show what it printed when it fails."""
    started = time.monotonic()
    done = subprocess.run(
        check.command, cwd=ROOT, env=env | check.env, capture_output=True, text=True, check=False
    )
    print(
        f"{'ok    ' if done.returncode == 0 else 'FAILED'} {check.name} ({time.monotonic() - started:.0f} s)"
    )
    shown = f"{done.stdout}{done.stderr}".strip()
    if shown and (done.returncode or check.name == "translations"):
        print("    " + shown.replace("\n", "\n    "))
    sys.stdout.flush()
    return done.returncode == 0


def run_tests(arguments: list[str], env: dict[str, str], *, with_coverage: bool) -> bool:
    """Run pytest in two processes; measuring what the tests reach makes them half as slow again."""
    browser = find_chromium()
    if browser is None:
        print("No Chromium was found (set CHROMIUM or install it), so the browser tests are left out.")
        if env.get("REQUIRE_BROWSER"):
            print("FAILED browser tests: they are required here.")
    else:
        env = env | {"CHROMIUM": browser}
    sys.stdout.flush()
    coverage = ["--cov", "--cov-report=term:skip-covered"] if with_coverage else []
    command = [sys.executable, "-m", "pytest", "-n", "2", "--dist", "worksteal", *coverage, *arguments]
    code = subprocess.run(command, cwd=ROOT, env=env, check=False).returncode
    return code == 0 and (browser is not None or not env.get("REQUIRE_BROWSER"))


def main() -> int:
    """Run the checks. Returns 0 when all pass."""
    known = [check.name for check in checks()] + [TESTS]
    parser = argparse.ArgumentParser(
        prog="script/test",
        description="Runs every check. What is not an option of this command goes to pytest, "
        "such as --long (the tests that take long too), -k NAME or a file.",
        epilog=f"Checks: {', '.join(known)}.",
    )
    parser.add_argument("--only", action="append", choices=known, metavar="CHECK", help="run this check only")
    parser.add_argument("--coverage", action="store_true", help="report what the tests reach")
    options, arguments = parser.parse_known_args()
    wanted = options.only or known
    failed = []
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # the programs it started end with it
    started = time.monotonic()
    try:
        with Servers(VAR / "test", durable=False) as servers:
            env = environment(servers)
            failed += [check.name for check in checks() if check.name in wanted and not passes(check, env)]
            if TESTS in wanted and not run_tests(arguments, env, with_coverage=options.coverage):
                failed.append(TESTS)
    except ServerError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130
    minutes, seconds = divmod(round(time.monotonic() - started), 60)
    result = f"Failed: {', '.join(failed)}" if failed else "Everything passed"
    print(f"{result} ({minutes} min {seconds} s)")
    return 1 if failed else 0


if __name__ == "__main__":
    os.chdir(ROOT)
    sys.exit(main())
