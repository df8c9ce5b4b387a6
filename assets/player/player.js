/* The player: two panes, one cursor, one inspector. See README.md for the API. */
(function (dw) {
  "use strict";
  const {el} = dw;

  class Player {
    constructor(root, options) {
      Object.assign(this, {options: options || {}, clock: "passes", cursor: 0, playing: false, speed: 4, follow: true,
        picked: null, pinned: false, listeners: {}, costs: firstCosts(), pace: new dw.Pace()});
      this.root = el("div", {class: "dw" + (this.options.theme ? ` dw-${this.options.theme}` : "")});
      root.append(this.root);
      this.palette = new dw.Palette(this.root);
      this.panes = {a: new dw.Pane(this, "a"), b: new dw.Pane(this, "b")};
      this.why = new dw.Why(this);
      this.race = new dw.Race(this);
      this.controls = new dw.Controls(this);
      this.stage = el("div", {class: "dw-stage"}, this.panes.a.node, this.panes.b.node);
      this.tips = new dw.Tips(this.root);
      this.parts = dw.parts.map((Part) => new Part(this));
      this.root.append(el("div", {class: "dw-main"}, this.stage, this.why.node), this.race.node,
        ...this.parts.flatMap((part) => part.node || []), this.controls.node);
      this.panels = [this.why, ...this.parts].map((part) => [[part.node || []].flat(), () => part.draw(...(part === this.why ? [this.told[0], this.picked] : this.told))]);
      this.redraw = dw.framed(() => this.draw());
      this.root.addEventListener("keydown", (event) => this.key(event));
      this.onPage = (event) => this.pageKey(event);
      document.addEventListener("keydown", this.onPage);
      this.watch();
      this.arrange();
    }

    watch() {
      this.theming = new MutationObserver(() => this.recolour());
      for (const node of [document.body, document.documentElement]) this.theming.observe(node, {attributes: true, attributeFilter: ["class"]});
      this.sizing = new ResizeObserver(() => {
        if (this.root.clientWidth === this.width) return;
        this.width = this.root.clientWidth;
        this.recolour();
      });
      this.sizing.observe(this.root);
      this.sight = new dw.Sight(() => this.redraw());
      this.sight.watch([...this.panels.flatMap(([nodes]) => nodes), ...Object.values(this.panes).map((pane) => pane.panel)]);
    }

    recolour() {
      this.palette.forget();
      this.race.reset();
      for (const pane of this.filled()) for (const view of Object.values(pane.views)) view.recolour();
      this.ticked = null;
      this.redraw();
    }

    destroy() {
      this.pause();
      this.theming.disconnect();
      this.sizing.disconnect();
      this.sight.end();
      document.removeEventListener("keydown", this.onPage);
      this.root.remove();
    }

    // ---- keyboard ----------------------------------------------------------------------

    /* A key is ours unless the browser or a field wants it. */
    key(event) {
      if (event.altKey || event.ctrlKey || event.metaKey || event.target.matches("select, textarea, input:not(.dw-range)")) return;
      const taker = [this.controls, ...this.parts].find((part) => part.key && part.key(event));
      if (taker) event.preventDefault();
    }

    /* Where nothing has the focus, keys go to the first player that is on show. */
    pageKey(event) {
      const first = [...document.querySelectorAll(".dw")].find((node) => node.offsetParent);
      if (event.target === document.body && first === this.root) this.key(event);
    }

    // ---- panes -------------------------------------------------------------------------

    filled() { return Object.values(this.panes).filter((pane) => pane.full); }
    get pair() { return this.panes.b.full || Boolean(this.panes.b.status.running) || this.panes.b.loading || Boolean(this.panes.b.error); }

    async load(name, reelOrUrl) {
      const pane = this.panes[name], ticket = pane.ticket = (pane.ticket || 0) + 1;
      if (name === "a") this.pin(false);
      pane.empty();
      pane.loading = true;
      pane.status = {};
      pane.tellStatus();
      this.arrange();
      this.redraw();  // what is empty says so while it loads
      try {
        const reel = typeof reelOrUrl === "string" ? await this.fetch(reelOrUrl) : reelOrUrl;
        if (pane.ticket !== ticket) return false;
        pane.loading = false;
        pane.append(reel);
        this.follow = true;
        this.picked = null;
        this.cursor = this.max();
      } catch (error) {
        if (pane.ticket !== ticket) return false;
        pane.empty();
        pane.loading = false;
        pane.error = `This run could not be opened: ${error.message}`;
      }
      pane.tellStatus();
      this.arrange();
      this.draw();
      return !pane.error;
    }

    async fetch(url) {
      const answer = await fetch(url, {credentials: "same-origin"});
      if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
      return answer.json();
    }

    append(name, delta) {
      const pane = this.panes[name];
      if (delta.from === 0 && name === "a") this.pin(false);
      if (delta.from === 0) { pane.ticket = (pane.ticket || 0) + 1; this.follow = true; pane.loading = false; pane.error = ""; }
      const was = pane.full;
      pane.append(delta);
      if (this.follow) this.cursor = this.max();
      if (was !== pane.full || delta.from === 0) this.arrange();
      this.redraw();
    }

    clear(name) {
      const pane = this.panes[name];
      if (name === "a") this.pin(false);
      pane.ticket = (pane.ticket || 0) + 1;
      pane.empty();
      pane.loading = false;
      pane.status = {};
      for (const part of [pane.title, pane.chip, pane.models]) part.textContent = "";
      pane.tellStatus();
      if (this.picked && this.picked.pane === name) this.picked = null;
      this.cursor = Math.min(this.cursor, this.max());
      this.arrange();
      this.redraw();
    }

    announce(name, what) { this.panes[name].announce(what); }

    setStatus(name, status) {
      this.panes[name].setStatus(status);
      this.arrange();
      this.redraw();
    }

    arrange() {
      this.root.classList.toggle("dw-pair", this.pair);
      this.panes.b.node.hidden = !this.pair;
      const any = this.filled()[0];
      if (any) this.controls.setClocks(any.reel.clocks, this.clock);
      this.race.node.hidden = !this.filled().length;
    }

    // ---- the cursor --------------------------------------------------------------------

    max() { return Math.max(0, ...this.filled().map((pane) => pane.max(this.clock))); }
    clockInfo(id) { const any = this.filled()[0]; return any && any.reel.clocks.find((clock) => clock.id === id); }

    seek(value) {
      const max = this.max();
      this.cursor = Math.max(0, Math.min(max, Number(value) || 0));
      this.follow = this.cursor >= max;
      this.draw();
      this.emit("cursor", this.state());
    }

    /* The nearest value at which something happened. */
    snap(value) {
      let best = 0, gap = Infinity;
      for (const {reel} of this.filled()) {
        const index = reel.clock(this.clock), at = reel.at(index, value);
        for (const beat of [at, at + 1]) {
          if (!reel.beats[beat]) continue;
          const there = reel.value(beat, index);
          if (Math.abs(there - value) < gap) { gap = Math.abs(there - value); best = there; }
        }
      }
      return best;
    }

    /* The neighbouring value of the clock over all panes. */
    beside(direction) {
      let best = null;
      for (const {reel} of this.filled()) {
        const index = reel.clock(this.clock);
        let at = reel.at(index, this.cursor);
        if (direction > 0) { while (at < reel.beats.length && reel.value(at, index) <= this.cursor) at += 1; }
        else { while (at >= 0 && reel.value(at, index) >= this.cursor) at -= 1; }
        if (at < 0 || at >= reel.beats.length) continue;
        const value = reel.value(at, index);
        if (best === null || (direction > 0 ? value < best : value > best)) best = value;
      }
      return best;
    }

    next() { this.pause(); this.step(1); }
    back() { this.pause(); this.step(-1); }
    first() { this.pause(); this.seek(0); }
    last() { this.pause(); this.seek(this.max()); }

    step(direction) {
      const value = this.beside(direction);
      if (value === null) { if (direction < 0) this.seek(0); return false; }
      this.seek(value);
      return true;
    }

    /* The next moment that is worth a stop (see moments.js), or the one before. */
    decision(direction) {
      this.pause();
      const beyond = dw.stops(this).map((stop) => stop.value).filter((value) => (value - this.cursor) * direction > 0);
      if (beyond.length) this.seek(direction > 0 ? beyond[0] : beyond[beyond.length - 1]);
    }

    setClock(id) {
      this.retime(() => { this.clock = id; this.controls.clock.value = id; });
    }

    /* The costs of the modelled clock: {a, b, n0, c}. */
    setCosts(costs) {
      this.retime(() => { this.costs = costs; for (const pane of this.filled()) dw.model(pane.reel, costs); });
    }

    /* The readings change; the place in the run stays. */
    retime(change) {
      const any = this.filled()[0];
      const lead = any && (this.filled().find((pane) => pane.max(this.clock) >= this.cursor) || any);
      const beat = lead ? lead.now.beat : -1;
      change();
      const id = this.clock;
      this.race.reset();
      this.ticked = null;
      this.seek(lead && beat >= 0 ? (this.follow ? this.max() : lead.reel.value(beat, lead.reel.clock(id))) : 0);
    }

    // ---- playing -----------------------------------------------------------------------

    setSpeed(speed) { this.speed = speed; }
    toggle() { if (this.playing) this.pause(); else this.play(); }

    play() {
      if (this.playing || !this.filled().length) return;
      if (this.cursor >= this.max() && !this.running()) this.seek(0);
      this.playing = true;
      this.controls.setPlaying(true);
      this.pace.begin();
      let due = performance.now() + 1000 / this.speed;
      const tick = (time) => {
        if (!this.playing) return;
        this.pace.frame(time);
        if (time >= due) {
          due = Math.max(due + 1000 / this.speed, time);
          if (!this.step(1) && !this.running()) { this.pause(); return; }
        }
        this.frame = requestAnimationFrame(tick);
      };
      this.frame = requestAnimationFrame(tick);
    }

    /* Whether a costly picture is left as it is for now. */
    rests(view) {
      const wait = this.playing ? this.pace.wait(view, this.cursor + JSON.stringify(this.picked)) : 0;
      if (wait && wait + dw.FRAME < 1000 / this.speed) setTimeout(() => this.redraw(), wait);  // else the next step comes sooner
      return wait > 0;
    }

    running() { return Object.values(this.panes).some((pane) => pane.status.running); }

    pause() {
      if (!this.playing) return;
      this.playing = false;
      cancelAnimationFrame(this.frame);
      this.controls.setPlaying(false);
      this.redraw();
    }

    // ---- selection and events ----------------------------------------------------------

    select(name, what) {
      this.picked = what ? {pane: name, ...what} : null;
      this.draw();
      this.emit("select", this.picked);
    }

    on(type, fn) {
      const heard = this.listeners[type] = this.listeners[type] || new Set();
      heard.add(fn);
      return () => heard.delete(fn);
    }

    emit(type, data) { for (const fn of this.listeners[type] || []) fn(data); }

    // ---- two runs ----------------------------------------------------------------------

    /* The run in A is the reference: it stays while others are run beside it. */
    pin(on) {
      on = Boolean(on) && this.panes.a.full;
      if (on === this.pinned) return;
      this.pinned = on;
      this.panes.a.node.classList.toggle("dw-pinned", on);
      this.redraw();
      this.emit("pin", on);
    }

    get swappable() { return this.panes.a.full && this.panes.b.full && !this.running(); }

    swap() {
      if (!this.swappable) return;
      const {a, b} = this.panes, left = a.shows(), right = b.shows();
      a.take(right);
      b.take(left);
      if (this.picked) this.picked = {...this.picked, pane: this.picked.pane === "a" ? "b" : "a"};
      this.race.reset();
      this.ticked = null;
      this.arrange();
      this.draw();
      this.emit("swap", null);
    }

    state() {
      const panes = {};
      for (const pane of this.filled()) {
        panes[pane.name] = {beat: pane.now.beat, beats: pane.reel.beats.length, finished: this.cursor >= pane.max(this.clock)};
      }
      return {clock: this.clock, cursor: this.cursor, max: this.max(), playing: this.playing, panes, selected: this.picked};
    }

    // ---- drawing -----------------------------------------------------------------------

    draw() {
      const max = this.max(), panes = this.filled(), {a, b} = this.panes;
      for (const pane of panes) if (pane.full) pane.now.go(pane.reel.at(pane.reel.clock(this.clock), this.cursor));
      const split = a.full && b.full ? dw.firstDivergence(a, b) : -1;
      for (const pane of [a, b]) {
        if (pane.node.hidden) continue;
        pane.draw(this.clock, this.cursor, max, this.picked && this.picked.pane === pane.name ? this.picked : null, split);
      }
      this.controls.draw(this.cursor, max, `${dw.number(this.cursor)} / ${dw.number(max)}`);
      const stamp = [this.clock, max, this.width, ...panes.map((pane) => pane.reel.version)].join();
      if (this.ticked !== stamp) { this.controls.ticks(panes, this.clock, max, this.palette); this.ticked = stamp; }
      if (panes.length) this.race.draw(panes, this.clock, this.cursor, max);
      this.say(split);
      const lead = (this.picked && this.panes[this.picked.pane]) || panes.find((pane) => pane.max(this.clock) >= this.cursor) || panes[0];
      this.explain(lead, split);
    }

    /* The inspector and the panels; while playing they take turns (sight.js). */
    explain(lead, split) {
      this.told = [lead, this.picked, split];
      if (this.playing) this.sight.turn(this.panels);
      else for (const [, draw] of this.panels) draw();
    }

    say(split) {
      const {a, b} = this.panes;
      let text = "";
      if (a.full && b.full) {
        const [left, right] = [a.decoded(), b.decoded()];
        const quote = (words, at) => `‘${dw.visible(words[at] === undefined || words[at] === null ? "" : words[at])}’`;
        const claim = dw.promised(a.reel, b.reel);
        const none = ![left, right].every((words) => words.some((word) => word !== null));
        text = claim + (none ? "" : split < 0 ? " So far both texts agree."
          : ` The texts first part at token ${split + 1}: A has ${quote(left, split)}, B has ${quote(right, split)}.`);
      }
      if (this.race.split.textContent !== text) this.race.split.textContent = text;
    }
  }

  function firstCosts() {
    const {a, b, n0, c} = dw.tables.presets[0];
    return {a, b, n0, c};
  }

  window.WorkbenchPlayer = {mount: (element, options) => new Player(element, options), version: 1};
})((window.dw = window.dw || {}));
