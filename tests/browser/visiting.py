"""Somebody at a browser window: what they do there, what they see, and what goes wrong in it."""

import re
from dataclasses import dataclass, field

from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from playwright.sync_api import BrowserContext, ConsoleMessage, Page

from accounts.models import User

PASSWORD = "kersenboom-87-fiets"
OFFICER, VNG, NCTV, ADMINISTRATOR = (f"{name}@demo.example" for name in ("officer", "vng", "nctv", "admin"))
WIDE, PHONE, NARROW = (1280, 800), (390, 844), (320, 640)
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# Chromium reports the answer to a refused form, which is meant, as an error.
REFUSED_FORM = re.compile(r"Failed to load resource: the server responded with a status of 422")


@dataclass
class Visit:
    """Somebody at a browser window, and everything that went wrong in it."""

    site: str
    context: BrowserContext
    wrong: list[str] = field(default_factory=list)

    def page(self) -> Page:
        """A new page that keeps what goes wrong in it."""
        page = self.context.new_page()
        page.on("pageerror", lambda error: self.wrong.append(f"{page.url}: {error}"))
        page.on("console", self.note)
        return page

    def note(self, message: ConsoleMessage) -> None:
        """Keep what the browser complains about, the Content-Security-Policy included."""
        if message.type in {"error", "warning"} and not REFUSED_FORM.match(message.text):
            self.wrong.append(f"{message.location.get('url')}: {message.text}")

    def come_in_as(self, email: str) -> None:
        """Log in without the form, for what is not about logging in."""
        client = Client()
        client.force_login(User.objects.get(email=email), settings.AUTHENTICATION_BACKENDS[-1])
        cookie = client.cookies[settings.SESSION_COOKIE_NAME]
        self.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": self.site}])


def log_in(page: Page, email: str, password: str = PASSWORD) -> None:
    """Log in through the form."""
    page.goto("/")
    page.get_by_label("E-mailadres").fill(email)
    page.get_by_label("Wachtwoord").fill(password)
    page.get_by_role("button", name="Inloggen").click()
    page.wait_for_url("/")


def assert_accessible(page: Page) -> None:
    """Fail with every violation of WCAG 2.2 A and AA that axe finds."""
    results = Axe().run(page, options={"runOnly": {"type": "tag", "values": TAGS}})
    lines = [
        f"{violation['id']} ({violation['help']}): {node['html'][:200]}"
        for violation in results.response["violations"]
        for node in violation["nodes"][:5]
    ]
    assert not lines, "\n".join([page.url, *lines])


def assert_fits(page: Page) -> None:
    """Fail where the page can be scrolled sideways."""
    width, needed = page.evaluate(
        "[document.documentElement.clientWidth, document.documentElement.scrollWidth]"
    )
    assert needed <= width, f"{page.url} is {needed} px wide in a window of {width} px"
