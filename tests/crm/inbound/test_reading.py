# ruff: noqa: RUF001 -- letters that only look like others are meant
"""What is read of the messages of many programs."""

from datetime import UTC, datetime

import pytest

from crm.inbound import Kind, Mailbox, read
from crm.inbound.models import MAX_ATTACHMENTS, MAX_TEXT
from tests.crm.inbound import messages
from tests.crm.inbound.messages import message, multipart, part, whole


def test_who_wrote_to_whom_and_when_what_it_answers() -> None:
    mail = read(messages.gmail())
    assert mail.sender == Mailbox(address="mira@visitor.example", name="Mira Toland")
    assert mail.receivers == ("reply@in.example.com",)
    assert mail.subject == "Re: Your question"
    assert mail.sent == datetime(2026, 11, 30, 8, 15, tzinfo=UTC)
    assert mail.message_id == "one@visitor.example"
    assert mail.references == ("b@example.com", "a@example.com")
    assert (mail.kind, mail.is_verified, mail.is_cut) == (Kind.ORDINARY, False, False)


def test_gmail() -> None:
    mail = read(messages.gmail())
    assert mail.text == "Yes, Thursday suits me."
    assert mail.quoted.startswith("On Mon, Nov 30, 2026 at 9:10 AM Jo Field <")
    assert mail.quoted.endswith("> Would Thursday suit you?\n> Jo\n>")


def test_outlook_writes_html_and_none_of_it_is_left() -> None:
    mail = read(messages.outlook())
    assert mail.text == "Thank you, please send the offer."
    assert mail.quoted.startswith("From: Jo Field <sales@example.com>\nSent: Monday")
    assert mail.quoted.endswith("\nWould you like an offer?")
    assert "tracker" not in mail.text + mail.quoted
    assert [(one.name, one.content_type) for one in mail.attachments] == [
        ("image001.png", "image/png")
    ]
    assert 1150 <= mail.attachments[0].size <= 1250


def test_apple_mail_puts_files_between_texts() -> None:
    mail = read(messages.apple_mail())
    assert mail.text == "Here is the plan.\n\nKind regards\nMira"
    assert mail.quoted.startswith("> On 30. Nov 2026, at 09:10, Jo Field")
    assert [one.name for one in mail.attachments] == ["Pläne Haus.pdf"]


def test_soft_line_breaks_and_an_answer_below_its_question() -> None:
    mail = read(messages.thunderbird())
    assert mail.text == "Ja, der Donnerstag passt mir gut.\n-- \nMira".replace("-- ", "--")
    assert mail.quoted == "Am 30.11.26 um 09:10 schrieb Jo Field:\n> Passt Ihnen Donnerstag?"


def test_out_of_office() -> None:
    mail = read(messages.exchange_out_of_office())
    assert mail.kind is Kind.AUTOMATIC
    assert mail.text == "I am away until 7 December. Viele Grüße"


def test_japanese() -> None:
    mail = read(messages.japanese())
    assert mail.sender.name == "田中 美咲"
    assert mail.subject == "お見積もりの件"
    assert mail.text == "ありがとうございます。"
    assert "木曜日はいかがですか" in mail.quoted


def test_russian() -> None:
    mail = read(messages.russian())
    assert mail.sender.name == "Мира"
    assert mail.subject == "Вопрос о цене"
    assert mail.text == "Сколько это стоит?"


def test_a_bounce_shows_what_the_server_says_and_lists_no_copy() -> None:
    mail = read(messages.bounce())
    assert mail.kind is Kind.BOUNCE
    assert mail.text == "The mail system\n\n<mira@visitor.example>: user unknown"
    assert mail.attachments == ()
    assert mail.references == ("sent@example.com",)
    (failure,) = mail.failures
    assert failure.addresses == (messages.VISITOR,)
    assert failure.reason == f"550 5.1.1 <{messages.VISITOR}>: User unknown; try later"


