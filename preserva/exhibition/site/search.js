"use strict";

/* The search of a site that has no server: the index comes as a script, so that it works from a disk.

     window.preservaIndex = {
       documents: [[page, title, kind], ...],
       terms: [key, ...],                         // what preservaFold.keys gives
       postings: [[number of a document, ...], ...]   // for each term
     };

   The page has form#search with data-none and data-found, input#search-words, p#search-count and
   ol#search-results. The question stays in the address: such a page can be linked to. */
const makeSearch = (function () {
  const PREFIX = 3; // letters before an implied truncation: shorter ones would bring half the site
  const WEIGHT = { beginning: 1, word: 2, title: 2 };

  // The words of a question; `*` after one, or letters enough, mean what begins so as well.
  const termsOf = (text, folding) =>
    text.split(/\s+/u).flatMap((piece) =>
      folding.words(piece).map((word, place, every) => {
        const cut = piece.endsWith("*") && place === every.length - 1;
        const folded = folding.fold(word);
        const [stem, ...others] = folding.keys(word);
        const key = cut && !folded.startsWith(stem) ? folded : stem;
        return { keys: [key, ...others], prefix: cut || key.length >= PREFIX };
      })
    );

  const is = (term, key) => term.keys.includes(key);
  const begins = (term, key) => term.prefix && term.keys.some((begin) => key.startsWith(begin));

  return function (index, folding) {
    // Each document that a term is in, and how much that weighs.
    const weigh = (term) => {
      const found = new Map();
      index.terms.forEach((key, place) => {
        if (!is(term, key) && !begins(term, key)) return;
        const weight = is(term, key) ? WEIGHT.word : WEIGHT.beginning;
        for (const number of index.postings[place]) {
          found.set(number, Math.max(weight, found.get(number) ?? 0));
        }
      });
      return found;
    };

    // How many of the terms the title of a document has.
    const inTitle = (number, terms) => {
      const keys = folding.words(index.documents[number][1]).flatMap(folding.keys);
      return terms.filter((term) => keys.some((key) => is(term, key) || begins(term, key))).length;
    };

    // The documents that hold every word asked for; null where no word was asked for.
    return function (text) {
      const terms = termsOf(text, folding);
      if (terms.length === 0) return null;
      const [first, ...others] = terms.map(weigh);
      return [...first.keys()]
        .filter((number) => others.every((found) => found.has(number)))
        .map((number) => {
          const weight = [first, ...others].reduce((sum, found) => sum + found.get(number), 0);
          return { number, weight: weight + WEIGHT.title * inTitle(number, terms) };
        })
        .sort((one, other) => other.weight - one.weight || one.number - other.number)
        .map((one) => index.documents[one.number]);
    };
  };
})();

// Joins the form and the list of a page to the search.
function showSearch(search, page) {
  const form = page.getElementById("search");
  const field = page.getElementById("search-words");
  const status = page.getElementById("search-count");
  const list = page.getElementById("search-results");
  const here = page.defaultView;

  // Titles are text, whatever is in them: nothing here is read as HTML.
  const entry = ([address, title, kind]) => {
    const item = page.createElement("li");
    const link = item.appendChild(page.createElement("a"));
    link.href = address;
    link.textContent = title;
    const note = page.createElement("span");
    note.className = "kind";
    note.textContent = kind;
    item.append(" ", note);
    return item;
  };

  const answer = () => {
    const question = new URLSearchParams(here.location.hash.slice(1)).get("q");
    if (question === null) return; // another fragment: someone went to a part of the page
    field.value = question;
    const found = search(question);
    list.replaceChildren(...(found ?? []).map(entry));
    if (found === null) status.textContent = "";
    else if (found.length === 0) status.textContent = form.dataset.none;
    else status.textContent = form.dataset.found.replace("{count}", String(found.length));
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const hash = `#${new URLSearchParams({ q: field.value })}`;
    if (here.location.hash === hash) answer();
    else here.location.hash = hash;
  });
  here.addEventListener("hashchange", answer);
  answer();
}

if (typeof module !== "undefined") module.exports = makeSearch;
else showSearch(makeSearch(window.preservaIndex, preservaFold), document);
