"""script/server and script/manage: what they start, restart and stop, and what they say when they cannot."""

import email.message
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from policytracker import launcher
from policytracker.serving import checking
from policytracker.serving.environment import free_ports, is_free, kept_secret
from policytracker.serving.processes import Child, Children, GivenUpError
from policytracker.serving.server import ROOT, runs
from policytracker.serving.site import StepFailedError

SLEEPS = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)"]
ENDS = [sys.executable, "-c", "raise SystemExit(3)"]


def until(condition: Callable[[], bool], seconds: float = 15) -> bool:
    """Whether the condition becomes true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def children(tmp_path, said) -> Iterator[Children]:
    kept = Children(tmp_path / "processes.json", said.append)
    yield kept
    kept.stop()


def child(tmp_path: Path, command: list[str], grace: float = 5) -> Child:
    return Child("sleeper", command, dict(os.environ), tmp_path / "sleeper.log", grace=grace)


def alive(pid: int) -> bool:
    try:
        return runs(psutil.Process(pid))
    except psutil.NoSuchProcess:
        return False


class TestChildren:
    def test_one_that_was_killed_is_started_again_after_a_pause(self, children, tmp_path, said):
        children.start(one := child(tmp_path, SLEEPS))
        first = one.process.pid
        one.process.kill()
        assert until(one.has_ended)
        children.look_after()
        assert one.process is None
        assert "starting it again in 1 s" in said[0]
        assert until(lambda: children.look_after() or one.process is not None)
        assert one.process.pid != first
        assert json.loads(children.record.read_text())[0]["pid"] == one.process.pid

    def test_one_that_ends_again_and_again_stops_everything_with_a_sentence(
        self, children, tmp_path, monkeypatch
    ):
        children.start(one := child(tmp_path, ENDS))
        monkeypatch.setattr("policytracker.serving.processes.min", lambda *pauses: 0.0, raising=False)

        def look() -> bool:
            children.look_after()
            return False

        with pytest.raises(
            GivenUpError, match=r"sleeper ended 5 times within a minute.*sleeper\.log says why"
        ):
            until(look)
        assert len(one.deaths) == Children.PATIENCE

    def test_stopping_takes_the_children_s_children_along(self, children, tmp_path):
        code = "import subprocess, sys, time; p = subprocess.Popen([sys.executable, '-c', "
        code += "'import time; time.sleep(60)']); print(p.pid, flush=True); time.sleep(60)"
        children.start(one := child(tmp_path, [sys.executable, "-c", code]))
        assert until(lambda: one.log.read_text().endswith("\n"))
        grandchild = int(one.log.read_text())
        assert alive(grandchild)
        children.stop()
        assert not alive(grandchild)
        assert not children.record.exists()

    def test_one_that_does_not_listen_is_killed(self, children, tmp_path):
        code = (
            "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); "
        )
        children.start(one := child(tmp_path, [sys.executable, "-c", code + "time.sleep(60)"], grace=0.2))
        assert until(lambda: "deaf" in one.log.read_text())
        pid = one.process.pid
        children.stop()
        assert not alive(pid)

    @pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent died")
    def test_a_killed_launcher_takes_its_children_along(self, tmp_path):
        code = (
            "import os, sys, time; from pathlib import Path; "
            "from policytracker.serving.processes import Child\n"
            f"child = Child('x', {SLEEPS!r}, dict(os.environ), Path({str(tmp_path / 'x.log')!r}), grace=1)\n"
            "child.start(); print(child.process.pid, flush=True); time.sleep(60)"
        )
        with subprocess.Popen(
            [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True
        ) as parent:
            pid = int(parent.stdout.readline())
            assert alive(pid)
            parent.kill()
        assert until(lambda: not alive(pid))

    def test_what_a_killed_launcher_left_is_found_and_stopped(self, children, tmp_path):
        with subprocess.Popen(SLEEPS, start_new_session=True, stdout=subprocess.DEVNULL) as left:
            known = [{"name": "x", "pid": left.pid, "started": time.time()}]
            children.record.write_text(json.dumps(known))
            assert children.stop_left_behind() == 1
        assert children.stop_left_behind() == 0

    def test_a_process_that_got_a_recorded_number_later_is_left_alone(self, children):
        with subprocess.Popen(SLEEPS, start_new_session=True, stdout=subprocess.DEVNULL) as other:
            known = [{"name": "x", "pid": other.pid, "started": time.time() + 3600}]
            children.record.write_text(json.dumps(known))
            assert children.stop_left_behind() == 0
            assert alive(other.pid)
            other.kill()


class TestEnvironment:
    def test_a_secret_is_made_once_and_only_this_user_reads_it(self, tmp_path):
        first = kept_secret(tmp_path / "secret")
        assert len(first) > 50
        assert kept_secret(tmp_path / "secret") == first
        assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o600

    def test_an_empty_secret_is_made_anew(self, tmp_path):
        (tmp_path / "secret").touch(mode=0o600)
        assert len(kept_secret(tmp_path / "secret")) > 50

    def test_free_ports_are_free_and_different(self):
        ports = free_ports(3)
        assert len(set(ports)) == 3
        assert all(is_free(port) for port in ports)


@pytest.fixture
def var(tmp_path, monkeypatch) -> Path:
    """A data folder of this test's own; nothing may have been started in it."""
    monkeypatch.setattr(launcher, "VAR", tmp_path / "var")
    return tmp_path / "var"


