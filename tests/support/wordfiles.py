"""Word files made by hand, and the blocks that are read of them."""

import io
import zipfile
from collections.abc import Callable, Mapping

import docx
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from corpus.extraction.office.worddocument import read_word_document


def saved(build: Callable[[docx.document.Document], None]) -> bytes:
    document = docx.Document()
    build(document)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def changed(data: bytes, parts: Mapping[str, Callable[[str], str]]) -> bytes:
    """A Word file in which some parts are written anew."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            text = old.read(name)
            new.writestr(name, parts[name](text.decode()) if name in parts else text)
        for name in parts.keys() - set(old.namelist()):
            new.writestr(name, parts[name](""))
    return buffer.getvalue()


def blocks(data: bytes) -> list[str]:
    return read_word_document(data).text.strip().split("\n\n")


def with_body(xml: str) -> bytes:
    def build(document: docx.document.Document) -> None:
        for element in parse_xml(f"<w:body {nsdecls('w', 'wp', 'a')}>{xml}</w:body>"):
            document.element.body.insert(len(document.element.body) - 1, element)

    return saved(build)
