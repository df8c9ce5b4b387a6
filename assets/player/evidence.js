/* The evidence for one candidate: its inequality with its numbers, its probability before and after the sampler's
   settings, who else was in the running, and its life from first proposal to its fate. */
(function (dw) {
  "use strict";
  const {el, svg} = dw;
  const RIVALS = 6, VERDICTS = 4, BARS = 8, SAME = 5e-4;
  const SPACES = {vocabulary: "raw", processed: "processed"};

  dw.evidence = function (pane, id) {
    const {reel, now} = pane, candidate = reel.candidates[id];
    if (!candidate) return [];
    const status = reel.statuses[now.status[id] || 0], birth = reel.births[candidate.birth];
    const look = reel.looks[status] || {title: status, meaning: ""};
    const name = reel.quoted(candidate.fill), what = `${name} at position ${candidate.position}`;
    const verdicts = pane.verdicts(id).filter((verdict) => verdict.beat <= now.beat);
    const bonus = status === "committed" && birth !== "draft" && birth !== "target" ? ` · ${reel.looks[birth].title}` : "";
    const meaning = look.meaning + (bonus ? ` ${reel.looks[birth].meaning}` : "");
    const tests = verdicts.slice(-VERDICTS).reverse().map((verdict) => dw.verdictCard(verdict, what, pane));
    const heard = beliefs(pane, candidate, verdicts);
    return [
      el("h4", {}, el("span", {class: "dw-token", text: dw.clip(name, 30)}),
        el("span", {class: `dw-chip dw-s-${status}`, title: meaning, text: `${look.glyph || ""} ${look.title}${bonus}`})),
      el("p", {class: "dw-quiet", text: `Position ${candidate.position} · from ${reel.source(candidate.source).title}`}),
      unreached(pane, candidate, status),
      ...tests.slice(0, 1),
      chances(pane, candidate, heard),
      dw.massLedgerOf(pane, id),
      rivals(pane, candidate),
      ...heard.map((each) => belief(reel, candidate, each, each.space !== "vocabulary" || heard.every((other) => other === each || other.source !== each.source))),
      candidate.guess ? dw.guesses(pane, candidate.lane, candidate.position) : null,
      ...dw.quantities(pane, id),
      ...tests.slice(1),
      life(pane, candidate, verdicts),
    ].filter(Boolean);
  };

  /* Why no test reached it, as far as the round says. */
  function unreached({reel}, candidate, status) {
    const round = reel.rounds[reel.beats[candidate.beat].r];
    if (status !== "unexamined" || !round || !round.ended) return null;
    const fell = reel.candidates[round.ended[1]];
    return el("p", {class: "dw-quiet", text: `No test reached it. The last rejection of its round: ${reel.quoted(fell.fill)} at position ${fell.position}.`});
  }

  dw.verdictCard = function ({rule, value, bound, passed}, what, pane) {
    const [left, right] = pane.reel.sides(rule, value, bound), same = /^[!=]=$/.test(rule.op);
    return el("div", {class: "dw-verdict " + (passed ? "dw-yes" : "dw-no"), "data-testid": "verdict"},
      el("p", {class: "dw-ineq"}, el("b", {text: rule.left}), ` ${left} `, el("i", {text: rule.op}),
        ` ${right} `, el("b", {text: rule.right}), el("span", {class: "dw-tick", text: passed ? " ✓ yes" : " × no"})),
      same ? null : numberLine(value, bound, rule, passed),
      el("p", {text: dw.verdict(rule, what, left, right, passed)}),
      el("p", {class: "dw-quiet", "data-testid": "flip", text: dw.flip(rule, bound, right, passed)}));
  };

  /* What was measured of it, each with its definition: the latest of every measure. */
  dw.quantities = function (pane, id, only) {
    const {reel, now} = pane, latest = new Map();
    for (const {measure, value, beat} of pane.scores(id)) if (beat <= now.beat && (!only || measure === only)) latest.set(measure, value);
    return [...latest].map(([measure, value]) => {
      const {title, formula} = reel.glossary.measures[measure];
      return el("p", {class: "dw-quiet", title: `${dw.capital(title)}: ${formula}.`, "data-testid": "quantity", text: `${title} ${dw.number(value)}`});
    });
  };

  /* What every source believed at its place when it was judged: the latest of each source and space until then. */
  function beliefs(pane, candidate, verdicts) {
    const {reel, now} = pane, heard = new Map(), own = reel.beats[candidate.beat].r;
    const home = reel.rounds[own], last = Math.max(home ? home.b[1] : candidate.beat, ...verdicts.map((verdict) => verdict.beat));
    const root = candidate.above < 0 || candidate.guess;
    for (let at = Math.min(now.beat, last); at >= 0 && reel.beats[at].r >= own - 1; at -= 1) {
      for (const [kind, source, space, refs, lane, ids, keys, probs, entropies] of reel.beats[at].o) {
        if (kind !== "b" || heard.has(source + "\n" + space)) continue;
        let place = refs === "c" && !root ? ids.indexOf(candidate.above) : -1;
        if (place < 0 && refs === "p" && lane === candidate.lane && (root || candidate.parent < 0)) place = ids.indexOf(candidate.position);
        if (place >= 0) heard.set(source + "\n" + space, {source, space, keys: keys[place], probs: probs[place], entropy: entropies[place]});
      }
    }
    return [...heard.values()];
  }

  /* Its probability by its proposer and by every source that was heard; raw and processed apart where they differ. */
  function chances({reel, now}, candidate, heard) {
    const rows = [[`${reel.source(candidate.source).title}, when proposed`, candidate.prob, "q", ""]], met = new Map();
    for (const {source, space, keys, probs} of heard) {
      const at = keys.indexOf(candidate.fill), kind = reel.source(source).role === "draft" ? "q" : "p";
      if (at < 0 || bins(reel, space)) continue;
      const row = [source, probs[at], kind, space];
      met.set(source, [...(met.get(source) || []), row]);
    }
    for (const [source, found] of met) {
      const title = reel.source(source).title, values = found.map((row) => row[1]);
      if (found.length > 1 && Math.max(...values) - Math.min(...values) < SAME) rows.push([`${title}, raw and processed`, values[0], found[0][2], "both"]);
      else for (const [, value, kind, space] of found) rows.push([`${title}, ${SPACES[space] || space}`, value, kind, space]);
    }
    const target = now.target[candidate.id];
    if (target !== undefined && !rows.some((row) => row[2] === "p")) rows.push(["target", target, "p", ""]);
    const tip = (space) => (space === "both" ? `The same within ${SAME} in ${Object.keys(SPACES).map((each) => `‘${spaceTitle(reel, each)}’`).join(" and in ")}.`
      : space ? dw.capital(spaceTitle(reel, space)) + "." : "The probability that its proposer gave it.");
    return el("div", {class: "dw-pairs", "data-testid": "chances"}, ...rows.map(([label, value, kind, space]) => bar(label, value, `dw-bar-${kind}`, false, tip(space))));
  }

  const bins = (reel, space) => ((reel.glossary.spaces[space] || {}).bins || []).length;
  const spaceTitle = (reel, space) => (reel.glossary.spaces[space] || {title: space}).title;

  /* Who else was proposed for this position in the same round, its own siblings first. */
  function rivals(pane, candidate) {
    const {reel, now} = pane, round = reel.beats[candidate.beat].r, found = [];
    for (const step of [-1, 1]) {
      for (let id = candidate.id + step; reel.candidates[id] && reel.beats[reel.candidates[id].beat].r === round; id += step) {
        const each = reel.candidates[id];
        if (each.position === candidate.position && each.lane === candidate.lane && each.beat <= now.beat) found.push(each);
      }
    }
    if (!found.length) return null;
    const kin = (each) => (each.above === candidate.above ? 0 : 1);
    found.sort((x, y) => kin(x) - kin(y) || x.id - y.id);
    const rows = found.slice(0, RIVALS).map((each) => {
      const status = reel.statuses[now.status[each.id] || 0], look = reel.looks[status === "committed" ? reel.births[each.birth] : status] || {};
      return el("li", {class: `dw-s-${status}`}, el("button", {type: "button", class: "dw-rival", title: look.meaning, on: {click: () => pane.select({candidate: each.id})}},
        el("span", {class: "dw-row-label", text: dw.clip(reel.quoted(each.fill), 18)}), el("span", {class: "dw-row-value", text: dw.number(each.prob)}),
        el("span", {class: "dw-rival-fate", text: `${look.glyph || ""} ${status === "committed" ? `became text (${look.title})` : look.title || status}`})));
    });
    const more = found.length - rows.length;
    return el("div", {class: "dw-rivals", "data-testid": "rivals"}, el("p", {class: "dw-quiet", text: "Also proposed for this position"}), el("ol", {}, ...rows),
      more > 0 ? el("p", {class: "dw-quiet", text: `and ${more} more`}) : null);
  }

  function belief(reel, candidate, {source, space, keys, probs, entropy}, open) {
    const names = (reel.glossary.spaces[space] || {}).bins || [];
    const named = (key) => (names.length ? names[key] : reel.quoted(key));
    const rows = keys.slice(0, BARS).map((key, at) => {
      const mine = !names.length && key === candidate.fill;
      return bar(named(key), probs[at], mine ? "dw-bar-mine" : "dw-bar-p", mine);
    });
    const further = keys.slice(BARS).map((key, at) => [key, probs[BARS + at]]), told = further.filter(([, prob]) => prob > 0);
    const rest = told.map(([key, prob]) => `${dw.clip(named(key), 18)} ${dw.number(prob)}`);
    if (told.length < further.length) rest.push(`${further.length - told.length} more below 0.0001`);
    return el("details", {class: "dw-belief", open}, el("summary", {text: `${reel.source(source).title}: ${spaceTitle(reel, space)}`}), ...rows,
      rest.length ? el("p", {class: "dw-quiet dw-rest", "data-testid": "rest", text: `then ${rest.join(" · ")}`}) : null,
      el("p", {class: "dw-quiet", title: "How open the whole distribution is: 0 where one token is certain.", text: `entropy ${dw.number(entropy)} nats`}));
  }

  /* On a canvas: what was guessed for this position, round by round, and what came of it. */
  dw.guesses = function (pane, lane, position) {
    const {reel, now} = pane, runs = [], points = [];
    for (const id of reel.guesses.get(`${lane}:${position}`) || []) {
      const candidate = reel.candidates[id];
      if (candidate.beat > now.beat) break;
      const round = reel.beats[candidate.beat].r, status = reel.statuses[now.status[candidate.id] || 0], run = runs[runs.length - 1];
      points.push([round, candidate.prob]);
      if (run && run.fill === candidate.fill && !["committed", "remasked"].includes(run.status)) Object.assign(run, {last: round, prob: candidate.prob, status, id: candidate.id});
      else runs.push({fill: candidate.fill, first: round, last: round, from: candidate.prob, prob: candidate.prob, status, id: candidate.id});
    }
    if (points.length < 2) return null;
    const name = (round) => `${round + 1}`, said = {committed: " · committed", remasked: " · committed, then taken back"};
    const last = Math.max(1, reel.rounds.length - 1), x = (round) => 4 + 232 * round / last, y = (value) => 38 - 34 * value;
    return el("div", {class: "dw-history", "data-testid": "guesses"}, el("p", {class: "dw-quiet", text: `Guesses for position ${position}, round by round`}),
      svg("svg", {viewBox: "0 0 240 42", class: "dw-spark", role: "img", "aria-label": "probability of the guess over the rounds"},
        svg("line", {x1: 4, x2: 236, y1: 38, y2: 38}),
        svg("polyline", {points: points.map(([round, value]) => `${x(round)},${y(value)}`).join(" ")}),
        svg("circle", {cx: x(points[points.length - 1][0]), cy: y(points[points.length - 1][1]), r: 3})),
      el("ol", {class: "dw-runs"}, ...runs.slice(-6).map((run) => el("li", {}, el("button", {type: "button", class: "dw-link dw-token", text: reel.quoted(run.fill),
        on: {click: () => pane.select({candidate: run.id})}}),
      ` round${run.first === run.last ? "" : "s"} ${name(run.first)}${run.first === run.last ? "" : `–${name(run.last)}`}: ${dw.number(run.from)}${run.first === run.last ? "" : ` to ${dw.number(run.prob)}`}${said[run.status] || ""}`))));
  };

  function life(pane, candidate, verdicts) {
    const {reel, now} = pane, rows = [[candidate.beat, `proposed with ${dw.number(candidate.prob)}`]];
    for (const {beat, rule, passed} of verdicts) rows.push([beat, `${rule.title}: ${passed ? "yes" : "no"}`]);
    for (const [beat, text] of pane.turns(candidate.id)) if (beat <= now.beat) rows.push([beat, text]);
    rows.sort((a, b) => a[0] - b[0]);
    return el("ol", {class: "dw-life", "aria-label": "Life of this candidate"}, ...rows.slice(-8).map(([beat, text]) =>
      el("li", {}, el("button", {type: "button", class: "dw-link", title: reel.beats[beat].s, text: reel.beats[beat].h.split(" · ").pop() || "start",
        on: {click: () => pane.seekBeat(beat)}}), ` ${text}`)));
  }

  function bar(label, value, kind, mine, tip) {
    return el("div", {class: "dw-row" + (mine ? " dw-mine" : "")}, el("span", {class: "dw-row-label", title: tip, text: dw.clip(label, 64)}),
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
