/* Draft and check on a canvas: a ladder of drafted canvases, guesses for one cell, or two lanes of opinions. */
(function (dw) {
  "use strict";
  const {el, svg} = dw;
  const NAME = 34, TOP = 12, FOOT = 38, SIDE = 84;

  dw.TrialsView = class {
    constructor(pane, name) {
      this.pane = pane;
      this.caption = el("div", {class: "dw-caption", role: "status"});
      this.body = el("div", {class: "dw-scroll dw-trials", "data-testid": `trials-${name}`, tabindex: "0", role: "region", "aria-label": "Draft and check"});
      this.legend = el("div", {class: "dw-legend"});
      this.node = el("div", {class: "dw-figure"}, this.caption, this.body, this.legend);
      this.body.addEventListener("click", (event) => this.open(event));
      this.body.addEventListener("keydown", (event) => { if (event.key === "Enter" && !event.target.matches("button")) this.open(event); });
      this.reset();
    }

    reset() { this.stamp = this.room = null; }
    recolour() { this.stamp = this.room = null; }

    open(event) {
      const part = event.target.closest("[data-c]");
      if (part) this.pane.select({candidate: Number(part.dataset.c)});
    }

    draw(now, step, selected) {
      const figure = now.reel.figures.trials, {reel} = now;
      const trials = figure ? figure.spec.trials.filter((each) => each.beat <= now.beat) : [];
      const trial = trials[trials.length - 1];
      if (!trial) {
        this.caption.textContent = figure ? "Nothing has been checked yet." : "This figure is drawn after the first rounds of the run.";
        this.body.replaceChildren(); this.legend.replaceChildren(); this.stamp = null;
        return;
      }
      const round = reel.rounds[trial.round], until = Math.min(now.beat, round ? round.b[1] : now.beat), picked = selected ? selected.candidate : undefined;
      const stamp = `${reel.version}:${trials.length}:${until}:${picked}`;
      if (this.stamp === stamp) return;
      const again = this.stamp !== null && this.shown === trials.length, at = again ? [this.body.scrollLeft, this.body.scrollTop] : null;
      this.stamp = stamp;
      this.shown = trials.length;
      const seen = new Seen(reel, trial, until, until >= (round ? round.b[1] : 0));
      const drawn = trial.kind === "lanes" ? this.lanes(seen, picked) : trial.kind === "ladder" ? this.ladder(seen, picked) : this.guesses(seen, picked);
      this.body.replaceChildren(drawn);
      if (at && (at[0] || at[1])) this.body.scrollTo(...at);
      const title = round ? (round.heading ? `${round.heading} · ${round.title}` : round.title) : "";
      const later = reel.beats[now.beat].r > trial.round + 1 ? " (the last check so far)" : "";
      this.caption.textContent = this.caption.title = `${title}${later}: ${this.told(seen)}`;
    }

    told({reel, trial, tried, done}) {
      const kept = (rows) => rows.filter((each) => trial.kept.includes(each.id)).length;
      if (trial.kind === "ladder") {
        const stand = kept(tried);
        return `${trial.passes} canvases read in one batch${done ? `; of ${tried.length} drafts ${stands(stand)} (the first always does)` : ""}`;
      }
      if (trial.kind === "guesses") return `${tried.length} guesses for position ${reel.candidates[tried[0].id].position}, each written into a copy of the canvas`;
      const looked = tried.filter((each) => each.tests.length), fresh = tried.filter((each) => each.first);
      const who = reel.source(trial.checker).title;
      if (trial.back.length || fresh.length) {
        return `${kept(fresh)} of ${fresh.length} open positions written; ${looked.length} written tokens seen by ${who}${done ? `, ${trial.back.length} taken back` : ""}`;
      }
      return `${dw.many(looked.length, "draft")} seen by ${who}${done ? `, ${stands(kept(looked))}` : ""}`;
    }

    key(entries) { this.legend.replaceChildren(...entries.map(([name, text]) => el("span", {class: "dw-key"}, typeof name === "string" && name.length > 2 ? el("i", {class: `dw-swatch ${name}`}) : el("b", {text: name}), text))); }

    /* A rung per drafted canvas: what it adds, and what the plain sampler writes on it next. */
    ladder(seen, picked) {
      const {reel, trial, tried, done} = seen;
      this.key([["✓", "just what the plain sampler writes"], ["×", "the plain sampler writes another"], ["–", "never compared"]]);
      let fallen = false;
      const rungs = tried.map((each, at) => {
        const mine = reel.candidates[each.id], test = seen.last(each), next = tried[at + 1];
        const state = at === 0 ? "yes" : fallen || (!test && done) ? "never" : !test ? "waits" : test.passed && !(done && !trial.kept.includes(each.id)) ? "yes" : "no";
        fallen = fallen || state === "no" || state === "never";
        const glyph = {yes: "✓", no: "×", never: "–", waits: "·"}[state];
        const behind = each.behind.map((id) => reel.candidates[id]);
        const agrees = next && behind.some((child) => { const other = reel.candidates[next.id]; return child.position === other.position && child.fill === other.fill; });
        const goes = behind.length ? behind.slice(0, 4).map((child) => `${reel.quoted(child.fill)} at ${child.position} (${dw.number(child.prob)})`).join(", ") + (behind.length > 4 ? ` and ${behind.length - 4} more` : "")
          : "nothing: the block is full";
        const why = at === 0 ? "the plain step itself" : state === "no" ? seen.sentence(each, test) : state === "never" ? "never compared" : state === "waits" ? "" : "stands";
        return el("button", {type: "button", class: `dw-rung dw-rung-${state}${picked === each.id ? " dw-picked" : ""}`, "data-c": each.id,
          "aria-label": `Draft ${at + 1}: ${reel.quoted(mine.fill)} at ${mine.position}. ${why || "waits"}. On this canvas the plain sampler goes on with ${goes}`},
        el("span", {class: "dw-rung-rail"}, el("b", {text: glyph})), el("span", {class: "dw-rung-name", text: `draft ${at + 1}`}),
        el("span", {class: "dw-rung-token", text: `+ ${dw.clip(reel.quoted(mine.fill), 18)} at ${mine.position} (${dw.number(mine.prob)})`}),
        el("span", {class: "dw-row-track"}, el("i", {class: "dw-row-fill dw-bar-p", style: {width: `${100 * mine.prob}%`}})),
        el("span", {class: "dw-rung-next"}, el("i", {text: "then "}), goes, behind.length && next ? el("b", {class: agrees ? "dw-good" : "dw-bad", text: agrees ? ` = draft ${at + 2}` : ` ≠ draft ${at + 2}`}) : null),
        el("span", {class: "dw-rung-why", text: why, title: why}));
      });
      return el("div", {class: "dw-ladder"}, ...rungs);
    }

    /* Guesses for one cell: what each would bring, and which one is written. */
    guesses(seen, picked) {
      const {reel, tried} = seen;
      const measures = [...new Set(tried.flatMap((each) => Object.keys(each.scores)))];
      const most = Object.fromEntries(measures.map((id) => [id, tried.some((each) => each.scores[id] < 0) ? 0 : Math.max(1e-9, ...tried.map((each) => each.scores[id] || 0))])); // 0: no bar
      this.key([["✓", "written"], ["×", "dropped"]]);
      const cells = (texts, name) => el("div", {class: `dw-guess-row ${name}`, style: {"--many": measures.length}}, ...texts.map((text) => el("span", {text})));
      const head = cells(["", "guess", "probability", ...measures.map((id) => { const noun = reel.glossary.measures[id] || {title: id, unit: ""}; return noun.unit ? `${noun.title} (${noun.unit})` : noun.title; })], "dw-guess-head");
      return el("div", {class: "dw-guesses"}, head, ...tried.map((each) => {
        const mine = reel.candidates[each.id], test = seen.last(each);
        return el("button", {type: "button", class: `dw-guess-row dw-rung-${test ? test.passed ? "yes" : "no" : "waits"}${picked === each.id ? " dw-picked" : ""}`, style: {"--many": measures.length}, "data-c": each.id,
          "aria-label": `${reel.quoted(mine.fill)}, probability ${dw.number(mine.prob)}. ${test ? seen.sentence(each, test) : ""}`},
        el("span", {class: "dw-rung-rail"}, el("b", {text: test ? test.passed ? "✓" : "×" : "·"})), el("span", {class: "dw-rung-token", text: reel.quoted(mine.fill)}), bar(mine.prob, 1, "dw-bar-p"),
        ...measures.map((id) => bar(each.scores[id], most[id], "dw-bar-q")));
      }));
    }

    /* Above what the drafter gave each token, below what the checker gives it, position by position. */
    lanes(seen, picked) {
      const {reel, trial, done} = seen, tried = [...seen.tried].sort((one, two) => reel.candidates[one.id].position - reel.candidates[two.id].position || one.id - two.id);
      const again = tried.some((each) => each.first) || trial.back.length > 0;
      this.key(again ? [["dw-lane-k-old", "when it was written"], ["dw-lane-k-new", "open position, now"], ["dw-lane-k-check", reel.source(trial.checker).title], ["✓", "stands or is written"], ["↺", "taken back"], ["○", "stays masked"]]
        : [["dw-lane-k-new", reel.source(trial.drafter).title], ["dw-lane-k-check", reel.source(trial.checker).title], ["✓", "stands"], ["×", "refused; below it what was written instead"], ["–", "behind the first refusal"]]);
      this.room = this.room || [this.body.clientWidth || 600, this.body.clientHeight || 240]; // read once, below the key: a resize begins anew
      this.half = Math.max(44, Math.min(90, Math.floor((this.room[1] - TOP - NAME - FOOT - 6) / 2)));
      const wide = Math.max(18, Math.min(58, Math.floor((this.room[0] - SIDE - 12) / tried.length))), HALF = this.half;
      const width = SIDE + wide * tried.length + 8, mid = TOP + HALF, low = mid + NAME, parts = [];
      const label = (y, text, extra) => parts.push(svg("text", {class: "dw-lane-title", x: 4, y, text: dw.clip(text, 13)}, svg("title", {text: extra || text})));
      label(TOP + HALF / 2, again ? "confidence" : "draft", reel.source(trial.drafter).title);
      label(low + HALF / 2, again ? "checked" : "checker", reel.source(trial.checker).title);
      parts.push(svg("line", {class: "dw-axis", x1: SIDE, x2: width, y1: mid, y2: mid}), svg("line", {class: "dw-axis", x1: SIDE, x2: width, y1: low, y2: low}));
      this.bounds(seen, tried, wide, mid, low, parts);
      tried.forEach((each, at) => parts.push(this.column(seen, each, SIDE + at * wide, wide, mid, low, again, picked)));
      return svg("svg", {class: "dw-lanes-svg", width, height: low + HALF + FOOT, role: "group", "aria-label": done ? this.told(seen) : "Two lanes"}, ...parts);
    }

    bounds(seen, tried, wide, mid, low, parts) {
      const tall = (value) => this.half * Math.max(0, Math.min(1, value));
      tried.forEach((each, at) => {
        const x = SIDE + at * wide, test = seen.last(each);
        if (each.first) parts.push(svg("line", {class: "dw-measure-bound", x1: x, x2: x + wide, y1: mid - tall(each.first.bound), y2: mid - tall(each.first.bound)}));
        if (test && Math.abs(test.value - each.own) < 1e-3) parts.push(svg("line", {class: "dw-measure-bound", x1: x, x2: x + wide, y1: low + tall(test.bound), y2: low + tall(test.bound)}));
      });
    }

    column(seen, each, x, wide, mid, low, again, picked) {
      const {reel, trial, done} = seen, HALF = this.half, mine = reel.candidates[each.id], test = seen.last(each), w = Math.max(6, wide - 6), at = x + 3;
      const back = trial.back.includes(each.id), kept = trial.kept.includes(each.id), chars = Math.max(2, Math.floor(wide / 7.2));
      const state = !done && !test && !each.first ? "waits" : again ? back && done ? "back" : each.first && !kept ? "open" : "yes" : kept ? "yes" : test && !test.passed ? "no" : "never";
      const glyph = {yes: "✓", no: "×", never: "–", back: "↺", open: "○", waits: "·"}[state], instead = each.instead >= 0 ? reel.candidates[each.instead] : null;
      const own = each.own !== null && test ? each.own : null, said = `${reel.quoted(mine.fill)} at ${mine.position}`;
      const words = [said, `${dw.number(mine.prob)} by the ${reel.source(mine.source).title}`, own === null ? "" : `${dw.number(own)} by ${reel.source(trial.checker).title}`,
        test ? seen.sentence(each, test) : each.first ? seen.sentence(each, each.first) : "", instead ? `${reel.quoted(instead.fill)} instead` : ""].filter(Boolean).join(" · ");
      return svg("g", {class: `dw-lane-column dw-lane-${state}${picked === each.id ? " dw-picked" : ""}`, "data-c": each.id, tabindex: "0", role: "button", "aria-label": words},
        svg("title", {text: words}), svg("rect", {class: "dw-hit", x, y: 0, width: wide, height: low + HALF + FOOT}),
        svg("rect", {class: each.first || !again ? "dw-lane-new" : "dw-lane-old", x: at, width: w, y: mid - HALF * mine.prob, height: Math.max(1, HALF * mine.prob)}),
        svg("text", {class: "dw-lane-token", x: x + wide / 2, y: mid + 15, "text-anchor": "middle", text: dw.clip(dw.visible(reel.text(mine.fill).replace(/^ +/, "")) || "·", chars)}),
        wide > 21 || mine.position % 2 === 0 ? svg("text", {class: "dw-measure-tick", x: x + wide / 2, y: mid + 28, "text-anchor": "middle", text: String(mine.position)}) : null,
        own === null ? null : svg("rect", {class: back && done ? "dw-lane-check dw-lane-gone" : "dw-lane-check", x: at, width: w, y: low, height: Math.max(1, HALF * own)}),
        svg("text", {class: "dw-lane-glyph", x: x + wide / 2, y: low + HALF + 16, "text-anchor": "middle", text: glyph}),
        instead ? svg("text", {class: "dw-lane-token dw-lane-instead", x: x + wide / 2, y: low + HALF + 32, "text-anchor": "middle", text: dw.clip(dw.visible(reel.text(instead.fill).replace(/^ +/, "")) || "·", chars)}) : null);
    }
  };

  /* A trial as far as the cursor has seen it. `done`: its round is over. */
  class Seen {
    constructor(reel, trial, beat, done) {
      const read = (test) => ({rule: trial.rules[test[0]], value: test[1], bound: test[2], passed: Boolean(test[3]), beat: test[4]});
      this.reel = reel;
      this.trial = trial;
      this.done = done;
      this.tried = trial.tried.map(([id, tests, own, first, instead, behind, scores]) => ({id, own: own === undefined ? null : own, behind: behind || [], scores: scores || {},
        instead: instead === undefined || !done ? -1 : instead, first: first ? read(first) : null, tests: (tests || []).map(read).filter((test) => test.beat <= beat)}));
    }

    last(each) { return each.tests[each.tests.length - 1] || null; }

    sentence(each, test) {
      const {reel} = this, mine = reel.candidates[each.id], rule = reel.rule(test.rule), [left, right] = reel.sides(rule, test.value, test.bound);
      return dw.verdict(rule, `${reel.quoted(mine.fill)} at ${mine.position}`, left, right, test.passed);
    }
  }

  const stands = (many) => `${many} ${many === 1 ? "stands" : "stand"}`;

  function bar(value, most, name) {
    return el("span", {class: "dw-guess-bar"}, most ? el("span", {class: "dw-row-track"}, el("i", {class: `dw-row-fill ${name}`, style: {width: `${value === undefined ? 0 : Math.min(100, 100 * value / most)}%`}})) : el("span", {}),
      el("span", {class: "dw-row-value", text: value === undefined ? "" : dw.number(value)}));
  }
})((window.dw = window.dw || {}));
