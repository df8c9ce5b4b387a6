/* The strip of rounds (per pane) and the race (both panes on one clock): drawn by hand, so that they
   follow the cursor at once and need no library. */
(function (dw) {
  "use strict";
  const {el, svg} = dw;

  dw.RoundsView = class {
    constructor(pane, name) {
      this.pane = pane;
      this.canvas = svg("svg", {class: "dw-rounds-svg", role: "group"});
      this.scroll = el("div", {class: "dw-scroll", "data-testid": `rounds-${name}`}, this.canvas);
      this.caption = el("div", {class: "dw-caption"});
      this.legend = el("div", {class: "dw-legend"}, ...[["draft", "accepted drafts"], ["bonus", "target's own token"],
        ["rejected", "rejected"], ["unexamined", "never examined"], ["pruned", "pruned before verification"]].map(
        ([name, text]) => el("span", {class: "dw-key"}, el("i", {class: `dw-swatch dw-r-${name}`}), text)));
      this.node = el("div", {class: "dw-figure"}, this.caption, this.scroll, this.legend);
      this.reset();
    }

    reset() { this.version = -1; this.round = -1; }
    recolour() { this.version = -1; }

    draw(now) {
      const reel = now.reel;
      if (this.version !== reel.version) { this.build(reel); this.version = reel.version; this.round = -1; }
      const round = now.beat < 0 ? -1 : reel.beats[now.beat].r;
      if (round === this.round) return;
      for (const [at, group] of this.groups.entries()) {
        group.classList.toggle("dw-now", at === round);
        group.classList.toggle("dw-later", at > round);
      }
      this.round = round;
      this.say(reel, round);
      const group = this.groups[round];
      if (group) {
        const x = round * this.wide, box = this.scroll;
        dw.later(this, () => { if (x < box.scrollLeft || x > box.scrollLeft + box.clientWidth - 40) box.scrollLeft = x - 120; });
      }
    }

    build(reel) {
      const rounds = reel.rounds, room = 190;
      const ups = rounds.map((round) => round.committed), downs = rounds.map(wasted);
      const unit = Math.min(18, room / Math.max(1, Math.max(...ups, 1) + Math.max(...downs, 1)));
      const base = Math.max(...ups, 1) * unit + 14;
      this.wide = Math.max(10, Math.min(30, Math.floor(((this.scroll.clientWidth || 600) - 20) / Math.max(1, rounds.length))));
      this.groups = rounds.map((round, at) => this.column(round, at, unit, base));
      const width = rounds.length * this.wide + 20, height = base + Math.max(...downs, 1) * unit + 24;
      this.canvas.setAttribute("width", width);
      this.canvas.setAttribute("height", height);
      this.canvas.replaceChildren(svg("line", {class: "dw-axis", x1: 0, x2: width, y1: base, y2: base}), ...this.groups);
    }

    column(round, at, unit, base) {
      const x = at * this.wide + 10, w = this.wide - 3, group = svg("g", {class: "dw-round", tabindex: "0", role: "button",
        "aria-label": `${round.title}: ${round.accepted} accepted, ${round.bonus} own, ${wasted(round)} wasted`});
      group.append(svg("title", {text: `${round.title}: ${round.drafted} drafted, ${round.accepted} accepted, `
        + `${round.bonus} from the target, ${round.rejected} rejected, ${round.unexamined} never examined, ${round.pruned} pruned`}));
      group.append(svg("rect", {class: "dw-hit", x: x - 1, y: 0, width: this.wide, height: "100%"}));
      let up = base;
      for (const [name, many] of [["draft", round.accepted], ["bonus", round.bonus]]) {
        up -= many * unit;
        if (many) group.append(svg("rect", {class: `dw-r-${name}`, x, y: up + 1, width: w, height: many * unit - 1}));
      }
      let down = base;
      for (const [name, many] of [["rejected", round.rejected], ["unexamined", round.unexamined + round.unused], ["pruned", round.pruned]]) {
        if (many) group.append(svg("rect", {class: `dw-r-${name}`, x, y: down + 1, width: w, height: many * unit - 1}));
        down += many * unit;
      }
      const open = () => { this.pane.seekBeat(round.b[1]); this.pane.show("tree"); };
      group.addEventListener("click", open);
      group.addEventListener("keydown", (event) => { if (event.key === "Enter") open(); });
      return group;
    }

    say(reel, at) {
      const done = reel.rounds.slice(0, at + 1), sum = (name) => done.reduce((total, round) => total + round[name], 0);
      if (!done.length) { this.caption.textContent = ""; return; }
      const passes = Math.max(1, sum("target"));
      this.caption.textContent = `${sum("accepted")} of ${sum("drafted")} drafts accepted · `
        + `${dw.number(sum("committed") / passes)} tokens per target pass with the target's own, `
        + `${dw.number(sum("accepted") / passes)} without`;
    }
  };

  function wasted(round) { return round.rejected + round.unexamined + round.pruned + round.unused; }

  dw.Race = class {
    constructor(player) {
      this.player = player;
      this.canvas = el("canvas", {class: "dw-race-canvas", role: "img"});
      this.line = el("div", {class: "dw-race-line"});
      this.split = el("p", {class: "dw-split-note", "data-testid": "divergence"});
      this.box = el("div", {class: "dw-race-box"}, this.canvas, this.line);
      this.title = el("h3", {text: "Progress"});
      this.node = el("section", {class: "dw-race", "data-testid": "race", "aria-label": "Progress of both runs"},
        this.title, this.box, this.split);
      this.box.addEventListener("pointerdown", (event) => this.seek(event));
    }

    reset() { this.stamp = null; }

    draw(panes, clock, cursor, max) {
      if (!this.stamp) this.room = Math.floor(this.box.clientWidth);
      const width = this.room, height = 112;
      const stamp = [width, clock, ...panes.map((pane) => pane.reel.version + pane.name)].join();
      if (this.stamp !== stamp) { this.paint(panes, clock, max, width, height); this.stamp = stamp; }
      this.line.style.transform = `translateX(${this.x(cursor)}px)`;
    }

    x(value) { return 40 + (this.width - 64) * (this.max ? value / this.max : 0); }

    paint(panes, clock, max, width, height) {
      const pen = dw.sharp(this.canvas, width, height), colours = this.player.palette;
      const top = Math.max(1, ...panes.map((pane) => Math.max(0, ...pane.reel.beats.map((beat) => beat.n))));
      Object.assign(this, {width, max});
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

    seek(event) {
      const box = this.box.getBoundingClientRect();
      const share = (event.clientX - box.left - 40) / (this.width - 64);
      this.player.seek(Math.max(0, Math.min(1, share)) * this.max);
    }
  };

  /* What is promised about the two texts: a sentence. Equality is claimed only where the guarantees give it. */
  dw.promised = function (left, right) {
    const [a, b] = [left.header, right.header];
    if (!a || !b) return "";
    if (a.prompt !== b.prompt) return "The texts may differ: the prompts differ.";
    const lossy = [a, b].filter((each) => each.guarantee === "lossy").length;
    if (lossy) return `The texts may differ: ${lossy > 1 ? "both methods are" : "one of the methods is"} lossy.`;
    const target = (each) => { const card = each.models.find((model) => model.role === "target"); return card ? card.sha256 || card.name : ""; };
    if (!target(a) || target(a) !== target(b)) return "The texts may differ: the models differ.";
    const greedy = (each) => each.method === "greedy" || each.guarantee === "same greedy text"
      || (["same distribution", "reference"].includes(each.guarantee) && Number(each.knobs.temperature) === 0);
    if (greedy(a) && greedy(b)) {
      if (a.dtype !== b.dtype || a.device !== b.device) return "The texts must be equal up to rounding: the number types or devices differ.";
      return "The texts must be equal: both methods promise the target's greedy text.";
    }
    if ([a, b].some((each) => each.guarantee === "other target")) return "The texts may differ: one of the methods looks for another text.";
    return "The texts may differ: tokens are drawn at random, and only their distribution is promised.";
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
