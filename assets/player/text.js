/* The running text: given, committed, guessed, open; one span per cell, changed only where it changed. While steps
   follow each other, guesses out of sight wait until they come into sight or the steps rest, and long texts take turns:
   a browser lays out a whole paragraph anew when a word of it changes. */
(function (dw) {
  "use strict";
  const {el, BLANK, HELD} = dw;
  const MOST_LANES = 12, SHORT = 128;

  dw.TextView = class {
    constructor(pane, name) {
      this.pane = pane;
      this.mode = "birth";
      this.lines = new Map();
      this.body = el("div", {class: "dw-text", "data-testid": `text-${name}`, tabindex: "0", role: "region",
        "aria-label": `Text ${name.toUpperCase()}`});
      this.body.addEventListener("click", (event) => this.click(event));
      const settle = dw.framed(() => { if (this.waiting) this.draw(...this.drawn); });
      this.body.addEventListener("scroll", () => { this.look(); settle(); }, {passive: true});  // comes before the frame's writes: reading is free here
    }

    reset() {
      this.lines.clear();
      this.sight = null;
      this.waiting = false;
      this.body.replaceChildren();
    }

    click(event) {
      const cell = event.target.closest("[data-p]");
      if (!cell) return;
      const lane = Number(cell.dataset.l), position = Number(cell.dataset.p), home = this.pane.now.lanes[lane];
      if (cell.dataset.c !== undefined) this.pane.select({candidate: Number(cell.dataset.c)});
      else if (home && home.births[position] >= 0) this.pane.select({candidate: home.births[position]});
      else this.pane.select({lane, position});
    }

    draw(now, step, selected, split) {
      this.drawn = [now, step, selected, split];
      this.waiting = this.lines.size > 0 && now.lanes[0].size > SHORT && this.pane.player.rests(this);
      if (this.waiting) return;
      const shown = now.shown(MOST_LANES);
      for (const [id, line] of this.lines) if (!shown.includes(id)) { line.row.remove(); this.lines.delete(id); }
      for (const id of shown) this.line(now.lanes[id], now, step, selected, shown.length > 1, split);
      for (const [at, id] of shown.entries()) {
        const row = this.lines.get(id).row;
        if (this.body.children[at] !== row) this.body.insertBefore(row, this.body.children[at] || null);
      }
      this.body.classList.toggle("dw-many", shown.length > 1);
    }

    line(lane, now, step, selected, many, split) {
      let line = this.lines.get(lane.id);
      if (!line) {
        const name = el("span", {class: "dw-lane"});
        const cells = el("span", {class: "dw-cells"}), tail = el("span", {class: "dw-tail"});
        line = {row: el("div", {class: "dw-line"}, name, cells, tail), name, cells, tail, spans: [], keys: [], guessed: []};
        this.lines.set(lane.id, line);
      }
      line.name.textContent = many ? `lane ${lane.id}` : "";
      const reel = now.reel;
      const sight = lane.id === 0 && lane.size > SHORT && this.moving() ? this.sight : null;
      let fresh = null, end = lane.size;
      for (let at = 0; at < end; at += 1) if (lane.births[at] >= 0 && reel.isEnd(lane.fills[at])) end = at;
      for (let at = 0; at < lane.size; at += 1) {
        const birth = lane.births[at], guess = birth === BLANK ? lane.guess[at] : -1;
        const isNew = birth >= 0 && lane.since[at] >= step;
        const picked = selected && (selected.candidate === (birth >= 0 ? birth : guess) && birth !== HELD
          || (selected.lane === lane.id && selected.position === at));
        const flags = (isNew ? 1 : 0) + (picked ? 2 : 0) + (split === at ? 4 : 0) + (at > end ? 8 : 0);
        const part = birth !== BLANK && lane.fills[at] !== null && typeof reel.piece(lane.fills[at]) !== "string";
        const key = birth + "," + guess + "," + flags + (part ? "," + now.beat : "");
        if (line.keys[at] === key && line.mode === this.mode) { /* as it is */ } else if (sight && guess >= 0 && line.guessed[at] && (at < sight[0] || at > sight[1])) this.waiting = true;
        else {
          this.paint(line, at, lane, reel, birth, guess, flags);
          line.keys[at] = key;
          line.guessed[at] = guess >= 0;
        }
        if (isNew) fresh = line.spans[at].span;
      }
      while (line.spans.length > lane.size) { line.spans.pop().span.remove(); line.keys.pop(); }
      line.mode = this.mode;
      this.tail(line, now, lane);
      if (lane.id === 0 && lane.size > SHORT && !this.sight) dw.later(this.body, () => this.look());
      if (lane.id === 0 && (fresh || line.tail.firstChild)) this.follow(fresh || line.tail);
    }

    /* Writes to the page only what differs from the last time. */
    paint(line, at, lane, reel, birth, guess, flags) {
      let cell = line.spans[at];
      if (!cell) {
        const node = document.createTextNode(""), span = el("span", {"data-l": lane.id, "data-p": at}, node);
        cell = line.spans[at] = {span, node, name: "", text: "", birth: "", tint: ""};
        line.cells.append(span);
      }
      const id = birth >= 0 ? birth : guess, candidate = id >= 0 ? reel.candidates[id] : null;
      const fill = birth === BLANK ? (candidate ? candidate.fill : null) : lane.fills[at];
      const kind = birth === HELD ? "given" : birth === BLANK ? (candidate ? "guess" : "blank") : "is";
      const name = `dw-cell dw-${kind}` + (fill !== null && reel.isEnd(fill) ? " dw-eos" : "") + (flags & 1 ? " dw-fresh" : "")
        + (flags & 2 ? " dw-picked" : "") + (flags & 4 ? " dw-split" : "") + (flags & 8 ? " dw-after" : "");
      const text = fill === null ? "" : this.shown(reel, lane, at, fill, birth);
      if (cell.name !== name) cell.span.className = cell.name = name;
      if (cell.text !== text) cell.node.data = cell.text = text;
      const taken = birth >= 0 && candidate, byBirth = this.mode === "birth";
      const origin = taken && byBirth ? reel.births[candidate.birth] : "", tint = taken && !byBirth ? this.tint(candidate, reel) : "";
      if (cell.birth !== origin) cell.span.dataset.birth = cell.birth = origin;
      if (cell.tint !== tint) {
        cell.tint = tint;
        if (tint) cell.span.style.setProperty("--tint", tint); else cell.span.style.removeProperty("--tint");
      }
    }

    /* A token that is no text on its own is decoded together with its neighbours. */
    shown(reel, lane, at, fill, birth) {
      const piece = reel.piece(fill);
      if (typeof piece === "string") return piece;
      if (birth === BLANK) return "";
      let low = at, high = at + 1;
      const part = (place) => (lane.births[place] !== BLANK && lane.fills[place] != null
        && typeof reel.piece(lane.fills[place]) !== "string");
      while (low > 0 && part(low - 1)) low -= 1;
      while (high < lane.size && part(high)) high += 1;
      return dw.joined(lane.fills.slice(low, high).map((each) => reel.piece(each)))[at - low];
    }

    tint(candidate, reel) {
      if (this.mode === "confidence") return Math.round(candidate.prob * 100) + "%";
      const rounds = Math.max(1, reel.rounds.length - 1), round = Math.max(0, reel.beats[candidate.beat].r);
      return Math.round(100 * round / rounds) + "%";
    }

    tail(line, now, lane) {
      const held = (at) => at < lane.size && lane.births[at] !== BLANK;
      const ids = (now.tail[lane.id] || []).filter((id) => !held(now.reel.candidates[id].position));
      const key = ids.map((id) => `${id}:${now.status[id]}`).join();
      if (line.tailKey === key) return;
      line.tailKey = key;
      line.tail.replaceChildren(...ids.map((id) => {
        const candidate = now.reel.candidates[id];
        return el("span", {class: `dw-cell dw-draft dw-s-${now.reel.statuses[now.status[id] || 0]}`, "data-c": id,
          "data-l": lane.id, "data-p": candidate.position, text: now.reel.text(candidate.fill)});
      }));
    }

    moving() { return this.pane.player.playing || this.pane.status.running; }

    /* The first and last cell in sight, and half a box around them; spans stand in the order of their lines. */
    look() {
      const line = this.lines.get(0), box = this.body;
      if (!line || !line.spans.length || !box.clientHeight) { this.sight = null; return; }
      const first = (y) => {
        let low = 0, high = line.spans.length;
        while (low < high) {
          const mid = (low + high) >> 1;
          if (line.spans[mid].span.offsetTop < y) low = mid + 1; else high = mid;
        }
        return low;
      };
      const top = box.scrollTop, room = box.clientHeight;
      this.sight = [first(top - room / 2) - 1, first(top + 1.5 * room)];
    }

    follow(node) { dw.later(this, () => this.reveal(node)); }

    reveal(node) {
      const box = this.body, top = node.offsetTop;
      if (top < box.scrollTop || top > box.scrollTop + box.clientHeight - 28) box.scrollTop = Math.max(0, top - 60);
    }
  };
})((window.dw = window.dw || {}));
