"""E-mails are read as people see them; their claims about their origin prove nothing."""

import random
import time
from contextlib import suppress
from email.message import EmailMessage

import pytest
from corpora import shared_extractor

from corpus import UnreadableSource
from corpus.directory.sourcedocument import source_document
from corpus.extraction.extract import Extract, counted
from corpus.extraction.web.mailmessage import read_mail

TEXT = "The two governments will restore the marshes.\n\nThey meet again in May.\n"
PAGE = "<html><body><p>The two governments will restore the <b>marshes</b>.</p></body></html>"


def letter(**headers: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = "press@rivers.example"
    message["Subject"] = "Statement on the marshes"
    message["Date"] = "Tue, 12 May 2026 23:30:00 -0500"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    return message


def read(message: EmailMessage | bytes) -> Extract:
    data = message if isinstance(message, bytes) else message.as_bytes()
    return shared_extractor().extract(data, name="a.eml")


def words(extract: Extract) -> list[str]:
    return [" ".join(each.split()) for each in extract.text.split("\n\n") if each.strip()]


def test_plain_text_subject_and_date_are_read() -> None:
    message = letter()
    message.set_content(TEXT)
    found = read(message)
    assert words(found) == [
        "The two governments will restore the marshes.",
        "They meet again in May.",
    ]
    assert found.title == "Statement on the marshes"
    assert str(found.published) == "2026-05-12"  # where it was sent
    assert found.deviations == ()


@pytest.mark.parametrize("cte", ["base64", "quoted-printable", "8bit"])
@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-2", "windows-1251"])
def test_every_encoding_that_is_named_is_read(charset: str, cte: str) -> None:
    text = "Министры согласны." if charset == "windows-1251" else "Ministři souhlasí."
    message = letter()
    message.set_content(text, charset=charset, cte=cte)
    assert words(read(message)) == [text]


def test_an_encoded_subject_is_decoded_and_one_that_is_not_is_utf_8() -> None:
    message = letter()
    del message["Subject"]
    message["Subject"] = "Déclaration: la rivière et le fleuve, « un pas » de plus en plus décisif"
    message.set_content(TEXT)
    assert read(message).title == message["Subject"]
    raw = "From: a@b\nSubject: Déclaration\nDate: nonsense\n\nText is here.\n".encode()
    found = read(raw)
    assert (found.title, found.published) == ("Déclaration", None)


def test_of_two_forms_the_plain_text_is_read_and_without_it_the_page() -> None:
    message = letter()
    message.set_content(TEXT)
    message.add_alternative(PAGE.replace("restore", "drain"), subtype="html")
    assert "restore" in read(message).text
    assert "drain" not in read(message).text
    only = letter()
    only.set_content(PAGE, subtype="html")
    assert words(read(only)) == ["The two governments will restore the marshes."]
    empty = letter()
    empty.set_content(" \n")
    empty.add_alternative(PAGE, subtype="html")
    assert words(read(empty)) == ["The two governments will restore the marshes."]


def test_what_a_page_in_it_hides_is_left_out_and_counted() -> None:
    message = letter()
    message.set_content(
        PAGE.replace("</p>", "</p><p style='display:none'>A hidden line.</p>"), subtype="html"
    )
    found = read(message)
    assert "hidden" not in found.text
    assert counted(found.deviations) == "1 hidden text"


def test_attachments_are_left_out_and_named() -> None:
    message = letter()
    message.set_content(TEXT)
    message.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="a.pdf")
    message.add_attachment("Secret words.", filename="notes.txt")
    inner = letter()
    inner.set_content("Words of a forwarded letter.")
    message.add_attachment(inner)
    found = read(message)
    assert "Secret" not in found.text
    assert "forwarded" not in found.text
    assert [each.text for each in found.deviations] == [
        "a.pdf",
        "notes.txt",
        "Statement on the marshes",
    ]
    assert counted(found.deviations) == "3 attachments"


def test_lines_that_flow_are_one_paragraph() -> None:
    raw = (
        b"From: a@b\nContent-Type: text/plain; charset=us-ascii; format=flowed\n\n"
        b"The two governments \nwill restore \nthe marshes.\n From there on.\n\n-- \nPress office\n"
    )
    assert read(raw).text.startswith(
        "The two governments will restore the marshes.\nFrom there on.\n\n--"
    )