class TestServe:
    def test_a_busy_port_is_named_before_anything_starts(self, var, monkeypatch):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            monkeypatch.setenv("PORT", str(port))
            with pytest.raises(StepFailedError, match=rf"^Port {port} is in use\..*PORT=\d+ script/server"):
                launcher.serve()
        assert [path.name for path in var.iterdir()] == ["run"]

    @pytest.mark.parametrize("port", ["http", "0", "65536", "-1"])
    def test_a_port_that_is_none_is_told(self, var, monkeypatch, port):
        monkeypatch.setenv("PORT", port)
        with pytest.raises(StepFailedError, match="PORT must be a number"):
            launcher.serve()

    def test_a_second_server_says_where_the_first_is(self, var, monkeypatch):
        monkeypatch.setenv("PORT", str(free_ports(1)[0]))
        (var / "run").mkdir(parents=True)
        with launcher.only_one(var / "run" / "server.lock", "") as lock:
            lock.write("http://127.0.0.1:1234/, process 99")
            lock.flush()
            with pytest.raises(StepFailedError, match=r"already runs: http://127\.0\.0\.1:1234/, process 99"):
                launcher.serve()
            assert launcher.running_server() == "http://127.0.0.1:1234/, process 99"
        assert launcher.running_server() == ""


class TestManage:
    def run(self, *arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "policytracker.launcher", "manage", *arguments]
        return subprocess.run(command, cwd=ROOT, input=text, capture_output=True, text=True)

    def test_exit_code_and_standard_input_pass_through(self):
        done = self.run("shell", text="import sys; print(6 * 7); sys.exit(7)")
        assert (done.returncode, "42" in done.stdout) == (7, True)


def answer(html: str, status: int = 200, **headers: str) -> checking.Answer:
    message = email.message.Message()
    message["Content-Type"] = "text/html; charset=utf-8"
    message["Content-Security-Policy"] = "default-src 'none'"
    for name, value in headers.items():
        del message[name.replace("_", "-")]
        message[name.replace("_", "-")] = value
    return checking.Answer("http://127.0.0.1/x", status, message, html.encode())


GOOD = '<html lang="nl"><body><h1>Een</h1>Dit is een demonstratie.</body></html>'


class TestCheck:
    def test_a_good_page_has_nothing_wrong(self):
        assert checking.judge_page(answer(GOOD)) == []

    @pytest.mark.parametrize(
        ("page", "wrong"),
        [
            (answer(GOOD, status=500), "answer 500"),
            (answer(""), "nothing in it, or broken off"),
            (answer(GOOD.replace(' lang="nl"', "")), "no language is given"),
            (answer(GOOD.replace("</h1>", "</h1><h1>Twee</h1>")), "2 main headings"),
            (answer(GOOD.replace("demonstratie", "echt")), "does not say that it shows a demonstration"),
            (
                answer(GOOD, Content_Security_Policy="default-src 'self' 'unsafe-inline'"),
                "no strict Content-Security-Policy",
            ),
            (
                answer(GOOD.replace("</body>", '<form><input type="password" name="p"></form></body>')),
                "the form to log in instead of the page",
            ),
        ],
    )
    def test_what_is_wrong_with_a_page_is_named(self, page, wrong):
        assert checking.judge_page(page) == [wrong]

    def test_pages_that_differ_in_a_number_are_of_one_kind(self):
        assert checking.kind_of("/gemeenten/GM0344/") == checking.kind_of("/gemeenten/GM0363/")
        assert checking.kind_of("/x/?page=2&q=a") == checking.kind_of("/x/?q=b&page=31") == "/x/?page&q"

    def test_the_register_s_own_files_say_what_to_expect(self):
        assert checking.expected_figures() == {"municipalities": 342, "policies": 252}

    def test_wrong_figures_are_named(self):
        wrong = checking.check_figures({"municipalities": 341, "policies": 252, "reminders": 0})
        assert wrong == [
            "The database has 341 municipalities, the register's files 342.",
            "No reminder was sent.",
        ]

    def test_messages_are_counted_and_read(self):
        class Sink:
            def messages(self):
                return [{"subject": "Vraag", "source": "Message-ID: <1@x>\n\nhttp://site/ demonstratie"}] * 2

        assert checking.check_mail("http://site/", Sink(), 2) == [
            "Message “Vraag” has no text and HTML.",
            "Message “Vraag” has no text and HTML.",
            "Message-ID <1@x> came in 2 times.",
        ]


