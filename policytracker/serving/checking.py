"""Looks at a running copy of the system from outside, as each kind of user: script/server --check."""

import csv
import datetime as dt
import email.policy
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import EmailMessage, Message
from email.parser import Parser
from html.parser import HTMLParser
from http.client import HTTPException, HTTPMessage, HTTPResponse
from http.cookiejar import CookieJar
from typing import IO, Any

from policytracker.serving.mail import MailSink
from policytracker.serving.server import ROOT

PAGES_A_ROLE = 40
PAGES_A_KIND = 2  # of pages that differ in a number or a municipality only
KINDS_EXPECTED = {"/", "/gemeenten/", "/gemeenten/#/"}  # a walk that misses one of these did not work
DEMONSTRATION = "demonstrati"
TOLD = 20  # faults; more say nothing new


class CheckFailedError(Exception):
    """The system does not do what it must; the text says what was seen where."""


class Markup(HTMLParser):
    """What a check needs to know of a page: its links, files, forms and headings."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.files: list[str] = []
        self.headings = 0
        self.language = ""
        self.action = ""
        self.fields: dict[str, str] = {}
        self.log_in: dict[str, str] = {}  # the fields of the form that asks for a password
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "html":
            self.language = found.get("lang", "")
        elif tag == "h1":
            self.headings += 1
        elif tag == "a" and "href" in found:
            self.links.append(found["href"])
        elif tag == "link" and found.get("rel") in {"stylesheet", "icon"}:
            self.files.append(found["href"])
        elif tag in {"script", "img"} and "src" in found:
            self.files.append(found["src"])
        elif tag == "form":
            self.action, self.fields = found.get("action", ""), {}
        elif tag == "input" and "name" in found:
            self.fields[found["name"]] = found.get("value", "")
            if found.get("type") == "password":
                self.log_in = self.fields


class Redirects(urllib.request.HTTPRedirectHandler):
    """Follows a redirect only where that is wanted."""

    def __init__(self, follow: bool) -> None:
        self.follow = follow

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        return super().redirect_request(req, fp, code, msg, headers, newurl) if self.follow else None


@dataclass(frozen=True)
class Answer:
    """What the server answered."""

    url: str
    status: int
    headers: Message
    body: bytes

    @property
    def is_html(self) -> bool:
        """Whether it is a page."""
        return self.headers.get_content_type() == "text/html"

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8", "replace")


@dataclass
class Visitor:
    """Somebody with a browser: cookies, and the pages seen."""

    site: str
    who: str
    seen: dict[str, str] = field(default_factory=dict)  # path → kind of page
    wrong: list[str] = field(default_factory=list)
    files: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.jar = urllib.request.HTTPCookieProcessor(CookieJar())

    def ask(self, path: str, data: dict[str, str] | None = None, *, follow: bool = True) -> Answer:
        """Ask for an address of the site, with the cookies of this visitor."""
        url = urllib.parse.urljoin(self.site, path)
        body = urllib.parse.urlencode(data).encode() if data is not None else None
        request = urllib.request.Request(url, body, {"Referer": url, "Accept-Language": "nl"})  # noqa: S310
        opener = urllib.request.build_opener(self.jar, Redirects(follow))
        try:
            answer: HTTPResponse = opener.open(request, timeout=60)
        except urllib.error.HTTPError as error:
            return Answer(url, error.code, error.headers, error.read())
        with answer:
            try:
                return Answer(answer.url, answer.status, answer.headers, answer.read())
            except HTTPException:  # the server broke off in the middle
                return Answer(answer.url, answer.status, answer.headers, b"")

    def log_in(self, password: str) -> None:
        """Log in through the form, which the start page leads to.

        Raises:
            CheckFailedError: when the form is not there or the site does not let this visitor in.
        """
        page = self.ask("/")
        form = Markup(page.text)
        if not form.log_in:
            raise CheckFailedError(f"{page.url} shows no form to log in.")
        name = next(
            n for n, value in form.log_in.items() if "csrf" not in n and not value and n != "password"
        )
        answer = self.ask(page.url, {**form.log_in, name: self.who, "password": password})
        if answer.status != 200 or Markup(answer.text).log_in:
            raise CheckFailedError(f"{self.who} cannot log in (answer {answer.status} at {answer.url}).")

    def walk(self, start: str, judge: Callable[[Answer], list[str]]) -> None:
        """See the pages that `start` leads to, a few of each kind, and keep what is wrong with them."""
        ahead, kinds = deque([start]), Counter[str]()
        while ahead and len(self.seen) < PAGES_A_ROLE:
            path = ahead.popleft()
            kind = kind_of(path)
            if path in self.seen or kinds[kind] >= PAGES_A_KIND:
                continue
            kinds[kind] += 1
            self.seen[path] = kind
            answer = self.ask(path)
            self.wrong += [f"{self.who}: {path}: {wrong}" for wrong in judge(answer)]
            if answer.is_html and not path.startswith("/beheer/"):
                markup = Markup(answer.text)
                ahead.extend(filter(None, (self.own(answer.url, link) for link in markup.links)))
                self.files.update(filter(None, (self.own(answer.url, file) for file in markup.files)))

    def own(self, base: str, link: str) -> str:
        """The path of a link on this site; empty for any other."""
        url = urllib.parse.urljoin(base, link).partition("#")[0]
        return "/" + url.removeprefix(self.site) if url.startswith(self.site) else ""


def kind_of(path: str) -> str:
    """A path without its numbers and municipalities, and only the names of what is asked."""
    address, _, query = path.partition("?")
    names = sorted({name for name, _ in urllib.parse.parse_qsl(query, keep_blank_values=True)})
    return re.sub(r"GM\d+|\d+", "#", address) + ("?" + "&".join(names) if names else "")


def judge_page(answer: Answer) -> list[str]:
    """What is wrong with a page or file that somebody who is logged in sees."""
    if answer.status != 200:
        return [f"answer {answer.status}"]
    if not answer.body:
        return ["nothing in it, or broken off"]
    if not answer.is_html:
        return []
    markup = Markup(answer.text)
    policy = answer.headers.get("Content-Security-Policy", "")
    faults = {
        "no language is given": not markup.language,
        f"{markup.headings} main headings": markup.headings != 1,
        "the form to log in instead of the page": bool(markup.log_in),
        "no strict Content-Security-Policy": "default-src" not in policy or "unsafe" in policy,
    }
    if "/beheer/" not in answer.url:
        faults["does not say that it shows a demonstration"] = DEMONSTRATION not in answer.text.lower()
    return [fault for fault, is_so in faults.items() if is_so]


def judge_public(answer: Answer) -> list[str]:
    """What is wrong with a page that anybody may see."""
    return [] if answer.status == 200 else [f"answer {answer.status}"]


def expected_figures() -> dict[str, int]:
    """How many municipalities and published policies the register's own files hold today."""
    data = ROOT / "municipalities" / "data"
    today = dt.datetime.now(dt.UTC).date().isoformat()
    with (data / "register_counts.csv").open(encoding="utf-8", newline="") as file:
        counts = [row for row in csv.reader(file) if row[0][:1].isdigit() and row[0] <= today]
    with (data / "safety_policies.csv").open(encoding="utf-8", newline="") as file:
        policies = sum(1 for _ in csv.DictReader(file))
    return {"municipalities": int(max(counts)[1]), "policies": policies}


