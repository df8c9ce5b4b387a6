/* p against q: what target and draft share at a place, what the draft proposes too often, what is left over. Where a
   sibling was rejected, the next one meets what it left of the target (viz/residuals.py): a stage of the place. */
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

    reset() { this.stamp = null; this.chosen = this.turned = null; this.beat = -1; }
    recolour() { this.stamp = null; }

    places(now) {
      const figure = now.reel.figures.overlap;
      return figure ? figure.spec.places.filter((place) => place.beat <= now.beat) : [];
    }

    move(by) {
      const places = this.places(this.pane.now), at = places.indexOf(this.place);
      if (!places[at + by]) return;
      this.chosen = places[at + by];
      this.turned = null;
      this.draw(this.pane.now, 0, this.selected);
    }

    /* The selected candidate's place, the one that was stepped to, or where the last test of a draft was. */
    pick(now, selected) {
      const places = this.places(now);
      const picked = selected ? selected.candidate : undefined;
      if (this.beat !== now.beat || this.picked !== picked) { this.beat = now.beat; this.picked = picked; this.chosen = this.turned = null; }
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
      this.selected = selected;
      const place = this.place = this.pick(now, selected);
      if (!place) {
        this.caption.textContent = now.reel.figures.overlap ? "No draft has been compared yet." : "This figure is drawn after the first rounds of the run.";
        this.rows.replaceChildren(); this.stamp = null;
        return;
      }
      const stages = dw.stages(this.pane, place), at = Math.min(stages.length - 1, this.turned ?? this.turn(place, selected));
      const stamp = [now.reel.version, place.round, place.ids[0], now.beat, at].join();
      if (this.stamp === stamp) return;
      this.stamp = stamp;
      const reel = now.reel, [target, draft, weight, [low, high]] = stages[at], round = reel.rounds[place.round], weighted = stages.some((stage) => stage[2] !== 1), name = against(at, weighted);
      const share = high - low < 0.0005 ? dw.number(low) : `${dw.number(low)} to ${dw.number(high)}`;
      this.caption.textContent = this.caption.title = `Position ${place.position} · ` + (at >= place.ids.length ? `${name}: every draft here was rejected; this is what the last one left`
        : `shared area sum min(${name}, draft) = ${share}: ${weighted ? `the path up to here weighs ${dw.number(weight)}` : `how often ${at ? "the next" : "one"} draft is accepted here by the ratio test`}`);
      this.where.textContent = round ? round.title : "";
      const most = Math.max(...stages.flatMap((stage) => [...stage[0], ...stage[1]]).filter((value) => value !== null), 0.05);
      const over = at >= place.ids.length, ledger = stages.length > 1 || weighted ? dw.massLedger(this.pane, place, at, (to) => this.turnTo(to)) : null;
      this.rows.replaceChildren(...[this.pattern(), ledger, ...place.tokens.map((token, i) => this.row(reel, now, place, token, target[i], over ? null : draft[i], most, name, over)),
        this.others(target, over ? null : draft, weight, name), place.note ? el("p", {class: "dw-quiet", text: place.note}) : null, ...this.tests(reel, now, place)].filter(Boolean));
    }

    turnTo(stage) {
      this.turned = stage;
      this.draw(this.pane.now, 0, this.selected);
      this.rows.querySelectorAll(".dw-mass-row")[stage].focus();
    }

    /* The stage of the selected candidate, else of the sibling that was tested last. */
    turn(place, selected) {
      const mine = selected ? place.ids.indexOf(selected.candidate) : -1;
      if (mine >= 0) return mine;
      const tested = place.ids.map((id) => Math.max(-1, ...this.pane.verdicts(id).map((verdict) => verdict.beat).filter((beat) => beat <= this.pane.now.beat)));
      return Math.max(0, tested.lastIndexOf(Math.max(...tested)));
    }

    pattern() {
      return svg("svg", {width: 0, height: 0, "aria-hidden": "true", style: {position: "absolute"}}, svg("defs", {},
        svg("pattern", {id: this.hatch, width: 5, height: 5, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)"}, svg("line", {x1: 0, y1: 0, x2: 0, y2: 5, class: "dw-over-line"})),
        svg("pattern", {id: `${this.hatch}-dots`, width: 5, height: 5, patternUnits: "userSpaceOnUse"}, svg("circle", {cx: 2, cy: 2, r: 1.2, class: "dw-left-dot"}))));
    }

    row(reel, now, place, token, p, q, most, against, over) {
      const both = Math.min(p, q ?? 0), x = (value) => WIDE * value / most, known = p !== null && (over || q !== null);
      const tried = place.ids.filter((id) => reel.candidates[id].fill === token), name = reel.quoted(token);
      const said = !known ? "too few digits recorded" : `${against.replace("weighted ", "")} ${brief(p)}${over ? "" : ` · draft ${brief(q)}`}`;
      const bar = svg("svg", {viewBox: `0 0 ${WIDE} ${TALL}`, preserveAspectRatio: "none", class: "dw-overlap-bar", role: "img",
        "aria-label": `${name}: ${said}${known && !over ? `, shared ${dw.number(both)}` : ""}`}, ...(!known ? [] : [
        svg("rect", {class: "dw-shared", x: 0, y: 0, width: x(both), height: TALL}),
        q > p ? svg("rect", {class: "dw-over", fill: `url(#${this.hatch})`, x: x(both), y: 0.5, width: x(q - p), height: TALL - 1}) : null,
        p > (q ?? 0) ? svg("rect", {class: "dw-left", fill: `url(#${this.hatch}-dots)`, x: x(both), y: 0.5, width: x(p - (q ?? 0)), height: TALL - 1}) : null]));
      const marks = tried.map((id) => (reel.looks[reel.statuses[now.status[id] || 0]] || {}).glyph || "").join("");
      return el("div", {class: "dw-overlap-row" + (tried.length ? " dw-mine" : "")},
        el("span", {class: "dw-row-label", text: dw.clip(name, 16), title: tried.length ? "drafted here" : null}), el("span", {class: "dw-overlap-mark", text: tried.length ? `▸${marks}` : ""}),
        bar, el("span", {class: "dw-overlap-value", text: said}));
    }

    others(target, draft, weight, name) {
      const rest = (values, whole) => dw.number(Math.max(0, whole - values.reduce((sum, value) => sum + (value ?? 0), 0)));
      return el("p", {class: "dw-quiet", text: `Other tokens: ${name} ${rest(target, weight)}${draft ? `, draft ${rest(draft, 1)}` : ""}; not recorded one by one by both.`});
    }

    tests(reel, now, place) {
      return place.ids.flatMap((id) => [...this.pane.verdicts(id).filter((verdict) => verdict.beat <= now.beat).map(({rule, value, bound, passed}) => {
        const [left, right] = reel.sides(rule, value, bound);
        return el("p", {class: "dw-ineq"}, `${reel.quoted(reel.candidates[id].fill)} · `, el("b", {text: rule.left}), ` ${left} ${passed ? rule.op : dw.not(rule.op)} ${right} `,
          el("b", {text: rule.right}), el("span", {class: passed ? "dw-good" : "dw-bad", text: passed ? " ✓ passed" : " × failed"}));
      }), ...dw.quantities(this.pane, id, dw.LEFT)]);
    }
  };

  /* What the target is called once siblings took from it; a running product weighs it. */
  function against(at, weighted) {
    return (weighted ? "weighted " : "") + (at ? "residual" : "target");
  }

  const NOT = {"<": "≥", "<=": ">", ">": "≤", ">=": "<", "==": "≠", "!=": "="};
  dw.not = (op) => NOT[op] || `not ${op}`;

  function brief(value) { return dw.number(Number(value.toPrecision(value > 0.001 ? 4 : 2))); }

  function key(name, text) { return dw.key(el("i", {class: `dw-swatch ${name}`}), text); }
})((window.dw = window.dw || {}));
