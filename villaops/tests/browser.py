"""What tests in a real browser share: Chromium, screens, a page that complains, axe-core.

The fixtures reach every app through the root conftest.
"""

import asyncio
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import pytest
from django.db import connection
from playwright.sync_api import Browser, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from villaops.tests.build import PASSWORD

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SCREENS: dict[str, dict[str, Any]] = {
    "wide": {"viewport": {"width": 1440, "height": 900}},
    "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True},
    "without script": {"java_script_enabled": False},
    "dark": {"color_scheme": "dark"},
}
# Leaving a page ends what is on its way, and so does a download; an answer that never came for
# any other reason is noted by another name as well.
LEAVING = ("net::ERR_ABORTED: ", "error: htmx:sendAbort", "error: htmx:afterRequest")
# What axe-core finds anew when only colors have changed.
RULES_OF_COLOR = ["color-contrast", "link-in-text-block"]

# Contrast takes axe-core longer than all else. It is a matter of a text's own style and of what
# lies around it, so of all texts that are alike in these the first and the last are looked at: of
# a list, not every row.
LOOK_FOR_FAULTS = r"""async ([rulesOfColor, ofColorAlone]) => {
    // A color on its way to another one is no fault: what moves is brought to its end first, and
    // then what inherits from it.
    const isMoving = (one) => one.effect?.getComputedTiming().endTime < Infinity;
    for (let moving; (moving = document.getAnimations().filter(isMoving)).length;) {
        for (const one of moving) one.finish();
        await new Promise(requestAnimationFrame);
    }

    const numbers = new Map(), places = new Map();
    const numberOf = (...parts) => {
        const key = parts.join("|");
        if (!numbers.has(key)) numbers.set(key, numbers.size + 1);
        return numbers.get(key);
    };
    const placeOf = (element) => {
        if (!element) return 0;
        if (!places.has(element)) {
            const at = getComputedStyle(element);
            places.set(element, numberOf(
                placeOf(element.parentElement), at.color, at.backgroundColor, at.backgroundImage,
                at.opacity, at.position, at.zIndex, at.filter, at.mixBlendMode, at.overflow,
                at.clip, at.clipPath,
            ));
        }
        return places.get(element);
    };
    const firsts = new Map(), lasts = new Map();
    for (const element of document.body.querySelectorAll("*")) {
        const text = [...element.childNodes]
            .map((node) => (node.nodeType === Node.TEXT_NODE ? node.data.trim() : "")).join("");
        const isField = element.matches("input, select, textarea");
        if (!(text || isField) || !element.checkVisibility()) continue;
        const its = getComputedStyle(element);
        const kind = numberOf(
            placeOf(element), element.localName, its.fontSize, its.fontWeight, its.textShadow,
            its.visibility, its.textDecoration, its.borderBottom,
            // What axe-core passes over: what is off, and what is no word.
            element.closest(":disabled, [aria-disabled]") !== null,
            element.closest("label")?.control?.disabled, /[\p{L}\p{N}]{2}/u.test(text),
        );
        if (!firsts.has(kind)) firsts.set(kind, element);
        lasts.set(kind, element);
    }

    const faults = async (where, rules) =>
        (await axe.run(where, { resultTypes: ["violations"], ...rules })).violations;
    const only = { runOnly: { type: "rule", values: rulesOfColor } };
    const found = await faults({ include: [...firsts.values(), ...lasts.values()] }, only);
    if (ofColorAlone) return found;
    const others = Object.fromEntries(rulesOfColor.map((id) => [id, { enabled: false }]));
    return [...found, ...(await faults(document, { rules: others }))];
}"""

# At the head of a module of browser tests: `pytestmark = BROWSER_TEST`.
BROWSER_TEST = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.flaky(reruns=1),
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium"),
]

type Chromium = tuple[Browser, asyncio.AbstractEventLoop]
type OpenPage = Callable[..., AbstractContextManager[Page]]
type Look = Literal["light", "dark"]


@pytest.fixture(scope="session")
def chromium(django_db_setup: None) -> Iterator[Chromium]:
    """One Chromium for all tests of this process; each opens contexts of its own in it.

    It ends before the database does, for it keeps connections to the server that reads there.

    Playwright leaves an event loop running in this thread. It is put aside while no test needs
    it, since the code of other tests may want one, and Django asks whether there is any.
    """
    playwright = sync_playwright().start()
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
    loop = asyncio.get_running_loop()
    asyncio._set_running_loop(None)
    yield browser, loop
    asyncio._set_running_loop(loop)
    browser.close()
    playwright.stop()


