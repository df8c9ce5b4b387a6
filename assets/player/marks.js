/* What the unmask map says beside the fills: cached rows, marks of rules, early commits, blocks. */
(function (dw) {
  "use strict";
  const {el} = dw;
  const ROWS = {k: "its row read from the cache", s: "its row read from the cache, stale", u: "not seen by the network"};
  const MARKS = {a: "anchor", n: "near an anchor", v: "passed the check", x: "refused by the check", p: "pivot"};
  const EARLY = "everything written early";

  function strip(pen, colours, letter, x, y, w, h) {
    const thick = Math.max(2, Math.min(4, Math.round(h * 0.22)));
    if (letter === "u") {
      const side = Math.max(2, Math.min(4, Math.round(h * 0.3))), [left, top] = [x + Math.floor((w - side) / 2), y + Math.floor((h - side) / 2)];
      pen.fillStyle = colours.get("surface");
      pen.fillRect(left - 1, top - 1, side + 2, side + 2);
      pen.fillStyle = colours.get("muted");
      pen.fillRect(left, top, side, side);
      return;
    }
    pen.fillStyle = colours.get(letter === "k" ? "muted" : "rejected");
    if (letter === "k") { pen.fillRect(x, y + h - thick, w - 1, thick); return; }
    for (let at = 0; at < w - 1; at += 4) pen.fillRect(x + at, y + h - thick, 2, thick);
  }

  function mark(pen, colours, letter, x, y, w, h) {
    const r = Math.max(2, Math.min(w, h) * 0.26), cx = x + w / 2 - 0.5, cy = y + h / 2 - 0.5;
    pen.beginPath();
    if (letter === "x") { pen.moveTo(cx - r, cy - r); pen.lineTo(cx + r, cy + r); pen.moveTo(cx + r, cy - r); pen.lineTo(cx - r, cy + r); }
    else if (letter === "v") { pen.moveTo(cx - r, cy); pen.lineTo(cx - r * 0.3, cy + r); pen.lineTo(cx + r, cy - r); }
    else if (letter === "n") pen.arc(cx, cy, r * 0.8, 0, 2 * Math.PI);
    else { pen.moveTo(cx, cy - r); pen.lineTo(cx + r, cy); pen.lineTo(cx, cy + r); pen.lineTo(cx - r, cy); pen.closePath(); }
    pen.strokeStyle = colours.get("surface");
    pen.lineWidth = 3;
    pen.stroke();
    pen.strokeStyle = colours.get(letter === "x" ? "rejected" : "ink");
    pen.lineWidth = 1.4;
    pen.stroke();
    if (letter === "a") { pen.fillStyle = colours.get("ink"); pen.fill(); }
  }

  /* A line over the whole row, and a star at its end: everything was written at once. */
  function star(pen, colours, width, y, h) {
    const r = Math.max(5, Math.min(8, h * 0.7)), cx = width - r - 3, cy = y + h / 2;
    pen.fillStyle = colours.get("ink");
    pen.fillRect(0, y, width, 2);
    pen.beginPath();
    for (let at = 0; at < 10; at += 1) {
      const angle = (at / 5 - 0.5) * Math.PI, reach = at % 2 ? r * 0.45 : r;
      pen.lineTo(cx + reach * Math.cos(angle), cy + reach * Math.sin(angle));
    }
    pen.closePath();
    pen.lineWidth = 3;
    pen.strokeStyle = colours.get("surface");
    pen.stroke();
    pen.fill();
  }

  dw.marks = {
    row(view, pen, row, y) {
      const colours = view.pane.palette, [, , , fed, marks, early] = row, {cw, ch} = view;
      for (let cell = 0; fed && cell < fed.length; cell += 1) {
        if (fed[cell] !== "f") strip(pen, colours, fed[cell], cell * cw, y, cw, ch);
      }
      for (const [cell, letter] of marks || []) mark(pen, colours, letter, cell * cw, y, cw, ch);
      if (early) star(pen, colours, cw * view.pane.reel.map.width, y, ch);
    },

    /* A frame round each block, over the rounds in which it was written: blocks of any length, as they came. */
    blocks(view, pen, at, y) {
      const {map} = view.pane.reel;
      pen.fillStyle = view.pane.palette.get("muted");
      for (const [low, high, first, last] of map.blocks || []) {
        if (at < first || at > last) continue;
        const x = (low - map.start) * view.cw - 1, width = (high - low + 1) * view.cw;
        pen.fillRect(Math.max(0, x), y, 1, view.ch);
        pen.fillRect(x + width, y, 1, view.ch);
        if (at === first) pen.fillRect(Math.max(0, x), y, width, 1);
        if (at === last) pen.fillRect(Math.max(0, x), y + view.ch - 1, width, 1);
      }
    },

    words(reel, row, cell) {
      const [, , , fed, marks, early] = reel.rows[row], found = (marks || []).find((each) => each[0] === cell);
      let text = fed && ROWS[fed[cell]] ? ` · ${ROWS[fed[cell]]}` : "";
      for (let above = row - 1; fed && "ks".includes(fed[cell]) && above >= 0; above -= 1) {
        const then = reel.rows[above][3];
        if (!then || then[cell] === "f") { text += `, ${row - above} ${row - above > 1 ? "rounds" : "round"} old`; break; }
      }
      return text + (found ? ` · ${MARKS[found[1]]}` : "") + (early ? ` · ${EARLY}` : "");
    },

    /* Only what occurs has a key. */
    legend(view, reel) {
      const met = new Set();
      for (const [, , , fed, marks, early] of reel.rows) {
        for (const letter of fed || "") if (letter !== "f") met.add(letter);
        for (const each of marks || []) met.add(each[1]);
        if (early) met.add("early");
      }
      const stamp = [...met].sort().join("") + view.pane.palette.get("ink");
      if (view.met === stamp) return;
      view.met = stamp;
      const keys = [...Object.entries(ROWS), ...Object.entries(MARKS), ["early", EARLY]].filter(([id]) => met.has(id));
      view.more.replaceChildren(...keys.map(([id, text]) => {
        const icon = el("canvas", {class: "dw-mark-key", "aria-hidden": "true"}), pen = dw.sharp(icon, id === "early" ? 20 : 14, 14);
        if (ROWS[id]) strip(pen, view.pane.palette, id, 0, 0, 15, 14);
        else if (MARKS[id]) mark(pen, view.pane.palette, id, 0, 0, 14, 14);
        else star(pen, view.pane.palette, 18, 1, 12);
        return dw.key(icon, text, {"data-mark": id});
      }));
    },
  };
})((window.dw = window.dw || {}));
