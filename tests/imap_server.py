"""A small IMAP server on this machine (RFC 3501): as much of it as reading a mailbox takes."""

import re
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

HOST = "127.0.0.1"
USER, PASSWORD = "reports", 'p@ss/"word"'

LOG_IN = '"reports" "p@ss/\\"word\\""'
"""The two, as they are said."""


class Mailbox:
    """What the server holds and what was asked of it."""

    def __init__(self) -> None:
        self.messages: dict[int, bytes] = {}
        """By their lasting numbers."""
        self.seen: set[int] = set()
        self.said: list[str] = []
        """The commands, in order."""
        self.breaks_at: set[int] = set()
        """The messages at which the connection breaks when they are fetched."""
        self.vanishes: set[int] = set()
        """The messages that somebody removes just before they are fetched."""
        self.is_silent = False
        """Whether the server takes the connection and says nothing."""
        self.repeats_log_in = False
        """Whether a refusal of the log-in repeats what was said."""
        self.folder = "INBOX"
        self.port = 0

    def url(self, *, password: str = PASSWORD, scheme: str = "imap") -> str:
        """The address as BOUNCES_URL wants it."""
        return f"{scheme}://{USER}:{quote(password, safe='')}@{HOST}:{self.port}/{quote(self.folder)}"

    def add(self, content: bytes) -> int:
        """Let a message arrive; gives its number."""
        number = 10 + 3 * len(self.messages)
        self.messages[number] = content
        return number


class Session(socketserver.StreamRequestHandler):
    """One connection."""

    server: "Server"

    def handle(self) -> None:
        """Answer until the other side leaves."""
        mailbox = self.server.mailbox
        if mailbox.is_silent:
            self.rfile.readline()
            return
        self.say("* OK ready")
        while line := self.rfile.readline():
            text = line.decode("latin-1").rstrip("\r\n")
            tag, _, rest = text.partition(" ")
            mailbox.said.append(rest)
            if not self.answer(tag, rest):
                return

    def say(self, text: str) -> None:
        """Send a line."""
        self.wfile.write(text.encode("latin-1") + b"\r\n")

    def answer(self, tag: str, rest: str) -> bool:
        """Answer a command; whether the connection goes on."""
        mailbox = self.server.mailbox
        word, _, arguments = rest.removeprefix("UID ").partition(" ")
        if word == "CAPABILITY":
            self.say("* CAPABILITY IMAP4rev1")
        elif word == "LOGIN" and arguments != LOG_IN:
            self.say(f"{tag} NO {arguments if mailbox.repeats_log_in else 'that is not it'}")
            return True
        elif word == "SELECT":
            if arguments != f'"{mailbox.folder}"':
                self.say(f"{tag} NO there is no {arguments}")
                return True
            self.say(f"* {len(mailbox.messages)} EXISTS")
        elif word == "SEARCH":
            unseen = sorted(mailbox.messages.keys() - mailbox.seen, reverse=True)
            self.say(" ".join(["* SEARCH", *map(str, unseen)]))
        elif word == "FETCH":
            if not self.fetch(arguments):
                return False
        elif word == "STORE":
            number, _, flags = arguments.partition(" ")
            assert flags == "+FLAGS.SILENT (\\Seen)", flags
            mailbox.seen.add(int(number))
        elif word == "LOGOUT":
            self.say("* BYE until later")
        self.say(f"{tag} OK done")
        return word != "LOGOUT"

    def fetch(self, arguments: str) -> bool:
        """Give a message, up to the length that is asked for; whether the connection goes on."""
        mailbox = self.server.mailbox
        asked = re.fullmatch(r"(\d+) \(BODY\.PEEK\[\]<0\.(\d+)>\)", arguments)
        assert asked, arguments
        number, length = int(asked[1]), int(asked[2])
        if number in mailbox.breaks_at:
            self.wfile.write(b"* 1 FETCH (UID %d BODY[]<0> {500}\r\nReturn-Pa" % number)
            return False
        if number in mailbox.vanishes:
            return True
        content = mailbox.messages[number][:length]
        self.wfile.write(b"* 1 FETCH (UID %d BODY[]<0> {%d}\r\n%b)\r\n" % (number, len(content), content))
        return True


class Server(socketserver.ThreadingTCPServer):
    """The server, each connection in a thread of its own."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, mailbox: Mailbox) -> None:
        super().__init__((HOST, 0), Session)
        self.mailbox = mailbox


@contextmanager
def running_imap_server() -> Iterator[Mailbox]:
    """A mailbox that can be reached until the block ends."""
    mailbox = Mailbox()
    with Server(mailbox) as server:
        mailbox.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield mailbox
        finally:
            server.shutdown()
            thread.join()
