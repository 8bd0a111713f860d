"""Makes the responses to requests that are refused: a status and one sentence."""

import html
import json
from collections.abc import Mapping
from http import HTTPStatus

from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import Scope

from bot.language import webtexts
from bot.language.translation import LANGUAGES, translator
from bot.webaccess.securityheaders import add_security_headers
from bot.webaccess.visitor import language_of

API_PATH = "/api/"
PROBLEM = "application/problem+json"

_PAGE = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="stylesheet" href="/static/verbatim.css">
</head>
<body>
<main>
<h1>{title}</h1>
<p>{sentence}</p>
<p><a href="/">{way_on}</a></p>
</main>
</body>
</html>
"""


def refused(
    scope: Scope,
    status: int,
    sentence: str,
    headers: Mapping[str, str] | None = None,
    **values: str,
) -> Response:
    """Return a response with one sentence, in the form that the caller reads.

    The API says it as problem+json (RFC 9457), in English, a page as HTML, everything else as
    text, in the caller's language if the sentence is a marked text. ``values`` are those in it.
    """
    is_to_api = scope["path"].startswith(API_PATH)
    words = translator(LANGUAGES[0] if is_to_api else language_of(HTTPConnection(scope)))
    sentence = words.say(sentence, **values)
    if is_to_api:
        title = HTTPStatus(status).phrase
        problem = {"type": "about:blank", "title": title, "status": status, "detail": sentence}
        content, kind = json.dumps(problem, ensure_ascii=False), PROBLEM
    elif "text/html" in HTTPConnection(scope).headers.get("accept", ""):
        content = _PAGE.format(
            language=words.language,
            title=html.escape(words.say(webtexts.ERROR_TITLE)),
            sentence=html.escape(sentence),
            way_on=html.escape(words.say(webtexts.ASK_TITLE)),
        )
        kind = "text/html; charset=utf-8"
    else:
        content, kind = f"{sentence}\n", "text/plain; charset=utf-8"
    response = Response(
        content, status, headers={"cache-control": "no-store", **(headers or {})}, media_type=kind
    )
    add_security_headers(response.headers)
    return response
