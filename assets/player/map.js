/* The unmask map: x = position, y = round. A browser copies a whole picture when a line of it changes, so the rounds are
   painted once; a step moves a veil over those to come, and draws the one line of its own round. */
(function (dw) {
  "use strict";
  const {el, BLANK} = dw;
  const RIBBON = 12, AXIS = 16;

  dw.MapView = class {
    constructor(pane, name) {
      this.pane = pane;
      this.canvas = el("canvas", {class: "dw-map-canvas", "data-testid": `map-${name}`, role: "img", tabindex: "0"});
      this.head = el("canvas", {class: "dw-map-head", "aria-hidden": "true"});
      this.tip = el("div", {class: "dw-tip", hidden: true});
      this.ring = el("div", {class: "dw-map-ring", hidden: true});
      this.at = null;
      this.column = el("div", {class: "dw-map-column", hidden: true, "aria-hidden": "true"}, el("b"));
      this.veil = el("div", {class: "dw-map-veil"});
      this.line = el("canvas", {class: "dw-map-line", "aria-hidden": "true"});
      this.sheet = el("div", {class: "dw-map-sheet"}, this.canvas, this.veil, this.line);
      this.scroll = el("div", {class: "dw-scroll dw-map"}, this.head, this.sheet, this.column, this.ring, this.tip);
      this.caption = el("div", {class: "dw-caption"});
      this.legend = el("div", {class: "dw-legend"}, ...[["guess", "guessed"], ["now", "committed in this round"], ["held", "committed before"],
        ["back", "taken back"]].map(([id, text]) => dw.key(el("i", {class: `dw-swatch dw-m-${id}`}), text)),
      this.more = el("span", {class: "dw-keys-more"}),
      el("span", {class: "dw-key", title: dw.words["unsure to sure"]}, "unsure", el("i", {class: "dw-ramp"}), "sure"));
      this.node = el("div", {class: "dw-figure"}, this.caption, this.scroll, this.legend);
      this.canvas.addEventListener("pointermove", (event) => this.hover(event));
      this.canvas.addEventListener("pointerleave", () => { this.tip.hidden = true; this.trace(this.chosen); });
      this.canvas.addEventListener("click", (event) => this.open(...this.where(event)));
      this.canvas.addEventListener("keydown", (event) => this.key(event));
      this.canvas.addEventListener("blur", () => { this.ring.hidden = this.tip.hidden = true; this.trace(this.chosen); });
      this.reset();
    }

    reset() { this.stamp = null; this.row = -1; this.rows = 0; this.at = this.chosen = null; this.ring.hidden = this.column.hidden = true; }
    recolour() { this.stamp = null; }

    measure(reel) {
      const width = Math.max(200, (this.scroll.clientWidth || 600) - 2), room = (this.scroll.clientHeight || 300) - RIBBON - AXIS - 4;
      const count = Math.max(1, reel.rows.length);
      this.cw = Math.max(4, Math.min(22, Math.floor(width / reel.map.width)));
      this.ch = Math.max(3, Math.min(18, Math.floor(room / count)));
      return `${this.cw}:${this.ch}:${reel.map.width}`;
    }

    draw(now, step, selected) {
      const reel = now.reel;
      if (!reel.map || !reel.rows.length || now.beat < 0) return;
      const stamp = this.stamp !== null && this.version === reel.version ? this.stamp : this.measure(reel);
      const row = Math.max(0, this.rowOf(reel, reel.beats[now.beat].r));
      if (this.stamp !== stamp || this.rows > reel.rows.length) this.build(reel, stamp);
      if (this.version !== reel.version) this.grow(reel);
      this.live(now, row, selected);
      this.choose(reel, selected);
      this.line.style.transform = `translateY(${row * this.ch}px)`;
      this.veil.style.transform = `translateY(${(row + 1) * this.ch}px)`;
      this.row = row;
      this.now = now;
      this.keep(row);
      this.say(now, reel, row);
    }

    /* The column of the selected cell, or of the cell that a selected candidate stands in. */
    choose(reel, selected) {
      const about = selected && (selected.candidate === undefined ? selected : reel.candidates[selected.candidate]);
      const cell = about && about.lane === reel.map.lane && about.position >= reel.map.start ? about.position - reel.map.start : null;
      const stamp = `${cell}:${this.stamp}:${reel.rows.length}`;
      if (this.column.dataset.stamp === stamp) return;
      this.column.dataset.stamp = stamp;
      this.chosen = cell;
      this.trace(cell);
    }

    /* One position through all rounds: its column is framed from its number above the map down. */
    trace(cell) {
      const {map, rows} = this.pane.reel;
      this.column.hidden = cell === null || !map || cell >= map.width;
      if (this.column.hidden) return;
      Object.assign(this.column.style, {width: `${this.cw}px`, height: `${RIBBON + AXIS - 12 + rows.length * this.ch}px`, transform: `translate(${cell * this.cw}px)`});
      this.column.firstChild.textContent = map.start + cell;
    }

    rowOf(reel, round) {
      let low = 0, high = reel.rows.length;
      while (low < high) {
        const mid = (low + high) >> 1;
        if (reel.rows[mid][0] <= round) low = mid + 1; else high = mid;
      }
      return low - 1;
    }

    build(reel, stamp) {
      const width = this.cw * reel.map.width, height = this.ch * reel.rows.length;
      this.pen = dw.sharp(this.canvas, width, height);
      this.linePen = dw.sharp(this.line, width, this.ch);
      this.stamp = stamp;
      this.rows = 0;
      this.row = -1;
      this.version = -1;
    }

    /* Paint rows that came since; the last one may have changed, and the frame of its block. */
    grow(reel) {
      if (this.ch * reel.rows.length > parseFloat(this.canvas.style.height) + 0.5) this.build(reel, this.stamp);
      const since = Math.max(0, this.rows - 1);
      const from = (reel.map.blocks || []).reduce((least, [, , first, last]) => (last >= since ? Math.min(least, first) : least), since);
      for (let at = from; at < reel.rows.length; at += 1) this.paintRow(this.pen, reel, at);
      this.rows = reel.rows.length;
      this.version = reel.version;
      this.paintHead(reel);
      dw.marks.legend(this, reel);
    }

    paintRow(pen, reel, at) {
      const [, values, letters] = reel.rows[at], y = at * this.ch;
      pen.clearRect(0, y, this.cw * reel.map.width, this.ch);
      for (let cell = 0; cell < letters.length; cell += 1) {
        this.cell(pen, cell * this.cw, y, letters[cell], values[cell] / 1000);
      }
      this.frame(pen, at, y);
      dw.marks.row(this, pen, reel.rows[at], y);
    }

    /* Where blocks begin and end. */
    frame(pen, at, y) {
      const {map} = this.pane.reel;
      pen.fillStyle = this.pane.palette.get("line");
      for (const border of map.borders) pen.fillRect((border - map.start) * this.cw - 1, y, 1, this.ch);
      dw.marks.blocks(this, pen, at, y);
    }

    cell(pen, x, y, letter, value) {
      if (letter === ".") return;
      const w = this.cw, h = this.ch, colours = this.pane.palette;
      const gap = w > 6 ? 1 : 0, low = h > 6 ? 1 : 0;
      if (letter === "g") {
        const inset = Math.max(1, Math.round(w * 0.24)), down = Math.max(low, Math.round(h * 0.28));
        pen.globalAlpha = 0.8;
        pen.fillStyle = colours.ramp(value);
        pen.fillRect(x + inset, y + down, w - 2 * inset, h - 2 * down);
        pen.globalAlpha = 1;
        return;
      }
      if (letter === "r") return this.hatch(pen, x, y, w, h, colours.get("remasked"));
      pen.fillStyle = colours.ramp(0.15 + 0.85 * value);
      pen.fillRect(x, y, w - gap, h - low);
      if (letter === "N") {
        pen.fillStyle = colours.get("accent");
        pen.fillRect(x, y, w - gap, Math.max(1, Math.min(3, h * 0.22)));
      }
      return undefined;
    }

    hatch(pen, x, y, w, h, colour) {
      pen.save();
      pen.beginPath();
      pen.rect(x, y, w - 1, h - 1);
      pen.clip();
      pen.strokeStyle = colour;
      pen.lineWidth = 1;
      pen.beginPath();
      for (let at = -h; at < w + h; at += 4) { pen.moveTo(x + at, y + h); pen.lineTo(x + at + h, y); }
      pen.stroke();
      pen.strokeRect(x + 0.5, y + 0.5, w - 2, h - 2);
      pen.restore();
    }

    /* The current row shows the state at this very beat, not the end of its round. */
    live(now, row, selected) {
      const {map} = now.reel, lane = now.lanes[map.lane], pen = this.linePen;
      const width = this.cw * map.width, first = now.reel.rounds[now.reel.rows[row][0]].b[0];
      pen.fillStyle = this.pane.palette.get("accent-soft");
      pen.fillRect(0, 0, width, this.ch);
      const letters = now.reel.rows[row][2];
      for (let cell = 0; cell < map.width; cell += 1) {
        const place = map.start + cell, birth = place < lane.size ? lane.births[place] : BLANK, guess = lane.guess[place];
        const id = birth >= 0 ? birth : guess;
        const gone = birth === BLANK && guess >= 0 && letters[cell] === "r" && now.status[guess] === 7;
        const letter = gone ? "r" : birth >= 0 ? (lane.since[place] >= first ? "N" : "c") : guess >= 0 ? "g" : ".";
        if (letter !== ".") this.cell(pen, cell * this.cw, 0, letter, id >= 0 ? now.reel.candidates[id].prob : 0);
      }
      this.frame(pen, row, 0);
      if (now.beat >= now.reel.rounds[now.reel.rows[row][0]].b[1]) dw.marks.row(this, pen, now.reel.rows[row], 0);
      pen.strokeStyle = this.pane.palette.get("accent");
      pen.lineWidth = 1;
      pen.strokeRect(0.5, 0.5, width - 1, this.ch - 1);
      if (selected && selected.position >= map.start) {
        pen.strokeRect((selected.position - map.start) * this.cw + 0.5, 0.5, this.cw - 1, this.ch - 1);
      }
    }

    /* Above the map: positions, the order ribbon (when was each position last committed), the first end of text that stands. */
    paintHead(reel) {
      const width = this.cw * reel.map.width, pen = dw.sharp(this.head, width, RIBBON + AXIS), rounds = Math.max(1, reel.rows.length - 1);
      const colours = this.pane.palette, order = reel.map.order || [];
      pen.fillStyle = colours.get("muted");
      pen.font = "11px ui-monospace, monospace";
      const every = Math.ceil(40 / this.cw / 4) * 4;
      for (let cell = 0; cell < reel.map.width; cell += every) pen.fillText(String(reel.map.start + cell), cell * this.cw, 10);
      for (const [cell, round] of order.entries()) {
        if (round < 0) continue;
        pen.fillStyle = colours.ramp(0.1 + 0.9 * this.rowOf(reel, round) / rounds);
        pen.fillRect(cell * this.cw, AXIS, this.cw - (this.cw > 6 ? 1 : 0), RIBBON - 4);
      }
      const {end} = reel.map;
      if (Number.isInteger(end)) {
        pen.fillStyle = colours.get("rejected");
        pen.fillRect((end - reel.map.start) * this.cw, AXIS - 3, 2, RIBBON);
      }
    }

    keep(row) { dw.later(this, () => this.reveal(row)); }

    reveal(row) {
      const y = row * this.ch + RIBBON + AXIS, box = this.scroll;
      if (box.scrollHeight <= box.clientHeight + 1) return;
      if (y < box.scrollTop + 40 || y > box.scrollTop + box.clientHeight - 30) box.scrollTop = Math.max(0, y - box.clientHeight / 2);
    }

    say(now, reel, row) {
      const order = reel.map.rho === undefined || reel.map.rho === null ? ""
        : ` · left-to-right rank correlation ${dw.number(reel.map.rho)}`;
      const text = `Round ${row + 1} of ${reel.rows.length} · ${dw.costs(reel, now.beat)}${order}`;
      if (this.caption.textContent !== text) {
        this.caption.textContent = this.caption.title = text;
        this.canvas.setAttribute("aria-label", `Unmask map: ${text}. Arrow keys go from cell to cell, Enter opens one.`);
      }
    }

    where(event) {
      const box = this.canvas.getBoundingClientRect();
      return [Math.floor((event.clientX - box.left) / this.cw), Math.floor((event.clientY - box.top) / this.ch)];
    }

    hover(event) {
      const reel = this.pane.reel, [cell, row] = this.where(event);
      if (!reel.rows[row] || cell < 0 || cell >= reel.map.width) { this.tip.hidden = true; this.trace(this.chosen); return; }
      this.trace(cell);
      this.point(this.words(cell, row), event.offsetX + 12, event.offsetY + 16);
    }

    words(cell, row) {
      const reel = this.pane.reel, [round, values, letters] = reel.rows[row];
      const words = {".": "blank", g: "guessed", N: "committed now", c: "committed", r: "taken back"}[letters[cell]];
      const value = values[cell] >= 0 && letters[cell] !== "." ? ` · ${dw.number(values[cell] / 1000)}` : "";
      return `position ${reel.map.start + cell} · ${reel.rounds[round] ? reel.rounds[round].title : ""} · ${words}${value}${dw.marks.words(reel, row, cell)}`;
    }

    point(text, x, y) {
      this.tip.textContent = text;
      this.tip.hidden = false;
      const left = Math.min(x, this.canvas.clientWidth - this.tip.offsetWidth - 4);
      this.tip.style.transform = `translate(${Math.max(0, left)}px, ${y + RIBBON + AXIS}px)`;
    }

    /* Arrow keys go from cell to cell; the cell's words stand beside it and in the live region. */
    key(event) {
      const move = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]}[event.key], {reel} = this.pane;
      if (event.altKey || event.ctrlKey || event.metaKey || !reel.map || !reel.rows.length) return;
      if (event.key === "Enter" && this.at) { event.preventDefault(); this.open(...this.at); return; }
      if (!move) return;
      event.preventDefault();
      event.stopPropagation();
      const keep = (value, count) => Math.max(0, Math.min(count - 1, value)), from = this.at || [-move[0], Math.max(0, this.row) - move[1]];
      const [cell, row] = this.at = [keep(from[0] + move[0], reel.map.width), keep(from[1] + move[1], reel.rows.length)];
      const x = cell * this.cw, y = row * this.ch, text = this.words(cell, row);
      Object.assign(this.ring.style, {width: `${this.cw}px`, height: `${this.ch}px`, transform: `translate(${x}px, ${y + RIBBON + AXIS}px)`});
      this.ring.hidden = false;
      this.trace(cell);
      this.point(text, x + this.cw + 6, y + this.ch + 4);
      this.pane.player.why.live.textContent = text;
      this.reveal(row);
    }

    open(cell, row) {
      const {reel} = this.pane;
      if (!reel.rows[row]) return;
      const round = reel.rounds[reel.rows[row][0]];
      if (round) this.pane.seekBeat(round.b[1]);
      this.pane.select({lane: reel.map.lane, position: reel.map.start + cell});
    }
  };
})((window.dw = window.dw || {}));
