/* p against q: what target and draft share at a place, what the draft proposes too often, what is left over. */
(function (dw) {
  "use strict";
  const {el, svg} = dw;
  const WIDE = 300, TALL = 16;

  dw.OverlapView = class {
    constructor(pane, name) {
      this.pane = pane;
      this.caption = el("div", {class: "dw-caption"});
      this.rows = el("div", {class: "dw-scroll dw-overlap", "data-testid": `overlap-${name}`, tabindex: "0", role: "region", "aria-label": "Target against draft"});
      this.hatch = `dw-over-${dw.serial = (dw.serial || 0) + 1}`;
      const step = (text, by, label) => el("button", {type: "button", class: "dw-mode", text, "aria-label": label, on: {click: () => this.move(by)}});
      this.where = el("span", {class: "dw-quiet"});
      this.legend = el("div", {class: "dw-legend"}, step("‹", -1, "Place before"), this.where, step("›", 1, "Next place"),
        key("dw-shared", "shared: min(target, draft), accepted"), key("dw-over", "over-proposed: the draft has more"), key("dw-left", "residual: the target has more"));
      this.node = el("div", {class: "dw-figure"}, this.caption, this.rows, this.legend);
      this.reset();
    }

    reset() { this.stamp = null; this.chosen = null; this.beat = -1; }
    recolour() { this.stamp = null; }

    places(now) {
      const figure = now.reel.figures.overlap;
      return figure ? figure.spec.places.filter((place) => place.beat <= now.beat) : [];
    }

    move(by) {
      const places = this.places(this.pane.now), at = places.indexOf(this.place);
      if (!places[at + by]) return;
      this.chosen = places[at + by];
      this.draw(this.pane.now, 0, null);
    }

    /* The selected candidate's place, the one that was stepped to, or where the last test of a draft was. */
    pick(now, selected) {
      const places = this.places(now);
      if (this.beat !== now.beat) { this.beat = now.beat; this.chosen = null; }
      if (this.chosen) return this.chosen;
      const mine = selected && places.find((place) => place.ids.includes(selected.candidate));
      if (mine) return mine;
      let best = places[places.length - 1], latest = -1;
      for (const place of places.slice(-80)) {
        for (const id of place.ids) for (const {beat} of this.pane.verdicts(id)) if (beat <= now.beat && beat >= latest) { latest = beat; best = place; }
      }
      return best;
    }

    draw(now, step, selected) {
      const place = this.place = this.pick(now, selected);
      if (!place) {
        this.caption.textContent = now.reel.figures.overlap ? "No draft has been compared yet." : "This figure is drawn after the first rounds of the run.";
        this.rows.replaceChildren(); this.stamp = null;
        return;
      }
      const stamp = [now.reel.version, place.round, place.ids[0], now.beat].join();
      if (this.stamp === stamp) return;
      this.stamp = stamp;
      const reel = now.reel, [low, high] = place.overlap, round = reel.rounds[place.round];
      const share = high - low < 0.0005 ? dw.number(low) : `${dw.number(low)} to ${dw.number(high)}`;
      this.caption.textContent = `Position ${place.position} · shared area sum min(target, draft) = ${share}: how often one draft is accepted here by the ratio test`;
      this.where.textContent = round ? round.title : "";
      const most = Math.max(...place.target, ...place.draft, 0.05);
      this.rows.replaceChildren(this.pattern(), ...place.tokens.map((token, at) => this.row(reel, now, place, token, at, most)), this.others(place), ...this.tests(reel, now, place));
    }

    pattern() {
      return svg("svg", {width: 0, height: 0, "aria-hidden": "true", style: {position: "absolute"}}, svg("defs", {},
        svg("pattern", {id: this.hatch, width: 5, height: 5, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)"}, svg("line", {x1: 0, y1: 0, x2: 0, y2: 5, class: "dw-over-line"})),
        svg("pattern", {id: `${this.hatch}-dots`, width: 5, height: 5, patternUnits: "userSpaceOnUse"}, svg("circle", {cx: 2, cy: 2, r: 1.2, class: "dw-left-dot"}))));
    }

    row(reel, now, place, token, at, most) {
      const p = place.target[at], q = place.draft[at], both = Math.min(p, q), x = (value) => WIDE * value / most;
      const tried = place.ids.filter((id) => reel.candidates[id].fill === token), name = reel.quoted(token);
      const bar = svg("svg", {viewBox: `0 0 ${WIDE} ${TALL}`, preserveAspectRatio: "none", class: "dw-overlap-bar", role: "img",
        "aria-label": `${name}: target ${dw.number(p)}, draft ${dw.number(q)}, shared ${dw.number(both)}`},
        svg("rect", {class: "dw-shared", x: 0, y: 0, width: x(both), height: TALL}),
        q > p ? svg("rect", {class: "dw-over", fill: `url(#${this.hatch})`, x: x(both), y: 0.5, width: x(q - p), height: TALL - 1}) : null,
        p > q ? svg("rect", {class: "dw-left", fill: `url(#${this.hatch}-dots)`, x: x(both), y: 0.5, width: x(p - q), height: TALL - 1}) : null);
      const marks = tried.map((id) => (reel.looks[reel.statuses[now.status[id] || 0]] || {}).glyph || "").join("");
      return el("div", {class: "dw-overlap-row" + (tried.length ? " dw-mine" : "")},
        el("span", {class: "dw-row-label", text: dw.clip(name, 16), title: tried.length ? "drafted here" : null}), el("span", {class: "dw-overlap-mark", text: tried.length ? `▸${marks}` : ""}),
        bar, el("span", {class: "dw-overlap-value", text: `target ${brief(p)} · draft ${brief(q)}`}));
    }

    others(place) {
      const rest = (values) => dw.number(Math.max(0, 1 - values.reduce((sum, value) => sum + value, 0)));
      return el("p", {class: "dw-quiet", text: `Other tokens: target ${rest(place.target)}, draft ${rest(place.draft)}; not recorded one by one by both.`});
    }

    tests(reel, now, place) {
      return place.ids.flatMap((id) => [...this.pane.verdicts(id).filter((verdict) => verdict.beat <= now.beat).map(({rule, value, bound, passed}) => {
        const [left, right] = reel.sides(rule, value, bound);
        return el("p", {class: "dw-ineq"}, `${reel.quoted(reel.candidates[id].fill)} · `, el("b", {text: rule.left}), ` ${left} ${passed ? rule.op : dw.not(rule.op)} ${right} `,
          el("b", {text: rule.right}), el("span", {class: passed ? "dw-good" : "dw-bad", text: passed ? " ✓ passed" : " × failed"}));
      }), ...dw.quantities(this.pane, id, dw.LEFT)]);
    }
  };

  const NOT = {"<": "≥", "<=": ">", ">": "≤", ">=": "<", "==": "≠", "!=": "="};
  dw.not = (op) => NOT[op] || `not ${op}`;

  function brief(value) { return dw.number(Number(value.toPrecision(value > 0.001 ? 4 : 2))); }

  function key(name, text) { return dw.key(el("i", {class: `dw-swatch ${name}`}), text); }
})((window.dw = window.dw || {}));
