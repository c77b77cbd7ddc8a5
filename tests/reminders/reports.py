"""Reports as mail servers write them; %(…)s stands for what differs, and lines end as on the wire."""

from collections.abc import Mapping

POSTFIX = """\
Return-Path: <>
Delivered-To: beleidsmonitor@localhost
Received: by mx.gemeente.example (Postfix)
\tid 4D2C31C00A7; Tue, 24 Nov 2026 10:00:03 +0100 (CET)
Date: Tue, 24 Nov 2026 10:00:03 +0100 (CET)
From: MAILER-DAEMON@mx.gemeente.example (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: beleidsmonitor@localhost
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="4D2C31C00A6.1795510803/mx.gemeente.example"
Content-Transfer-Encoding: 8bit
Message-Id: <20261124090003.4D2C31C00A7@mx.gemeente.example>

This is a MIME-encapsulated message.

--4D2C31C00A6.1795510803/mx.gemeente.example
Content-Description: Notification
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

This is the mail system at host mx.gemeente.example.

I'm sorry to have to inform you that your message could not
be delivered to one or more recipients. It's attached below.

                   The mail system

<%(recipient)s>: unknown user: "one"

--4D2C31C00A6.1795510803/mx.gemeente.example
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.gemeente.example
X-Postfix-Queue-ID: 4D2C31C00A6
X-Postfix-Sender: rfc822; beleidsmonitor@localhost
Arrival-Date: Tue, 24 Nov 2026 10:00:03 +0100 (CET)

Final-Recipient: rfc822; %(recipient)s
Original-Recipient: rfc822;%(recipient)s
Action: %(action)s
Status: %(status)s
Remote-MTA: dns; mail.gemeente.example
Diagnostic-Code: smtp; %(diagnosis)s

--4D2C31C00A6.1795510803/mx.gemeente.example
Content-Description: Undelivered Message
Content-Type: message/rfc822
Content-Transfer-Encoding: 8bit

Return-Path: <beleidsmonitor@localhost>
Received: from tracker.example (tracker.example [192.0.2.10])
\tby mx.gemeente.example (Postfix) with ESMTP id 4D2C31C00A6
\tfor <%(recipient)s>; Tue, 24 Nov 2026 10:00:03 +0100 (CET)
MIME-Version: 1.0
Subject: Urk: uw beleid tegen radicalisering
From: beleidsmonitor@localhost
To: %(recipient)s
Date: Tue, 24 Nov 2026 09:00:00 -0000
Message-ID: %(message_id)s
Auto-Submitted: auto-generated
Content-Type: multipart/alternative; boundary="===============1=="

--===============1==
Content-Type: text/plain; charset="utf-8"
Content-Transfer-Encoding: 8bit

Dag, wij missen iets in uw veiligheidsbeleid.

--===============1==
Content-Type: text/html; charset="utf-8"
Content-Transfer-Encoding: 8bit

<p>Dag, wij missen iets in uw veiligheidsbeleid.</p>

--===============1==--

--4D2C31C00A6.1795510803/mx.gemeente.example--
"""

EXCHANGE = """\
From: Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@gemeente.example>
To: <beleidsmonitor@localhost>
Date: Tue, 24 Nov 2026 09:00:05 +0000
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="_000_outlook"
X-MS-Exchange-Message-Is-Ndr:
Content-Language: nl-NL
Message-ID: <b7e1d0a2-2f5e@AM0PR01MB0001.eurprd01.prod.exchangelabs.com>
In-Reply-To: %(message_id)s
References: %(message_id)s
Subject: Niet bestelbaar: Urk: uw beleid tegen radicalisering
Auto-Submitted: auto-replied
MIME-Version: 1.0

--_000_outlook
Content-Type: multipart/alternative; differences=Content-Type;
\tboundary="_001_outlook"

--_001_outlook
Content-Type: text/plain; charset="utf-8"
Content-Transfer-Encoding: base64

VXcgYmVyaWNodCBrb24gbmlldCB3b3JkZW4gYmV6b3JnZC4=

--_001_outlook
Content-Type: text/html; charset="utf-8"
Content-Transfer-Encoding: base64

PHA+VXcgYmVyaWNodCBrb24gbmlldCB3b3JkZW4gYmV6b3JnZC48L3A+

--_001_outlook--

--_000_outlook
Content-Type: message/delivery-status

Reporting-MTA: dns;AM0PR01MB0001.eurprd01.prod.exchangelabs.com
Received-From-MTA: dns;tracker.example
Arrival-Date: Tue, 24 Nov 2026 09:00:03 +0000

Original-Recipient: rfc822;%(recipient)s
Final-Recipient: rfc822;%(recipient)s
Action: failed
Status: %(status)s
Diagnostic-Code: smtp;550 %(status)s RESOLVER.ADR.RecipientNotFound; Recipient not
\t found by SMTP address lookup
X-Display-Name: Contact 1


--_000_outlook
Content-Type: message/rfc822

Received: from AM0PR01CA0001.eurprd01.prod.exchangelabs.com (2603:10a6:200::11)
\tby AM0PR01MB0001.eurprd01.prod.exchangelabs.com (2603:10a6:208::1) with
\tMicrosoft SMTP Server; Tue, 24 Nov 2026 09:00:03 +0000
From: <beleidsmonitor@localhost>
To: <%(recipient)s>
Message-ID:
\t%(message_id)s
Subject: Urk: uw beleid tegen radicalisering
Content-Type: text/plain; charset="utf-8"
MIME-Version: 1.0

Dag.

--_000_outlook--
"""