@pytest.mark.long
class TestWholeSystem:
    """The real thing, with data of its own."""

    @pytest.fixture
    def system(self) -> Iterator[tuple[dict[str, str], Path]]:
        with tempfile.TemporaryDirectory(prefix="pt-") as folder:
            env = {
                name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}
            }
            yield env | {"POLICYTRACKER_VAR": folder, "PORT": str(free_ports(1)[0])}, Path(folder)
            assert until(lambda: not self.working(Path(folder)), 30), self.working(Path(folder))

    def working(self, var: Path) -> list[str]:
        found = []
        for process in psutil.process_iter(["cmdline"]):
            try:
                mine = process.environ().get("POLICYTRACKER_VAR") == str(var) and process.pid != os.getpid()
                if (mine or process.cwd().startswith(f"{var}/")) and runs(process):
                    found.append(" ".join(process.info["cmdline"]))
            except psutil.Error:
                continue
        return found

    def start(self, env: dict[str, str], var: Path) -> subprocess.Popen[bytes]:
        terminal = var / "terminal"
        with terminal.open("wb") as output:
            server = subprocess.Popen(
                [sys.executable, "-m", "policytracker.launcher", "server"],
                cwd=ROOT,
                env=env,
                stdout=output,
                stderr=output,
            )
        assert until(lambda: "Ready after" in terminal.read_text() or server.poll() is not None, 180)
        assert server.poll() is None, terminal.read_text()
        return server

    def is_ready(self, env: dict[str, str]) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{env['PORT']}/readyz", timeout=10) as answer:
                return answer.status == 200
        except OSError:
            return False

    def test_survives_the_death_of_every_part_and_stops_in_order(self, system):
        env, var = system
        server = self.start(env, var)
        record = var / "run" / "server" / "processes.json"
        for name in ("web", "worker", "beat", "mail"):
            old = {each["name"]: each["pid"] for each in json.loads(record.read_text())}
            os.kill(old[name], signal.SIGKILL)
            assert until(
                lambda name=name, old=old: (
                    {e["name"]: e["pid"] for e in json.loads(record.read_text())}.get(name, old[name])
                    != old[name]
                ),
                30,
            )
        assert until(lambda: self.is_ready(env), 30)
        os.kill(int((var / "postgres" / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
        assert until(lambda: not self.is_ready(env), 30)
        assert until(lambda: self.is_ready(env), 60)
        server.send_signal(signal.SIGINT)
        assert server.wait(60) == 0
        assert "Everything has stopped." in (var / "terminal").read_text()
        assert self.working(var) == []

    def test_a_killed_launcher_leaves_nothing_and_the_next_start_works(self, system):
        env, var = system
        server = self.start(env, var)
        server.kill()
        server.wait()
        assert until(lambda: not self.working(var), 60), self.working(var)
        again = self.start(env, var)
        sent = re.search(r"Reminders sent +(\d+)", (var / "terminal").read_text())
        assert int(sent.group(1)) > 0
        again.send_signal(signal.SIGTERM)
        assert again.wait(60) == 0

    def test_the_check_passes_twice(self, system):
        env, _ = system
        for _ in range(2):
            done = subprocess.run(
                [sys.executable, "-m", "policytracker.launcher", "server", "--check"],
                cwd=ROOT,
                env=env,
                capture_output=True,
                text=True,
            )
            assert done.returncode == 0, done.stdout + done.stderr
            *_, municipalities, policies, reminders, pages = done.stdout.splitlines()
            assert (municipalities, policies) == ("municipalities: 342", "published policies: 252")
            assert re.fullmatch(r"reminders sent: [1-9]\d*", reminders)
            assert re.fullmatch(r"pages checked: [1-9]\d*", pages)