@pytest.mark.parametrize("kind", ["message/rfc822", "text/rfc822-headers"])
def test_of_what_came_back_its_id_counts_and_its_last_reference(kind: str) -> None:
    headers = "Message-ID: <given@amazonses.com>\nReferences: <a@us>\n <b@us>"
    mail = read(messages.bounce(headers=headers, kind=kind, more="In-Reply-To: <c@us>"))
    assert mail.references == ("given@amazonses.com", "b@us", "c@us")


def test_an_id_may_stand_in_the_report_itself_alone() -> None:
    mail = read(messages.bounce(headers="Message-ID: none", more="In-Reply-To: <c@us>"))
    assert mail.references == ("c@us",)
    assert mail.failures


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("Final-Recipient: rfc822;a@b.example\nAction: failed\nStatus: 5.2.2", "5.2.2"),
        ("Final-Recipient: RFC822; A@B.Example\nStatus: 5.0.0 (of nothing)", "5.0.0 (of nothing)"),
        ("Original-Recipient: rfc822;a@b.example\nAction: Failed (lost)", ""),
        ("Final-Recipient: rfc822;a@b.example\nAction: delayed\nStatus: 4.4.1", None),
        ("Final-Recipient: rfc822;a@b.example\nAction: delivered\nStatus: 2.0.0", None),
        ("Final-Recipient: rfc822;a@b.example\nAction: relayed", None),
        ("Action: failed\nStatus: 5.1.1", None),
        ("", None),
    ],
)
def test_what_became_of_a_mail(status: str, reason: str | None) -> None:
    failures = read(messages.bounce(status, headers="To: c@d.example")).failures
    expected = [] if reason is None else [reason]
    assert [one.reason for one in failures] == expected
    # It may have been forwarded from where it was written to.
    assert all(one.addresses == ("a@b.example", "c@d.example") for one in failures)


def test_servers_that_name_a_receiver_without_a_report() -> None:
    mail = read(message("From: MAILER-DAEMON@x\nX-Failed-Recipients: a@b.example, c@d.example"))
    assert [one.addresses for one in mail.failures] == [("a@b.example", "c@d.example")]


def test_people_report_no_failure() -> None:
    status = part(messages.UNKNOWN.replace("\n", "\r\n"), "message/delivery-status", "7bit")
    assert not read(whole(multipart("mixed", part("See this"), status))).failures


@pytest.mark.parametrize(
    ("headers", "before", "kind"),
    [
        ("", "", Kind.ORDINARY),
        ("Auto-Submitted: no", "Return-Path: <mira@visitor.example>", Kind.ORDINARY),
        ("Auto-Submitted: auto-replied; owner-email=x", "", Kind.AUTOMATIC),
        ("Precedence: auto_reply", "", Kind.AUTOMATIC),
        ("X-Autoreply: yes", "", Kind.AUTOMATIC),
        ("X-Auto-Response-Suppress: OOF, AutoReply", "", Kind.AUTOMATIC),
        ("X-Auto-Response-Suppress: None", "", Kind.ORDINARY),
        ("", "Return-Path: <>", Kind.AUTOMATIC),
        ("From: Mailer-Daemon@mx.example", "Return-Path: <>", Kind.BOUNCE),
        ("From: postmaster@mx.example\nAuto-Submitted: auto-replied", "", Kind.AUTOMATIC),
        ("X-Failed-Recipients: mira@visitor.example", "", Kind.BOUNCE),
        ("Precedence: Bulk", "", Kind.BULK),
        ("List-Id: <news.trade.example>", "", Kind.BULK),
        ("From: Jo <reply+abc.def@IN.example.com>", "", Kind.LOOP),
        ("From: Jo <LEADBOOK@localhost>", "", Kind.LOOP),
        ("", "Received: from a by b\n" * 51, Kind.LOOP),
    ],
)
def test_kinds(headers: str, before: str, kind: Kind) -> None:
    assert read(message(headers, "Hello", before=before)).kind is kind


def test_a_mailing_list_and_a_receipt_are_no_person() -> None:
    assert read(messages.mailing_list()).kind is Kind.BULK
    assert read(messages.read_receipt()).kind is Kind.AUTOMATIC


