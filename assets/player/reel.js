/* The reel as the page holds it, and the state at a beat: applied forward, undone backward. */
(function (dw) {
  "use strict";
  const BLANK = -1, HELD = -2;
  dw.BLANK = BLANK;
  dw.HELD = HELD;

  dw.Reel = class {
    constructor() {
      Object.assign(this, {
        beats: [], rounds: [], trees: {}, rows: [], born: [], vocab: {}, candidates: [], clocks: [], eos: new Set(),
        glossary: {sources: {}, rules: {}, measures: {}, spaces: {}}, figures: {}, offered: ["text"], map: null,
        passes: [], guesses: new Map(), header: null, footer: null, statuses: [], births: [], looks: {}, version: 0,
      });
    }

    append(delta) {
      if (delta.from !== this.beats.length) {
        throw new Error(`This piece begins at step ${delta.from}, but ${this.beats.length} steps are here.`);
      }
      for (const name of ["header", "glossary", "clocks", "statuses", "births", "looks", "offered", "figures",
        "footer", "summary"]) {
        if (delta[name] !== undefined) this[name] = delta[name];
      }
      if (delta.eos) this.eos = new Set(delta.eos);
      Object.assign(this.vocab, delta.vocab);
      Object.assign(this.trees, delta.trees);
      for (const [at, round] of delta.rounds || []) this.rounds[at] = round;
      if (delta.map) {
        const {rows, ...map} = delta.map;
        this.map = map;
        for (const [at, row] of rows) this.rows[at] = row;
      }
      for (const row of delta.born || []) this.born.push(row);
      for (const beat of delta.beats) {
        for (const op of beat.o) {
          if (op[0] === "p") this.meet(op, this.beats.length);
          else if (op[0] === "w") this.passes.push([this.beats.length, beat.r, op[1], op[5], op[2], op[3], op[4]]);
        }
        this.beats.push(beat);
      }
      this.version = dw.editions = (dw.editions || 0) + 1; // no two reels share one, so a view knows when to build anew
    }

    meet([, first, source, birth, lane, positions, fills, parents, probs, kind, guess, above], beat) {
      for (let at = 0; at < positions.length; at += 1) {
        this.candidates[first + at] = {
          id: first + at, source, birth, lane, position: positions[at], fill: fills[at], parent: dw.col(parents, at),
          prob: dw.col(probs, at), kind, guess, above: dw.col(above, at), beat,
        };
        if (guess) {
          const cell = `${lane}:${positions[at]}`;
          if (!this.guesses.has(cell)) this.guesses.set(cell, []);
          this.guesses.get(cell).push(first + at);
        }
      }
    }

    clock(id) { return Math.max(0, this.clocks.findIndex((clock) => clock.id === id)); }
    value(beat, clock) { return this.beats[beat] ? this.beats[beat].c[clock] : 0; }
    max(clock) { return this.beats.length ? this.value(this.beats.length - 1, clock) : 0; }

    /* The last beat whose clock is at most this value (at least the first beat). */
    at(clock, value) {
      let low = 0, high = this.beats.length;
      while (low < high) {
        const mid = (low + high) >> 1;
        if (this.beats[mid].c[clock] <= value) low = mid + 1; else high = mid;
      }
      return this.beats.length ? Math.max(0, low - 1) : -1;
    }

    /* The first beat that shows the same clock value as this one: together they are one step. */
    since(clock, beat) {
      if (beat < 0) return 0;
      const value = this.value(beat, clock);
      let at = beat;
      while (at > 0 && this.value(at - 1, clock) === value) at -= 1;
      return at;
    }

    piece(fill) {
      if (typeof fill === "number") return this.vocab[fill] === undefined ? `⟨${fill}⟩` : this.vocab[fill];
      if (typeof fill === "string") return fill;
      if (fill && fill.b) {
        const [ids, weights] = fill.b;
        return "≈" + this.text(ids[weights.indexOf(Math.max(...weights))]);
      }
      return fill && fill.v ? `[${fill.v.length}]` : "";
    }

    text(fill) {
      const piece = this.piece(fill);
      return typeof piece === "string" ? piece
        : piece.map((byte) => `⟨${byte.toString(16).toUpperCase().padStart(2, "0")}⟩`).join("");
    }

    quoted(fill) { return `‘${dw.visible(this.text(fill))}’`; }
    isEnd(fill) { return typeof fill === "number" && this.eos.has(fill); }
    rule(id) {
      return this.glossary.rules[id] || {title: id, op: "==", left: "value", right: "bound",
        yes: "{what} passed: {left}", no: "{what} failed: {left}"};
    }
    sides(rule, value, bound) {
      return rule.tokens ? [this.quoted(value), this.quoted(bound)] : dw.numbers(value, bound);
    }
    source(id) { return this.glossary.sources[id] || {title: id, role: ""}; }
  };

  /* Everything that is drawn at one beat. */
  dw.Now = class {
    constructor(reel) {
      this.reel = reel;
      this.beat = -1;
      this.lanes = {};
      this.order = [];
      this.status = [];
      this.target = [];
      this.tail = {};
      this.undo = [];
    }

    go(beat) {
      while (this.beat < beat) this.forward();
      while (this.beat > beat) this.back();
    }

    forward() {
      const log = [];
      this.beat += 1;
      for (const op of this.reel.beats[this.beat].o) this.apply(op, log);
      this.undo.push(log);
    }

    back() {
      const log = this.undo.pop();
      for (let at = log.length - 3; at >= 0; at -= 3) log[at][log[at + 1]] = log[at + 2];
      this.beat -= 1;
    }

    apply(op, log) {
      const set = (holder, key, value) => { log.push(holder, key, holder[key]); holder[key] = value; };
      switch (op[0]) {
        case "f": return this.fork(op, set);
        case "x": return this.close(op, set);
        case "p": return this.propose(op, set);
        case "q": return set(this.tail, op[1], op[2]);
        case "s": for (const id of op[2]) set(this.status, id, op[1]); return undefined;
        case "t": for (let at = 0; at < op[2].length; at += 1) set(this.target, op[2][at], op[3][at]); return undefined;
        case "c": for (const id of op[2]) this.commit(this.lanes[op[1]], id, set); return undefined;
        case "r": for (const position of op[2]) {
          const lane = this.lanes[op[1]];
          set(lane.births, position, BLANK);
          set(lane.fills, position, null);
        } return undefined;
        default: return undefined;
      }
    }

    fork([, id, parent, kept, fills, blanks], set) {
      const from = this.lanes[parent];
      const lane = {id, parent, kept, verdict: "", size: kept + fills.length + blanks,
        fills: (from ? from.fills.slice(0, kept) : []).concat(fills, Array(blanks).fill(null)),
        births: (from ? from.births.slice(0, kept) : []).concat(Array(fills.length).fill(HELD), Array(blanks).fill(BLANK)),
        guess: Array(kept + fills.length + blanks).fill(-1), since: Array(kept + fills.length + blanks).fill(-1)};
      set(this.lanes, id, lane);
      set(this, "order", this.order.concat(id));
    }

    close([, id, verdict, into], set) {
      const lane = this.lanes[id];
      set(lane, "verdict", verdict || "ended");
      if (into === -1 || into === id || !this.lanes[into]) return;
      const heir = this.lanes[into];
      for (const name of ["fills", "births", "guess"]) set(heir, name, lane[name].slice());
      set(heir, "since", lane.births.map((birth) => (birth >= 0 ? this.beat : -1)));
      set(heir, "size", lane.size);
    }

    propose([, first, , , lane, positions, , , , , guess], set) {
      const home = this.lanes[lane];
      for (let at = 0; at < positions.length; at += 1) {
        set(this.status, first + at, 0);
        if (guess && home) set(home.guess, positions[at], first + at);
      }
    }

    commit(lane, id, set) {
      const {position, fill} = this.reel.candidates[id];
      set(lane.fills, position, fill);
      set(lane.births, position, id);
      set(lane.since, position, this.beat);
      if (position >= lane.size) {
        set(lane.guess, position, -1);
        set(lane, "size", position + 1);
      }
    }

    /* Lanes that a reader wants to see: the open ones, and the answer. */
    shown(most) {
      const open = this.order.filter((id) => this.lanes[id] && (id === 0 || !this.lanes[id].verdict));
      const answer = this.lanes[0];
      const busy = answer && answer.births.some((birth, at) => birth >= 0 && at < answer.size);
      return (open.length > 1 && !busy ? open.filter((id) => id !== 0) : open).slice(0, most);
    }
  };
})((window.dw = window.dw || {}));
