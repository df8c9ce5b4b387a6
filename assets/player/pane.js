/* One pane: a reel, the state at the cursor, its header, text and figure tabs. */
(function (dw) {
  "use strict";
  const {el} = dw;
  const TABS = [["tree", "Tree"], ["map", "Unmask map"], ["trials", "Draft and check"], ["rounds", "Rounds"], ["acceptance", "Acceptance"],
    ["lengths", "Lengths"], ["overlap", "p against q"], ["mask", "Mask"], ["copies", "Copies"], ["timeline", "Time"], ["bits", "Bits"],
    ["conflict", "Same token twice"], ["confidence", "Confidence"], ["measures", "Measures"], ["cost", "Cost"]];
  const MODES = [["birth", "Origin", "Colour each token by where it came from."],
    ["confidence", "Confidence", "Colour each token by the probability it was proposed with."], ["order", "Order", "Colour each token by the round it was proposed in: pale is early."]];
  const BADGES = {verified: "✓", consistent: "✓", lossy: "✓", mismatch: "✗", unchecked: "·"};

  dw.Pane = class {
    constructor(player, name) {
      Object.assign(this, {player, name, palette: player.palette, tab: null, status: {}, loading: false, error: ""});
      this.text = new dw.TextView(this, name);
      this.views = {tree: new dw.TreeView(this, name), map: new dw.MapView(this, name), rounds: new dw.RoundsView(this, name),
        acceptance: new dw.PlotView(this, name, "acceptance"), lengths: new dw.PlotView(this, name, "lengths"), overlap: new dw.OverlapView(this, name),
        mask: new dw.MaskView(this, name), copies: new dw.CopiesView(this, name), timeline: new dw.TimeView(this, name),
        bits: new dw.PlotView(this, name, "bits"), conflict: new dw.PlotView(this, name, "conflict"),
        confidence: new dw.PlotView(this, name, "confidence"), measures: new dw.MeasuresView(this, name), trials: new dw.TrialsView(this, name), cost: new dw.PlotView(this, name, "cost")};
      this.offers = el("div", {class: "dw-offers", "data-testid": `offers-${name}`}, (player.options.offers ? player.options.offers(name) : []));
      this.build();
      this.empty();
    }

    build() {
      const name = this.name;
      this.title = el("h2", {class: "dw-title"});
      this.pin = el("span", {class: "dw-pin", title: "The reference: it stays while others are run beside it.", text: "pinned"});
      this.chip = el("span", {class: "dw-chip dw-guarantee"});
      this.told = el("span", {class: "dw-chip dw-told", hidden: true, "data-testid": `told-${name}`});
      this.models = el("span", {class: "dw-models"});
      this.state = el("span", {class: "dw-status", "data-testid": `status-${name}`, role: "status"});
      this.badge = el("button", {class: "dw-badge", type: "button", "data-testid": `badge-${name}`, hidden: true,
        on: {click: () => this.toEvent()}});
      this.cursor = el("span", {class: "dw-cursor", "data-testid": `cursor-${name}`});
      this.done = el("span", {class: "dw-done", "data-testid": `done-${name}`});
      this.note = el("p", {class: "dw-checked"});
      this.message = el("p", {class: "dw-message", hidden: true, "data-testid": `outcome-${name}`});
      this.modes = el("div", {class: "dw-modes", role: "group", "aria-label": "Colour the text by"},
        ...MODES.map(([id, text, hint]) => el("button", {type: "button", class: "dw-mode", "data-mode": id, text, title: hint, "aria-pressed": id === "birth",
          on: {click: () => this.setMode(id)}})));
      this.legend = el("div", {class: "dw-text-legend"});
      this.tabs = el("div", {class: "dw-tabs", role: "tablist", "aria-label": `Figures ${name.toUpperCase()}`});
      this.read = el("button", {type: "button", class: "dw-read", "data-ask": true, "data-testid": `read-${name}`, "aria-label": "How to read this figure", text: "i"});
      this.panel = el("div", {class: "dw-panel", role: "tabpanel", id: `dw-panel-${name}-${dw.serial = (dw.serial || 0) + 1}`});
      this.node = el("section", {class: "dw-pane", "data-pane": name, "aria-label": `Run ${name.toUpperCase()}`},
        el("header", {class: "dw-head"}, el("span", {class: "dw-letter", text: name.toUpperCase()}), this.title, this.pin, this.cursor),
        el("div", {class: "dw-facts"}, this.chip, this.told, this.badge, this.state, this.done), el("div", {class: "dw-outcome"}, this.message, this.note),
        el("div", {class: "dw-sub"}, this.models, this.modes), this.legend, this.text.body, el("div", {class: "dw-tabline"}, this.tabs, this.read), this.panel);
    }

    empty() {
      this.reel = new dw.Reel();
      this.now = new dw.Now(this.reel);
      this.known = new Map();
      this.scored = new Map();
      this.became = new Map();
      this.held = new Map();
      this.indexed = 0;
      this.text.reset();
      this.figures = [];
      for (const view of Object.values(this.views)) view.reset();
      this.tabs.replaceChildren();
      this.panel.replaceChildren(this.offers);
      this.legend.replaceChildren();
      this.tab = null;
      this.error = "";
    }

    /* What this pane shows, and showing what another one held. */
    shows() { return {reel: this.reel, status: this.status, picked: this.tab, mode: this.text.mode}; }

    take({reel, status, picked, mode}) {
      this.ticket = (this.ticket || 0) + 1;
      this.empty();
      Object.assign(this, {reel, now: new dw.Now(reel), status, picked});
      this.offer();
      this.setMode(mode);
      this.headline();
    }

    get full() { return this.reel.beats.length > 0; }
    max(clock) { return this.reel.max(this.reel.clock(clock)); }
    end(name) { return this.full ? this.reel.beats[this.reel.beats.length - 1][name] : 0; }

    append(delta) {
      if (delta.from === 0 && this.full) { const status = this.status; this.empty(); this.status = status; }
      this.reel.append(delta);
      dw.model(this.reel, this.player.costs);
      if (!this.status.running) this.idle();
      this.offer();
      this.headline();
    }

    /* Tabs for the figures that apply. */
    offer() {
      const offered = TABS.filter(([id]) => this.reel.offered.includes(id));
      if (offered.map(([id]) => id).join() === this.figures.join()) return;
      this.figures = offered.map(([id]) => id);
      this.tabs.replaceChildren(...offered.map(([id, text]) => el("button", {type: "button", role: "tab", class: "dw-tab", "data-tab": id, text,
        "aria-controls": this.panel.id, "data-testid": `tab-${id}-${this.name}`,
        on: {click: () => { this.show(id); }, keydown: (event) => this.tabKey(event)}})));
      const lone = !window.Plotly && !this.player.options.plotly, drawn = (id) => !lone || !(this.views[id] instanceof dw.PlotView);
      this.show(this.picked && this.figures.includes(this.picked) ? this.picked : this.figures.find(drawn) || this.figures[0], true);
    }

    tabKey(event) {
      const move = {ArrowRight: 1, ArrowLeft: -1}[event.key];
      if (!move) return;
      event.preventDefault();
      const at = (this.figures.indexOf(this.tab) + move + this.figures.length) % this.figures.length;
      this.show(this.figures[at]);
      this.tabs.children[at].focus();
    }

    show(id, silent) {
      if (!this.figures.includes(id)) return;
      this.tab = id;
      if (!silent) this.picked = id;
      dw.tip(this.read, dw.reading[id]);
      for (const tab of this.tabs.children) {
        const on = tab.dataset.tab === id;
        tab.setAttribute("aria-selected", on);
        tab.tabIndex = on ? 0 : -1;
      }
      this.views[id].recolour();
      this.panel.replaceChildren(this.views[id].node);
      this.player.redraw();
    }

    setMode(id) {
      this.text.mode = id;
      for (const button of this.modes.children) button.setAttribute("aria-pressed", button.dataset.mode === id);
      this.key();
      this.player.redraw();
    }

    /* What the colours of the text mean: only what occurs. */
    key() {
      const {reel} = this, mode = this.text.mode;
      if (mode !== "birth") {
        const [low, high] = mode === "confidence" ? ["unsure", "sure"] : ["early", "late"];
        this.legend.replaceChildren(el("span", {text: low}), el("i", {class: "dw-ramp"}), el("span", {text: high}));
        return;
      }
      const births = [...new Set(reel.born.map((row) => reel.candidates[row[1]].birth))].sort();
      this.legend.replaceChildren(...births.map((at) => {
        const look = reel.looks[reel.births[at]];
        return el("span", {class: "dw-key", title: look.meaning}, el("i", {class: "dw-swatch", "data-birth": reel.births[at]}), look.title);
      }));
    }

    /* What is asked for, before its first event has come: {title, guarantee, promise, models}. */
    announce({title, guarantee, promise, models}) {
      if (this.full) return;
      this.title.textContent = title;
      this.chip.textContent = guarantee;
      dw.tip(this.chip, promise);
      this.models.textContent = models.map(({role, name}) => `${role}: ${name}`).join(" · ");
    }

    headline() {
      const {header, footer} = this.reel;
      if (!header) return;
      this.title.textContent = header.title;
      this.title.title = header.method + (header.status === "reconstruction" ? " (reconstruction)" : "");
      this.chip.textContent = header.guarantee + (header.status === "reconstruction" ? " · reconstruction" : "");
      dw.tip(this.chip, header.promise);
      dw.tellHand(this);
      this.models.textContent = header.models.map((model) => `${model.role}: ${model.name}`).join(" · ");
      this.key();
      if (footer) this.status.running = false;
      this.tellStatus();
    }

    setStatus(status) {
      Object.assign(this.status, status);
      this.tellStatus();
    }

    tellStatus() {
      const {running, message, badge} = this.status, footer = this.reel.footer;
      const ended = footer && footer.status !== "complete" ? footer.status : "";
      this.state.textContent = this.error ? "could not be opened" : this.loading ? "loading…" : running ? message || "running…" : ended;
      this.state.dataset.state = this.error ? "failed" : this.loading ? "loading" : running ? "running" : ended;
      const text = this.error || (running ? "" : message) || (ended ? footer.message || {cancelled: "Stopped before the end.", truncated: "The recording breaks off here.",
        failed: "The run failed."}[ended] || "" : "");
      this.message.textContent = text;
      this.message.hidden = !text;
      this.offers.hidden = this.loading || Boolean(running);
      this.message.dataset.kind = this.error || ended === "failed" ? "error" : "";
      dw.tip(this.message, text);
      this.badge.hidden = !badge;
      if (badge) {
        this.badge.textContent = `${BADGES[badge.state] || "·"} ${badge.text || badge.state}`;
        this.badge.dataset.state = badge.state;
        const jump = badge.event === undefined || badge.event === null ? "" : `Go to event ${badge.event}`;
        this.badge.title = [badge.title, jump].filter(Boolean).join(" · ");
      }
      this.note.textContent = this.note.title = (badge && badge.note) || "";
      this.node.classList.toggle("dw-running", Boolean(running));
    }

    toEvent() {
      const event = this.status.badge && this.status.badge.event;
      if (event === undefined || event === null) return;
      const at = this.reel.beats.findIndex((beat) => beat.e[1] >= event);
      if (at >= 0) { this.player.setClock("events"); this.seekBeat(at); }
    }

    seekBeat(beat) { this.player.seek(this.reel.value(beat, this.reel.clock(this.player.clock))); }
    select(what) { this.player.select(this.name, what); }
    given({lane, position}) { const home = this.now.lanes[lane]; return Boolean(home && home.births[position] === dw.HELD); }

    /* Verdicts by candidate, collected once per piece of the reel. */
    verdicts(id) {
      this.collect(() => true);
      return this.known.get(id) || [];
    }

    /* A long run is read while the page has nothing else to do, so that the first question about it does not wait. */
    idle() {
      if (!window.requestIdleCallback || this.indexed >= this.reel.beats.length) return;
      requestIdleCallback((left) => { this.collect(() => left.timeRemaining() > 4); this.idle(); });
    }

    collect(time) {
      for (; this.indexed < this.reel.beats.length && time(); this.indexed += 1) {
        for (const op of this.reel.beats[this.indexed].o) {
          if (op[0] === "m" && op[2] === "c") {
            for (const [at, each] of op[4].entries()) {
              if (!this.scored.has(each)) this.scored.set(each, []);
              this.scored.get(each).push({beat: this.indexed, measure: op[1], value: dw.col(op[5], at)});
            }
          }
          this.hold(op);
          this.turn(op);
          if (op[0] !== "j" || !["c", "p"].includes(op[2])) continue;
          for (const [at, ref] of op[4].entries()) {
            const each = op[2] === "c" ? ref : this.held.get(`${op[3]}:${ref}`);  // a verdict about a cell is one about what it holds
            if (each === undefined) continue;
            if (!this.known.has(each)) this.known.set(each, []);
            this.known.get(each).push({beat: this.indexed, rule: this.reel.rule(op[1]), value: dw.col(op[5], at), bound: dw.col(op[6], at),
              passed: Boolean(dw.col(op[7], at))});
          }
        }
      }
    }

    /* Who holds a cell, or would: kept while the verdicts are collected. */
    hold(op) {
      if (op[0] === "p" && op[10]) for (const [at, position] of op[5].entries()) this.held.set(`${op[4]}:${position}`, op[1] + at);
      if (op[0] === "c") for (const id of op[2]) this.held.set(`${op[1]}:${this.reel.candidates[id].position}`, id);
      if (op[0] === "r") for (const position of op[2]) this.held.delete(`${op[1]}:${position}`);
    }

    /* What became of candidates, but for what they commonly are (on the table, held back). */
    turn(op) {
      const told = op[0] === "c" ? "committed" : op[0] === "s" ? this.reel.statuses[op[1]] : "";
      if (!told || (op[0] === "s" && !["unexamined", "pruned", "remasked"].includes(told))) return;
      const text = op[0] === "c" ? told : this.reel.looks[told].title;
      for (const id of op[2]) {
        if (!this.became.has(id)) this.became.set(id, []);
        this.became.get(id).push([this.indexed, text]);
      }
    }

    /* [[beat, what it became], ...] of a candidate. */
    turns(id) {
      this.verdicts(id);
      return this.became.get(id) || [];
    }

    /* Scores of a candidate, collected with its verdicts. */
    scores(id) {
      this.verdicts(id);
      return this.scored.get(id) || [];
    }

    /* The decoded part of the answer at the cursor, token by token; null where it is open. Asked several times a step. */
    decoded() {
      const {beat} = this.now, {version} = this.reel, known = this.written;
      if (!known || known.beat !== beat || known.version !== version) this.written = {beat, version, words: this.words()};
      return this.written.words;
    }

    words() {
      const lane = this.now.lanes[0];
      if (!lane) return [];
      const start = lane.births.findIndex((birth) => birth !== dw.HELD);
      if (start < 0) return [];
      return lane.fills.slice(start, lane.size).map((fill, at) => (lane.births[start + at] >= 0 ? this.reel.text(fill) : null));
    }

    draw(clock, cursor, max, selected, split) {
      const index = this.reel.clock(clock);
      if (this.full) this.now.go(this.reel.at(index, cursor));
      const step = this.full ? this.reel.since(index, this.now.beat) : 0;
      const mine = this.max(clock), done = this.full && cursor > mine && !this.status.running;
      this.cursor.dataset.value = cursor;
      const most = dw.number(max), text = `${dw.number(cursor)} / ${most}`, ended = done ? `finished at ${dw.number(mine)}` : "";
      if (this.cursor.textContent !== text) {
        this.cursor.textContent = text;
        this.cursor.style.minWidth = `calc(${2 * Math.max(3, most.length) + 3}ch + 1px)`;  // as wide as it will get: the title beside it keeps its line breaks
      }
      if (this.done.textContent !== ended) this.done.textContent = ended;
      this.node.classList.toggle("dw-empty", !this.full);
      if (!this.full) {
        this.text.body.dataset.empty = this.error ? "Nothing to show." : this.loading ? "Loading…" : this.status.running ? "Waiting for the first step…" : "No run here yet.";
        return;
      }
      const lane = this.now.lanes[0], start = lane ? lane.births.findIndex((birth) => birth !== dw.HELD) : -1;
      delete this.text.body.dataset.empty;
      this.text.draw(this.now, step, selected, split >= 0 && start >= 0 ? start + split : -1);
      if (this.tab && (!this.player.playing || this.player.sight.sees(this.panel))) this.views[this.tab].draw(this.now, step, selected);
    }
  };
})((window.dw = window.dw || {}));
