// The structure editor with a keyboard, and without losing what is typed. All of it works without
// this file; then pages are chosen by their numbers, and what is typed is sent by its button.

const news = document.getElementById("news");
const sheet = document.getElementById("sheet");
const first = document.getElementById("first");
const last = document.getElementById("last");
const links = [...sheet.querySelectorAll("a[data-page]")];
let anchor = null;

document.getElementById("keys").hidden = false;

// Choosing pages: they are written into both forms.

function choose(from, to) {
  const [low, high] = from <= to ? [from, to] : [to, from];
  links.forEach((link, place) => {
    link.parentElement.classList.toggle("chosen", place >= low && place <= high);
  });
  const pages = [links[low].dataset.page, low === high ? "" : links[high].dataset.page];
  const targets = [[first, last]];
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
    const targets = { KeyL: "label", KeyP: "part-title" }; // the place of the key, in any layout
    const target = document.getElementById(targets[event.code] ?? "");
    if (target) {
      event.preventDefault();
      target.focus();
    }
  }
});

// What is typed is kept, also when the browser is closed.

let waiting = null;
let changed = null;

function keep(last) {
  clearTimeout(waiting);
  if (!changed) return;
  const fields = new URLSearchParams(
    [...new FormData(changed)].filter(([, value]) => typeof value === "string"),
  );
  changed = null;
  fetch(news.dataset.typed, { method: "POST", body: fields, keepalive: last, redirect: "error" })
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
  changed = form;
  clearTimeout(waiting);
  waiting = setTimeout(keep, 800, false);
});
document.addEventListener("submit", () => {
  changed = null;
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