def check_figures(figures: dict[str, Any]) -> list[str]:
    """What is wrong with the number of municipalities, policies and reminders."""
    wrong = [
        f"The database has {figures[what]} {what}, the register's files {count}."
        for what, count in expected_figures().items()
        if figures[what] != count
    ]
    if not figures["reminders"]:
        wrong.append("No reminder was sent.")
    return wrong


def check_mail(site: str, mail: MailSink, expected: int) -> list[str]:
    """What is wrong with the messages that came in over SMTP."""
    deadline = time.monotonic() + 20
    while len(messages := mail.messages()) < expected and time.monotonic() < deadline:
        time.sleep(0.2)
    if len(messages) != expected:
        return [f"The ledger says {expected} messages were sent; {len(messages)} came in."]
    wrong: list[str] = []
    numbers: Counter[str] = Counter()
    for message in messages:
        parsed = Parser(EmailMessage, policy=email.policy.default).parsestr(message["source"])
        numbers[str(parsed["Message-ID"])] += 1
        plain, html = parsed.get_body(("plain",)), parsed.get_body(("html",))
        text = plain.get_content() if plain is not None else ""
        faults = {
            "has no text and HTML": plain is None or html is None,
            "has no link into the site": site not in text,
            "does not say that it is a demonstration": DEMONSTRATION not in text.lower(),
        }
        wrong += [f"Message “{message['subject']}” {fault}." for fault, is_so in faults.items() if is_so]
    wrong += [f"Message-ID {number} came in {times} times." for number, times in numbers.items() if times > 1]
    return wrong[:10]


def check(site: str, mail: MailSink, figures: dict[str, Any], password: str) -> int:
    """Check the figures, the messages and the pages of every role and of a stranger.

    Returns:
        How many pages were looked at.

    Raises:
        CheckFailedError: with everything that is wrong.
    """
    wrong = [*check_figures(figures), *check_mail(site, mail, figures["messages"])]
    if len(figures["log_ins"]) != 4:
        wrong.append(f"{len(figures['log_ins'])} log-ins of the demonstration instead of 4.")
    stranger = Visitor(site, "a stranger")
    stranger.walk("/", judge_public)
    visitors = [Visitor(site, who["email"]) for who in figures["log_ins"]]
    for visitor in visitors:
        visitor.log_in(password)
        visitor.walk("/", judge_page)
        wrong += visitor.wrong
        wrong += [f"{visitor.who}: found no {kind}" for kind in KINDS_EXPECTED - set(visitor.seen.values())]
    for path in sorted({path for visitor in visitors for path in visitor.seen} - {"/"} - set(stranger.seen)):
        answer = stranger.ask(path, follow=False)
        if answer.status != 302:
            wrong.append(f"a stranger: {path}: answer {answer.status} instead of the way to log in")
    for path in sorted(stranger.files.union(*(visitor.files for visitor in visitors))):
        if (status := stranger.ask(path).status) != 200:
            wrong.append(f"{path}: answer {status}")
    wrong += stranger.wrong
    if wrong:
        more = [f"… and {len(wrong) - TOLD} more"] if len(wrong) > TOLD else []
        raise CheckFailedError("\n  ".join(["The check failed:", *wrong[:TOLD], *more]))
    return len(stranger.seen) + sum(len(visitor.seen) for visitor in visitors)
