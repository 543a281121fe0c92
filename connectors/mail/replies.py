"""What a customer wrote back: their own words without what they quote or sign with, and the files that came along."""

import re
from collections.abc import Iterator, Sequence
from email.message import EmailMessage
from html.parser import HTMLParser

MOST_WORDS = 20_000  # letters
MOST_FILES = 5
BLOCKS = frozenset(["p", "div", "br", "li", "tr", "h1", "h2", "h3", "h4", "blockquote", "table", "ul", "ol"])
EMPTY = frozenset(
    ["br", "hr", "img", "input", "meta", "link", "wbr", "col", "area", "base", "source"]
)  # elements that nothing closes
UNSEEN = frozenset(["head", "style", "script", "title", "blockquote"])
QUOTES = re.compile(r"gmail_quote|gmail_attr|moz-cite-prefix|yahoo_quoted|divRplyFwdMsg|appendonsend")
REST_QUOTES = re.compile(r"divRplyFwdMsg|appendonsend")  # Outlook puts what it quotes behind this, not inside
RULE = re.compile(r"\s*(_{8,}|-{3,}\s*\S.*\S\s*-{3,})\s*")  # ---- Original Message ----
FROM = re.compile(r"\s*\*?(From|Von|De|Da|Van|من|จาก)\*?\s?:", re.IGNORECASE)
HEADERS = re.compile(
    r"\s*\*?(Sent|To|Date|Subject|Gesendet|An|Datum|Betreff|À|Para|Asunto|إلى|الموضوع|ถึง|เรื่อง)\*?\s?:", re.IGNORECASE
)
SHORT = 24  # letters of a line that is the end of an attribution which was wrapped: "wrote:"


def words_of(message: EmailMessage) -> str:
    """At most MOST_WORDS letters, and none where they wrote nothing."""
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    text = str(plain.get_content()) if plain is not None else ""
    if not text.strip() and html is not None:
        text = shown(str(html.get_content()))
    return own_words(text)[:MOST_WORDS]


def own_words(text: str) -> str:
    """Quoted lines and who they are from are left out wherever they stand; what follows a signature or a copied header is."""
    kept: list[str] = []
    lines = text.splitlines()
    for number, line in enumerate(lines):
        if line.rstrip() == "--" or RULE.fullmatch(line) or _is_header(lines[number : number + 5]):
            break
        if not line.lstrip().startswith(">"):
            kept.append(line)
        elif not number or not lines[number - 1].lstrip().startswith(">"):
            _drop_attribution(kept)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in kept)).strip()


def _is_header(lines: Sequence[str]) -> bool:
    return bool(FROM.match(lines[0])) and any(HEADERS.match(line) for line in lines[1:])


def _drop_attribution(kept: list[str]) -> None:
    """`On Wed, Garage <service@garage.example> wrote:`, on one line or wrapped onto a second."""
    while kept and not kept[-1].strip():
        kept.pop()
    if kept and kept[-1].rstrip().endswith(":"):
        last = kept.pop()
        if len(last.strip()) <= SHORT and kept and kept[-1].strip():
            kept.pop()


def files_of(message: EmailMessage) -> Iterator[tuple[str, bytes]]:
    """(name, content); pictures that belong to the text itself, such as a firm's sign, are none."""
    if message.get_content_type() != "multipart/mixed":
        return
    for number, part in enumerate(message.iter_attachments()):
        content = part.get_payload(decode=True)
        if number < MOST_FILES and isinstance(content, bytes) and content:
            yield part.get_filename() or "file", content


def shown(html: str) -> str:
    """The text of a page, without what it quotes."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return "".join(reader.found)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.within = 0  # how deep we are in something that is left out
        self.ended = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = " ".join(value or "" for name, value in attrs if name in ("id", "class"))
        self.ended = self.ended or bool(REST_QUOTES.search(named))
        if tag in EMPTY:
            self._break(tag)
        elif self.within or tag in UNSEEN or QUOTES.search(named):
            self.within += 1
        else:
            self._break(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.within and tag not in EMPTY:
            self.within -= 1
        elif not self.within:
            self._break(tag)

    def handle_data(self, data: str) -> None:
        if not self.within and not self.ended:
            self.found.append(re.sub(r"\s+", " ", data))

    def _break(self, tag: str) -> None:
        if tag in BLOCKS and not self.within:
            self.found.append("\n")
