// The structure editor with a keyboard, and without losing what is typed. All of it works without
// this file; then pages are chosen by their numbers, and what is typed is sent by its button.

const news = document.getElementById("news");
const sheet = document.getElementById("sheet");
const first = document.getElementById("first");
const last = document.getElementById("last");
const links = [...sheet.querySelectorAll("a[data-page]")];
const moving = document.getElementById("move-form");
let anchor = null;
let chosen = null;

document.getElementById("keys").hidden = false;

// Choosing pages: they are written into the forms.

function mark(low, high) {
  chosen = [low, high];
  links.forEach((link, place) => {
    link.parentElement.classList.toggle("chosen", place >= low && place <= high);
  });
}

function choose(from, to) {
  const [low, high] = from <= to ? [from, to] : [to, from];
  mark(low, high);
  const pages = [links[low].dataset.page, low === high ? "" : links[high].dataset.page];
  const targets = [[first, last]];
  if (moving) targets.push([moving.elements.move_first, moving.elements.move_last]);
  const begin = document.getElementById("part-first");
  if (begin && !document.querySelector("#part-form [name=path]")) {
    targets.push([begin, document.getElementById("part-last")]);
  }
  for (const [start, end] of targets) {
    if (start) {
      start.value = pages[0];
      end.value = pages[1];
      start.form.dispatchEvent(new Event("input", { bubbles: true }));
    }
  }
}

// Pages that the address names, because they were moved, are chosen again.

const named = /^(\d+)(?:-(\d+))?$/.exec(new URLSearchParams(location.search).get("pages") ?? "");
const [start, end] = named ? [named[1], named[2] ?? named[1]] : [null, null];
const [from, to] = [start, end].map((page) => links.findIndex((link) => link.dataset.page === page));
if (from >= 0 && to >= from) {
  anchor = from;
  mark(from, to);
}

function columns() {
  const top = links[0].offsetTop;
  const next = links.findIndex((link) => link.offsetTop > top);
  return next < 0 ? links.length : next;
}

sheet.addEventListener("keydown", (event) => {
  const here = links.indexOf(document.activeElement);
  const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns(), ArrowUp: -columns() };
  if (here < 0 || event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.key in steps) {
    const there = here + steps[event.key];
    event.preventDefault();
    if (!links[there]) return;
    if (!event.shiftKey) anchor = null;
    anchor = anchor ?? (event.shiftKey ? here : there);
    choose(anchor, there);
    links[there].focus();
  }
});

sheet.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-page]");
  if (!link || !first || event.ctrlKey || event.metaKey) return;
  const here = links.indexOf(link);
  if (event.shiftKey && anchor !== null) {
    event.preventDefault();
    choose(anchor, here);
  } else if (event.detail === 1 && event.clientX) {
    event.preventDefault(); // a second click, or Enter, opens the page
    anchor = here;
    choose(here, here);
    link.focus();
  }
});

sheet.addEventListener("dblclick", (event) => {
  const link = event.target.closest("a[data-page]");
  if (link) location.assign(link.href);
});

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select");
  if (event.key === "Escape" && typing) {
    (links[anchor ?? 0] ?? sheet).focus();
  } else if (!typing && !event.ctrlKey && !event.altKey && !event.metaKey) {
    const targets = { KeyL: "label", KeyM: "move-to", KeyP: "part-title" }; // the place of the key, in any layout
    const target = document.getElementById(targets[event.code] ?? "");
    if (target) {
      event.preventDefault();
      target.focus();
    }
  }
});

// Dragging: the pages that are chosen, or the one under the pointer, to the left or the right of
// another one. The form for moving pages does the same.

function side(event, link) {
  const box = link.getBoundingClientRect();
  return event.clientX > box.left + box.width / 2 ? 1 : 0;
}

function forget() {
  for (const item of sheet.querySelectorAll(".before, .after")) {
    item.classList.remove("before", "after");
  }
}

let dragged = null;

if (moving) {
  sheet.addEventListener("dragstart", (event) => {
    const here = links.indexOf(event.target.closest("a[data-page]"));
    if (here < 0) return;
    const within = chosen && here >= chosen[0] && here <= chosen[1];
    if (!within) choose(here, here);
    dragged = [...chosen];
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", links[here].dataset.page);
  });

  sheet.addEventListener("dragover", (event) => {
    const link = event.target.closest("li")?.querySelector("a[data-page]");
    if (!dragged || !link) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "move";
    forget();
    link.parentElement.classList.add(side(event, link) ? "after" : "before");
  });

  sheet.addEventListener("drop", (event) => {
    const link = event.target.closest("li")?.querySelector("a[data-page]");
    if (!dragged || !link) return;
    event.preventDefault();
    const gap = links.indexOf(link) + side(event, link);
    const [low, high] = dragged;
    if (gap >= low && gap <= high + 1) return; // where they are already
    moving.elements.move_to.value = gap < low ? gap + 1 : gap - (high - low);
    moving.requestSubmit(moving.querySelector("button:not([name])"));
  });

  sheet.addEventListener("dragend", () => {
    dragged = null;
    forget();
  });
}

// What is typed is kept, also when the browser is closed.

let waiting = null;
let changed = false;
const touched = new Set();

function keep(last) {
  clearTimeout(waiting);
  if (!changed) return;
  changed = false;
  const forms = [...document.forms].filter((form) => touched.has(form) || "kept" in form.dataset);
  const fields = forms.flatMap((form) => [...new FormData(form)]);
  const body = new URLSearchParams(fields.filter(([, value]) => typeof value === "string"));
  fetch(news.dataset.typed, { method: "POST", body, keepalive: last, redirect: "error" })
    .then((answer) => {
      news.textContent = answer.ok ? news.dataset.saved : news.dataset.failed;
    })
    .catch(() => {
      news.textContent = news.dataset.failed;
    });
}

document.addEventListener("input", (event) => {
  const form = event.target.closest("form");
  if (!form || !form.querySelector("[name=base]")) return;
  changed = true;
  touched.add(form);
  clearTimeout(waiting);
  waiting = setTimeout(keep, 800, false);
});
document.addEventListener("submit", () => {
  changed = false;
});
addEventListener("pagehide", () => keep(true));

// What others save is said.

setInterval(() => {
  if (document.hidden) return;
  fetch(news.dataset.state, { redirect: "error" })
    .then((answer) => answer.json())
    .then((state) => {
      if (state.number > Number(news.dataset.number)) {
        news.textContent = news.dataset.words.replace("{person}", state.person);
      }
    })
    .catch(() => {});
}, 10000);
