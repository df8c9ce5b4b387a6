/* What another bound would have decided, on the numbers that were recorded: up to the first decision that changes.
   After that the recorded run says nothing, so it can be run on from there. */
(function (dw) {
  "use strict";
  const {el} = dw;
  const ORDER = {"<": (a, b) => a < b, "<=": (a, b) => a <= b, ">": (a, b) => a > b, ">=": (a, b) => a >= b};
  const HEIGHT = 132, LEFT = 44, MOST = 12, ALPHA = 0.3;  // ALPHA as typical acceptance has it
  dw.keys.push(["W", "what if: another bound for a recorded rule"]);

  /* Other tests on the numbers of an acceptance test: p is the target's probability, H the entropy of its belief. */
  const LAWS = {
    greedy: {title: "greedy match: is it the target's likeliest token?", test: (v) => (v.top === undefined ? null : v.top === v.token),
      says: (v, yes) => (yes ? "it is the target's likeliest token" : "it is not the target's likeliest token")},
    typical: {title: "typical: p > min(ε, 0.3 exp(−H))", name: "ε", start: 0.09, low: 0, high: 1, step: 0.01,
      test: (v, at) => (v.p === undefined || v.entropy === undefined ? null : v.p > Math.min(at, ALPHA * Math.exp(-v.entropy))),
      says: (v, yes, at) => `its target probability ${dw.number(v.p)} is ${yes ? "" : "not "}above ${dw.number(Math.min(at, ALPHA * Math.exp(-v.entropy)))}`},
    floor: {title: "threshold: p ≥ bar", name: "bar", start: 0.3, low: 0, high: 1, step: 0.01, test: (v, at) => (v.p === undefined ? null : v.p >= at),
      says: (v, yes, at) => `its target probability ${dw.number(v.p)} is ${yes ? "at least" : "below"} ${dw.number(at)}`},
  };

  /* Every verdict of every rule with an order, as they came; with what the target thought where it was asked. */
  dw.recordedVerdicts = function (reel) {
    const rules = new Map(), chance = new Map(), heard = new Map();
    for (const [beat, {o}] of reel.beats.entries()) {
      for (const op of o) {
        if (op[0] === "t") for (const [at, id] of op[2].entries()) chance.set(id, op[3][at]);
        else if (op[0] === "b") hear(reel, heard, op);
        else if (op[0] === "j" && ORDER[reel.rule(op[1]).op] && !reel.rule(op[1]).tokens) {
          if (!rules.has(op[1])) rules.set(op[1], []);
          const list = rules.get(op[1]), group = list.length ? list[list.length - 1].group + 1 : 0;
          for (const [at, ref] of op[4].entries()) list.push(verdict(reel, {chance, heard}, beat, op, at, ref, group));
        }
      }
    }
    return rules;
  };

  function hear(reel, heard, [, source, space, kind, lane, ids, keys, , entropies]) {
    if (reel.source(source).role !== "target" || ((reel.glossary.spaces[space] || {}).bins || []).length) return;
    for (const [at, ref] of ids.entries()) heard.set(kind === "c" ? `c${ref}` : `p${lane}:${ref}`, {top: keys[at][0], entropy: entropies[at]});
  }

  function verdict(reel, {chance, heard}, beat, [, , kind, lane, , values, bounds, passed], at, ref, group) {
    const made = {beat, group, kind, lane, ref, value: dw.col(values, at), bound: dw.col(bounds, at), passed: Boolean(dw.col(passed, at))};
    const candidate = kind === "c" ? reel.candidates[ref] : null;
    if (!candidate) return made;
    const belief = heard.get(candidate.parent >= 0 ? `c${candidate.parent}` : `p${candidate.lane}:${candidate.position}`) || {};
    return Object.assign(made, {token: candidate.fill, p: chance.get(ref), top: belief.top, entropy: belief.entropy});
  }

  /* How the bound of a rule can be moved: set where it stands still, else shifted (whole numbers) or scaled. */
  dw.lever = function (list) {
    const bounds = list.map((each) => each.bound), values = list.map((each) => each.value), all = [...bounds, ...values];
    const [low, high] = [Math.min(...all), Math.max(...all)], whole = all.every(Number.isInteger), still = Math.min(...bounds) === Math.max(...bounds);
    const unit = low >= 0 && high <= 1, step = whole ? 1 : unit ? 0.01 : Number(((high - low || 1) / 200).toPrecision(1));
    if (still) return {way: "set", start: bounds[0], low: whole ? Math.min(0, low) : unit ? 0 : low - step, high: whole ? high + 1 : unit ? 1 : high + step, step, bound: (v, at) => at};
    if (whole || low < 0) { const most = Math.max(1, Math.ceil(high - low)); return {way: "shift", start: 0, low: -most, high: most, step, bound: (v, at) => v.bound + at}; }
    return {way: "scale", start: 1, low: 0, high: 4, step: 0.05, bound: (v, at) => v.bound * at};
  };

  /* {flips: those of the first changed decision, before: verdicts until it, stop: until its end, later: how many more
     would differ, blind: not to be judged}. A decision is one event: its verdicts were made at once. */
  dw.firstChange = function (reel, list, test) {
    const found = {flips: [], before: list.length, stop: list.length, later: 0, blind: 0}, hit = new Set();
    let group = -1;
    for (const [at, each] of list.entries()) {
      const now = test(each);
      if (now === null) { found.blind += 1; continue; }
      if (now === each.passed) continue;
      if (group < 0) {
        group = each.group;
        found.before = list.findIndex((other) => other.group === group);
        found.stop = list.findLastIndex((other) => other.group === group) + 1;
      }
      if (each.group !== group || below(reel, each, hit)) { found.later += 1; continue; }
      if (each.kind === "c") hit.add(each.ref);
      found.flips.push(each);
    }
    return found;
  };

  /* Which verdict of a rule over cells makes holes of them: true, false, or null where it never did. */
  dw.masking = function (reel, list) {
    const found = list.find(({kind, lane, ref, beat}) => kind === "p" && reel.beats.slice(beat + 1, beat + 3)
      .some(({o}) => o.some((op) => op[0] === "r" && op[1] === lane && op[2].includes(ref))));
    return found ? found.passed : null;
  };

  /* Whether a candidate hangs on one that has changed already: its own test would not have come about. */
  function below(reel, {kind, ref}, hit) {
    for (let id = kind === "c" ? ref : -1; id >= 0 && reel.candidates[id]; id = reel.candidates[id].parent) if (id !== ref && hit.has(id)) return true;
    return false;
  }

  dw.parts.push(class WhatIf {
    constructor(player) {
      this.player = player;
      this.rules = el("select", {class: "dw-select", "aria-label": "Recorded rule", "data-testid": "whatif-rule", on: {change: () => { this.choose(this.rules.value); this.show(); }}});
      this.laws = el("select", {class: "dw-select", "aria-label": "Test", "data-testid": "whatif-law", on: {change: () => { this.law = this.laws.value; this.level(); this.show(); }}});
      this.slider = el("input", {type: "range", class: "dw-whatif-slider", "data-testid": "whatif-slider", on: {input: () => { this.at = Number(this.slider.value); this.show(); }}});
      this.told = el("output", {class: "dw-whatif-at", "data-testid": "whatif-at"});
      this.back = el("button", {type: "button", class: "dw-compare-button", text: "As recorded", "data-testid": "whatif-reset", on: {click: () => { this.law = "own"; this.level(); this.show(); }}});
      this.canvas = el("canvas", {class: "dw-whatif-plot", tabindex: "-1", on: {click: (event) => this.near(event)}});
      this.said = el("p", {class: "dw-whatif-said", role: "status", "data-testid": "whatif-said"});
      this.list = el("ul", {class: "dw-whatif-list", "data-testid": "whatif-flips"});
      this.go = el("button", {type: "button", class: "dw-compare-button", text: "Run on from here", "data-testid": "whatif-run", on: {click: () => this.run()}});
      this.how = el("p", {class: "dw-quiet", "data-testid": "whatif-how"});
      this.body = el("div", {class: "dw-whatif-body"}, el("div", {class: "dw-whatif-row"}, this.rules, this.laws, this.slider, this.told, this.back), this.canvas,
        el("div", {class: "dw-legend"}, dw.key(el("i", {class: "dw-whatif-dot", "data-kind": "yes"}), "passed"), dw.key(el("i", {class: "dw-whatif-dot", "data-kind": "no"}), "failed"),
          dw.key(el("i", {class: "dw-whatif-dot", "data-kind": "flip"}), "would change"), dw.key(el("i", {class: "dw-whatif-dot", "data-kind": "bound"}), "recorded bound"),
          dw.key(el("i", {class: "dw-whatif-dot", "data-kind": "new"}), "bound asked for")),
        this.said, this.list, el("div", {class: "dw-whatif-run"}, this.go, this.how));
      this.none = el("p", {class: "dw-quiet", text: "No rule of this run compares a number with a bound."});
      this.node = el("details", {class: "dw-whatif", "data-testid": "whatif", on: {toggle: () => this.draw(this.lead)}},
        el("summary", {}, el("h3", {text: "What if"}), el("span", {class: "dw-quiet", text: "another bound had decided?"})), this.body, this.none);
    }

    key(event) {
      if (event.key.toLowerCase() !== "w") return false;
      this.node.open = !this.node.open;
      if (this.node.open) this.rules.focus();
      return true;
    }

    draw(lead) {
      this.lead = lead;
      this.node.hidden = !lead;
      if (!lead || !this.node.open) return;
      const stamp = `${lead.name}:${lead.reel.version}`;
      if (this.stamp !== stamp) { this.stamp = stamp; this.read(lead); }
      if (!this.all.size) return;
      const look = [stamp, this.rule, this.law, this.at, this.node.clientWidth, this.player.palette.get("ink"), Boolean(this.player.listeners.intervene), lead.status.running].join();
      if (this.look !== look) { this.look = look; this.show(); }
    }

    read({reel}) {
      this.all = dw.recordedVerdicts(reel);
      this.body.hidden = !this.all.size;
      this.none.hidden = Boolean(this.all.size);
      if (!this.all.size) return;
      this.rules.replaceChildren(...[...this.all].map(([id, list]) => { const rule = reel.rule(id); return el("option", {value: id, text: `${dw.capital(rule.title)}: ${rule.left} ${rule.op} ${rule.right} (${list.length})`}); }));
      this.choose(this.all.has(this.rule) ? this.rule : [...this.all.keys()][0]);
    }

    choose(id) {
      const rule = this.lead.reel.rule(id), list = this.all.get(id);
      this.rule = this.rules.value = id;
      const accepts = rule.left === "u" && list.some((each) => each.p !== undefined);
      this.laws.replaceChildren(el("option", {value: "own", text: "the recorded test"}), ...(accepts ? Object.entries(LAWS) : []).filter(([, law]) => list.some((each) => law.test(each, law.start) !== null))
        .map(([key, law]) => el("option", {value: key, text: law.title})));
      this.laws.hidden = this.laws.children.length < 2;
      this.law = "own";
      this.level();
    }

    level() {
      const law = this.law === "own" ? dw.lever(this.all.get(this.rule)) : LAWS[this.law];
      this.lever = law;
      this.laws.value = this.law;
      this.slider.hidden = law.low === undefined;
      Object.assign(this.slider, {min: law.low, max: law.high, step: law.step, value: law.start});
      this.at = law.start;
    }

    test(each) {
      const {lever, at} = this, rule = this.lead.reel.rule(this.rule);
      return lever.test ? lever.test(each, at) : at === lever.start ? each.passed : ORDER[rule.op](each.value, lever.bound(each, at));
    }

    show() {
      const {lead, lever} = this, {reel} = lead, list = this.all.get(this.rule), rule = reel.rule(this.rule);
      const said = {set: () => `${rule.right} = ${dw.number(this.at)}`, shift: () => `bound ${this.at < 0 ? "−" : "+"} ${dw.number(Math.abs(this.at))} (it moves in the run, so it is shifted)`,
        scale: () => `bound × ${dw.number(this.at)} (it moves in the run, so it is scaled)`}[lever.way];
      this.told.textContent = said ? said() : lever.name ? `${lever.name} = ${dw.number(this.at)}` : "";
      this.slider.setAttribute("aria-label", said ? `${rule.right}: ${lever.way} it` : lever.name || "bound");
      this.slider.setAttribute("aria-valuetext", this.told.textContent);
      this.found = dw.firstChange(reel, list, (each) => this.test(each));
      const {flips, before, stop, later, blind} = this.found, missing = blind ? ` ${blind} could not be judged: the target's numbers were not recorded there.` : "";
      this.said.textContent = !flips.length ? `None of the ${list.length} verdicts of this rule would change.${missing}`
        : `Replayed until here: ${before} of ${list.length} verdicts stay as they were, then ${stop - before === 1 ? "the next one changes" : `${flips.length} of the ${stop - before} of one decision change`}. After that the recorded run says nothing`
          + `${later ? `; on its numbers ${later} more would come out differently, but with another text they would be other numbers` : ""}.${missing}`;
      this.list.replaceChildren(...flips.slice(0, MOST).map((each) => el("li", {}, el("button", {type: "button", class: "dw-link", "data-testid": "whatif-flip", text: this.sentence(each, rule), on: {click: () => this.jump(each)}}))),
        ...(flips.length > MOST ? [el("li", {class: "dw-quiet", text: `and ${flips.length - MOST} more`})] : []));
      this.offer(rule);
      this.plot(list, rule);
    }

    sentence(each, rule) {
      const {reel} = this.lead, {lever, at} = this, candidate = each.kind === "c" ? reel.candidates[each.ref] : null;
      const what = candidate ? `${reel.quoted(candidate.fill)} at position ${candidate.position}` : `${{p: "position", l: "lane", y: "layer"}[each.kind]} ${each.ref}`;
      const where = `${reel.beats[each.beat].h || "start"}: `;
      if (lever.test) return `${where}${what} would be ${each.passed ? "rejected" : "accepted"}: ${lever.says(each, !each.passed, at)}.`;
      const [left, right] = dw.numbers(each.value, lever.bound(each, at));
      return where + dw.verdict(rule, what, left, right, !each.passed);
    }

    jump(each) {
      this.lead.seekBeat(each.beat);
      if (each.kind === "c") this.lead.select({candidate: each.ref});
      else if (each.kind === "p") this.lead.select({lane: each.lane, position: each.ref});
    }

    // ---- running on --------------------------------------------------------------------

    /* What running on means here: the knob that is this bound, or the same acts by hand, or why neither. */
    plan(rule) {
      const {reel, status} = this.lead, {flips} = this.found, knob = /^knob\((\w+)\)$/.exec(rule.bound_from || "");
      if (!flips.length) return {why: "Move the bound until a verdict changes."};
      if (status.running) return {why: "The run is still going on."};
      if (knob && this.lever.way === "set" && typeof reel.header.knobs[knob[1]] === "number") {
        return {knobs: {[knob[1]]: this.at}, until: reel.beats[flips[0].beat].e[0], text: `This bound is the knob ‘${knob[1].replaceAll("_", " ")}’: the same request is run with ${dw.number(this.at)}.`};
      }
      const acts = flips.map((each) => this.act(each));
      if (acts.some((each) => !each)) return {why: "No act by hand stands for this decision, and no knob is this bound."};
      const said = {force: "forced", ban: "rejected", lift: "lifted", mask: "masked again"}[acts[0].act];
      return {acts, text: `The bound is no knob of the method, so this decision is taken by hand: ${acts.length === 1 ? "the token is" : `${acts.length} tokens are`} ${said}.`};
    }

    act({kind, ref, passed, beat}) {
      const {reel} = this.lead, candidate = kind === "c" ? reel.candidates[ref] : null, last = reel.beats[beat].e[1];
      if (kind === "p") return dw.masking(reel, this.all.get(this.rule)) === !passed ? {act: "mask", event: last, position: ref} : null;
      if (!candidate || candidate.lane !== 0 || typeof candidate.fill !== "number") return null;
      const {position, fill: token} = candidate, base = {event: last, candidate: ref, position, token};
      if (!candidate.guess) return {act: passed ? "ban" : "force", ...base};
      if (!passed) return {act: "lift", event: last, position, token};
      const came = reel.beats.findIndex((each, at) => at >= beat && each.o.some((op) => op[0] === "c" && op[2].includes(ref)));
      return came < 0 ? null : {act: "mask", event: reel.beats[came].e[1], position};
    }

    offer(rule) {
      this.planned = this.plan(rule);
      const heard = Boolean((this.player.listeners.intervene || {size: 0}).size);
      this.go.hidden = !heard;
      this.how.hidden = !heard;
      this.go.disabled = Boolean(this.planned.why);
      this.how.textContent = this.planned.why || this.planned.text;
    }

    run() {
      const {acts, knobs, until} = this.planned;
      this.player.emit("intervene", acts ? {pane: this.lead.name, acts} : {pane: this.lead.name, knobs, until});
    }

    // ---- the picture: verdicts in their order, their values against the bounds ----------

    plot(list, rule) {
      const width = Math.max(280, this.body.clientWidth || 600), pen = dw.sharp(this.canvas, width, HEIGHT), colours = this.player.palette;
      const bounds = list.map((each) => (this.lever.test ? each.bound : this.lever.bound(each, this.at))), all = list.flatMap((each) => [each.value, each.bound]).concat(bounds);
      const unit = all.every((each) => each >= 0 && each <= 1), low = unit ? 0 : Math.min(...all), high = unit ? 1 : Math.max(low + 1e-9, Math.min(Math.max(...all), Math.max(...list.map((each) => each.value)) * 2 + 1));
      const top = 10, bottom = HEIGHT - 20, gap = (width - LEFT - 12) / list.length;
      const x = (at) => LEFT + gap * (at + 0.5), y = (value) => bottom - (bottom - top) * (Math.min(high, Math.max(low, value)) - low) / (high - low || 1);
      this.x = {gap, count: list.length};
      pen.font = "11px system-ui, sans-serif";
      const {stop} = this.found, edge = LEFT + gap * stop;
      if (stop < list.length) {
        pen.fillStyle = colours.get("sunken");
        pen.fillRect(edge, top - 6, width - 12 - edge, bottom - top + 12);
      }
      pen.strokeStyle = colours.get("line");
      for (const value of [low, high]) { pen.beginPath(); pen.moveTo(LEFT, y(value)); pen.lineTo(width - 12, y(value)); pen.stroke(); }
      pen.fillStyle = colours.get("muted");
      pen.textAlign = "right";
      for (const value of [low, high]) pen.fillText(dw.number(value), LEFT - 8, y(value) + 4);
      const line = (values, name, dash, thick) => {
        pen.strokeStyle = colours.get(name);
        pen.lineWidth = thick;
        pen.setLineDash(dash);
        pen.beginPath();
        for (const [at, value] of values.entries()) { pen.moveTo(x(at) - gap / 2, y(value)); pen.lineTo(x(at) + gap / 2, y(value)); }
        pen.stroke();
        pen.setLineDash([]);
      };
      line(list.map((each) => each.bound), "muted", [], 1.2);
      if (!this.lever.test && this.at !== this.lever.start) line(bounds, "accent", [4, 3], 1.8);
      const r = Math.max(1.6, Math.min(4, gap * 0.4)), flips = new Set(this.found.flips);
      for (const [at, each] of list.entries()) {
        pen.globalAlpha = at < stop ? 1 : 0.35;
        pen.fillStyle = pen.strokeStyle = colours.get(each.passed ? "accepted" : "rejected");
        pen.beginPath();
        if (each.passed) { pen.arc(x(at), y(each.value), r, 0, 2 * Math.PI); pen.fill(); }
        else { pen.lineWidth = 1.6; pen.strokeRect(x(at) - r * 0.9, y(each.value) - r * 0.9, r * 1.8, r * 1.8); }
        if (flips.has(each)) { const d = r + 4; pen.strokeStyle = colours.get("ink"); pen.lineWidth = 1.8; pen.beginPath(); pen.moveTo(x(at), y(each.value) - d); pen.lineTo(x(at) + d, y(each.value)); pen.lineTo(x(at), y(each.value) + d); pen.lineTo(x(at) - d, y(each.value)); pen.closePath(); pen.stroke(); }
      }
      pen.globalAlpha = 1;
      if (stop < list.length) {
        pen.strokeStyle = pen.fillStyle = colours.get("ink");
        pen.lineWidth = 1.5;
        pen.beginPath(); pen.moveTo(edge, top - 6); pen.lineTo(edge, bottom + 6); pen.stroke();
        pen.textAlign = edge > width / 2 ? "right" : "left";
        pen.fillText("replayed until here", edge + (edge > width / 2 ? -6 : 6), HEIGHT - 3);
      }
      this.canvas.setAttribute("role", "img");
      this.canvas.setAttribute("aria-label", `${list.length} verdicts of ${rule.title} in their order. ${this.said.textContent}`);
    }

    near(event) {
      const box = this.canvas.getBoundingClientRect(), list = this.all.get(this.rule);
      const at = Math.floor((event.clientX - box.left - LEFT) / this.x.gap);
      if (list[at]) this.jump(list[at]);
    }
  });
})((window.dw = window.dw || {}));
