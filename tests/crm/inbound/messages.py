# ruff: noqa: RUF001 -- letters that only look like others are meant
"""Messages as many programs write them, put together by ourselves."""

from base64 import b64encode, encodebytes
from collections.abc import Mapping
from quopri import encodestring

VISITOR = "mira@visitor.example"
US = "reply@in.example.com"


def message(
    headers: str = "", body: str | bytes = "", *, before: str = "", newline: str = "\r\n"
) -> bytes:
    """Return a message with what each has; ``headers`` stand below and win."""
    own = {
        "From": f"Mira Toland <{VISITOR}>",
        "To": US,
        "Subject": "Re: Your question",
        "Date": "Mon, 30 Nov 2026 09:15:00 +0100",
        "Message-ID": "<one@visitor.example>",
        "MIME-Version": "1.0",
    }
    given = [line for line in headers.strip("\n").split("\n") if line]
    names = {line.partition(":")[0].lower() for line in given if not line[0].isspace()}
    lines = [f"{name}: {value}" for name, value in own.items() if name.lower() not in names]
    head = "\n".join([*before.strip("\n").split("\n"), *lines, *given]).lstrip("\n")
    data = body if isinstance(body, bytes) else body.replace("\n", newline).encode()
    return (head + "\n\n").replace("\n", newline).encode("utf-8", "surrogateescape") + data


def multipart(kind: str, *parts: bytes, boundary: str = "=_edge", **parameters: str) -> bytes:
    """Return a part, headers and all, made of others."""
    more = "".join(f'; {name.replace("_", "-")}="{value}"' for name, value in parameters.items())
    head = f'Content-Type: multipart/{kind}; boundary="{boundary}"{more}\r\n\r\n'
    edge = f"--{boundary}"
    inner = "".join(f"{edge}\r\n%s\r\n" for _ in parts).encode()
    return head.encode() + inner % parts + f"{edge}--\r\n".encode()


def part(
    content: str | bytes,
    content_type: str = "text/plain; charset=utf-8",
    encoding: str = "8bit",
    more: str = "",
) -> bytes:
    """Return a part, headers and all."""
    data = content.encode() if isinstance(content, str) else content
    if encoding == "base64":
        data = encodebytes(data)
    elif encoding == "quoted-printable":
        data = encodestring(data)
    head = f"Content-Type: {content_type}\nContent-Transfer-Encoding: {encoding}\n{more}"
    return head.rstrip("\n").replace("\n", "\r\n").encode() + b"\r\n\r\n" + data


def whole(body: bytes, headers: str = "", before: str = "") -> bytes:
    """Return a message whose body is a part with its own headers."""
    return message(headers, before=before)[:-2] + body


def word(text: str, charset: str) -> str:
    """Return an encoded word of RFC 2047."""
    return f"=?{charset}?B?{b64encode(text.encode(charset)).decode()}?="


def gmail() -> bytes:
    plain = (
        "Yes, Thursday suits me.\n\nOn Mon, Nov 30, 2026 at 9:10 AM Jo Field <\n"
        "sales@example.com> wrote:\n\n> Would Thursday suit you?\n> Jo\n>\n"
    )
    html = (
        '<div dir="ltr">Yes, Thursday suits me.</div><br><div class="gmail_quote"><div dir="ltr" '
        'class="gmail_attr">On Mon, Nov 30, 2026 at 9:10 AM Jo Field &lt;<a href="mailto:'
        'sales@example.com">sales@example.com</a>&gt; wrote:<br></div><blockquote class="gmail_'
        'quote">Would Thursday suit you?<br>Jo<br></blockquote></div>'
    )
    return whole(
        multipart(
            "alternative",
            part(plain, 'text/plain; charset="UTF-8"', "quoted-printable"),
            part(html, 'text/html; charset="UTF-8"', "quoted-printable"),
            boundary="000000000000a1b2c3",
        ),
        "References: <a@example.com>\nIn-Reply-To: <b@example.com>",
    )


def outlook() -> bytes:
    """HTML alone, with a picture of the signature, as Outlook for Windows writes it."""
    html = """<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><style><!--
p.MsoNormal {margin:0cm;} --></style></head><body lang=EN-GB><div class=WordSection1>
<p class=MsoNormal>Thank you, please send the offer.<o:p></o:p></p>
<p class=MsoNormal><img src="cid:logo@01DC"><img src="https://tracker.example/p.gif"></p>
<div style='border-top:solid #E1E1E1 1.0pt'><p class=MsoNormal><b>From:</b> Jo Field
&lt;sales@example.com&gt; <br><b>Sent:</b> Monday, November 30, 2026 9:10 AM<br><b>To:</b>
Mira Toland &lt;mira@visitor.example&gt;<br><b>Subject:</b> Your question</p></div>
<p class=MsoNormal>Would you like an offer?</p></div></body></html>"""
    return whole(
        multipart(
            "related",
            part(html, 'text/html; charset="us-ascii"', "quoted-printable"),
            part(
                b"\x89PNG" * 300,
                'image/png; name="image001.png"',
                "base64",
                "Content-ID: <logo@01DC>\nContent-Disposition: inline;\n filename=image001.png",
            ),
            boundary="_004_AM0PR01MB",
        ),
        "Thread-Index: AdFc\nIn-Reply-To: <b@example.com>",
    )


