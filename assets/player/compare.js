/* The panel that puts two runs against each other: numbers, texts, decisions, costs; the pinned run; swapping. */
(function (dw) {
  "use strict";
  const {el} = dw;
  const TABS = [["numbers", "Numbers"], ["texts", "Texts"], ["decisions", "Decisions"], ["costs", "Costs"]];
  const CLOCK_OF = {tokens: "tokens", rounds: "rounds", forward_passes: "passes", sequences: "sequences", target_passes: "target", rows: "rows", milliseconds: "ms"};
  const COLUMNS = ["Quantity", "A", "B", "B less A", "Better", "What it means"];
  dw.keys.push(["P", "pin A as the reference, or let it go"], ["X", "swap A and B"], ["[ ]", "previous, next difference of the texts"]);

  const shown = (value) => (value === null || value === undefined ? "–" : Number.isInteger(value) ? value.toLocaleString("en") : dw.number(value));

  /* A table with A, B, their difference, the better side and the definition; only what changed is written. */
  dw.Sheet = class {
    constructor(label, test, heads) {
      this.heads = heads;
      this.rows = [];
      this.body = el("tbody");
      this.node = el("div", {class: "dw-sheet-box", tabindex: "0", role: "region", "aria-label": label}, el("table", {class: "dw-sheet", "data-testid": test},
        el("thead", {}, el("tr", {}, heads.map((text) => el("th", {scope: "col", text})))), this.body));
    }

    /* Rows are {head, means, group} or {head, means, a, b, difference, better}, in the order of the heads. */
    draw(rows) {
      const same = rows.length === this.rows.length && rows.every((row, at) => row.head === this.rows[at].head && row.group === this.rows[at].group);
      if (!same) {
        this.cells = rows.map((row) => {
          const cells = row.group ? [] : this.heads.slice(1).map(() => el("td", {}));
          return {cells, node: el("tr", {class: row.group ? "dw-group" : ""}, el("th", {scope: row.group ? "rowgroup" : "row", colspan: row.group ? this.heads.length : null},
            el("span", {text: row.head, title: row.means || null})), cells)};
        });
        this.body.replaceChildren(...this.cells.map(({node}) => node));
      }
      this.rows = rows;
      for (const [at, row] of rows.entries()) {
        const texts = [row.a, row.b, row.difference, row.better, row.means];
        for (const [place, cell] of this.cells[at].cells.entries()) if (cell.textContent !== (texts[place] || "")) cell.textContent = texts[place] || "";
      }
    }
  };

  /* A row of numbers: the difference is B less A; a side is better only where that can be said. */
  function line(head, means, a, b, better, claimed) {
    const both = Number.isFinite(a) && Number.isFinite(b), gap = both ? Number((b - a).toPrecision(12)) : null;
    const difference = gap === null ? "" : gap === 0 ? "0" : `${gap > 0 ? "+" : "−"}${shown(Math.abs(gap))}`;
    const wins = claimed && better && gap ? ((gap < 0) === (better === "lower") ? "B" : "A") : "";
    return {head, means, a: shown(a), b: shown(b), difference, better: wins};
  }

  class Compare {
    constructor(player) {
      Object.assign(this, {player, tab: "numbers", whole: true});
      const name = dw.serial = (dw.serial || 0) + 1;
      this.pin = el("button", {type: "button", class: "dw-compare-button", "aria-pressed": "false", "data-testid": "compare-pin", text: "Pin A",
        title: "Keep the run in A as the reference while others are run in B.", on: {click: () => player.pin(!player.pinned)}});
      this.swap = el("button", {type: "button", class: "dw-compare-button", "data-testid": "compare-swap", text: "Swap A and B", on: {click: () => player.swap()}});
      this.spans = [["whole", "Whole run"], ["cursor", "Up to the cursor"]].map(([id, text]) => el("button", {type: "button", class: "dw-mode", "data-testid": `compare-${id}`, text,
        "aria-pressed": id === "whole", on: {click: () => this.span(id === "whole")}}));
      this.reach = el("div", {class: "dw-modes", role: "group", "aria-label": "Count"}, this.spans);
      this.tabs = el("div", {class: "dw-tabs", role: "tablist", "aria-label": "Compare by"}, ...TABS.map(([id, text]) => el("button", {type: "button", role: "tab", class: "dw-tab", "data-tab": id, text,
        id: `dw-compare-${id}-${name}`, "aria-controls": `dw-compare-${name}`, "data-testid": `compare-tab-${id}`, on: {click: () => this.show(id), keydown: (event) => this.tabKey(event)}})));
      this.numbers = new dw.Sheet("Both runs in numbers", "compare-numbers", COLUMNS);
      this.setup = new dw.Sheet("What differs in the request", "compare-setup", ["Request", "A", "B"]);
      this.note = el("p", {class: "dw-quiet"});
      this.ledger = new dw.Sheet("What each network computed", "compare-ledger", COLUMNS);
      this.costs = new dw.CostForm(player, "compare");
      this.modelled = el("p", {class: "dw-quiet", "data-testid": "compare-modelled"});
      this.texts = new dw.TextsView(player);
      this.decisions = new dw.DecisionsView(player);
      this.views = {numbers: el("div", {}, this.setup.node, this.numbers.node, this.note), texts: this.texts.node, decisions: this.decisions.node,
        costs: el("div", {}, this.ledger.node, this.costs.node, this.modelled)};
      this.body = el("div", {class: "dw-compare-body", role: "tabpanel", id: `dw-compare-${name}`});
      this.empty = el("p", {class: "dw-quiet dw-compare-empty", "data-testid": "compare-empty", text: player.options.second || "Only one run is here; a second one in B would be compared with it."});
      this.node = el("section", {class: "dw-compare", "aria-label": "Compare", "data-testid": "compare", hidden: true},
        el("div", {class: "dw-compare-head"}, el("h3", {text: "Compare"}), this.empty, this.reach, this.pin, this.swap), this.tabs, this.body);
      player.on("pin", () => this.draw());
      this.show("numbers");
    }

    get pair() { const {a, b} = this.player.panes; return a.full && b.full; }

    show(id) {
      this.tab = id;
      for (const tab of this.tabs.children) {
        const on = tab.dataset.tab === id;
        tab.setAttribute("aria-selected", on);
        tab.tabIndex = on ? 0 : -1;
        if (on) this.body.setAttribute("aria-labelledby", tab.id);
      }
      this.body.replaceChildren(this.views[id]);
      this.draw();
    }

    tabKey(event) {
      const move = {ArrowRight: 1, ArrowLeft: -1}[event.key];
      if (!move) return;
      event.preventDefault();
      event.stopPropagation();
      const ids = TABS.map(([id]) => id), at = (ids.indexOf(this.tab) + move + ids.length) % ids.length;
      this.show(ids[at]);
      this.tabs.children[at].focus();
    }

    span(whole) {
      this.whole = whole;
      this.spans.forEach((button, at) => button.setAttribute("aria-pressed", whole === (at === 0)));
      this.draw();
    }

    key(event) {
      const acts = {p: () => this.player.pin(!this.player.pinned), x: () => this.player.swap(), "[": () => this.jump(-1), "]": () => this.jump(1)};
      const act = this.pair && acts[event.key.toLowerCase()];
      if (act) act();
      return Boolean(act);
    }

    jump(move) {
      if (this.tab !== "texts") this.show("texts");
      this.texts.step(move);
    }

    draw() {
      const {player, pair} = this, {a, b} = player.panes;
      this.node.hidden = !player.filled().length;
      for (const part of [this.tabs, this.body, this.pin, this.swap]) part.hidden = !pair;
      this.reach.hidden = !pair || !["numbers", "costs"].includes(this.tab);
      this.empty.hidden = pair;
      if (!pair || !a.reel.header || !b.reel.header) return;
      this.pin.hidden = !player.options.pin;
      this.pin.setAttribute("aria-pressed", player.pinned);
      this.pin.textContent = player.pinned ? "A is pinned" : "Pin A";
      this.swap.disabled = !player.swappable;
      if (this.tab === "texts") this.texts.draw(a, b);
      else if (this.tab === "decisions") this.decisions.draw(a, b);
      else if (this.tab === "costs") this.drawCosts(a, b);
      else this.drawNumbers(a, b);
    }

    // ---- numbers -----------------------------------------------------------------------

    drawNumbers(a, b) {
      const told = [a, b].map((pane) => this.told(pane)), equal = told[0].tokens === told[1].tokens;
      this.setup.draw(differences(a.reel.header, b.reel.header));
      const padded = told.some((each) => each.text_tokens !== each.tokens);  // else the same numbers would stand twice
      this.numbers.draw(dw.tables.metrics.filter(({id}) => told.some((each) => Number.isFinite(each[id])) && (padded || !id.startsWith("text_")))
        .map(({id, title, better, equal: needs, means}) => line(title, means, told[0][id], told[1][id], better, equal || !needs)));
      this.note.textContent = (equal ? "" : "The runs hold different numbers of tokens here: of their counts neither is better; their ratios can be compared. ")
        + "Milliseconds are those of the machines that recorded the runs.";
    }

    /* The numbers of a run: its summary, or what the clocks say at the cursor. */
    told(pane) {
      const {reel, now} = pane;
      if (this.whole && reel.summary) return reel.summary;
      const beat = this.whole ? reel.beats.length - 1 : now.beat;
      const found = Object.fromEntries(Object.entries(CLOCK_OF).map(([id, clock]) => [id, reel.value(beat, reel.clock(clock))]));
      return {...found, tokens_per_target_pass: found.target_passes ? found.tokens / found.target_passes : 0};
    }

    // ---- costs -------------------------------------------------------------------------

    drawCosts(a, b) {
      const beats = [a, b].map((pane) => (this.whole ? pane.reel.beats.length - 1 : pane.now.beat));
      const [one, other] = [a, b].map((pane, at) => dw.ledger(pane.reel, beats[at]));
      const tokens = [a, b].map((pane, at) => pane.reel.value(beats[at], pane.reel.clock("tokens")));
      const rows = [...new Set([...Object.keys(one), ...Object.keys(other)])].flatMap((source) => [
        {head: (one[source] ? a : b).reel.source(source).title, group: true},
        ...dw.tables.ledger.map(({id, title, means}) => line(title, means, (one[source] || {})[id], (other[source] || {})[id], id === "cached" ? "" : "lower", tokens[0] === tokens[1]))]);
      this.ledger.draw(rows);
      this.costs.draw();
      const [left, right] = [a, b].map((pane, at) => pane.reel.value(beats[at], pane.reel.clock("modelled")));
      const ratio = left && right ? (left < right ? `: A takes ${dw.number(left / right)} of B's time` : left > right ? `: B takes ${dw.number(right / left)} of A's time` : ": the same") : "";
      this.modelled.textContent = `Modelled under these costs, not measured: A ${dw.number(left)}, B ${dw.number(right)}${ratio}.`;
    }
  }

  /* What the two requests do not have in common. */
  function differences(a, b) {
    const models = (header) => Object.fromEntries(header.models.map((card) => [card.role, `${card.name}${card.sha256 ? ` (${card.sha256.slice(0, 6)})` : ""}`]));
    const flat = (header) => ({method: header.title, prompt: dw.clip(dw.visible(header.prompt || ""), 60), seed: header.seed, "max tokens": header.max_tokens, device: header.device, "number type": header.dtype,
      "by hand": (header.interventions || []).length ? dw.handCount(header.interventions) : "nothing",
      ...models(header), ...Object.fromEntries(Object.entries(header.knobs).map(([name, value]) => [name.replaceAll("_", " "), value]))});
    const [left, right] = [flat(a), flat(b)];
    const names = [...new Set([...Object.keys(left), ...Object.keys(right)])].filter((name) => String(left[name]) !== String(right[name]));
    const text = (value) => (value === undefined ? "–" : String(value));
    return names.length ? names.map((name) => ({head: dw.capital(name), a: text(left[name]), b: text(right[name])})) : [{head: "Nothing differs", a: "the same request", b: "the same request"}];
  }

  dw.parts.push(Compare);
})((window.dw = window.dw || {}));
