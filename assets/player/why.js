/* The inspector: what this step says, the inequality with its numbers, who lost, and what would have flipped it. */
(function (dw) {
  "use strict";
  const {el, svg} = dw;
  const MOST = 10;

  dw.Why = class {
    constructor(player) {
      this.player = player;
      this.head = el("div", {class: "dw-why-head"});
      this.said = el("ol", {class: "dw-said"});
      this.focus = el("div", {class: "dw-focus"});
      this.live = el("div", {class: "dw-sr", "aria-live": "polite", "data-testid": "live"});
      this.node = el("aside", {class: "dw-why", "data-testid": "why", "aria-label": "Why: the current step", tabindex: "0"},
        el("div", {class: "dw-step"}, el("h3", {text: "Why"}), this.head, this.said, this.live), this.focus);
    }

    draw(pane, selected) {
      if (!pane || pane.now.beat < 0) {
        this.head.textContent = "Nothing has happened yet.";
        this.said.replaceChildren();
        this.focus.replaceChildren();
        return;
      }
      const {reel, now} = pane, clock = reel.clock(this.player.clock);
      const beat = reel.beats[now.beat], since = reel.since(clock, now.beat);
      this.head.textContent = (this.player.pair ? pane.name.toUpperCase() + " · " : "") + (beat.h || "Start");
      this.sentences(pane, since, now.beat);
      const id = selected ? this.chosen(pane, selected) : this.telling(reel, since, now.beat);
      this.focus.replaceChildren(...(id === null ? this.other(pane, selected, since) : this.candidate(pane, id, selected)));
      if (!this.player.playing) this.live.textContent = beat.s;
    }

    sentences(pane, since, until) {
      const beats = pane.reel.beats.slice(Math.max(since, until - MOST + 1), until + 1);
      const lead = beats[0] && beats[0].l ? beats[0].l.map((text) => el("li", {class: "dw-lead", text})) : [];
      const items = beats.map((beat, at) => el("li", {text: beat.s, class: `dw-said-${beat.k}` + (beat.d === 1 ? " dw-said-no" : "")
        + (since + at === until ? " dw-said-now" : "")}));
      this.said.replaceChildren(...lead, ...items);
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
        return [el("h4", {text: `Position ${selected.position}`}),
          el("p", {class: "dw-quiet", text: pane.given(selected) ? "Given with the prompt; nothing was decided here." : "Still blank; nothing is proposed here yet."}),
          ...this.release()];
      }
      const rows = pane.reel.beats.slice(since, pane.now.beat + 1).flatMap((beat) => beat.o)
        .filter((op) => op[0] === "j" && op[2] !== "c").slice(-1);
      return rows.map((op) => this.bare(pane, op));
    }

    bare(pane, [, rule, kind, , ids, values, bounds, passed]) {
      const noun = {p: "position", l: "lane", y: "layer"}[kind], known = pane.reel.rule(rule);
      const at = Math.max(0, ids.findIndex((_, i) => dw.col(passed, i)));
      return el("div", {}, el("h4", {text: dw.capital(known.title)}),
        this.verdict({rule: known, value: dw.col(values, at), bound: dw.col(bounds, at), passed: dw.col(passed, at), beat: null},
          `${noun} ${ids[at]}`, pane));
    }

    release() {
      return [el("button", {class: "dw-link", type: "button", text: "Follow the steps again",
        on: {click: () => this.player.select(null, null)}})];
    }

    candidate(pane, id, selected) {
      const {reel, now} = pane, candidate = reel.candidates[id];
      if (!candidate) return [];
      const status = reel.statuses[now.status[id] || 0], birth = reel.births[candidate.birth];
      const look = reel.looks[status] || {title: status, meaning: ""};
      const name = reel.quoted(candidate.fill), what = `${name} at position ${candidate.position}`;
      const verdicts = pane.verdicts(id).filter((verdict) => verdict.beat <= now.beat);
      const bonus = status === "committed" && birth !== "draft" && birth !== "target" ? ` · ${reel.looks[birth].title}` : "";
      return [
        el("h4", {}, el("span", {class: "dw-token", text: dw.clip(name, 30)}), el("span", {class: `dw-chip dw-s-${status}`,
          title: look.meaning, text: `${look.glyph || ""} ${look.title}${bonus}`})),
        el("p", {class: "dw-quiet", text: `Position ${candidate.position} · from ${reel.source(candidate.source).title}`}),
        this.pair(pane, candidate),
        ...verdicts.slice(-4).reverse().map((verdict) => this.verdict(verdict, what, pane)),
        ...this.beliefs(pane, candidate),
        this.history(pane, candidate),
        this.life(pane, candidate, verdicts),
        ...(selected ? this.release() : []),
      ].filter(Boolean);
    }

    pair({reel, now}, candidate) {
      const target = now.target[candidate.id], rows = [[reel.source(candidate.source).title, candidate.prob, "q"]];
      if (target !== undefined) rows.push(["target", target, "p"]);
      return el("div", {class: "dw-pairs"}, ...rows.map(([label, value, kind]) => bar(label, value, `dw-bar-${kind}`)));
    }

    verdict({rule, value, bound, passed}, what, pane) {
      const [left, right] = pane.reel.sides(rule, value, bound), same = /^[!=]=$/.test(rule.op);
      return el("div", {class: "dw-verdict " + (passed ? "dw-yes" : "dw-no")},
        el("p", {class: "dw-ineq"}, el("b", {text: rule.left}), ` ${left} `, el("i", {text: rule.op}),
          ` ${right} `, el("b", {text: rule.right}), el("span", {class: "dw-tick", text: passed ? " ✓ yes" : " × no"})),
        same ? null : numberLine(value, bound, rule, passed),
        el("p", {text: dw.verdict(rule, what, left, right, passed)}),
        el("p", {class: "dw-quiet", text: dw.flip(rule, bound, right, passed)}));
    }

    /* What every source believed at this candidate's place: the ones that lost, and the chosen one among them. */
    beliefs(pane, candidate) {
      const {reel, now} = pane, seen = new Set(), blocks = [];
      const root = candidate.above < 0 || candidate.guess;
      for (let at = now.beat; at >= 0 && blocks.length < 3 && now.beat - at < 400; at -= 1) {
        for (const op of reel.beats[at].o) {
          if (op[0] !== "b") continue;
          const [, source, space, kind, lane, ids, keys, probs, entropies] = op, key = source + "\n" + space;
          if (seen.has(key)) continue;
          let place = kind === "c" && !root ? ids.indexOf(candidate.above) : -1;
          if (place < 0 && kind === "p" && lane === candidate.lane && (root || candidate.parent < 0)) place = ids.indexOf(candidate.position);
          if (place < 0) continue;
          seen.add(key);
          blocks.push(this.belief(reel, candidate, source, space, keys[place], probs[place], entropies[place]));
        }
        if (reel.beats[at].r < reel.beats[candidate.beat].r - 1) break;
      }
      return blocks;
    }

    belief(reel, candidate, source, space, keys, probs, entropy) {
      const bins = (reel.glossary.spaces[space] || {}).bins || [];
      const rows = keys.slice(0, 8).map((key, at) => {
        const mine = !bins.length && key === candidate.fill;
        return bar(bins.length ? bins[key] : reel.quoted(key), probs[at], mine ? "dw-bar-mine" : "dw-bar-p", mine);
      });
      const title = `${reel.source(source).title}: ${(reel.glossary.spaces[space] || {title: space}).title}`;
      return el("details", {class: "dw-belief", open: true}, el("summary", {text: title}), ...rows,
        el("p", {class: "dw-quiet", text: `entropy ${dw.number(entropy)} nats`}));
    }

    /* On a canvas: the confidence of this position, round by round. */
    history(pane, candidate) {
      const {reel, now} = pane;
      if (!reel.map || !candidate.guess) return null;
      const at = candidate.position - reel.map.start, until = reel.beats[now.beat].r;
      const points = reel.rows.filter((row) => row[0] <= until && row[2][at] !== "." && row[1][at] >= 0).map((row) => [row[0], row[1][at] / 1000]);
      if (points.length < 2) return null;
      const last = Math.max(1, reel.rounds.length - 1), x = (round) => 4 + 232 * round / last, y = (value) => 38 - 34 * value;
      return el("div", {class: "dw-history"}, el("p", {class: "dw-quiet", text: `Confidence at position ${candidate.position}, round by round`}),
        svg("svg", {viewBox: "0 0 240 42", class: "dw-spark", role: "img", "aria-label": "confidence over rounds"},
          svg("line", {x1: 4, x2: 236, y1: 38, y2: 38}),
          svg("polyline", {points: points.map(([round, value]) => `${x(round)},${y(value)}`).join(" ")}),
          svg("circle", {cx: x(points[points.length - 1][0]), cy: y(points[points.length - 1][1]), r: 3})));
    }

    life(pane, candidate, verdicts) {
      const {reel, now} = pane, rows = [[candidate.beat, `proposed with ${dw.number(candidate.prob)}`]];
      for (const {beat, rule, passed} of verdicts) rows.push([beat, `${rule.title}: ${passed ? "yes" : "no"}`]);
      for (let at = candidate.beat; at <= now.beat; at += 1) {
        for (const op of reel.beats[at].o) {
          if (op[0] === "c" && op[2].includes(candidate.id)) rows.push([at, "committed"]);
          if (op[0] === "s" && op[2].includes(candidate.id) && ["unexamined", "pruned", "remasked"].includes(reel.statuses[op[1]])) {
            rows.push([at, reel.looks[reel.statuses[op[1]]].title]);
          }
        }
      }
      rows.sort((a, b) => a[0] - b[0]);
      return el("ol", {class: "dw-life", "aria-label": "Life of this candidate"}, ...rows.slice(-8).map(([beat, text]) =>
        el("li", {}, el("button", {type: "button", class: "dw-link", title: reel.beats[beat].s, text: reel.beats[beat].h.split(" · ").pop() || "start",
          on: {click: () => pane.seekBeat(beat)}}), ` ${text}`)));
    }
  };

  function bar(label, value, kind, mine) {
    return el("div", {class: "dw-row" + (mine ? " dw-mine" : "")}, el("span", {class: "dw-row-label", text: dw.clip(label, 26)}),
      el("span", {class: "dw-row-track"}, el("span", {class: `dw-row-fill ${kind}`, style: {width: `${Math.max(0.5, Math.min(100, value * 100))}%`}})),
      el("span", {class: "dw-row-value", text: dw.number(value)}));
  }

  /* A number line: the shaded part passes, the tick is the bound, the dot is the value. */
  function numberLine(value, bound, rule, passed) {
    const unit = value >= 0 && value <= 1 && bound >= 0 && bound <= 1.0001;
    const span = Math.abs(value - bound) || Math.abs(bound) || 1;
    const floor = Math.min(value, bound) - span * 0.5;
    const low = unit || (value >= 0 && bound >= 0) ? Math.max(0, floor * (unit ? 0 : 1)) : floor, high = unit ? 1 : Math.max(value, bound) + span * 0.5;
    const x = (at) => 8 + 224 * (at - low) / (high - low);
    const [from, to] = rule.op.startsWith("<") ? [low, bound] : rule.op.startsWith(">") ? [bound, high] : [bound, bound];
    return svg("svg", {viewBox: "0 0 240 30", class: "dw-line-svg", role: "img",
      "aria-label": `${rule.left} ${dw.number(value)}, ${rule.right} ${dw.number(bound)}`},
      svg("line", {class: "dw-nl-axis", x1: 8, x2: 232, y1: 14, y2: 14}),
      svg("line", {class: "dw-nl-pass", x1: x(from), x2: x(Math.max(from, Math.min(to, high))), y1: 14, y2: 14}),
      svg("line", {class: "dw-nl-bound", x1: x(bound), x2: x(bound), y1: 6, y2: 22}),
      svg("circle", {class: passed ? "dw-nl-yes" : "dw-nl-no", cx: x(value), cy: 14, r: 5}),
      svg("text", {x: 8, y: 29, text: dw.number(low)}), svg("text", {x: 232, y: 29, "text-anchor": "end", text: dw.number(high)}));
  }
})((window.dw = window.dw || {}));
