/* The running text: given, committed, guessed, open; one span per cell, changed only where it changed. A browser lays out
   a whole paragraph anew when a word of it changes, so a long text stands in stretches; while steps follow each other,
   those out of sight are left out of that. */
(function (dw) {
  "use strict";
  const {el, BLANK, HELD} = dw;
  const MOST_LANES = 12, STRETCH = 128;  // positions

  dw.TextView = class {
    constructor(pane, name) {
      this.pane = pane;
      this.mode = "birth";
      this.lines = new Map();
      this.body = el("div", {class: "dw-text", "data-testid": `text-${name}`, tabindex: "0", role: "region",
        "aria-label": `Text ${name.toUpperCase()}`});
      this.body.addEventListener("click", (event) => this.click(event));
      this.watcher = new IntersectionObserver((entries) => {
        for (const {target, isIntersecting} of entries) target.classList.toggle("dw-away", !isIntersecting);
      }, {root: this.body, rootMargin: "50%"});
    }

    reset() {
      this.lines.clear();
      this.watcher.disconnect();
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
      if (this.lines.size && now.lanes[0].size > STRETCH && this.pane.player.rests(this)) return;
      const shown = now.shown(MOST_LANES);
      for (const [id, line] of this.lines) if (!shown.includes(id)) { line.row.remove(); this.lines.delete(id); }
      for (const id of shown) this.line(now.lanes[id], now, step, selected, shown.length > 1, split);
      for (const [at, id] of shown.entries()) {
        const row = this.lines.get(id).row;
        if (this.body.children[at] !== row) this.body.insertBefore(row, this.body.children[at] || null);
      }
      this.body.classList.toggle("dw-many", shown.length > 1);
      this.body.classList.toggle("dw-moving", Boolean(this.pane.player.playing || this.pane.status.running));
    }

    line(lane, now, step, selected, many, split) {
      let line = this.lines.get(lane.id);
      if (!line) {
        const name = el("span", {class: "dw-lane"});
        line = {row: el("div", {class: "dw-line"}, name), name, tail: el("span", {class: "dw-tail"}), spans: [], keys: []};
        this.stretch(line, 0);
        this.lines.set(lane.id, line);
      }
      line.name.textContent = many ? `lane ${lane.id}` : "";
      const reel = now.reel;
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
        if (line.keys[at] !== key || line.mode !== this.mode) {
          this.paint(line, at, lane, reel, birth, guess, flags);
          line.keys[at] = key;
        }
        if (isNew) fresh = line.spans[at].span;
      }
      while (line.spans.length > lane.size) { line.spans.pop().span.remove(); line.keys.pop(); }
      this.stretch(line, Math.max(0, lane.size - 1));
      line.mode = this.mode;
      this.tail(line, now, lane);
      if (lane.id === 0 && (fresh || line.tail.firstChild)) this.follow(fresh || line.tail);
    }

    /* The last block of a line, where `at` is its last cell; the drafts stand behind that cell. */
    stretch(line, at) {
      const {row, tail} = line, wanted = Math.floor(at / STRETCH) + 1;
      for (let made = row.children.length - 1; made < wanted; made += 1) {
        row.append(el("span", {class: "dw-stretch", "data-from": made * STRETCH}));
        this.watcher.observe(row.lastChild);
      }
      if (tail.parentNode !== row.children[wanted]) row.children[wanted].append(tail);
      while (row.children.length - 1 > wanted) row.lastChild.remove();
      return row.lastChild;
    }

    /* Writes to the page only what differs from the last time. */
    paint(line, at, lane, reel, birth, guess, flags) {
      let cell = line.spans[at];
      if (!cell) {
        const node = document.createTextNode(""), span = el("span", {"data-l": lane.id, "data-p": at}, node);
        cell = line.spans[at] = {span, node, name: "", text: "", birth: "", tint: ""};
        this.stretch(line, at).insertBefore(span, line.tail);
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

    /* A text that is scrolled with every step cannot be read: four times a second will do. */
    follow(node) {
      const time = performance.now();
      if (this.body.classList.contains("dw-moving") && time - this.followed < 250) return;
      this.followed = time;
      dw.later(this, () => this.reveal(node));
    }

    reveal(node) {
      const stretch = node.closest(".dw-stretch");
      if (stretch) stretch.classList.remove("dw-away");
      const box = this.body, top = node.getBoundingClientRect().top - box.getBoundingClientRect().top + box.scrollTop;
      if (top < box.scrollTop || top > box.scrollTop + box.clientHeight - 28) box.scrollTop = Math.max(0, top - 60);
    }
  };
})((window.dw = window.dw || {}));
