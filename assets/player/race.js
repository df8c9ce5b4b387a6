/* The race: both panes on one clock, drawn by hand, so that it follows the cursor at once; and what is promised
   about the two texts. */
(function (dw) {
  "use strict";
  const {el} = dw;

  dw.Race = class {
    constructor(player) {
      this.player = player;
      this.canvas = el("canvas", {class: "dw-race-canvas", role: "img"});
      this.line = el("div", {class: "dw-race-line"});
      this.costs = el("p", {class: "dw-race-costs", "data-testid": "race-costs"});
      this.split = el("p", {class: "dw-split-note", "data-testid": "divergence"});
      this.box = el("div", {class: "dw-race-box"}, this.canvas, this.line);
      this.title = el("h3", {}, el("span", {title: dw.reading.race, text: "Progress"}));
      this.node = el("section", {class: "dw-race", "data-testid": "race", "aria-label": "Progress of both runs"},
        this.title, this.box, this.costs, this.split);
      this.box.addEventListener("pointerdown", (event) => this.seek(event));
    }

    reset() { this.stamp = null; }

    draw(panes, clock, cursor, max) {
      if (!this.stamp) this.room = Math.floor(this.box.clientWidth);
      const width = this.room, height = 112;
      const stamp = [width, clock, ...panes.map((pane) => pane.reel.version + pane.name)].join();
      if (this.stamp !== stamp) { this.paint(panes, clock, max, width, height); this.stamp = stamp; }
      this.line.style.transform = `translateX(${this.x(cursor)}px)`;
      const told = panes.map((pane) => `${panes.length > 1 ? `${pane.name.toUpperCase()}: ` : ""}${dw.costs(pane.reel, pane.now.beat)}`).join("   ");
      if (this.costs.textContent !== told) this.costs.textContent = told;
    }

    x(value) { return 40 + (this.width - 64) * (this.max ? value / this.max : 0); }

    paint(panes, clock, max, width, height) {
      const pen = dw.sharp(this.canvas, width, height), colours = this.player.palette;
      const top = panes.reduce((most, pane) => pane.reel.beats.reduce((high, beat) => Math.max(high, beat.n), most), 1);
      Object.assign(this, {width, max, height});
      const y = (many) => height - 24 - (height - 38) * many / top;
      pen.font = "11px system-ui, sans-serif";
      pen.fillStyle = colours.get("muted");
      pen.strokeStyle = colours.get("line");
      for (const share of [0, 0.5, 1]) {
        const many = Math.round(top * share);
        pen.fillText(String(many), 8, y(many) + 4);
        pen.beginPath(); pen.moveTo(40, y(many) + 0.5); pen.lineTo(width - 24, y(many) + 0.5); pen.stroke();
      }
      const info = this.player.clockInfo(clock);
      pen.fillText(info ? info.title.toLowerCase() : "", 40, height - 6);
      pen.textAlign = "right";
      pen.fillText(dw.number(max), width - 24, height - 6);
      pen.textAlign = "left";
      for (const pane of panes) this.stair(pen, pane, clock, y, colours);
      const parts = panes.length > 1 && dw.parting(panes[0], panes[1]);
      if (parts) this.mark(pen, panes, parts, clock, y, colours);
      this.canvas.setAttribute("aria-label", panes.map((pane) => `${pane.name.toUpperCase()}: ${pane.end("n")} tokens at ${dw.number(pane.max(clock))}`).join("; "));
    }

    stair(pen, pane, clock, y, colours) {
      const index = pane.reel.clock(clock);
      pen.strokeStyle = pen.fillStyle = colours.get(pane.name);
      pen.lineWidth = 2;
      pen.setLineDash(pane.name === "b" ? [6, 3] : []);
      pen.beginPath();
      let last = 0;
      pen.moveTo(this.x(0), y(0));
      for (const beat of pane.reel.beats) {
        pen.lineTo(this.x(beat.c[index]), y(last));
        if (beat.n !== last) pen.lineTo(this.x(beat.c[index]), y(last = beat.n));
      }
      pen.stroke();
      pen.setLineDash([]);
      const x = this.x(pane.max(clock));
      pen.beginPath(); pen.arc(x, y(last), 3.5, 0, 7); pen.fill();
      pen.fillText(pane.name.toUpperCase(), Math.min(x + 7, this.width - 14), y(last) + (pane.name === "b" ? 13 : -5));
    }

    /* A diamond on each line where the final texts part. */
    mark(pen, panes, parts, clock, y, colours) {
      const diamond = (x, at) => { pen.beginPath(); pen.moveTo(x, at - 5); pen.lineTo(x + 5, at); pen.lineTo(x, at + 5); pen.lineTo(x - 5, at); pen.closePath(); pen.fill(); pen.stroke(); };
      pen.lineWidth = 1.5;
      for (const [at, pane] of panes.entries()) {
        const beat = pane.reel.beats[parts[at]];
        pen.fillStyle = colours.get("surface");
        pen.strokeStyle = colours.get(pane.name);
        diamond(this.x(beat.c[pane.reel.clock(clock)]), y(beat.n));
      }
      pen.strokeStyle = pen.fillStyle = colours.get("muted");
      const text = "where the texts part", left = this.width / 2 - 50;
      pen.fillText(text, left + 10, this.height - 6);
      pen.fillStyle = colours.get("surface");
      diamond(left, this.height - 10);
    }

    seek(event) {
      const box = this.box.getBoundingClientRect();
      const share = (event.clientX - box.left - 40) / (this.width - 64);
      this.player.seek(Math.max(0, Math.min(1, share)) * this.max);
    }
  };

  /* What is promised about the two texts: {strict, text}; strict is "equal", "rounding" or "prefix" where the guarantees
     give it, else "". */
  dw.promise = function (left, right) {
    const [a, b] = [left.header, right.header], free = (why) => ({strict: "", text: `The texts may differ: ${why}.`});
    if (!a || !b) return {strict: "", text: ""};
    if (a.prompt !== b.prompt) return free("the prompts differ");
    if (JSON.stringify(a.interventions || []) !== JSON.stringify(b.interventions || [])) return free("somebody stepped in");
    const lossy = [a, b].filter((each) => each.guarantee === "lossy").length;
    if (lossy) return free(`${lossy > 1 ? "both methods are" : "one of the methods is"} lossy`);
    const target = (each) => { const card = each.models.find((model) => model.role === "target"); return card ? card.sha256 || card.name : ""; };
    if (!target(a) || target(a) !== target(b)) return free("the models differ");
    const greedy = (each) => each.method === "greedy" || each.guarantee === "same greedy text"
      || (["same distribution", "reference"].includes(each.guarantee) && Number(each.knobs.temperature) === 0);
    if (greedy(a) && greedy(b)) {
      if (a.dtype !== b.dtype || a.device !== b.device) return {strict: "rounding", text: "The texts must be equal up to rounding: the number types or devices differ."};
      if (a.max_tokens !== b.max_tokens) return {strict: "prefix", text: "The texts must agree as far as both go: both methods promise the target's greedy text, and one may write more of it."};
      return {strict: "equal", text: "The texts must be equal: both methods promise the target's greedy text."};
    }
    if ([a, b].some((each) => each.guarantee === "other target")) return free("one of the methods looks for another text");
    return free("tokens are drawn at random, and only their distribution is promised");
  };

  dw.promised = (left, right) => dw.promise(left, right).text;

  /* What became of the promise, once both texts are there; `pairs` are those of dw.align. */
  dw.kept = function (left, right, pairs) {
    const {strict} = dw.promise(left, right), whole = [left, right].every((reel) => reel.footer && reel.footer.status === "complete");
    const equal = pairs.every(([kind]) => kind === "same"), firstGap = pairs.findIndex(([kind]) => kind !== "same");
    const starts = equal || (["a", "b"].includes(pairs[firstGap][0]) && pairs.slice(firstGap).every(([kind]) => kind === pairs[firstGap][0]));
    if (!strict) return equal ? "The texts are equal, though nothing promises it here." : "The texts differ, as they may.";
    if (equal) return "The texts are equal, as promised.";
    if (starts && (strict === "prefix" || !whole)) return "The texts agree as far as both go, as promised.";
    return strict === "rounding" ? "The texts differ; rounding can do that, nothing else may." : "The promise is broken: the texts differ.";
  };

  /* The beats in which the final texts of two ended runs got the first token that they do not share; null where they agree. */
  dw.parting = function (a, b) {
    if (!a.reel.footer || !b.reel.footer) return null;
    const [left, right] = [dw.final(a), dw.final(b)];
    const at = left.findIndex((token, place) => right[place] && token.text !== right[place].text);
    return at < 0 ? null : [dw.written(a.reel, left[at].id), dw.written(b.reel, right[at].id)];
  };

  /* Where two texts part, as token index after the prompt, or -1. */
  dw.firstDivergence = function (a, b) {
    const [left, right] = [a, b].map((pane) => pane.decoded());
    for (let at = 0; at < Math.min(left.length, right.length); at += 1) {
      if (left[at] === null || right[at] === null) continue;
      if (left[at] !== right[at]) return at;
    }
    return -1;
  };
})((window.dw = window.dw || {}));
