"""A person who walks through the pages for staff: looks, presses what is written there, types.

A click is one of the mouse, on the place where the button is seen; fields are filled by the keys.
Nothing here needs the page to run a script. Words are those of the person's language: the caller
gives them translated.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

from tests.browser.chromium import BrowserError
from tests.browser.page import Page

_SHOWN = (1000, 720)
_COLOURS = 64
_MOST_ATTEMPTS = 400
_UNFINISHED = """(() => {
  const asks = document.querySelector("meta[http-equiv=refresh]");
  return Boolean(asks) || !document.querySelector("main");
})()"""
"""Whether the page asks again by itself, or is that of a browser which got no answer."""

_FIND = """((words) => {
  const plain = (text) => text.replace(/\\s+/g, " ").trim();
  const said = (one) => [plain(one.textContent), one.getAttribute("aria-label")];
  const all = document.querySelectorAll("a, button, summary");
  const found = [...all].find((one) => said(one).includes(words) && one.checkVisibility());
  window.__found = found;
})(%s)"""
_WHERE = """((one) => {
  if (!one) return null;
  one.scrollIntoView({block: "center", behavior: "instant"});
  const box = one.getClientRects()[0];
  const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
  return one.contains(document.elementFromPoint(x, y)) ? [x, y] : null;
})(%s)"""


@dataclass(slots=True)
class Visitor:
    """One person before a browser. `pictures` is where what they see is kept, if anywhere.

    With the source of axe-core as `judge`, `against` is what WCAG has against pages they came to.
    `meanwhile` happens whenever they read a page, or wait.
    """

    page: Page
    pictures: Path | None = None
    judge: str = ""
    against: list[str] = field(default_factory=list)
    meanwhile: Callable[[], object] = field(default=lambda: None)

    def press(self, words: str) -> None:
        """Click a button or a link by its words, and wait for the page that answers."""
        self.meanwhile()
        self.page.take()
        self.page.evaluate(_FIND % json.dumps(words))
        self._click("window.__found", words)
        self._arrive()
        if not self._unfinished():
            self._judge()

    def follow(self, selector: str) -> None:
        """Click a link that is called as a thing is: a book, a page, a language."""
        self.meanwhile()
        self.page.take()
        self.tick(selector)
        self._arrive()
        self._judge()

    def tick(self, selector: str) -> None:
        """Click a box, or one of several choices."""
        self._click(f"document.querySelector({json.dumps(selector)})", selector)

    def write(self, **fields: str) -> None:
        """Fill in fields by their ids; - is written as _. What stood there is replaced."""
        for name, text in fields.items():
            identifier = json.dumps(name.replace("_", "-"))
            one = f"document.getElementById({identifier})"
            self.page.evaluate(f"{one}.focus(), {one}.select(), null")
            self.page.write(text)

    def choose(self, identifier: str, value: str) -> None:
        """Choose a line of a list by its value."""
        one = f"document.getElementById({json.dumps(identifier)})"
        assert self.page.evaluate(f"{one}.value = {json.dumps(value)}") == value
        assert self.page.evaluate(f"{one}.value") == value, f"{identifier} has no {value}"

    def attach(self, identifier: str, path: Path) -> None:
        """Choose a file of this computer for a field."""
        one = f"document.getElementById({json.dumps(identifier)})"
        node = self.page.call("Runtime.evaluate", expression=one)["result"]["objectId"]
        self.page.call("DOM.setFileInputFiles", files=[str(path)], objectId=node)

    def finished(self) -> None:
        """Ask again for the page of a job until it says how it ended.

        By itself it asks again too, but only when all its pictures are there; without scripts a
        browser waits for those of all pages.
        """
        for _attempt in range(_MOST_ATTEMPTS):
            if not self._unfinished():
                return self._judge()
            self._again()
        raise AssertionError(f"the job did not end: {self.page.text()}")

    def says(self, *sentences: str) -> None:
        """The page says all of this."""
        text = " ".join(self.page.text("main").split())
        missing = [sentence for sentence in sentences if sentence not in text]
        assert missing == [], text

    def until_it_says(self, sentence: str) -> None:
        """Ask again for the page until it says this: titles are read when a job has ended."""
        for _attempt in range(_MOST_ATTEMPTS):
            if sentence in self.page.text("main"):
                return
            self._again()
        self.says(sentence)

    def drawn(self) -> None:
        """Wait until every picture that is in sight is there."""
        seen = "((box) => box.bottom > 0 && box.top < innerHeight)(one.getBoundingClientRect())"
        whole = "one.complete && one.naturalWidth > 0"
        self.page.until(f"[...document.images].every((one) => !{seen} || ({whole}))")

    def show(self, name: str, at: str = "body") -> None:
        """Take a picture for the tutorial: what the window has from an element downwards."""
        if self.pictures is None:
            return
        self.page.size(*_SHOWN)
        # the folder of a test is no place that a reader would know
        self.page.evaluate(
            "for (const one of document.querySelectorAll('#place option')) one.text = '/srv/scans'"
        )
        top = f"document.querySelector({json.dumps(at)})"
        self.page.evaluate(f"{top}.scrollIntoView({{block: 'start', behavior: 'instant'}})")
        self.drawn()
        x, y = self.page.evaluate("[scrollX, scrollY]")
        image = self.page.picture((x, y, *_SHOWN))
        few = image.convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE)
        self.pictures.mkdir(parents=True, exist_ok=True)
        few.save(self.pictures / f"{name}.png", optimize=True)

    def _judge(self) -> None:
        if self.judge:
            where = self.page.evaluate("location.pathname")
            self.against += [f"{where}: {problem}" for problem in self.page.axe(self.judge)]

    def _again(self) -> None:
        time.sleep(0.5)
        self.meanwhile()
        self.page.take()
        with suppress(BrowserError):  # at this moment the page goes by itself to another one
            self.page.call("Page.reload")
            self._arrive()

    def _unfinished(self) -> bool:
        try:
            return bool(self.page.evaluate(_UNFINISHED))
        except BrowserError:  # the same
            return True

    def _arrive(self) -> None:
        self.page.browser.wait_for(self.page.session, "Page.domContentEventFired")
        self.page.take()

    def _click(self, element: str, name: str) -> None:
        place = self.page.evaluate(_WHERE % element)
        assert place is not None, f"{name!r} cannot be clicked on: {self.page.text()}"
        about = {"x": place[0], "y": place[1], "button": "left", "clickCount": 1}
        self.page.call("Input.dispatchMouseEvent", type="mousePressed", **about)
        self.page.call("Input.dispatchMouseEvent", type="mouseReleased", **about)
