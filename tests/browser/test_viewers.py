"""The viewers that people have open every page of the demonstration; nothing they ask for lacks."""

from __future__ import annotations

import functools
import json
import os
import threading
import time
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat

from preserva.exhibition.build import build_exhibition
from tests.browser.page import Page
from tests.conftest import require
from tests.support.exhibitions import demonstration

_QUIET = 1.5
"""Seconds without a request after which a viewer has what it wants."""

_OPENSEADRAGON = """<!DOCTYPE html><title>OpenSeadragon</title>
<style>body { margin: 0; background: white } #v { width: 1000px; height: 800px }</style>
<div id="v"></div><script src="/npm/openseadragon/build/openseadragon/openseadragon.js"></script>
<script>
  const viewer = OpenSeadragon({
    id: "v", tileSources: decodeURIComponent(location.hash.slice(1)), showNavigationControl: false,
    animationTime: 0, immediateRender: true, drawer: "canvas", loadTilesWithAjax: false,
  });
  viewer.addHandler("open", () => {
    const item = viewer.world.getItemAt(0);
    item.addHandler("fully-loaded-change", (event) => { window.done = event.fullyLoaded; });
  });
</script>"""
_MIRADOR = """<!DOCTYPE html><title>Mirador</title><div id="v"></div>
<script src="/npm/mirador/dist/mirador.min.js"></script>
<script>
  const [manifestId, canvasId] = decodeURIComponent(location.hash.slice(1)).split(" ");
  Mirador.viewer({ id: "v", windows: [{ manifestId, canvasId, view: "single" }],
                   workspaceControlPanel: { enabled: false } });
</script>"""
_UNIVERSAL = """<!DOCTYPE html><title>Universal Viewer</title>
<link rel="stylesheet" href="/npm/universalviewer/dist/uv.css">
<script src="/npm/universalviewer/dist/umd/UV.js"></script>
<div id="v" class="uv" style="width: 1000px; height: 800px"></div>
<script>
  const [manifest, canvas] = decodeURIComponent(location.hash.slice(1)).split(" ");
  UV.init("v", { manifest, canvasIndex: Number(canvas), embedded: true });
</script>"""
_CLOVER = """<!DOCTYPE html><title>Clover</title>
<script src="/npm/@samvera/clover-iiif/dist/web-components/index.umd.js"></script>
<div id="v"></div>
<script>
  const viewer = document.createElement("clover-viewer");
  viewer.setAttribute("iiif-content", decodeURIComponent(location.hash.slice(1)).split(" ")[0]);
  document.getElementById("v").append(viewer);
</script>"""
_PAGES = {
    "openseadragon": _OPENSEADRAGON, "mirador": _MIRADOR, "uv": _UNIVERSAL, "clover": _CLOVER,
}  # fmt: skip


