/* Which steps are worth a stop, what a step speaks of, and how that is lit in the pictures. */
(function (dw) {
  "use strict";
  const {el} = dw;

  dw.MOMENTS = {
    rejection: ["×", "first rejection of a round"], remask: ["↺", "tokens are taken back"], early: ["⚑", "all that was open is written at once"],
    split: ["≠", "the texts of A and B part"], end: ["■", "an end of text is written for the first time"], choice: ["–", "first failed test of a round"],
  };

  /* Moments of one run, in order: [{beat, kind}]. Where nothing is rejected, taken back or stopped early, the first
     failed test of each round stands in: it can be visited, but is no reason to pause. */
  dw.moments = function (reel) {
    const known = reel.moments;
    if (known && known.version === reel.version) return known.list;
    const list = [], met = new Set(), early = new Set(reel.rows.filter((row) => row[5]).map((row) => row[0]));
    const strict = early.size > 0 || reel.beats.some((beat) => beat.d === 1 || beat.d === 2);
    for (const [at, beat] of reel.beats.entries()) {
      const kind = beat.k === "commit" && early.has(beat.r) ? "early" : {1: "rejection", 2: "remask", 3: "end", 4: strict ? null : "choice"}[beat.d];
      const key = `${kind}:${beat.r}`;
      if (!kind || met.has(key)) continue;
      met.add(key);
      list.push({beat: at, kind});
    }
    reel.moments = {version: reel.version, list};
    return list;
  };

  /* All moments on the player's clock: [{value, kind, pane, beat}], in order. */
  dw.stops = function (player) {
    const stops = player.filled().flatMap((pane) => dw.moments(pane.reel).map(({beat, kind}) => (
      {value: pane.reel.value(beat, pane.reel.clock(player.clock)), kind, pane: pane.name, beat})));
    const {a, b} = player.panes, part = a.full && b.full ? dw.parting(a, b) : null;
    if (part) {
      const [left, right] = [a, b].map((pane, at) => pane.reel.value(part[at], pane.reel.clock(player.clock)));
      stops.push({value: Math.max(left, right), kind: "split", pane: left >= right ? "a" : "b", beat: left >= right ? part[0] : part[1]});
    }
    return stops.sort((x, y) => x.value - y.value || x.beat - y.beat);
  };

  /* What one step speaks of: candidates, cells, and the one of them that it is about. */
  dw.spokenOf = function (reel, at) {
    const ids = new Set(), cells = [];
    let pick = null;
    for (const op of reel.beats[at].o) {
      if (op[0] === "c") { for (const id of op[2]) ids.add(id); pick = pick || (op[2].length ? {candidate: op[2][0]} : null); }
      if (op[0] === "r") { for (const position of op[2]) cells.push([op[1], position]); pick = {lane: op[1], position: op[2][0]}; }
      if (op[0] === "p") { for (let i = 0; i < op[5].length; i += 1) ids.add(op[1] + i); pick = pick || (op[5].length ? {candidate: op[1]} : null); }
      if (op[0] !== "j" || !op[4].length) continue;
      const told = told1(op);
      if (op[2] === "c") { for (const id of op[4]) ids.add(id); pick = {candidate: op[4][told]}; }
      if (op[2] === "p") { for (const position of op[4]) cells.push([op[3], position]); pick = {lane: op[3], position: op[4][told]}; }
    }
    return {ids, cells, pick};
  };

  /* Of many verdicts, the one that the sentence names: the first of the smaller part. */
  function told1([, , , , ids, , , passed]) {
    const good = ids.filter((_, i) => dw.col(passed, i)).length;
    if (good === 0 || good === ids.length) return 0;
    return ids.findIndex((_, i) => Boolean(dw.col(passed, i)) === good <= ids.length - good);
  }

  /* Lights up nodes of the tree, cells of the text and columns of the map. */
  dw.light = function (pane, {ids, cells}) {
    dw.dark(pane);
    const {reel, now, text} = pane, nodes = pane.views.tree.nodes || new Map(), lit = pane.lit = [], map = pane.views.map;
    const places = [...cells];
    for (const id of ids) {
      const candidate = reel.candidates[id], view = nodes.get(id);
      if (view) lit.push(view.node);
      if (candidate) places.push([candidate.lane, candidate.position]);
    }
    for (const [lane, position] of places) {
      const line = text.lines.get(lane), span = line && line.spans[position];
      if (span) lit.push(span.span);
      if (line) for (const each of line.tail.children) if (Number(each.dataset.p) === position && ids.has(Number(each.dataset.c))) lit.push(each);
    }
    if (pane.tab === "map" && reel.map && now.beat >= 0) lit.push(...rings(map, reel, places));
    for (const node of lit) node.classList.add("dw-lit");
  };

  function rings(map, reel, places) {
    const columns = new Set(places.filter(([lane]) => lane === reel.map.lane).map(([, position]) => position - reel.map.start));
    const made = [...columns].filter((at) => at >= 0 && at < reel.map.width).map((at) => el("div", {class: "dw-lit-ring",
      style: {left: `${map.sheet.offsetLeft + at * map.cw}px`, top: `${map.sheet.offsetTop + Math.max(0, map.row) * map.ch}px`, width: `${map.cw}px`, height: `${map.ch}px`}}));
    map.scroll.append(...made);
    return made;
  }

  dw.dark = function (pane) {
    for (const node of pane.lit || []) {
      if (node.className === "dw-lit-ring dw-lit") node.remove(); else node.classList.remove("dw-lit");
    }
    pane.lit = [];
  };

  /* A sentence that is a button: pointing at it lights what it speaks of, pressing it opens that. */
  dw.sentence = function (pane, beat, text, attrs, press) {
    const on = () => dw.light(pane, dw.spokenOf(pane.reel, beat)), off = () => dw.dark(pane);
    return el("button", {type: "button", ...attrs, text, on: {pointerenter: on, focus: on, pointerleave: off, blur: off, click: press || (() => {
      const {pick} = dw.spokenOf(pane.reel, beat);
      if (pick) pane.select(pick);
    })}});
  };
})((window.dw = window.dw || {}));
