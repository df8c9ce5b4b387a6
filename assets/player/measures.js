/* Quantities over rounds: what rules read against their bounds. Left all rounds, right the places of one round. */
(function (dw) {
  "use strict";
  const {el, svg} = dw;
  const PAD = {left: 46, right: 12, top: 18, bottom: 30}, NARROW = 560, TICK_GAP = 12;

  dw.MeasuresView = class {
    constructor(pane, name) {
      this.pane = pane;
      this.pick = el("select", {class: "dw-select dw-measure-pick", "data-testid": `measure-pick-${name}`, "aria-label": "Quantity",
        on: {change: () => { this.chosen = this.pick.value; this.stamp = null; this.pane.player.redraw(); }}});
      this.caption = el("div", {class: "dw-caption", role: "status"});
      this.canvas = svg("svg", {class: "dw-measure-svg", role: "img"});
      this.box = el("div", {class: "dw-measure", "data-testid": `measures-${name}`}, this.canvas);
      this.legend = el("div", {class: "dw-legend"});
      this.node = el("div", {class: "dw-figure"}, el("div", {class: "dw-measure-head"}, this.pick, this.caption), this.box, this.legend);
      this.canvas.addEventListener("click", (event) => this.click(event));
      this.chosen = null;
      this.reset();
    }

    reset() { this.stamp = this.known = null; this.canvas.replaceChildren(); }
    recolour() { this.stamp = null; }

    draw(now, step, selected) {
      const figure = now.reel.figures.measures;
      if (!figure) { this.caption.textContent = "This figure is drawn after the first rounds of the run."; this.canvas.replaceChildren(); this.stamp = null; return; }
      if (this.known !== figure) this.offer(figure);
      const quantity = this.figure.quantities.find((each) => each.id === this.chosen), {reel} = now;
      const stamp = `${reel.version}:${quantity.id}`;
      if (this.stamp !== stamp) { this.build(reel, quantity); this.stamp = stamp; }
      const round = now.beat < 0 ? 0 : Math.max(0, reel.beats[now.beat].r);
      this.trend(reel, round, selected);
      this.profile(reel, round, now.beat, selected);
      this.say(reel, quantity, round);
    }

    offer(figure) {
      this.known = figure;
      this.figure = figure.spec;
      const ids = this.figure.quantities.map((each) => each.id);
      if (!ids.includes(this.chosen)) this.chosen = ids[0];
      this.pick.replaceChildren(...this.figure.quantities.map((each) => el("option", {value: each.id,
        text: dw.capital(each.title), title: each.bound ? `${each.value} against ${each.bound}` : each.unit, selected: each.id === this.chosen})));
      this.pick.value = this.chosen;
      this.stamp = null;
    }

    /* All values of the quantity, by round; `alone` is what the source alone gave the same token. */
    collect(reel, quantity) {
      const [kind, id] = [quantity.id[0] === "r" ? "j" : "m", quantity.id.slice(quantity.id.indexOf(":") + 1)];
      const rounds = reel.rounds.map(() => []);
      let base = new Map(), last = -1;
      for (const [beat, {r, o}] of reel.beats.entries()) {
        if (r !== last) { base = new Map(); last = r; }
        for (const op of o) {
          if (op[0] === "b" && quantity.base && op[1] === quantity.base && op[3] === "p") op[5].forEach((place, at) => base.set(place, [op[6][at], op[7][at]]));
          if (op[0] !== kind || op[1] !== id || r < 0) continue;
          op[4].forEach((ref, at) => {
            const candidate = op[2] === "c" ? reel.candidates[ref] : null, place = candidate ? candidate.position : op[2] === "l" ? null : ref;
            const seen = candidate && base.get(place), key = seen ? seen[0].indexOf(candidate.fill) : -1;
            const point = {beat, place, candidate: candidate ? ref : null, value: dw.col(op[5], at), alone: key < 0 ? null : seen[1][key], bound: null, passed: null};
            if (kind === "j") { point.bound = dw.col(op[6], at); point.passed = Boolean(dw.col(op[7], at)); }
            rounds[r].push(point);
          });
        }
      }
      return rounds;
    }

    build(reel, quantity) {
      const columns = Object.fromEntries(this.figure.columns.map((name, at) => [name, at]));
      this.rows = quantity.rows.map((row) => Object.fromEntries(Object.entries(columns).map(([name, at]) => [name, row[at]])));
      this.quantity = quantity;
      this.scale = dw.scaled(this.rows, quantity);
      this.key(); // before measuring: it may take two lines
      const width = Math.max(260, this.box.clientWidth || 600), height = Math.max(150, this.box.clientHeight || 220);
      const beside = !quantity.single && width >= NARROW, rest = quantity.single ? 0 : beside ? Math.round(width * 0.42) : width;
      this.points = this.collect(reel, quantity);
      const low = beside || quantity.single ? height : Math.round(height / 2);
      this.left = {x: PAD.left, y: PAD.top, w: (beside ? width - rest : width) - PAD.left - PAD.right, h: low - PAD.top - PAD.bottom};
      this.right = beside ? {x: width - rest + PAD.left, y: PAD.top, w: rest - PAD.left - PAD.right, h: height - PAD.top - PAD.bottom}
        : {x: PAD.left, y: low + PAD.top, w: width - PAD.left - PAD.right, h: height - low - PAD.top - PAD.bottom};
      this.cursor = svg("line", {class: "dw-measure-now"});
      this.line = svg("g", {class: "dw-measure-mine"});
      this.one = svg("g", {});
      this.canvas.setAttribute("width", width);
      this.canvas.setAttribute("height", height);
      this.canvas.replaceChildren(...this.frame(this.left, "round", reel.rounds.length), ...this.bands(reel), this.cursor, this.line,
        ...(quantity.single ? [] : this.frame(this.right, "", 0)), this.one);
      this.drawn = {};
    }

    x(round, reel) { return this.left.x + this.left.w * (round + 0.5) / Math.max(1, reel.rounds.length); }
    y(value, box) { return box.y + box.h * (1 - this.scale.at(value)); }

    frame(box, title, count) {
      let last = Infinity;
      const apart = this.scale.ticks.filter((at) => { const y = this.y(at, box), room = last - y >= TICK_GAP; if (room) last = y; return room; });
      const parts = apart.flatMap((at) => [svg("line", {class: "dw-axis", x1: box.x, x2: box.x + box.w, y1: this.y(at, box), y2: this.y(at, box)}),
        svg("text", {class: "dw-measure-tick", x: box.x - 6, y: this.y(at, box) + 4, "text-anchor": "end", text: tick(at)})]);
      if (box === this.left) parts.push(svg("text", {class: "dw-measure-tick", x: box.x, y: box.y - 7, text: this.quantity.unit}));
      const every = Math.max(1, Math.ceil(count / Math.max(1, Math.floor(box.w / 34))));
      for (let at = 0; at < count; at += every) {
        parts.push(svg("text", {class: "dw-measure-tick", x: box.x + box.w * (at + 0.5) / count, y: box.y + box.h + 13, "text-anchor": "middle", text: String(at + 1)}));
      }
      parts.push(svg("text", {class: "dw-measure-tick", x: box.x, y: box.y + box.h + 26, text: title}));
      return parts;
    }

    /* The spread of each round, the bound as steps, and where everything was written early. */
    bands(reel) {
      const {rows, left: box} = this, half = box.w / Math.max(1, reel.rounds.length) / 2, parts = [];
      const area = (low, high, name) => {
        const up = rows.map((row) => `${this.x(row.round, reel)} ${this.y(row[high], box)}`), down = rows.map((row) => `${this.x(row.round, reel)} ${this.y(row[low], box)}`).reverse();
        return svg("path", {class: name, d: `M${up.join("L")}L${down.join("L")}Z`});
      };
      const path = (name, value) => {
        const there = rows.filter((row) => row[value] !== null);
        return there.length ? svg("polyline", {class: name, points: there.map((row) => `${this.x(row.round, reel)},${this.y(row[value], box)}`).join(" ")}) : null;
      };
      const steps = (value) => {
        const there = rows.filter((row) => row[value] !== null);
        const d = there.map((row, at) => `${at && there[at - 1].round === row.round - 1 ? "L" : "M"}${this.x(row.round, reel) - half} ${this.y(row[value], box)}h${2 * half}`).join("");
        return d ? svg("path", {class: "dw-measure-bound", d}) : null;
      };
      if (!this.quantity.single) parts.push(area("low", "high", "dw-measure-all"), area("q1", "q3", "dw-measure-middle"));
      parts.push(path("dw-measure-mean", "mean"), path("dw-measure-alone", "alone"), steps("most"));
      if (rows.some((row) => row.least !== row.most)) parts.push(steps("least"));
      if (this.quantity.single || rows.length === 1) {
        for (const row of rows) parts.push(this.dot(this.x(row.round, reel), this.y(row.mean, box), row.passed === null ? null : row.passed === row.n, 3.5));
      }
      for (const round of this.figure.early) {
        const x = this.x(round, reel), side = x > box.x + box.w - 170;
        parts.push(svg("line", {class: "dw-measure-early", x1: x, x2: x, y1: box.y - 4, y2: box.y + box.h}),
          svg("text", {class: "dw-measure-note", x: x + (side ? -5 : 5), y: box.y - 6, "text-anchor": side ? "end" : "start", text: "★ everything written early"}));
      }
      return parts.filter(Boolean);
    }

    dot(x, y, passed, size, data) {
      return svg("circle", {class: `dw-measure-dot ${passed === null ? "dw-measure-plain" : passed ? "dw-measure-yes" : "dw-measure-no"}`, cx: x, cy: y, r: size, ...data});
    }

    /* The cursor, and the selected place through all rounds. */
    trend(reel, round, selected) {
      const x = this.x(round, reel), {left: box} = this;
      for (const [name, value] of Object.entries({x1: x, x2: x, y1: box.y, y2: box.y + box.h})) this.cursor.setAttribute(name, value);
      const place = this.place(reel, selected), key = `${place}:${selected ? selected.candidate : ""}`;
      if (this.drawn.line === key) return;
      this.drawn.line = key;
      const mine = place === null || this.quantity.single ? [] : this.points.map((points, at) => [at, this.mine(points, place, selected)]).filter(([, point]) => point);
      const spot = ([at, point], value) => `${this.x(at, reel)},${this.y(point[value], box)}`;
      const lines = ["alone", "value"].map((value) => [value, mine.filter(([, point]) => point[value] !== null)]).filter(([, there]) => there.length)
        .map(([value, there]) => svg("polyline", {class: `dw-measure-${value === "alone" ? "raw" : "own"}`, points: there.map((each) => spot(each, value)).join(" ")}));
      this.line.replaceChildren(...lines, ...mine.map(([at, point]) => this.dot(this.x(at, reel), this.y(point.value, box), point.passed, 3)));
    }

    place(reel, selected) {
      if (!selected) return null;
      const candidate = selected.candidate === undefined ? null : reel.candidates[selected.candidate];
      return candidate ? candidate.position : selected.position === undefined ? null : selected.position;
    }

    mine(points, place, selected) {
      const there = points.filter((point) => point.place === place);
      return there.find((point) => point.candidate === selected.candidate) || there[there.length - 1];
    }

    /* The places of one round: by position, or by rank where each has a bound of its own. */
    profile(reel, round, beat, selected) {
      if (this.quantity.single) return;
      const key = `${round}:${beat}:${selected ? `${selected.candidate}/${selected.position}` : ""}`;
      if (this.drawn.one === key) return;
      this.drawn.one = key;
      const {right: box} = this, points = this.latest(this.points[round] || [], beat), place = this.place(reel, selected);
      const own = new Set(points.map((point) => point.bound)).size > 1, up = this.quantity.op.startsWith("<") ? 1 : -1;
      const sorted = [...points].sort((one, two) => (own ? up * (one.value - two.value) : 0) || (own ? -up * (one.bound - two.bound) : 0) || one.place - two.place || one.candidate - two.candidate);
      const step = box.w / Math.max(1, sorted.length), size = Math.max(1.5, Math.min(4, step * 0.36)), parts = [];
      const title = sorted.length ? `${named(reel, round)}, ${own ? "from best to worst" : sorted.length > 1 ? `positions ${sorted[0].place} to ${sorted[sorted.length - 1].place}` : `position ${sorted[0].place}`}` : "";
      parts.push(svg("text", {class: "dw-measure-tick", x: box.x + box.w, y: box.y + box.h + 26, "text-anchor": "end", text: title}));
      sorted.forEach((point, at) => {
        const x = box.x + step * (at + 0.5), y = this.y(point.value, box);
        if (point.bound !== null) parts.push(svg("line", {class: "dw-measure-bound", x1: x - step / 2, x2: x + step / 2, y1: this.y(point.bound, box), y2: this.y(point.bound, box)}));
        if (point.alone !== null) parts.push(svg("line", {class: "dw-measure-shift", x1: x, x2: x, y1: this.y(point.alone, box), y2: y}));
        if (point.place === place) parts.push(svg("circle", {class: "dw-measure-ring", cx: x, cy: y, r: size + 3}));
        const dot = this.dot(x, y, point.passed, size, {"data-place": point.place, "data-candidate": point.candidate});
        dot.append(svg("title", {text: this.words(reel, point)}));
        parts.push(dot);
      });
      if (!sorted.length) parts.push(svg("text", {class: "dw-measure-note", x: box.x + box.w / 2, y: box.y + box.h / 2, "text-anchor": "middle", text: "not read in this round"}));
      this.one.replaceChildren(...parts);
    }

    /* Of each address what was read last, up to a beat. */
    latest(points, beat) {
      const last = new Map();
      for (const point of points) if (point.beat <= beat) last.set(point.candidate === null ? `p${point.place}` : point.candidate, point);
      return [...last.values()];
    }

    words(reel, point) {
      const {op} = this.quantity, token = point.candidate === null ? "" : ` ${reel.quoted(reel.candidates[point.candidate].fill)}`;
      const bound = point.bound === null ? "" : ` ${sign(op)} ${dw.number(point.bound)}: ${point.passed ? "passed" : "failed"}`;
      return `position ${point.place}${token} · ${dw.number(point.value)}${bound}${point.alone === null ? "" : ` · ${dw.number(point.alone)} by the ${this.quantity.beside}`}`;
    }

    say(reel, quantity, round) {
      const row = this.rows.find((each) => each.round === round), title = named(reel, round);
      const span = row && (row.low === row.high ? dw.number(row.mean) : `${dw.number(row.low)} to ${dw.number(row.high)}`);
      const bound = row && row.most !== null ? `, ${quantity.bound} ${row.least === row.most ? dw.number(row.most) : `${dw.number(row.least)} to ${dw.number(row.most)}`}` : "";
      const passed = !row || row.passed === null ? "" : quantity.single ? row.passed ? " · passed" : " · not passed" : ` · ${row.passed} of ${row.n} pass`;
      const only = row && row.gained ? `, ${row.gained} only by the combination` : "", not = row && row.lost ? `, ${row.lost} would pass without it` : "";
      const text = row ? `${title}: ${quantity.value} ${span}${bound}${passed}${only}${not}` : `${title}: not read in this round`;
      if (this.caption.textContent === text) return;
      this.caption.textContent = this.caption.title = text;
      this.canvas.setAttribute("aria-label", `${quantity.title} over ${reel.rounds.length} rounds. ${text}.`);
    }

    key() {
      const {quantity} = this, judged = Boolean(quantity.bound), entry = (name, text) => el("span", {class: "dw-key"}, el("i", {class: `dw-swatch ${name}`}), text);
      this.legend.replaceChildren(...[
        !quantity.single && entry("dw-measure-k-band", "all places, middle half, mean"), judged && entry("dw-measure-k-bound", `bound: ${sign(quantity.op)} ${quantity.bound}`),
        judged && entry("dw-measure-k-yes", "passed"), judged && entry("dw-measure-k-no", "failed"),
        quantity.beside && entry("dw-measure-k-alone", `by the ${quantity.beside} alone`), !quantity.single && entry("dw-measure-k-mine", "selected position: click a dot"),
        this.scale.log && el("span", {class: "dw-key", text: "logarithmic scale"})].filter(Boolean));
    }

    click(event) {
      const {reel} = this.pane, box = this.canvas.getBoundingClientRect(), [x, y] = [event.clientX - box.left, event.clientY - box.top];
      const dot = event.target.closest("[data-place]"), {left} = this;
      if (dot) return this.pane.select(dot.dataset.candidate === undefined ? {lane: 0, position: Number(dot.dataset.place)} : {candidate: Number(dot.dataset.candidate)});
      const round = reel.rounds[Math.floor((x - left.x) / left.w * reel.rounds.length)];
      if (round && x >= left.x && x <= left.x + left.w && y <= left.y + left.h + PAD.bottom) this.pane.seekBeat(round.b[1]);
      return undefined;
    }
  };

  const named = (reel, round) => { const {heading, title} = reel.rounds[round] || {heading: "", title: ""}; return heading ? `${heading} · ${title}` : title; };
  const tick = (value) => (value < 0.001 && value > 0 ? value.toExponential(0).replace("e+", "e") : dw.number(value));
  const sign = (op) => ({">=": "≥", "<=": "≤"}[op] || op);

  /* A linear scale; a logarithmic one where most values, or their bounds, would lie on its floor. */
  dw.scaled = function (rows, {single}) {
    const bounds = rows.flatMap((row) => [row.least, row.most]).filter((value) => value !== null);
    const values = [...rows.flatMap((row) => [row.low, row.high, row.alone]).filter((value) => value !== null), ...bounds];
    let low = Math.min(...values), high = Math.max(...values);
    const middle = rows.map((row) => row.q3).sort((one, two) => one - two)[rows.length >> 1];
    const small = Math.min(...bounds.filter((value) => value > 0), middle > 0 ? middle : Infinity);
    if (low >= 0 && Number.isFinite(small) && high > 60 * small && !single) {
      low = 10 ** Math.floor(Math.log10(small) - 2);
      high = 10 ** Math.ceil(Math.log10(high));
      const many = Math.round(Math.log10(high / low)), ticks = Array.from({length: many + 1}, (_, at) => low * 10 ** at).filter((_, at) => many < 6 || at % 2 === 0);
      return {log: true, ticks, at: (value) => Math.max(0, Math.log10(Math.max(value, low) / low) / many)};
    }
    if (low > 0 && low < high / 2) low = 0;
    if (low === high) { low -= 0.5; high += 0.5; }
    const step = dw.nice((high - low) / 4), first = Math.ceil(low / step - 1e-9), ticks = [];
    for (let at = first; at * step <= high + 1e-9; at += 1) ticks.push(Number((at * step).toPrecision(12)));
    return {log: false, ticks, at: (value) => (value - low) / (high - low)};
  };
})((window.dw = window.dw || {}));
