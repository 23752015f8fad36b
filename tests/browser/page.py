"""A page in a browser, as a reader has it: by keyboard, by eye, by what a screen reader says."""

from __future__ import annotations

import base64
import io
import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from PIL import Image, ImageChops

from tests.browser.chromium import BrowserError, Chromium, Event

WCAG = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
WIDE = (1280, 900)
NARROW = (320, 640)
"""The width at which WCAG 2.2 (1.4.10, Reflow) wants no scrolling sideways."""

_KEYS = {
    "Tab": 9, "Enter": 13, "Escape": 27, " ": 32, "PageUp": 33, "PageDown": 34, "End": 35,
    "Home": 36, "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40,
    "+": 187, "-": 189,
}  # fmt: skip
_TEXTS = {"Enter": "\r", " ": " "}
_SHIFT = 8
_MARGIN = 8  # pixels round an element in which the mark of its focus is looked for
_MOST_STOPS = 300
_MOMENT = 15.0
"""Seconds after which a key has done nothing."""


@dataclass(frozen=True, slots=True)
class Focus:
    """Where the keyboard is: what a screen reader says of it, and whether the eye sees it."""

    name: str
    role: str
    element: str
    visible: bool


@dataclass(slots=True)
class Page:
    """One tab. It remembers everything that it asked the network for, and each complaint."""

    browser: Chromium
    session: str
    requests: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def call(self, method: str, **params: object) -> Any:
        """The result of a command to this tab."""
        return self.browser.call(method, self.session, **params)

    def open(self, url: str) -> None:
        """Go to an address, and wait until everything is there."""
        self.take()
        answer = self.call("Page.navigate", url=url)
        if answer.get("errorText"):
            raise BrowserError(f"{url}: {answer['errorText']}")
        if answer.get("loaderId"):  # else it is only another part of the same page
            self.browser.wait_for(self.session, "Page.loadEventFired")
        self.take()

    def size(self, width: int, height: int) -> None:
        """Give the tab a width and a height."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=1, mobile=False,
        )  # fmt: skip

    def prefer(self, feature: str, value: str) -> None:
        """Tell the page what its reader prefers, in the words of CSS media queries."""
        self.call("Emulation.setEmulatedMedia", features=[{"name": feature, "value": value}])

    @contextmanager
    def without_scripts(self) -> Iterator[None]:
        """What is opened within has its scripts switched off."""
        self.call("Emulation.setScriptExecutionDisabled", value=True)
        try:
            yield
        finally:
            self.call("Emulation.setScriptExecutionDisabled", value=False)

    def evaluate(self, expression: str) -> Any:
        """What JavaScript gives in the page, awaited; as JSON."""
        answer = self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in answer:
            raise BrowserError(json.dumps(answer["exceptionDetails"], ensure_ascii=False))
        return answer["result"].get("value")

    def until(self, condition: str) -> None:
        """Wait for what JavaScript says to become true: keys take effect when the page has time."""
        end = time.monotonic() + _MOMENT
        while not self.evaluate(f"Boolean({condition})"):
            if time.monotonic() > end:
                raise BrowserError(f"never: {condition}")
            time.sleep(0.02)

    def text(self, selector: str = "body") -> str:
        """What can be read in an element."""
        found = self.evaluate(f"document.querySelector({json.dumps(selector)})?.innerText ?? null")
        if found is None:
            raise BrowserError(f"the page has no {selector}")
        return str(found)

    def links(self, selector: str = "a[href]", of: str = "href") -> list[str]:
        """The whole addresses that elements have, by default those of links."""
        script = f"Array.from(document.querySelectorAll({json.dumps(selector)}), (one) => one.{of})"
        return cast("list[str]", self.evaluate(script))

    def press(self, key: str, *, shift: bool = False) -> None:
        """Press a key and let it go; `key` as in the DOM: "Tab", "ArrowLeft", "a"."""
        about: dict[str, object] = {"key": key, "modifiers": _SHIFT if shift else 0}
        about["windowsVirtualKeyCode"] = _KEYS.get(key) or ord(key.upper())
        text = _TEXTS.get(key, key if len(key) == 1 else "")
        down = {"type": "keyDown", "text": text} if text else {"type": "rawKeyDown"}
        self.call("Input.dispatchKeyEvent", **down, **about)
        self.call("Input.dispatchKeyEvent", type="keyUp", **about)

    def drag(self, what: str, to: str, side: float = 0.5) -> None:
        """Drag an element with the mouse onto another; `side` is how far from its left edge."""
        begin, end = self._point(what, 0.5), self._point(to, side)
        self.call("Input.setInterceptDrags", enabled=True)
        try:
            held = {"button": "left", "buttons": 1, "clickCount": 1}
            self.call("Input.dispatchMouseEvent", type="mouseMoved", **begin)
            self.call("Input.dispatchMouseEvent", type="mousePressed", **begin, **held)
            for way in (10, 20):
                moved = {**begin, "x": begin["x"] + way}
                self.call("Input.dispatchMouseEvent", type="mouseMoved", **moved, **held)
            data = self.browser.wait_for(self.session, "Input.dragIntercepted").params["data"]
            for kind in ("dragEnter", "dragOver", "drop"):
                self.call("Input.dispatchDragEvent", type=kind, data=data, **end)
            self.call("Input.dispatchMouseEvent", type="mouseReleased", **end, **held)
        finally:
            self.call("Input.setInterceptDrags", enabled=False)

    def _point(self, selector: str, side: float) -> dict[str, float]:
        """A point in the middle of an element, or to one side of it, in the window."""
        box = f"document.querySelector({json.dumps(selector)}).getBoundingClientRect()"
        left, top, width, height = self.evaluate(
            f"(({{x, y, width, height}}) => [x, y, width, height])({box})"
        )
        return {"x": left + width * side, "y": top + height / 2}

    def write(self, text: str) -> None:
        """Type text where the focus is, letters of any alphabet."""
        self.call("Input.insertText", text=text)

    def focus(self) -> Focus | None:
        """The element that has the keyboard; None if it is the page itself."""
        if self.evaluate("document.activeElement === document.body"):
            return None
        node = self.call("Runtime.evaluate", expression="document.activeElement")["result"]
        tree = self.call(
            "Accessibility.getPartialAXTree", objectId=node["objectId"], fetchRelatives=False
        )
        (said,) = tree["nodes"]
        element = str(self.evaluate("document.activeElement.outerHTML"))
        name = said.get("name", {}).get("value", "")
        role = said.get("role", {}).get("value", "")
        return Focus(name, role, element.partition(">")[0] + ">", self._focus_is_seen())

    def tab_order(self, most: int = _MOST_STOPS) -> list[Focus]:
        """Every place that the Tab key comes to, from where the keyboard is to the end of the page.

        Where there are more than `most`, these are the first ones.
        """
        stops: list[Focus] = []
        self.evaluate("window.__tabbed ??= new Set(), null")  # past the end it may begin anew
        for _ in range(most):
            self.press("Tab")
            now = self.focus()
            if now is None or self.evaluate("__tabbed.has(document.activeElement)"):
                return stops
            self.evaluate("__tabbed.add(document.activeElement), null")
            stops.append(now)
        if most < _MOST_STOPS:
            return stops
        raise BrowserError(f"the Tab key does not come to an end: {stops[-5:]}")

    def axe(self, source: str, tags: Sequence[str] = WCAG) -> list[str]:
        """What axe-core has against the page, by the rules of WCAG 2.2 AA."""
        self.evaluate(f"{source}\n;null")
        run = f"axe.run(document, {{preload: false, runOnly: {json.dumps(list(tags))}}})"
        found = self.evaluate(f"{run}.then((all) => all.violations)")
        return [
            f"{one['id']}: {one['help']}: {node['target']} {node['html']}"
            for one in found
            for node in one["nodes"]
        ]

    def sideways(self) -> int:
        """How many pixels the page is wider than its window."""
        return int(self.evaluate("document.documentElement.scrollWidth - innerWidth"))

    def picture(self, clip: tuple[float, float, float, float] | None = None) -> Image.Image:
        """What the eye sees: the whole page, or a part of the window (x, y, width, height)."""
        params: dict[str, object] = {"format": "png", "optimizeForSpeed": True}
        if clip is None:
            size = self.call("Page.getLayoutMetrics")["cssContentSize"]
            clip = (0, 0, size["width"], size["height"])
            params["captureBeyondViewport"] = True  # slower: the page is laid out anew for it
        x, y, width, height = clip
        params["clip"] = {"x": x, "y": y, "width": width, "height": height, "scale": 1}
        data = base64.b64decode(self.call("Page.captureScreenshot", **params)["data"])
        return Image.open(io.BytesIO(data)).convert("RGB")

    def still(self) -> None:
        """Wait until nothing moves any more."""
        before = self.picture()
        while True:
            time.sleep(0.3)
            now = self.picture()
            if ImageChops.difference(before, now).getbbox() is None:
                return
            before = now

    def save(self, path: Path) -> None:
        """Write a picture of the whole page, to be looked at."""
        self.picture().save(path)

    def take(self) -> None:
        """Note what was asked for and complained of until now."""
        for event in self.browser.take(self.session):
            self._note(event)

    def _note(self, event: Event) -> None:
        params = event.params
        match event.method:
            case "Network.requestWillBeSent":
                self.requests.append(params["request"]["url"])
            case "Network.responseReceived" if params["response"]["status"] >= 400:
                self.failures.append(f"{params['response']['status']} {params['response']['url']}")
            case "Network.loadingFailed" if not params.get("canceled"):
                self.failures.append(params["errorText"])
            case "Runtime.exceptionThrown":
                self.errors.append(json.dumps(params["exceptionDetails"], ensure_ascii=False))
            case "Runtime.consoleAPICalled" if params["type"] in ("error", "warning", "assert"):
                self.errors.append(json.dumps(params["args"], ensure_ascii=False))
            case "Log.entryAdded" if params["entry"]["level"] in ("error", "warning"):
                self.errors.append(f"{params['entry']['text']} {params['entry'].get('url', '')}")

    def _focus_is_seen(self) -> bool:
        """Whether the place round the element looks otherwise when the focus leaves it."""
        box = self.evaluate(
            "(() => { const box = document.activeElement.getBoundingClientRect();"
            " return [box.left + scrollX, box.top + scrollY, box.width, box.height]; })()"
        )
        left, top = max(0.0, box[0] - _MARGIN), max(0.0, box[1] - _MARGIN)
        clip = (left, top, box[2] + 2 * _MARGIN, box[3] + 2 * _MARGIN)
        with_focus = self.picture(clip)
        self.evaluate("window.__held = document.activeElement, window.__held.blur(), null")
        without = self.picture(clip)
        self.evaluate("window.__held.focus({preventScroll: true}), delete window.__held, null")
        return ImageChops.difference(with_focus, without).getbbox() is not None


@contextmanager
def new_page(browser: Chromium) -> Iterator[Page]:
    """A tab that shares nothing with other tabs, until the end of the block."""
    context = browser.call("Target.createBrowserContext")["browserContextId"]
    made = browser.call("Target.createTarget", url="about:blank", browserContextId=context)
    target = made["targetId"]
    session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
    page = Page(browser, session)
    for domain in ("Page", "Runtime", "Network", "Log", "DOM", "Accessibility"):
        page.call(f"{domain}.enable")
    page.size(*WIDE)
    try:
        yield page
    finally:
        browser.call("Target.disposeBrowserContext", browserContextId=context)
        browser.events.clear()
