"use strict";

/* The twin of preserva/catalogue/fold.py: what Python indexed is asked for by the same key.

     const preservaFold = makeFold(table);      // table: preserva/catalogue/fold.json
     preservaFold.stem("книгами") === preservaFold.stem("кнігі")

   A plain script for pages opened from a disk; node reads it with require(). */
const makeFold = (function () {
  const VOWELS = "аеиоуыэюя";
  const STEM_STARTS = new RegExp(`^[^${VOWELS}]*[${VOWELS}]`, "u");
  const SECOND_SYLLABLE = new RegExp(`${STEM_STARTS.source}+[^${VOWELS}]+[${VOWELS}]+[^${VOWELS}]`, "u");

  // An ending that only а or я may precede is told from one that may stand after any letter.
  const ending = (afterVowel, anywhere) => {
    const split = (text) => text.split(" ").filter(Boolean);
    const dependent = new Set(split(afterVowel));
    const any = new RegExp(`(?:${[...dependent, ...split(anywhere)].join("|")})$`, "u");
    return (text) => {
      const found = any.exec(text); // leftmost is longest, and a shorter one is not tried
      if (found === null) return null;
      const left = text.slice(0, found.index);
      return dependent.has(found[0]) && !/[ая]$/u.test(left) ? null : left;
    };
  };
  const GERUND = ending("в вши вшись", "ив ивши ившись ыв ывши ывшись");
  const REFLEXIVE = ending("", "ся сь");
  const ADJECTIVE = ending(
    "",
    "ее ие ое ые ими ыми ей ий ой ый ем им ом ым его ого ему ому их ых ею ою ую юю ая яя"
  );
  const PARTICIPLE = ending("ем нн вш ющ щ", "ивш ывш ующ");
  const VERB = ending(
    "ла на ете йте ли й л ем н ло но нно ет ют ны ть ешь",
    "ила ыла ена ейте уйте ите или ыли ей уй ил ыл им ым ен ило ыло ено ят ует уют ит ыт ены ить ыть ишь ую ю"
  );
  const NOUN = ending(
    "",
    "а ев ов ие ье е иями ями ами еи ии и ией ей ой ий й иям ям ием ем ам ом о у ах иях ях ы ь ию ью ю ия ья я"
  );

  // The one ending that an inflected word has; adjectives made of verbs have two.
  const uninflected = (text) => {
    const gerund = GERUND(text);
    if (gerund !== null) return gerund;
    const plain = REFLEXIVE(text) ?? text;
    const adjective = ADJECTIVE(plain);
    if (adjective !== null) return PARTICIPLE(adjective) ?? adjective;
    return VERB(plain) ?? NOUN(plain) ?? plain;
  };

  // Snowball's Russian stemmer (snowballstem.org) without its ё, which folding has taken away.
  const withoutEnding = (word) => {
    const start = STEM_STARTS.exec(word);
    if (start === null) return word;
    const root = start[0];
    let rest = uninflected(word.slice(root.length)).replace(/и$/u, "");
    const second = SECOND_SYLLABLE.exec(word);
    const noun = /ость?$/u.exec(rest);
    if (noun && second && root.length + noun.index >= second[0].length) {
      rest = rest.slice(0, noun.index);
    }
    const superlative = rest.replace(/ейше?$/u, "");
    if (superlative !== rest || rest.endsWith("н")) return root + superlative.replace(/нн$/u, "н");
    return root + rest.replace(/ь$/u, "");
  };

  // Sequences of letters and what stands for each; the longest that fits is taken.
  const replacement = (anchor, pairs) => {
    const longestFirst = Object.keys(pairs).sort((one, other) => other.length - one.length);
    const pattern = new RegExp(`${anchor}(?:${longestFirst.join("|")})`, "gu");
    return (text) => text.replace(pattern, (found) => pairs[found]);
  };

  // The functions for one table; searching needs no others.
  return function (table) {
    const word = "[\\p{L}\\p{N}]";
    const { marks, apostrophes } = table;
    const anyWord = new RegExp(
      `${word}[${marks}]*(?:(?:${word}|[${apostrophes}](?=${word}))[${marks}]*)*`,
      "gu"
    );
    const anyMark = new RegExp(`[${marks}${apostrophes}]`, "gu");
    const cyrillic = /[\u0400-\u052f\u1c80-\u1c88\ua640-\ua69f]/u;
    const alike = new RegExp(`[${Object.keys(table.homoglyphs).join("")}]`, "gu");
    const singles = Object.keys(table.latin).filter((key) => key.length === 1);
    const foreign = new RegExp(`[a-z${singles.join("")}]`, "u");
    const lastSigns = new RegExp(`[${table.dropped_at_the_end}]+$`, "u");
    const softness = new RegExp(table.softness, "gu");
    const uninflectable = new RegExp(`^(?:${table.without_ending})$`, "iu");
    const letters = replacement("", table.letters);
    const homoglyphs = replacement("", table.homoglyphs);
    const latin = replacement("", table.latin);
    const beginnings = replacement("^", table.beginnings);
    const combining = new RegExp(`[${marks}]`, "gu");
    const stemmedAgain = new RegExp(table.stemmed_again, "u");
    const readings = Object.values(table.readings).map((pairs) => replacement("", pairs));
    const light = new RegExp(table.light, "u");
    const loose = replacement("", table.loose);

    // Base letters only; й is a letter, not и with a mark.
    const withoutMarks = (text) => {
      const parts = Array.from(text, (one) => (one === "й" ? one : one.normalize("NFD")));
      return letters(parts.join("").replace(anyMark, ""));
    };

    // The word in modern Cyrillic letters; docs/reference/folding.md has the steps.
    const fold = (written) => {
      let text = written.toLowerCase().normalize("NFC");
      if (cyrillic.test(text) && !foreign.test(text.replace(alike, ""))) text = homoglyphs(text);
      text = latin(letters(text.replace(anyMark, "")));
      text = latin(withoutMarks(text));
      return beginnings((text.replace(lastSigns, "") || text).replace(softness, ""));
    };

    // Endings that were given up in 1918 become today's, so that the stemmer knows them.
    const modern = (folded) => {
      for (const [old, today] of Object.entries(table.endings)) {
        const rest = folded.slice(0, -old.length);
        if (folded.endsWith(old) && [...rest].length >= table.letters_before_an_ending) {
          return rest + today;
        }
      }
      return folded;
    };

    // The stem of a folded word; Андрея and Андреем become Андре first.
    const stemOf = (folded) => {
      let text = withoutEnding(modern(folded)) || folded;
      while (stemmedAgain.test(text)) {
        const shorter = withoutEnding(text);
        if (shorter === "" || shorter === text) break;
        text = shorter;
      }
      return text;
    };

    // The key of a word: folded, without its ending; Roman numerals keep theirs.
    const stem = (written) => {
      const folded = fold(written);
      return uninflectable.test(written) ? folded : stemOf(folded);
    };

    // A word in Latin letters, folded as libraries and Poles write it; none of others.
    const readAs = (written) => {
      const lower = written.toLowerCase().normalize("NFC");
      const text = lower.replace(combining, "").replaceAll("ſ", "s");
      const consonant = table.short_u[text.slice(-1)];
      if (consonant !== undefined) return [fold(text.slice(0, -1) + consonant)];
      if (cyrillic.test(text) || !foreign.test(text)) return [];
      return readings.map((reading) => fold(reading(text)));
    };

    // The stem of a word, and those of its other readings; words that share one may be the same.
    // Each reading is taken for a noun too: to the rules of Russian, Грибоедов is a genitive.
    const keys = (written) => {
      const own = stem(written);
      if (uninflectable.test(written)) return [own];
      const read = [fold(written), ...readAs(written)];
      const others = read.flatMap((folded) => [stemOf(folded), folded.replace(light, "")]);
      return [...new Set([own, ...others.map((key) => loose(key) || key)])];
    };

    return { words: (text) => text.match(anyWord) ?? [], fold, stem, keys };
  };
})();

if (typeof module !== "undefined") module.exports = makeFold;
