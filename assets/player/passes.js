/* What the networks computed: the ledger by source up to a beat, and the modelled clock under the reader's costs. */
(function (dw) {
  "use strict";
  const {el} = dw;
  const CLOCK = "modelled";
  const FIELDS = [["a", "a: a target pass", 0.01], ["b", "b: per further row", 0.001], ["n0", "n0: free rows", 1], ["c", "c: draft / target", 0.01]];

  /* {source: {passes, rows, cached, work}} of the passes up to a beat; `work` are layer-positions. */
  dw.ledger = function (reel, beat) {
    const told = {};
    for (const [at, , source, , rows, cached, layers] of reel.passes) {
      if (at > beat) break;
      const own = told[source] = told[source] || {passes: 0, rows: 0, cached: 0, work: 0};
      own.passes += 1;
      own.rows += rows;
      own.cached += cached;
      own.work += rows * layers;
    }
    return told;
  };

  /* Fill the reading of the modelled clock into every beat. */
  dw.model = function (reel, costs) {
    const index = reel.clocks.findIndex((clock) => clock.id === CLOCK);
    if (index < 0) return;
    const sources = {};
    for (const pass of reel.passes) sources[pass[2]] = reel.glossary.sources[pass[2]] || {judges: false};
    const slots = dw.schedule(reel.passes, sources, costs);
    let time = 0, at = 0;
    for (const [number, beat] of reel.beats.entries()) {
      for (; at < slots.length && reel.passes[at][0] <= number; at += 1) time = Math.max(time, slots[at][1]);
      beat.c[index] = Math.round(time * 1e6) / 1e6;
    }
  };

  /* The costs that the reader sets: one cost model for the whole player, shown wherever modelled time is. */
  dw.CostForm = class {
    constructor(player, name, act) {
      Object.assign(this, {player, act, shown: ""});
      this.preset = el("select", {class: "dw-select", "data-testid": `cost-preset-${name}`, "aria-label": "Cost model", on: {change: () => this.choose(this.preset.value)}},
        ...dw.tables.presets.map((each) => el("option", {value: each.id, text: each.title})), el("option", {value: "own", text: "your own numbers"}));
      this.fields = FIELDS.map(([id, text, step]) => el("input", {type: "number", class: "dw-cost-field", min: id === "a" ? step : 0, step, "aria-label": text, "data-field": id,
        "data-testid": `cost-${id}-${name}`, on: {input: () => this.typed(), keydown: (event) => event.stopPropagation()}}));
      this.problem = el("span", {class: "dw-bad", role: "alert", "data-testid": `cost-problem-${name}`});
      this.node = el("div", {class: "dw-cost"}, this.preset, ...this.fields.map((field, at) => el("label", {class: "dw-cost-label"}, FIELDS[at][1], field)), this.problem);
    }

    choose(id) {
      const preset = dw.tables.presets.find((each) => each.id === id);
      if (preset) this.set({a: preset.a, b: preset.b, n0: preset.n0, c: preset.c});
    }

    set(costs) {
      this.problem.textContent = "";
      this.player.setCosts(costs);
      if (this.act) this.act();
    }

    typed() {
      const costs = {};
      let wrong = false;
      for (const field of this.fields) {
        const value = Number(field.value), good = field.value !== "" && Number.isFinite(value) && value >= 0 && (field.dataset.field !== "a" || value > 0);
        if (good) field.removeAttribute("aria-invalid"); else field.setAttribute("aria-invalid", "true");
        wrong = wrong || !good;
        costs[field.dataset.field] = value;
      }
      if (wrong) this.problem.textContent = "Every cost must be a number of at least 0, and a above 0.";
      else this.set(costs);
    }

    /* Show what holds now, set here or elsewhere. */
    draw() {
      const {costs} = this.player, key = JSON.stringify(costs);
      if (this.shown === key) return;
      this.shown = key;
      for (const field of this.fields) {
        const name = field.dataset.field;
        if (field.value === "" || Number(field.value) !== costs[name]) field.value = costs[name];
        field.removeAttribute("aria-invalid");
      }
      const known = dw.tables.presets.find((each) => FIELDS.every(([name]) => each[name] === costs[name]));
      this.preset.value = known ? known.id : "own";
    }
  };
})((window.dw = window.dw || {}));