class _Handler(SimpleHTTPRequestHandler):
    """The site, the packages of npm, and a page for each viewer."""

    npm: Path

    def do_GET(self) -> None:
        name = self.path.removeprefix("/viewers/").partition("#")[0]
        if name not in _PAGES:
            super().do_GET()
            return
        data = _PAGES[name].encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def translate_path(self, path: str) -> str:
        if path.startswith("/npm/"):
            return str(self.npm / path.removeprefix("/npm/").partition("?")[0])
        return super().translate_path(path)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def site(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The address of the demonstration, and its folder."""
    npm = os.environ.get("PRESERVA_VIEWERS", "")
    require(bool(npm), "the viewers are not here: PRESERVA_VIEWERS names no node_modules")
    place = tmp_path_factory.mktemp("viewers")
    _Handler.npm = Path(npm)
    handler = functools.partial(_Handler, directory=str(place))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        address = f"http://127.0.0.1:{server.server_port}"
        with demonstration(place, shared) as (archive, specification):
            built = build_exhibition(archive, specification, place / "site", url=f"{address}/site")
        yield address, built.path
        server.shutdown()
        thread.join()


def _canvases(folder: Path) -> list[tuple[str, str, str]]:
    """The manifest, the canvas and the image service of each page."""
    manifests = [
        json.loads(path.read_text()) for path in sorted(folder.glob("iiif/*/manifest.json"))
    ]
    return [
        (manifest["id"], canvas["id"], canvas["items"][0]["items"][0]["body"]["service"][0]["id"])
        for manifest in manifests
        for canvas in manifest["items"]
    ]


def _settle(page: Page) -> list[str]:
    """What was asked for, once nothing more is."""
    until = time.monotonic() + 60
    seen, quiet_since = -1, time.monotonic()
    while time.monotonic() - quiet_since < _QUIET:
        assert time.monotonic() < until, "the viewer never comes to rest"
        time.sleep(0.1)
        page.take()
        if len(page.requests) != seen:
            seen, quiet_since = len(page.requests), time.monotonic()
    return page.requests


def _failures(page: Page) -> list[str]:
    """What the site did not have; viewers ask for files of their own that they lack."""
    return [failure for failure in page.failures if "/site/" in failure or "net::" in failure]


def _open(page: Page, address: str) -> list[str]:
    """The requests of a viewer for images, none of which has failed."""
    page.open("about:blank")
    page.requests.clear()
    page.failures.clear()
    page.open(address)
    requests = _settle(page)
    assert _failures(page) == []
    return [request for request in requests if request.endswith("default.jpg")]


def test_openseadragon_shows_every_page_as_it_is(page: Page, site: tuple[str, Path]) -> None:
    """Whole, and from near, at the right and bottom edge, where tiles are smaller."""
    address, folder = site
    canvases = _canvases(folder)
    assert len(canvases) == 6
    for _manifest, _canvas, service in canvases:
        assert _open(page, f"{address}/viewers/openseadragon#{service}/info.json")
        page.until("window.done")
        path = folder / service.partition("/site/")[2]
        with Image.open(path / "full" / "max" / "0" / "default.jpg") as picture:
            box = page.evaluate(
                "(() => { const at = viewer.viewport.viewportToViewerElementRectangle("
                "viewer.world.getItemAt(0).getBounds()); return [at.x, at.y, at.width, at.height];"
                " })()"
            )
            shown = page.picture(tuple(box))
            expected = picture.convert("RGB").resize(shown.size, Image.Resampling.LANCZOS)
        # letters are sharper or softer, as the browser scales them; a tile out of place is not
        pair = (shown.reduce(4), expected.reduce(4))
        difference = ImageStat.Stat(ImageChops.difference(*pair)).mean
        assert max(difference) < 6, service
        page.evaluate("viewer.viewport.zoomTo(viewer.viewport.imageToViewportZoom(1)), null")
        for corner in ("[0, 0]", "[1, 0]", "[0, 1]", "[1, 1]"):
            page.evaluate(
                f"(() => {{ const [x, y] = {corner}; const all = viewer.world.getItemAt(0)"
                ".getBounds(); viewer.viewport.panTo(new OpenSeadragon.Point("
                "all.x + x * all.width, all.y + y * all.height)); })()"
            )
            _settle(page)
        assert _failures(page) == []


@pytest.mark.parametrize("viewer", ["mirador", "uv", "clover"])
def test_viewers_find_all_that_they_ask_for(
    viewer: str, page: Page, site: tuple[str, Path]
) -> None:
    """For each page: its tiles or its whole picture are asked for, and nothing fails."""
    address, folder = site
    for manifest, canvas, service in _canvases(folder):
        if viewer == "clover" and not canvas.endswith("/0001/canvas"):
            continue  # it takes no page, only a book
        number = str(int(service.rpartition("/")[2]) - 1)
        where = number if viewer == "uv" else canvas
        images = _open(page, f"{address}/viewers/{viewer}#{manifest}%20{where}")
        assert [image for image in images if image.startswith(f"{service}/")], (viewer, service)