def test_the_line_that_some_servers_put_in_front_is_no_header() -> None:
    raw = b"From mira@visitor.example Mon Nov 30 09:15:00 2026\n" + message("", "Hi", newline="\n")
    mail = read(raw)
    assert (mail.sender.address, mail.text) == ("mira@visitor.example", "Hi")


def test_receivers_are_those_of_all_headers() -> None:
    mail = read(
        message(
            "To: undisclosed-recipients:;\nCc: <A@x.example>, B <b@x.example>\n"
            "Delivered-To: Reply+Lead.Sig@in.example.com\nX-Original-To: a@x.example"
        )
    )
    assert mail.receivers == ("reply+lead.sig@in.example.com", "a@x.example", "b@x.example")


@pytest.mark.parametrize(
    ("value", "address", "name"),
    [
        ("mira@visitor.example", "mira@visitor.example", ""),
        ('"Toland, Mira" <mira@visitor.example>', "mira@visitor.example", "Toland, Mira"),
        ("=?utf-8?q?M=C3=ADra?= <mira@visitor.example>", "mira@visitor.example", "Míra"),
        ("Míra <mira@visitor.example>", "mira@visitor.example", "Míra"),
        ("=?utf-8?b?!!!?= <mira@visitor.example>", "mira@visitor.example", ""),
        ("=?nonsense?q?Mira?= <mira@visitor.example>", "mira@visitor.example", "Mira"),
        ("<<mira@visitor.example", "mira@visitor.example", ""),
        ("(" * 3000 + "mira@visitor.example", "mira@visitor.example", ""),
        ("nobody", "", ""),
    ],
)
def test_senders(value: str, address: str, name: str) -> None:
    sender = read(message(f"From: {value}")).sender
    assert sender.address == address
    assert not name or sender.name == name


@pytest.mark.parametrize(
    "charset", ["", "utf-8", "us-ascii", "nonsense", "hex", "unicode-escape", "x\\0y", "punycode"]
)
def test_a_wrong_charset_hides_no_text(charset: str) -> None:
    raw = message(f"Content-Type: text/plain; charset={charset}", "Grüße".encode())
    assert read(raw).text == "Grüße"


def test_windows_letters_in_what_is_called_utf_8() -> None:
    raw = message("Content-Type: text/plain; charset=utf-8", "Grüße – “Mira”".encode("cp1252"))
    assert read(raw).text == "Grüße – “Mira”"


@pytest.mark.parametrize("padding", [b"", b"=", b"A", b"\0\xff", b"===="])
def test_broken_base64_is_read_as_far_as_it_goes(padding: bytes) -> None:
    raw = message(
        "Content-Type: text/plain\nContent-Transfer-Encoding: base64", b"SGVsbG8h" + padding
    )
    assert read(raw).text.startswith("Hello!")


def test_the_plain_form_counts_unless_it_is_empty() -> None:
    html = part("<p>In <b>HTML</b></p>", "text/html")
    assert read(whole(multipart("alternative", html, part("In plain")))).text == "In plain"
    assert read(whole(multipart("alternative", part(" \r\n"), html))).text == "In HTML"


def test_html_becomes_text_with_links_lists_and_quotes() -> None:
    html = (
        "<title>No</title><script>no()</script><p>See <a href='https://x.example/a'>this</a>,"
        " <a href='javascript:no()'>that</a>, <a href='mailto:a@x.example'>a@x.example</a></p>"
        "<ul><li>one<li>two</ul><table><tr><td>1<td>2</table><pre>a\n  b</pre>"
        "<blockquote>old<blockquote>older</blockquote></blockquote>"
    )
    mail = read(whole(part(html, "text/html")))
    assert mail.text == (
        "See this <https://x.example/a>, that, a@x.example\n\n- one\n- two\n\n1 2\n\na\n  b"
    )
    assert mail.quoted == "> old\n> > older"


