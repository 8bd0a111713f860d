"""Debian's Chromium for tests, without a word to the network."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

NO_CHROMIUM = "there is no chromium: apt-get install chromium brings it"
_ARGUMENTS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync "
    "--disable-background-networking --disable-component-update --disable-dev-shm-usage"
).split()
WIDE, PHONE = (1280, 900), (360, 740)


def chromium_program() -> str | None:
    """The program on this machine; None without one."""
    return shutil.which("chromium")


@contextmanager
def started() -> Iterator[Browser]:
    """A browser of its own, with a profile that goes with it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_program(), args=_ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser for tests, which are skipped where there is none."""
    if chromium_program() is None:
        pytest.skip(NO_CHROMIUM)
    with started() as browser:
        yield browser


def _is_fault(message: ConsoleMessage) -> bool:
    """A page that is refused is told with a status, which the browser logs."""
    return message.type == "error" and "responded with a status of 40" not in message.text


@contextmanager
def window(
    browser: Browser,
    url: str,
    *,
    size: tuple[int, int] = WIDE,
    scheme: str = "light",
    scripts: bool = True,
) -> Iterator[tuple[BrowserContext, Page]]:
    """A window on a site; what the page asks of any other one fails the test."""
    context = browser.new_context(
        base_url=url,
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if scheme == "dark" else "light",
        java_script_enabled=scripts,
        locale="en-GB",
    )
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda m: faults.append(m.text) if _is_fault(m) else None)
    try:
        yield context, page
    finally:
        context.close()
    assert [each for each in asked if not each.startswith((url, "data:", "blob:"))] == []
    assert faults == []
