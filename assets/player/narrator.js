/* The narration: a sentence for every round, under the current one a sentence for every decision; stops at what is
   worth one. */
(function (dw) {
  "use strict";
  const {el} = dw;
  const KEPT = "dw-narration", MOST = 60, TOGETHER = 32;

  dw.keys.push(["N", "while playing, pause at interesting moments: on or off"]);

  dw.parts.push(class Narrator {
    constructor(player) {
      this.player = player;
      this.kept = remembered();
      this.tales = {a: new Tale(player, "a"), b: new Tale(player, "b")};
      this.pausing = el("input", {type: "checkbox", "data-testid": "pause-at-moments", on: {change: () => this.keep("pause", this.pausing.checked)}});
      this.pausing.checked = this.kept.pause;
      this.said = el("output", {class: "dw-moment", "data-testid": "moment", "aria-live": "polite"});
      const go = (id, text, way, key) => el("button", {type: "button", class: "dw-mode", text, title: `${way < 0 ? "Previous" : "Next"} interesting moment (${key})`, "data-testid": `moment-${id}`,
        on: {click: () => player.decision(way)}});
      this.node = el("details", {class: "dw-narration", "data-testid": "narration", on: {toggle: () => { this.keep("open", this.node.open); this.draw(); }}},
        el("summary", {}, el("h3", {text: "Narration"})),
        el("div", {class: "dw-narration-head"}, el("span", {class: "dw-modes"}, go("back", "‹ moment", -1, "K"), go("next", "moment ›", 1, "J")), this.said,
          el("label", {class: "dw-pausing", title: `While playing, stop at: ${Object.entries(dw.MOMENTS).filter(([kind]) => kind !== "choice").map(([, [, text]]) => text).join("; ")}.`}, this.pausing, "pause at such moments")),
        el("div", {class: "dw-tales"}, this.tales.a.node, this.tales.b.node));
      this.node.open = this.kept.open;
      this.at = 0;
      player.on("cursor", () => this.moved());
    }

    key(event) {
      if (event.key.toLowerCase() !== "n") return false;
      this.pausing.checked = !this.pausing.checked;
      this.keep("pause", this.pausing.checked);
      this.said.textContent = `Playing ${this.pausing.checked ? "stops" : "does not stop"} at interesting moments.`;
      return true;
    }

    keep(name, value) {
      this.kept[name] = value;
      try { localStorage.setItem(KEPT, JSON.stringify(this.kept)); } catch { /* a page without a memory: only for now */ }
    }

    /* Playing has just passed from one value of the clock to the next. */
    moved() {
      const {player} = this, before = this.at;
      this.at = player.cursor;
      if (player.playing && this.kept.pause && player.cursor > before && this.stops().some((stop) => stop.kind !== "choice" && stop.value > before && stop.value <= player.cursor)) player.pause();
    }

    stops() {
      const {player} = this, stamp = [player.clock, ...player.filled().map((pane) => pane.reel.version)].join();
      if (this.stamp !== stamp) { this.stamp = stamp; this.list = dw.stops(player); }
      return this.list;
    }

    draw() {
      const {player} = this;
      if (!this.node.open) return;
      const here = this.stops().filter((stop) => stop.value === player.cursor), [first] = here;
      const text = first ? `${dw.MOMENTS[first.kind][0]} ${here.map(({kind, pane}) => (player.pair && kind !== "split" ? `${pane.toUpperCase()}: ` : "") + dw.MOMENTS[kind][1]).join("; ")}` : "";
      if (this.said.textContent !== text) this.said.textContent = text;
      for (const pane of Object.values(player.panes)) this.tales[pane.name].draw(pane);
    }
  });

  /* Only what changed: a live run grows by many small pieces. */
  function write(node, text) { if (node.textContent !== text) node.textContent = text; }

  function remembered() {
    try { return {open: true, pause: false, ...JSON.parse(localStorage.getItem(KEPT) || "{}")}; } catch { return {open: true, pause: false}; }
  }

  /* The rounds of one run. A line is made once; a step changes which one is current, and what stands under it. */
  class Tale {
    constructor(player, name) {
      Object.assign(this, {player, name, lines: [], current: -1, reel: null});
      this.list = el("div", {class: "dw-tale", role: "group", "data-testid": `tale-${name}`, "aria-label": `Rounds of ${name.toUpperCase()}`});
      this.node = el("div", {class: "dw-tale-box", hidden: true}, this.list);
    }

    draw(pane) {
      this.node.hidden = !pane.full;
      if (!pane.full) return;
      if (this.reel !== pane.reel) { Object.assign(this, {reel: pane.reel, lines: [], current: -1, version: -1, marked: null}); this.list.replaceChildren(); }
      if (this.version !== pane.reel.version) this.grow(pane);
      const now = pane.now.beat < 0 ? -1 : pane.reel.beats[pane.now.beat].r, picked = this.player.picked;
      const chosen = picked && picked.pane === this.name && picked.round !== undefined ? picked.round : -1;
      const stamp = `${now}:${chosen}:${pane.now.beat}:${pane.reel.version}`;
      if (this.stamp === stamp) return;
      this.stamp = stamp;
      if (this.current !== now) this.unfold(pane, now);
      this.mark(now, chosen);
      if (this.inner) for (const [at, item] of this.inner.entries()) item.classList.toggle("dw-later", at > pane.now.beat);
    }

    /* Which lines are to come, which is the current one and which is picked: only those between the last time and now. */
    mark(now, chosen) {
      const {at, chosen: was, lines} = this.marked || {at: now, chosen, lines: 0};
      const touched = new Set([was, chosen]);
      for (let each = Math.min(at, now); each <= Math.max(at, now); each += 1) touched.add(each);
      for (let each = lines; each < this.lines.length; each += 1) touched.add(each);
      for (const each of touched) {
        const line = this.lines[each];
        if (!line) continue;
        line.node.classList.toggle("dw-later", each > now);
        line.node.classList.toggle("dw-picked", each === chosen);
        line.node.toggleAttribute("data-now", each === now);
      }
      this.marked = {at: now, chosen, lines: this.lines.length};
    }

    /* Lines for rounds that came since; the last ones may say more now. */
    grow(pane) {
      const {reel} = pane;
      this.version = reel.version;
      this.current = -1;
      this.marks = new Map();
      for (const {beat, kind} of dw.moments(reel)) this.marks.set(reel.beats[beat].r, (this.marks.get(reel.beats[beat].r) || "") + dw.MOMENTS[kind][0]);
      for (const [at, round] of reel.rounds.entries()) {
        const line = this.lines[at] || (this.lines[at] = this.line(pane, at));
        write(line.name, [round.heading, round.title].filter(Boolean).join(" · "));
        write(line.said, round.s);
        write(line.mark, this.marks.get(at) || "");
      }
    }

    line(pane, at) {
      const line = {mark: el("span", {class: "dw-tale-mark", "aria-hidden": "true"}), name: el("b"), said: el("span")};
      const lit = () => {
        const round = pane.reel.rounds[at], all = {ids: new Set(), cells: []};
        for (let beat = round.b[0]; beat <= round.b[1]; beat += 1) {
          const spoken = dw.spokenOf(pane.reel, beat);
          for (const id of spoken.ids) all.ids.add(id);
          all.cells.push(...spoken.cells);
        }
        dw.light(pane, all);
      };
      const off = () => dw.dark(pane);
      line.button = el("button", {type: "button", class: "dw-tale-line", on: {pointerenter: lit, focus: lit, pointerleave: off, blur: off, click: () => {
        pane.seekBeat(pane.reel.rounds[at].b[1]);
        pane.select({round: at});
      }}}, line.mark, line.name, " ", line.said);
      line.node = el("li", {}, line.button);
      if (at % TOGETHER === 0) this.list.append(el("ol", {start: at + 1}));  // the browser skips lists out of sight
      this.list.lastChild.append(line.node);
      return line;
    }

    /* Under the current round: what was decided in it, step by step. */
    unfold(pane, now) {
      const {reel} = pane, before = this.lines[this.current], line = this.lines[now];
      if (this.open) this.open.remove();
      if (before) before.button.removeAttribute("aria-current");
      this.current = now;
      this.inner = this.open = null;
      if (!line) return;
      line.button.setAttribute("aria-current", "step");
      const [first, last] = reel.rounds[now].b, beats = [];
      for (let beat = first; beat <= last && beats.length < MOST; beat += 1) if (reel.beats[beat].s) beats.push(beat);
      this.inner = new Map(beats.map((beat) => [beat, el("li", {class: reel.beats[beat].d === 1 ? "dw-said-no" : ""},
        dw.sentence(pane, beat, reel.beats[beat].s, {class: "dw-sentence"}, () => {
          const {pick} = dw.spokenOf(reel, beat);
          pane.seekBeat(beat);
          if (pick) pane.select(pick);
        }))]));
      this.open = el("ol", {class: "dw-said dw-tale-steps"}, ...this.inner.values(), last - first + 1 > MOST ? el("li", {class: "dw-quiet", text: `and ${last - first + 1 - MOST} more steps`}) : null);
      line.node.append(this.open);
      dw.later(this, () => this.reveal(line.node));
    }

    reveal(node) {
      const box = this.list, top = node.getBoundingClientRect().top - box.getBoundingClientRect().top + box.scrollTop;
      if (top < box.scrollTop || top + 40 > box.scrollTop + box.clientHeight) box.scrollTop = Math.max(0, top - 30);
    }
  }
})((window.dw = window.dw || {}));