@pytest.fixture
def browser(
    chromium: Chromium, transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Browser]:
    """Chromium, with every context closed after the test."""
    started, loop = chromium
    # The database is ours, whatever loop runs around it.
    monkeypatch.setitem(os.environ, "DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    asyncio._set_running_loop(loop)
    yield started
    for context in started.contexts:
        context.close()
    # Where there is a loop, Django keeps other connections than where there is none.
    connection.close()
    asyncio._set_running_loop(None)


@pytest.fixture
def open_page(browser: Browser) -> OpenPage:
    """`with open_page("phone") as page:` a page of one of SCREENS that must not complain.

    No console error, no broken policy, no failed request, no other host. An answer that says no
    is a complaint too (a form shown again is a 422, a gesture refused a 409): a test that asks for
    one says so, `open_page("phone", expected=(409,))`, and fails when it does not come. More
    options are the browser context's.
    """

    @contextmanager
    def opened(
        screen: str = "wide", *, expected: Iterable[int | str] = (), **options: Any
    ) -> Iterator[Page]:
        complaints: list[str] = []
        context = browser.new_context(**SCREENS[screen] | options, locale="en-GB")
        page = context.new_page()
        page.on("console", lambda note: complaints.append(f"{note.type}: {note.text}"))
        page.on("pageerror", lambda error: complaints.append(f"uncaught: {error}"))
        page.on(
            "requestfailed", lambda failed: complaints.append(f"{failed.failure}: {failed.url}")
        )
        page.on("request", lambda request: complaints.extend(_foreign(request.url)))
        try:
            yield page
        except BaseException as error:
            error.add_note("\n".join(["The page said:", *complaints]))
            raise
        finally:
            context.close()
        answers = [f"the server responded with a status of {status} " for status in expected]
        harmless = (*LEAVING, *answers)
        assert [note for note in complaints if not any(part in note for part in harmless)] == []
        assert [part for part in answers if not any(part in note for note in complaints)] == []

    return opened


def sign_in(page: Page, live_server: LiveServer, email: str) -> str:
    """Sign in with PASSWORD; answers the address of the organization, with a slash at its end."""
    page.goto(f"{live_server.url}/login")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/o/*/")
    return page.url


def assert_accessible(page: Page, looks: Sequence[Look] = ("light", "dark")) -> None:
    """axe-core finds nothing serious or critical on the page as it is now, in each of the looks.

    The page then looks as before. One that has chosen a theme for itself is seen in that only.
    """
    if page.evaluate("matchMedia('(scripting: none)').matches"):
        with _copy_with_script(page) as copy:
            assert_accessible(copy, looks)
        return
    # Evaluated by the debugger, so the page's policy does not ask where it comes from.
    if not page.evaluate("'axe' in window"):
        page.evaluate(_axe())
    before = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    for number, look in enumerate(looks):
        page.emulate_media(color_scheme=look)
        grave = _grave(page, of_color_alone=bool(number))
        assert not grave, f"{page.url}, {look}\n" + "\n".join(grave)
    page.emulate_media(color_scheme="dark" if before else "light")


@contextmanager
def _copy_with_script(page: Page) -> Iterator[Page]:
    """What a page shows to who has no JavaScript, where axe-core can run."""
    assert page.context.browser
    shown = re.sub(r"<script\b.*?</script>|</?noscript>", "", page.content(), flags=re.DOTALL)
    context = page.context.browser.new_context(viewport=page.viewport_size)
    copy = context.new_page()
    copy.route(page.url, lambda route: route.fulfill(body=shown, content_type="text/html"))
    copy.goto(page.url)
    copy.add_style_tag(content=".needs-script { display: none !important }")
    yield copy
    context.close()


def _grave(page: Page, *, of_color_alone: bool) -> list[str]:
    """What is serious or critical, by all rules or by those of color."""
    found = page.evaluate(LOOK_FOR_FAULTS, [RULES_OF_COLOR, of_color_alone])
    return [
        f"{finding['id']}: {finding['help']}: {node['html'][:160]} {node['failureSummary'][:300]}"
        for finding in found
        if finding["impact"] in ("serious", "critical")
        for node in finding["nodes"]
    ]


@cache
def _axe() -> str:
    return files("axe_playwright_python").joinpath("axe.min.js").read_text()


def _foreign(url: str) -> list[str]:
    ours = ("http://localhost:", "http://127.0.0.1:", "data:", "blob:")
    return [] if url.startswith(ours) else [f"another host: {url}"]
