/* Numbers, tokens and the rules' sentences. The templates come from the trace's declared rules. */
(function (dw) {
  "use strict";
  const SHOWN = {" ": "·", "\n": "↵", "\t": "⇥", "\r": "␍"};
  const FLIPS = {
    "<": ["below", "at or above"], "<=": ["at or below", "above"], ">": ["above", "at or below"],
    ">=": ["at or above", "below"], "==": ["equal to", "different from"], "!=": ["different from", "equal to"],
  };

  dw.visible = (text) => text.replace(/[ \n\t\r]/g, (c) => SHOWN[c])
    .replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
      (c) => "\\x" + c.charCodeAt(0).toString(16).padStart(2, "0"));

  dw.clip = (text, longest) => {
    const letters = Array.from(text);
    return letters.length <= longest ? text : letters.slice(0, longest - 1).join("") + "…";
  };

  const short = (value, digits) => value.toFixed(digits).replace(/0+$/, "").replace(/\.$/, "");

  dw.number = function (value) {
    if (!Number.isFinite(value)) return "–";
    if (Number.isInteger(value) && Math.abs(value) < 1e6) return String(value);
    const size = Math.abs(value);
    if (size >= 1000) return value.toFixed(0);
    if (size >= 1) return String(Number(value.toPrecision(4)));
    if (size >= 0.001) {
      const text = short(value, 3);
      return text === "1" || text === "-1" ? String(Number(value.toPrecision(6))) : text;
    }
    if (size >= 1e-4) return String(Number(value.toPrecision(2)));
    return value.toExponential(1).replace(".0", "").replace(/e-(\d)$/, "e-0$1");
  };

  /* Two numbers that are compared: with more digits where they would look alike. */
  dw.numbers = function (left, right) {
    let pair = [dw.number(left), dw.number(right)];
    for (const digits of [6, 9, 12, 17]) {
      if (pair[0] !== pair[1] || left === right) break;
      pair = [left, right].map((each) => String(Number(each.toPrecision(digits))));
    }
    return pair;
  };

  const grouped = new Intl.NumberFormat("en");

  /* A count with its noun: 1 node, 1,200 nodes. */
  dw.many = (count, noun) => `${grouped.format(count)} ${noun}${count === 1 ? "" : "s"}`;

  /* The three costs of a run up to a beat, side by side: what waits for what, canvases, and rows of them. */
  dw.costs = function (reel, beat) {
    const many = (id, noun) => dw.many(reel.value(beat, reel.clock(id)), noun);
    return [many("passes", "sequential round"), many("sequences", "sequence"), many("rows", "position")].join(" · ");
  };

  /* The next of 1, 2, 5 times a power of ten: the distance of ticks. */
  dw.nice = function (step) {
    const ten = 10 ** Math.floor(Math.log10(step)), share = step / ten;
    return ten * (share <= 1 ? 1 : share <= 2 ? 2 : share <= 5 ? 5 : 10);
  };

  dw.capital = (text) => text.slice(0, 1).toUpperCase() + text.slice(1);

  /* Only {what}, {left} and {right} are places; nothing else in a template is interpreted. */
  dw.template = (text, places) => dw.capital(text.replace(/\{(what|left|right)\}/g, (_, name) => places[name]));

  /* `left` and `right` are shown already: a number, or a token where the rule compares tokens. */
  dw.verdict = function (rule, what, left, right, passed) {
    const text = dw.template(passed ? rule.yes : rule.no, {what, left, right});
    return /[.!?]$/.test(text) ? text : text + ".";
  };

  /* A drawn u lies in [0, 1): a bound outside leaves it no other way. `right` is the bound as the rule means it. */
  dw.flip = function (rule, bound, right, passed) {
    if (rule.left === "u" && rule.op === "<" && (passed ? bound >= 1 : bound <= 0)) {
      return `No draw could have ${passed ? "failed: u is always below 1" : "passed: u is never below 0"}.`;
    }
    const [pass, fail] = FLIPS[rule.op] || ["other than", "other than"];
    const left = rule.left.length === 1 || rule.left.startsWith("its ") ? rule.left : `the ${rule.left}`;
    return `It would have ${passed ? `failed with ${left} ${fail}` : `passed with ${left} ${pass}`} ${right}.`;
  };

  /* A column is a list, or one value for all. */
  dw.col = (column, at) => (Array.isArray(column) ? column[at] : column);

  /* Neighbouring tokens that are no text on their own are decoded together; the last one shows it. */
  dw.joined = function (pieces) {
    const shown = pieces.map((piece) => (typeof piece === "string" ? piece : ""));
    for (let at = 0; at < pieces.length;) {
      if (typeof pieces[at] === "string") { at += 1; continue; }
      let stop = at;
      const bytes = [];
      while (stop < pieces.length && typeof pieces[stop] !== "string") bytes.push(...pieces[stop++]);
      shown[stop - 1] = new TextDecoder().decode(new Uint8Array(bytes));
      at = stop;
    }
    return shown;
  };
})((window.dw = window.dw || {}));
