"""Reads pages of the web site: their elements, texts and links."""

from html.parser import HTMLParser


class Page(HTMLParser):
    """What a page has: its elements with their texts, and its links."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[tuple[str, ...], str]] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in {"meta", "link", "input", "br", "base"}:
            self.open.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        ids = tuple(
            f"{tag}#{given.get('id') or given.get('class') or ''}" for tag, given in self.open
        )
        self.texts.append((ids, data))

    def text_in(self, name: str) -> str:
        return "".join(text for ids, text in self.texts if name in ids)

    @property
    def links(self) -> list[str]:
        return [given["href"] or "" for tag, given in self.elements if tag == "a"]
