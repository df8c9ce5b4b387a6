/* The strip of rounds of a pane: drawn by hand, so that it follows the cursor at once and needs no library. */
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
        ([name, text]) => dw.key(el("i", {class: `dw-swatch dw-r-${name}`}), text)));
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
      const open = () => { this.pane.seekBeat(round.b[1]); this.pane.show("tree"); this.pane.select({round: at}); };
      group.addEventListener("click", open);
      group.addEventListener("keydown", (event) => { if (event.key === "Enter") open(); });
      return group;
    }

    say(reel, at) {
      const done = reel.rounds.slice(0, at + 1), sum = (name) => done.reduce((total, round) => total + round[name], 0);
      if (!done.length) { this.caption.textContent = ""; return; }
      const passes = Math.max(1, sum("target"));
      this.caption.textContent = `${sum("accepted")} of ${sum("drafted")} drafts accepted · `
        + `${dw.number(sum("committed") / passes)} tokens written per target pass, `
        + `${dw.number(sum("accepted") / passes)} without the target's own; this request only`;
    }
  };

  function wasted(round) { return round.rejected + round.unexamined + round.pruned + round.unused; }
})((window.dw = window.dw || {}));