HEADERS_ONLY = """\
From: Mail Delivery System <Mailer-Daemon@exim.example>
To: beleidsmonitor@localhost
Content-Type: multipart/report; report-type=delivery-status; boundary=1795510803-eximdsn-1
MIME-Version: 1.0
Subject: Mail delivery failed: returning message to sender

--1795510803-eximdsn-1
Content-type: text/plain; charset=us-ascii

A message that you sent could not be delivered.

--1795510803-eximdsn-1
Content-type: message/delivery-status

Reporting-MTA: dns; exim.example

Action: failed
Final-Recipient: rfc822;%(recipient)s
Status: 5.0.0
Remote-MTA: dns; mail.gemeente.example
Diagnostic-Code: smtp; %(diagnosis)s

--1795510803-eximdsn-1
Content-type: text/rfc822-headers

Return-path: <beleidsmonitor@localhost>
From: beleidsmonitor@localhost
To: %(recipient)s
Message-ID: %(message_id)s
Subject: Urk

--1795510803-eximdsn-1--
"""

SEVERAL = """\
From: postmaster@gemeente.example
To: beleidsmonitor@localhost
Content-Type: multipart/report; report-type="delivery-status"; boundary="b"
MIME-Version: 1.0
Subject: Returned mail

--b
Content-Type: text/plain

Some of this did not arrive.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.gemeente.example

Final-Recipient: RFC822; other@gemeente.example
Action: delivered
Status: 2.1.5

Final-Recipient: RFC822; full@gemeente.example
Action: failed
Status: 4.2.2

Original-Recipient: rfc822; %(recipient)s
Final-Recipient: RFC822; <U.One@INTERN.GEMEENTE.EXAMPLE>
Action: failed (bad address)
Status: 5.1.1 (bad destination mailbox address)

Final-Recipient: RFC822; somebody@gemeente.example
Action: failed
Status: 5.1.1

--b
Content-Type: message/rfc822

From: beleidsmonitor@localhost
Message-ID: %(message_id)s

Dag.

--b--
"""

OUT_OF_OFFICE = """\
From: Een Ambtenaar <%(recipient)s>
To: beleidsmonitor@localhost
Subject: Automatisch antwoord: Urk: uw beleid tegen radicalisering
Date: Tue, 24 Nov 2026 09:00:04 +0000
Message-ID: <out-of-office@gemeente.example>
In-Reply-To: %(message_id)s
Auto-Submitted: auto-replied
X-Auto-Response-Suppress: All
MIME-Version: 1.0
Content-Type: text/plain; charset="iso-8859-1"
Content-Transfer-Encoding: quoted-printable

Ik ben afwezig en geen gebruiker van deze mailbox. 550 5.1.1 user unknown, ge=EFnteresseerd?
Final-Recipient: rfc822; %(recipient)s
Action: failed
Status: 5.1.1
Message-ID: %(message_id)s
"""

READ_RECEIPT = """\
From: <%(recipient)s>
To: beleidsmonitor@localhost
Content-Type: multipart/report; report-type=disposition-notification; boundary="b"
MIME-Version: 1.0

--b
Content-Type: text/plain

Gelezen.

--b
Content-Type: message/disposition-notification

Final-Recipient: rfc822; %(recipient)s
Original-Message-ID: %(message_id)s
Disposition: manual-action/MDN-sent-manually; displayed

--b--
"""

USUAL = {"action": "failed", "status": "5.1.1", "diagnosis": "550 5.1.1 User unknown in local table"}


def report(template: str, values: Mapping[str, str], *, charset: str = "utf-8") -> bytes:
    """The report with these values in it."""
    return (template % {**USUAL, **values}).replace("\n", "\r\n").encode(charset)
