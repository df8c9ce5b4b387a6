/* Passes on a time axis (counted, measured, modelled), and the cost model that the reader may set. */
(function (dw) {
  "use strict";
  const {el, svg} = dw;
  const LANE = 34, LEFT = 104, HIGH = 24;
  const AXES = [["ticks", "Counted"], ["measured", "Measured"], ["modelled", "Modelled"]];

  dw.TimeView = class {
    constructor(pane, name) {
      this.pane = pane;
      this.axis = "ticks";
      this.caption = el("div", {class: "dw-caption"});
      this.modes = el("div", {class: "dw-modes", role: "group", "aria-label": "Time axis"}, ...AXES.map(([id, text]) => el("button", {type: "button", class: "dw-mode",
        "data-axis": id, "data-testid": `time-${id}-${name}`, text, "aria-pressed": id === "ticks", on: {click: () => this.setAxis(id)}})));
      this.canvas = svg("svg", {class: "dw-time-svg", role: "img"});
      this.hatch = `dw-thrown-${dw.serial = (dw.serial || 0) + 1}`;
      const button = (text, label, by) => el("button", {type: "button", class: "dw-mode", text, title: label, "aria-label": label, on: {click: () => this.enlarge(by)}});
      this.tools = el("div", {class: "dw-modes dw-zoom", role: "group", "aria-label": "Zoom of the time axis"}, button("−", "Smaller", 1 / 1.5), button("fit", "Fit the whole run", 0), button("+", "Larger", 1.5));
      this.legend = el("div", {class: "dw-legend"}, ...[["target", "pass of the target"], ["draft", "draft pass"], ["thrown", "draft pass thrown away"]]
        .map(([id, text]) => dw.key(el("i", {class: `dw-swatch dw-t-${id}`}), text)));
      this.scroll = el("div", {class: "dw-scroll dw-time", "data-testid": `timeline-${name}`, tabindex: "0", role: "region", "aria-label": "Passes over time"}, this.canvas);
      this.costs = new dw.CostForm(pane.player, name, () => this.setAxis("modelled"));
      this.told = el("p", {class: "dw-time-told", role: "status", "data-testid": `cost-told-${name}`});
      this.node = el("div", {class: "dw-figure"}, el("div", {class: "dw-time-head"}, this.modes, this.tools, this.caption), this.scroll, this.legend, this.costs.node, this.told);
      this.reset();
    }

    reset() { this.stamp = null; this.spec = null; this.zoom = 1; }
    recolour() { this.stamp = null; }

    /* The whole run fits; a factor enlarges it, 0 fits it again. */
    enlarge(by) {
      this.zoom = by ? Math.max(1, Math.min(24, this.zoom * by)) : 1;
      this.stamp = null;
      this.draw(this.pane.now);
    }

    setAxis(id) {
      this.axis = id;
      for (const button of this.modes.children) button.setAttribute("aria-pressed", button.dataset.axis === id);
      this.stamp = null;
      this.draw(this.pane.now);
    }

    draw(now) {
      const figure = now.reel.figures.timeline;
      if (!figure) { this.caption.textContent = "This figure is drawn after the first rounds of the run."; return; }
      this.spec = figure.spec;
      this.costs.draw();
      const stamp = `${now.reel.version}:${this.axis}:${this.zoom}:${this.scroll.clientWidth}:${JSON.stringify(this.pane.player.costs)}`;
      if (this.stamp !== stamp) { this.stamp = stamp; this.build(now.reel); }
      for (const [at, box] of this.boxes.entries()) {
        box.classList.toggle("dw-later", this.spec.passes[at][0] > now.beat);
        this.throw(now, box, at);
      }
    }

    /* Written only where it changed: whether what a pass drafted is gone, and what of it. */
    throw(now, box, at) {
      const gone = dw.thrown(now, this.spec.passes[at][8] || []), was = this.gone[at] || null;
      if ((gone && gone.text) === (was && was.text)) return;
      this.gone[at] = gone;
      box.classList.toggle("dw-pass-thrown", Boolean(gone));
      box.firstChild.textContent = this.titles[at] + (gone ? `. ${gone.text}` : "");
    }

    slots() {
      const {passes, sources} = this.spec;
      if (this.axis === "ticks") {
        const order = new Map([...new Set(passes.map((pass) => pass[3]))].map((tick, at) => [tick, at]));
        return passes.map((pass) => [order.get(pass[3]), order.get(pass[3]) + 1]);
      }
      if (this.axis === "measured") return passes.map((pass) => [pass[6], pass[7]]);
      return dw.schedule(passes, sources, this.pane.player.costs);
    }

    build(reel) {
      const {passes, sources} = this.spec, slots = this.slots(), end = Math.max(1e-9, ...slots.map((slot) => slot[1]));
      this.titles = []; this.gone = [];
      const room = Math.max(160, (this.scroll.clientWidth || 600) - LEFT - 24);
      const scale = this.zoom * (this.axis === "ticks" ? Math.max(room / end, 1) : room / end);
      const height = sources.length * LANE + 24;
      this.boxes = passes.map((pass, at) => this.box(reel, pass, slots[at], scale));
      this.canvas.setAttribute("width", LEFT + end * scale + 16);
      this.canvas.setAttribute("height", height);
      const hatch = svg("pattern", {id: this.hatch, width: 4, height: 4, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)"},
        svg("rect", {class: "dw-thrown-ground", width: 4, height: 4}), svg("line", {x1: 0, y1: 0, x2: 0, y2: 4, class: "dw-hatch-line"}));
      this.canvas.style.setProperty("--thrown", `url(#${this.hatch})`);
      this.canvas.replaceChildren(svg("defs", {}, hatch), ...sources.map((source, at) => svg("text", {class: "dw-time-lane", x: 4, y: at * LANE + 21, text: dw.clip(source.title, 15)})),
        ...this.marks(end, scale, height), ...this.boxes);
      const unit = {ticks: "ticks: passes in one column could run at the same time", measured: "milliseconds, measured where the run was recorded, one after another",
        modelled: "modelled time, not measured: passes of one tick side by side"}[this.axis];
      this.caption.textContent = unit;
      this.canvas.setAttribute("aria-label", `${passes.length} passes of ${sources.map((source) => source.title).join(" and ")}; ${unit}`);
      this.tell();
    }

    box(reel, pass, [from, to], scale) {
      const [beat, round, source, tick, rows, cached] = pass, info = this.spec.sources[source], kind = info.judges ? "target" : "draft";
      const long = (to - from) * scale, width = Math.max(1, long - Math.min(1, long / 4)), title = `${info.title}, tick ${tick}: ${rows} rows computed, ${cached} from the cache`;
      this.titles.push(`${(reel.rounds[round] || {}).title || ""} · ${title}`);
      const group = svg("g", {class: `dw-pass dw-pass-${kind}`, transform: `translate(${LEFT + from * scale},${source * LANE + 4})`}, svg("title", {text: this.titles[this.titles.length - 1]}),
        svg("rect", {width, height: HIGH, rx: Math.min(3, width / 3)}), width > 20 ? svg("text", {x: width / 2, y: 16, "text-anchor": "middle", text: rows}) : null);
      group.addEventListener("click", () => this.pane.seekBeat(beat));
      return group;
    }

    marks(end, scale, height) {
      const found = [], step = dw.nice(end * 70 / Math.max(70, end * scale));
      for (let at = 0; at <= end + 1e-9; at += step) {
        const x = LEFT + at * scale;
        found.push(svg("line", {class: "dw-axis", x1: x, x2: x, y1: 0, y2: height - 18}), svg("text", {class: "dw-time-mark", x, y: height - 5, "text-anchor": "middle", text: dw.number(Number(at.toFixed(6)))}));
      }
      return found;
    }

    tell() {
      const {passes, sources, tokens, thrown} = this.spec, time = dw.modelled(this.spec, this.pane.player.costs), many = (n, noun) => `${n} ${noun}${n === 1 ? "" : "s"}`;
      const counted = sources.map((source, at) => {
        const mine = passes.filter((pass) => pass[2] === at);
        return `${source.title} ${many(mine.length, "pass").replace("passs", "passes")}, ${many(mine.reduce((sum, pass) => sum + pass[4], 0), "row")}`;
      }).join(" · ");
      const ms = Math.max(0, ...passes.map((pass) => pass[7]));
      const drafting = passes.filter((pass) => (pass[8] || []).length).length;
      this.told.replaceChildren(el("span", {}, el("b", {text: "Counted "}), counted), thrown ? el("span", {}, el("b", {text: "Thrown away "}), `${thrown} of ${drafting} draft pass${drafting === 1 ? "" : "es"}: a rejection left none of their drafts`) : "", el("span", {}, el("b", {text: "Measured "}), ms ? `${dw.number(ms)} ms to the last pass` : "no times recorded"),
        el("span", {}, el("b", {text: "Modelled "}), `${dw.number(time.run)} for ${dw.many(tokens, "token")}; one target pass per token takes ${dw.number(time.plain)}: ${dw.number(time.speedup)} times as fast`));
    }
  };

  /* Of the drafts of a pass at the cursor, where all are gone because of a rejection: words about it, else null; the same
     rule as viz/timeline.py. */
  dw.thrown = function ({reel, status}, ids) {
    const name = (id) => reel.statuses[status[id] || 0], gone = (id) => ["rejected", "unexamined", "pruned"].includes(name(id));
    if (!ids.length || !ids.every(gone)) return null;
    for (const start of ids) {
      for (let id = start; id >= 0 && reel.candidates[id] && gone(id); id = reel.candidates[id].above) {
        if (name(id) !== "rejected") continue;
        const many = dw.many(ids.length, "draft");
        return {text: `Thrown away: ${id === start ? `${reel.quoted(reel.candidates[id].fill)} was rejected` : `${many} behind the rejected ${reel.quoted(reel.candidates[id].fill)}`}`};
      }
    }
    return null;
  };

  /* When every pass starts and stops on the modelled clock; the same rule as viz/timeline.py. */
  dw.schedule = function (passes, sources, {a, b, n0, c}) {
    const free = new Map(), slots = [];
    let tick = null, began = 0, beside = new Set();
    passes.forEach((pass, at) => {
      const [, , source, own, rows] = pass, judges = sources[source].judges;
      if (own !== tick) {
        tick = own;
        const together = [];
        for (let i = at; i < passes.length && passes[i][3] === own; i += 1) together.push(passes[i][2]);
        const alone = beside.has(source) && !together.some((other) => sources[other].judges);
        began = alone ? free.get(source) : Math.max(0, ...free.values());
        if (!alone) beside = new Set(together.length > 1 ? together.filter((other) => !sources[other].judges) : []);
      }
      const stop = began + (judges ? a + b * Math.max(0, rows - n0) : c * a);
      slots.push([began, stop]);
      free.set(source, stop);
    });
    return slots;
  };

  dw.modelled = function (spec, costs) {
    const run = Math.max(0, ...dw.schedule(spec.passes, spec.sources, costs).map((slot) => slot[1]));
    const one = (rows) => costs.a + costs.b * Math.max(0, rows - costs.n0);
    const plain = spec.tokens ? one(spec.prompt) + (spec.tokens - 1) * one(1) : 0;
    return {run, plain, speedup: run ? plain / run : 0};
  };
})((window.dw = window.dw || {}));
