"use strict";

/* Looking into the pages of a book: one page at a time, as large as its tiles are, its text beside.

   The list of pages is in the HTML and works without this script; here each page of it gets a layer
   of Leaflet that asks for tiles under the names of IIIF Image API 3.0, level 0. */
(function () {
  const TILE = 512;
  const up = (size, scale) => Math.ceil(size / scale);

  // What the list says of a page.
  const pageOf = (item) => ({
    number: Number(item.dataset.number),
    label: item.dataset.label,
    folder: item.dataset.folder,
    width: Number(item.dataset.width),
    height: Number(item.dataset.height),
    text: item.querySelector(".page-text")?.textContent ?? "",
  });

  // How often a page can be halved until one tile holds it: its zoom levels count from 0.
  const levels = (page) => {
    let zoom = 0;
    while (Math.max(page.width, page.height) > TILE * 2 ** zoom) zoom += 1;
    return zoom;
  };

  const Tiles = L.GridLayer.extend({
    createTile(at, done) {
      const { folder, width, height } = this.options.page;
      const scale = 2 ** (this.options.maxNativeZoom - at.z);
      const [x, y] = [at.x * TILE * scale, at.y * TILE * scale];
      const region = [Math.min(TILE * scale, width - x), Math.min(TILE * scale, height - y)];
      const size = region.map((one) => up(one, scale));
      const whole = x === 0 && y === 0 && region[0] === width && region[1] === height;
      const part = whole ? "full" : [x, y, ...region].join(",");
      const tile = document.createElement("div"); // Leaflet gives every tile the full size
      const image = tile.appendChild(document.createElement("img"));
      image.alt = "";
      image.width = size[0] + 1; // between zoom levels a gap would show where tiles meet
      image.height = size[1] + 1;
      image.addEventListener("load", () => done(null, tile));
      image.addEventListener("error", (event) => done(event, tile));
      image.src = `${folder}/${part}/${size.join(",")}/0/default.jpg`;
      return tile;
    },
  });

  const viewer = document.getElementById("viewer");
  const items = [...document.querySelectorAll("#pages > li")];
  const pages = items.map(pageOf);
  const [previous, next, select, status, text] = ["previous", "next", "page", "status", "text"].map(
    (name) => document.getElementById(`viewer-${name}`)
  );
  const words = viewer.dataset;
  viewer.classList.toggle("wordless", !pages.some((one) => one.text));
  viewer.hidden = false; // before the map is made: it asks how large it is
  const moving = !matchMedia("(prefers-reduced-motion: reduce)").matches;
  const map = L.map("viewer-picture", {
    crs: L.CRS.Simple,
    attributionControl: false,
    zoomControl: false,
    zoomAnimation: moving,
    fadeAnimation: moving,
    inertia: moving,
    zoomSnap: 0.25,
    maxBoundsViscosity: 0.8,
  });
  L.control.zoom({ zoomInTitle: words.zoomIn, zoomOutTitle: words.zoomOut }).addTo(map);
  for (const page of pages) select.add(new Option(page.label));
  let layer = null;
  let shown = -1;

  // Show a page, whole; the address names it, so that it can be sent to someone.
  const show = (place) => {
    if (place < 0 || place >= pages.length || place === shown) return;
    shown = place;
    const page = pages[place];
    const zoom = levels(page);
    const bounds = L.latLngBounds(
      map.options.crs.pointToLatLng(L.point(0, page.height), zoom),
      map.options.crs.pointToLatLng(L.point(page.width, 0), zoom)
    );
    if (layer) layer.remove();
    map.setMinZoom(0).setMaxZoom(zoom + 1).setMaxBounds(null);
    map.setMinZoom(Math.min(0, map.getBoundsZoom(bounds))).fitBounds(bounds, { animate: false });
    map.setMaxBounds(bounds.pad(0.25));
    layer = new Tiles({
      page, bounds, tileSize: TILE, noWrap: true,
      minNativeZoom: 0, maxNativeZoom: zoom, minZoom: -5, maxZoom: zoom + 1,
    }).addTo(map);
    select.selectedIndex = place;
    previous.disabled = place === 0;
    next.disabled = place === pages.length - 1;
    text.textContent = page.text || words.noText;
    status.textContent = words.pageOf
      .replace("{number}", String(place + 1))
      .replace("{count}", String(pages.length));
  };

  const turn = (place) => {
    if (place < 0 || place >= pages.length) return;
    // going to a fragment would take the keyboard away from where it is
    history.replaceState(null, "", `#page-${pages[place].number}`);
    show(place);
  };

  previous.addEventListener("click", () => turn(shown - 1));
  next.addEventListener("click", () => turn(shown + 1));
  select.addEventListener("change", () => turn(select.selectedIndex));
  map.getContainer().addEventListener("keydown", (event) => {
    if (event.key === "PageDown") turn(shown + 1);
    else if (event.key === "PageUp") turn(shown - 1);
    else return;
    event.preventDefault();
  });
  document.getElementById("pages").addEventListener("click", (event) => {
    const item = event.target.closest("a") && event.target.closest("li");
    if (!item || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    turn(items.indexOf(item));
    viewer.scrollIntoView();
    map.getContainer().focus({ preventScroll: true });
  });

  const fromAddress = () => {
    const number = /^#page-(\d+)$/.exec(location.hash)?.[1];
    const place = pages.findIndex((one) => String(one.number) === number);
    show(Math.max(place, shown < 0 ? 0 : place));
    if (place >= 0) viewer.scrollIntoView();
  };
  window.addEventListener("hashchange", fromAddress);
  fromAddress();
})();
