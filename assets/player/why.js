/* The inspector: what this step says, and behind it the evidence for one candidate, cell or round. */
(function (dw) {
  "use strict";
  const {el} = dw;
  const MOST = 10;

  dw.Why = class {
    constructor(player) {
      this.player = player;
      this.head = el("div", {class: "dw-why-head"});
      this.round = el("p", {class: "dw-round-said", "data-testid": "round-said"});
      this.said = el("ol", {class: "dw-said"});
      this.focus = el("div", {class: "dw-focus", "data-testid": "evidence"});
      this.live = el("div", {class: "dw-sr", "aria-live": "polite", "data-testid": "live"});
      this.node = el("aside", {class: "dw-why", "data-testid": "why", "aria-label": "Why: the current step", tabindex: "0"},
        el("div", {class: "dw-step"}, el("h3", {text: "Why"}), this.head, this.round, this.said, this.live), this.focus);
      this.drawn = this.shown = "";
      this.unfolded = false;
    }

    draw(pane, selected) {
      if (!pane || pane.now.beat < 0) {
        this.head.textContent = "Nothing has happened yet.";
        this.drawn = this.shown = this.round.textContent = "";
        this.said.replaceChildren();
        this.focus.replaceChildren();
        return;
      }
      const {reel, now} = pane, clock = reel.clock(this.player.clock);
      const beat = reel.beats[now.beat], since = reel.since(clock, now.beat), stamp = [pane.name, reel.version, since, now.beat];
      this.head.textContent = (this.player.pair ? pane.name.toUpperCase() + " · " : "") + (beat.h || "Start");
      const round = reel.rounds[beat.r], over = round && now.beat >= round.b[1];
      this.round.textContent = over && !(selected && selected.round === beat.r) ? round.s : "";
      if (this.drawn !== stamp.join()) { this.drawn = stamp.join(); this.sentences(pane, since, now.beat); }
      this.explain(pane, selected, since, [...stamp, JSON.stringify(selected)].join());
      if (!this.player.playing) this.live.textContent = over ? `${beat.s} ${round.s}` : beat.s;
    }

    /* Written anew only where it changed, so that what is being read and what has the focus stay. */
    explain(pane, selected, since, stamp) {
      if (this.shown === stamp) return;
      this.shown = stamp;
      const focused = this.focus.contains(document.activeElement);
      const id = selected ? this.chosen(pane, selected) : this.telling(pane.reel, since, pane.now.beat);
      const parts = selected && selected.round !== undefined ? dw.roundEvidence(pane, selected.round)
        : id === null ? this.other(pane, selected, since) : dw.evidence(pane, id);
      this.node.classList.toggle("dw-chosen", Boolean(selected));
      this.focus.replaceChildren(...parts, ...(selected ? [this.release()] : []));
      if (focused && !this.focus.contains(document.activeElement)) this.node.focus({preventScroll: true});
    }

    sentences(pane, since, until) {
      const {reel} = pane, first = Math.max(since, until - MOST + 1), beats = reel.beats.slice(first, until + 1);
      const read = beats[0] && beats[0].l ? beats[0].l : [];
      const items = beats.map((beat, at) => el("li", {class: `dw-said-${beat.k}` + (beat.d === 1 ? " dw-said-no" : "") + (first + at === until ? " dw-said-now" : "")},
        dw.sentence(pane, first + at, beat.s, {class: "dw-sentence"})));
      this.said.replaceChildren(...(read.length ? [this.readings(read)] : []), ...items);
    }

    /* Passes and readings lead in to a decision: several of them are folded, so that the decision stays in sight. */
    readings(read) {
      const lines = read.map((text) => el("p", {class: "dw-lead", text}));
      if (read.length < 3) return el("li", {}, ...lines);
      const details = el("details", {open: this.unfolded, on: {toggle: () => { this.unfolded = details.open; }}},
        el("summary", {class: "dw-lead", text: `${read.length} passes and readings before it`}), ...lines);
      return el("li", {}, details);
    }

    chosen(pane, selected) {
      if (selected.candidate !== undefined) return selected.candidate;
      const lane = pane.now.lanes[selected.lane];
      if (!lane || selected.position >= lane.size) return null;
      const birth = lane.births[selected.position];
      const id = birth >= 0 ? birth : lane.guess[selected.position];
      return id >= 0 ? id : null;
    }

    /* Without a selection: the verdict of this step that says most (a rejection, else the last one). */
    telling(reel, since, until) {
      let found = null;
      for (let at = until; at >= since; at -= 1) {
        const beat = reel.beats[at];
        for (const op of beat.o) {
          if (op[0] !== "j" || op[2] !== "c" || !op[4].length) continue;
          if (beat.d === 1) return op[4].find((_, i) => !dw.col(op[7], i));
          found = found === null ? op[4].find((_, i) => dw.col(op[7], i)) ?? op[4][0] : found;
        }
      }
      if (found !== null) return found;
      for (let at = until; at >= since; at -= 1) {
        const op = reel.beats[at].o.find((each) => each[0] === "c" && each[2].length);
        if (op) return op[2][0];
      }
      return null;
    }

    other(pane, selected, since) {
      if (selected) {
        const {lane, position} = selected, given = pane.given(selected);
        return [el("h4", {text: `Position ${position}`}),
          el("p", {class: "dw-quiet", text: given ? "Given with the prompt; nothing was decided here." : "Open; nothing is proposed here at this step."}),
          dw.guesses(pane, lane, position)].filter(Boolean);
      }
      const rows = pane.reel.beats.slice(since, pane.now.beat + 1).flatMap((beat) => beat.o)
        .filter((op) => op[0] === "j" && op[2] !== "c" && op[4].length).slice(-1);
      return rows.map((op) => this.bare(pane, op));
    }

    /* A verdict about positions, lanes or layers: the first that passed, else the first. */
    bare(pane, [, rule, kind, , ids, values, bounds, passed]) {
      const noun = {p: "position", l: "lane", y: "layer"}[kind], known = pane.reel.rule(rule);
      const at = Math.max(0, ids.findIndex((_, i) => dw.col(passed, i)));
      return el("div", {}, el("h4", {text: dw.capital(known.title)}),
        dw.verdictCard({rule: known, value: dw.col(values, at), bound: dw.col(bounds, at), passed: dw.col(passed, at), beat: null},
          `${noun} ${ids[at]}`, pane));
    }

    release() {
      return el("button", {class: "dw-link", type: "button", text: "Follow the steps again",
        on: {click: () => this.player.select(null, null)}});
    }
  };
})((window.dw = window.dw || {}));