@pytest.mark.parametrize(
    ("text", "new"),
    [
        ("Yes.\n\n-----Original Message-----\nold", "Yes."),
        ("Ja.\n\n-----Ursprüngliche Nachricht-----\nVon: Jo\nGesendet: Montag\n\nalt", "Ja."),
        ("Ok\n\n________________________________\nFrom: Jo\nSent: Monday\nTo: M\n\nold", "Ok"),
        ("Oui.\n\nLe lun. 30 nov. 2026 à 09:10, Jo <a@x.example> a écrit :\n> a", "Oui."),
        ("Sim.\n\nEm seg., 30 de nov. de 2026 às 09:10, Jo <a@x> escreveu:\n\n> a", "Sim."),
        ("Да.\n\nпн, 30 нояб. 2026 г. в 09:10, Jo Field\n<sales@example.com>:\n> a", "Да."),
        ("Read this:\n> a", "Read this:"),
        (
            "Yes.\n\nOn Monday, Jo wrote:\n> a\n> b\n\nSent from my telephone",
            "Yes.\n\nSent from my telephone",
        ),
        ("> one?\n\nyes\n\n> two?\n\nno", "> one?\n\nyes\n\n> two?\n\nno"),
        ("On Monday, Jo wrote:\n> one?\n\nyes", "yes"),
        ("Ports:\n80\nDate: Monday", "Ports:\n80\nDate: Monday"),
        ("> all of it", "> all of it"),
    ],
)
def test_what_is_new_and_what_is_quoted(text: str, new: str) -> None:
    mail = read(message("", text))
    assert mail.text == new
    for line in text.split("\n"):
        assert line in mail.text + "\n" + mail.quoted


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ('"../../etc/passwd"', "passwd"),
        ('"C:\\\\plans\\\\a.pdf"', "a.pdf"),
        ('"=?utf-8?q?Pl=C3=A4ne=2Epdf?="', "Pläne.pdf"),
        ('"a\u202egpj.exe"', "agpj.exe"),
        ('".."', ""),
        ("x" * 500, "x" * 119 + "…"),
    ],
)
def test_names_of_attachments(name: str, shown: str) -> None:
    pdf = part(
        b"x", "application/pdf", "base64", f"Content-Disposition: attachment; filename={name}"
    )
    mail = read(whole(multipart("mixed", part("Hi"), pdf)))
    assert [one.name for one in mail.attachments] == [shown]


def test_parts_that_hold_and_name_nothing_are_no_attachments() -> None:
    empty = [
        part("", "application/octet-stream"),
        part("\n", "a/b"),
        multipart("mixed", boundary="in"),
    ]
    named = part("", "text/plain", "7bit", "Content-Disposition: attachment; filename=empty.txt")
    mail = read(whole(multipart("mixed", part("Hi"), *empty * 30, named)))
    assert [one.name for one in mail.attachments] == ["empty.txt"]
    assert mail.text == "Hi"


@pytest.mark.parametrize("parameter", ["", "; boundary=never"])
def test_the_text_of_parts_that_nothing_bounds_is_read(parameter: str) -> None:
    mail = read(f"From: jo@example.org\nContent-Type: multipart/mixed{parameter}\n\nHi".encode())
    assert mail.text == "Hi"
    assert mail.attachments == ()


def test_what_is_long_is_cut_and_says_so() -> None:
    mail = read(message("", "word " * MAX_TEXT))
    assert mail.is_cut
    assert len(mail.text) <= MAX_TEXT
    files = [part("x", "application/pdf")] * (MAX_ATTACHMENTS + 10)
    assert len(read(whole(multipart("mixed", *files))).attachments) == MAX_ATTACHMENTS


def test_a_message_attached_is_not_taken_apart() -> None:
    inner = part(messages.gmail(), "message/rfc822")
    mail = read(whole(multipart("mixed", part("See below"), inner)))
    assert mail.text == "See below"
    assert [one.content_type for one in mail.attachments] == ["message/rfc822"]


def test_the_same_message_has_the_same_digest() -> None:
    assert read(messages.gmail()).digest == read(messages.gmail()).digest
    assert read(messages.gmail()).digest != read(messages.outlook()).digest