def apple_mail() -> bytes:
    """Text, a file, and text again."""
    first = part("Here is the plan.\r\n\r\n", "text/plain; charset=us-ascii", "7bit")
    plan = part(
        b"%PDF-1.7" * 100,
        "application/pdf;\n name*0*=utf-8''Pl%C3%A4ne%20; name*1*=Haus.pdf",
        "base64",
        "Content-Disposition: inline;\n filename*=utf-8''Pl%C3%A4ne%20Haus.pdf",
    )
    last = part(
        "Kind regards\r\nMira\r\n\r\n> On 30. Nov 2026, at 09:10, Jo Field <sales@example.com> "
        "wrote:\r\n> \r\n> Could you send us a plan?\r\n",
        "text/plain; charset=us-ascii",
        "7bit",
    )
    return whole(multipart("mixed", first, plan, last, boundary="Apple-Mail=_4C5D"))


def thunderbird() -> bytes:
    """Soft line breaks, an answer below the question."""
    text = (
        "Am 30.11.26 um 09:10 schrieb Jo Field:\n> Passt Ihnen \n> Donnerstag?\n\n"
        "Ja, der Donnerstag \npasst mir gut.\n-- \nMira\n"
    )
    return whole(part(text, "text/plain; charset=UTF-8; format=flowed"))


def exchange_out_of_office() -> bytes:
    return message(
        "Auto-Submitted: auto-generated\nX-Auto-Response-Suppress: All\n"
        "Subject: Automatic reply: Your question\n"
        'Content-Type: text/html; charset="iso-8859-1"\n'
        "Content-Transfer-Encoding: quoted-printable",
        "<html><body>I am away until 7 December. Viele Gr=FC=DFe</body></html>",
        before="Return-Path: <>",
    )


def mailing_list() -> bytes:
    return message(
        "List-Id: News of the trade <news.trade.example>\nPrecedence: list\n"
        "List-Unsubscribe: <https://trade.example/bye>",
        "This week in the trade\n",
    )


def japanese() -> bytes:
    subject = word("お見積もりの件", "iso-2022-jp")
    return message(
        f"From: {word('田中 美咲', 'iso-2022-jp')} <misaki@visitor.example>\n"
        f"Subject: {subject}\nContent-Type: text/plain; charset=ISO-2022-JP\n"
        "Content-Transfer-Encoding: 7bit",
        "ありがとうございます。\n\n2026年11月30日(月) 9:10 Jo Field <sales@example.com>:\n\n"
        "> 木曜日はいかがですか\n".encode("iso-2022-jp"),
    )


def russian() -> bytes:
    return message(
        f"From: {word('Мира', 'windows-1251')} <mira@visitor.example>\n"
        f"Subject: {word('Вопрос', 'windows-1251')}\n {word(' о цене', 'windows-1251')}\n"
        "Content-Type: text/plain; charset=windows-1251\nContent-Transfer-Encoding: 8bit",
        "Сколько это стоит?".encode("windows-1251"),
    )


UNKNOWN = (
    "Final-Recipient: rfc822; mira@visitor.example\nAction: failed\nStatus: 5.1.1\n"
    "Diagnostic-Code: smtp; 550 5.1.1 <mira@visitor.example>:\n    User unknown; try later"
)
RETURNED = "To: Mira <mira@visitor.example>\nMessage-ID: <sent@example.com>"


def bounce(
    status: str = UNKNOWN,
    headers: str = RETURNED,
    more: str = "",
    kind: str = "message/rfc822",
) -> bytes:
    """Return a report of a mail server: what it says of a receiver, and of which message."""
    copy = f"{headers}\nSubject: Hello\n\n" if kind == "text/rfc822-headers" else headers
    returned = copy.encode() if kind == "text/rfc822-headers" else message(headers, "Hello")
    told = f"Reporting-MTA: dns; mx.example.com\nArrival-Date: today\n\n{status}\n"
    return whole(
        multipart(
            "report",
            part("The mail system\n\n<mira@visitor.example>: user unknown\n"),
            part(told.replace("\n", "\r\n"), "message/delivery-status", "7bit"),
            part(returned, kind, "7bit"),
            report_type="delivery-status",
        ),
        "From: MAILER-DAEMON@mx.example.com (Mail Delivery System)\n"
        f"Subject: Undelivered Mail Returned to Sender\n{more}",
        before="Return-Path: <>",
    )


def read_receipt() -> bytes:
    return whole(
        multipart(
            "report",
            part("Your message was read.\n"),
            part("Disposition: manual-action; displayed\n", "message/disposition-notification"),
            report_type="disposition-notification",
        )
    )


def with_results(results: str, headers: str = "") -> bytes:
    """Return a message with what a server says of its sender."""
    return message(headers, "Hello", before=f"Authentication-Results: {results}")


def deep(levels: int, filling: bytes = b"") -> bytes:
    """Return parts in parts, each with the same boundary or with one of its own."""
    heads = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (one, one)
        for one in range(levels)
    )
    return b"From: mira@visitor.example\n" + heads + b"\nhello\n" + filling


def by_names() -> Mapping[str, bytes]:
    """Return all of them."""
    made = (gmail, outlook, apple_mail, thunderbird, exchange_out_of_office, mailing_list)
    more = (japanese, russian, bounce, read_receipt)
    return {one.__name__: one() for one in (*made, *more)}