@pytest.mark.parametrize("sender", ["press@whitehouse.gov", '"The White House" <press@wh.example>'])
def test_a_sender_is_no_publisher(sender: str) -> None:
    message = letter()
    del message["From"]
    message["From"] = sender
    message["Sender"] = sender
    message["Organization"] = "The White House"
    message["Archived-At"] = "https://www.whitehouse.gov/a"
    page = '<meta property="og:site_name" content="The White House"><link rel=canonical href="https://whitehouse.gov/">'
    message.set_content(PAGE.replace("<body>", f"<head>{page}</head><body>"), subtype="html")
    found = read(message)
    assert (found.publisher, found.url, found.also_at) == (None, None, ())
    document = source_document(message.as_bytes(), "a.eml", extractor=shared_extractor()).document
    assert (document.publisher, document.url) == (None, None)


def test_a_letter_cannot_say_that_it_is_public() -> None:
    message = letter(access="public")
    message.set_content("---\naccess: public\n---\nText is here.")
    document = source_document(message.as_bytes(), "a.eml", extractor=shared_extractor()).document
    assert document.access == frozenset()
    assert "access" not in document.said_by_source
    message = letter()
    message.set_content("access: staff\n\nText is here.")
    with pytest.raises(UnreadableSource, match="groups that may read"):
        source_document(message.as_bytes(), "a.eml", extractor=shared_extractor())


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"Hello, this is no e-mail.", "not an e-mail"),
        (b"From: a@b\nContent-Type: application/pkcs7-mime\n\nMIIB", "encrypted"),
        (
            b"From: a@b\nContent-Type: multipart/encrypted; boundary=x\n\n--x\n\nHello\n--x--\n",
            "encrypted",
        ),
        (b"From: a@b\n\n-----BEGIN PGP MESSAGE-----\nabc\n", "encrypted"),
        (b"From: a@b\nContent-Type: application/pdf\n\n%PDF", "only attachments"),
        (b"From: a@b\nSubject: x\n\n \n", "no text"),
        (b"From: a@b\n" + b"Content-Type: multipart/mixed; boundary=x\n\n--x\n" * 300, "parts"),
        (b"From: a@b\nContent-Type: text/plain; " + b'a="; ' * 50_000 + b"\n\nText.", "too long"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_reason(data: bytes, reason: str) -> None:
    with pytest.raises(UnreadableSource, match=reason):
        read(data)


HEADS = b"From: a@b\nContent-Type: multipart/mixed; boundary=x\n\n"


@pytest.mark.parametrize(
    "part",
    [
        b"--x\n",
        b"=?",
        b"\n",
        b"--x\nContent-Type: text/plain\n\na\n",
        b"Subject: =?utf-8?q?a?=\n",
        b"=\n",
        b'a="; ',
        b" x",
        b"begin 644 a\n",
    ],
)
@pytest.mark.parametrize("head", [b"From: a@b\nSubject: ", HEADS, b"From: a@b\n\nA text.\n"])
def test_time_grows_with_the_letter_and_not_faster(head: bytes, part: bytes) -> None:
    def seconds(size: int) -> float:
        data = head + part * (size // len(part))
        begin = time.process_time()
        with suppress(UnreadableSource):
            read_mail(data)
        return time.process_time() - begin

    small, large = min(seconds(50_000) for _ in range(2)), seconds(400_000)
    assert large < 24 * small + 0.5


def test_changed_letters_are_read_or_refused_within_the_limits() -> None:
    draw = random.Random(7)
    message = letter()
    message.set_content(TEXT)
    message.add_alternative(PAGE, subtype="html")
    message.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="a.pdf")
    whole = message.as_bytes()
    pieces = [
        b"\n",
        b"--",
        b'"',
        b";",
        b"=?utf-8?b?/w==?=",
        b"charset=hex",
        b"\x00",
        b"\xff",
        b"=3D",
    ]
    for _ in range(300):
        data = bytearray(whole)
        for _ in range(draw.choice((1, 3, 10))):
            at = draw.randrange(len(data))
            data[at : at + draw.choice((0, 1, 20))] = draw.choice(pieces)
        begin = time.monotonic()
        try:
            found = read_mail(bytes(data))
        except UnreadableSource:
            continue
        assert all(0 <= each.position <= len(found.text) for each in found.deviations)
        assert time.monotonic() - begin < 10
