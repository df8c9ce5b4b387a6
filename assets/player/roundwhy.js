/* The evidence for a round: what its passes bought, which rules spoke in it, and the verdict that ended its draft. */
(function (dw) {
  "use strict";
  const {el} = dw;

  /* name of the count, title, what it means; only what occurs is shown, the first four always. */
  const COUNTS = [
    ["passes", "forward passes", "Networks that ran in this round, each counted."],
    ["target", "of the target", "Those passes that ran the model whose text is wanted."],
    ["rows", "rows computed", "Sequence positions that these passes pushed through the layers."],
    ["cached", "rows from caches", "Positions that were read from a cache instead."],
    ["drafted", "drafted", "Candidates that a draft proposed in this round."],
    ["accepted", "drafts that became text", "What the draft was good for: these tokens needed no pass of their own."],
    ["bonus", "other tokens written", "Written without a draft: the target's own token, a residual, or a mask lifted."],
    ["rejected", "rejected", "Drafts that failed their test."],
    ["unexamined", "never examined", "Drafts that no test reached: drafted for nothing."],
    ["pruned", "pruned", "Drafts dropped before the target saw them."],
    ["unused", "not used", "Drafts that failed no test and still did not become text."],
    ["retracted", "taken back", "Cells that became blank again."],
    ["open", "open after it", "Cells of the answer that were still masked when the round ended."],
  ];

  dw.roundEvidence = function (pane, at) {
    const {reel, now} = pane, round = reel.rounds[at];
    if (!round) return [];
    const over = now.beat >= round.b[1];
    return [
      el("h4", {text: [round.heading, round.title].filter(Boolean).join(" · ")}),
      over ? el("p", {"data-testid": "round-story", text: round.s}) : el("p", {class: "dw-quiet", text: "This round is not over at the cursor; the numbers are those of its end."}),
      bought(round),
      ending(pane, round),
      rules(reel, round),
      el("p", {class: "dw-round-ways"},
        way(pane, at - 1, "‹ round before"), way(pane, at + 1, "round after ›"),
        el("button", {type: "button", class: "dw-link", text: "to its first step", on: {click: () => pane.seekBeat(round.b[0])}})),
    ].filter(Boolean);
  };

  function bought(round) {
    const shown = COUNTS.filter(([name], i) => round[name] !== null && round[name] !== undefined && (i < 3 || round[name]));
    return el("dl", {class: "dw-counts", "data-testid": "round-counts"}, ...shown.flatMap(([name, title, meaning]) => [
      el("dt", {title: meaning, text: title}), el("dd", {"data-count": name, text: dw.number(round[name])})]));
  }

  /* The last rejection behind which no draft passed. Where there is none, the draft was simply used up. */
  function ending(pane, round) {
    const {reel} = pane, drafts = round.accepted + round.rejected + round.unexamined + round.unused;
    if (!drafts) return null;
    if (!round.ended) {
      const whole = round.accepted && !round.rejected && !round.unexamined && !round.unused;
      return whole ? el("p", {class: "dw-quiet", text: "Every draft that was verified became text: the draft was used up."}) : null;
    }
    const [beat, id] = round.ended, candidate = reel.candidates[id], verdict = pane.verdicts(id).filter((each) => each.beat === beat && !each.passed).pop();
    if (!verdict) return null;
    return el("div", {class: "dw-ending"}, el("p", {class: "dw-quiet"}, "The draft ended at ",
      el("button", {type: "button", class: "dw-link dw-token", text: reel.quoted(candidate.fill), on: {click: () => { pane.seekBeat(beat); pane.select({candidate: id}); }}}), ":"),
    dw.verdictCard(verdict, `${reel.quoted(candidate.fill)} at position ${candidate.position}`, pane));
  }

  function rules(reel, round) {
    if (!round.rules.length) return null;
    return el("div", {class: "dw-round-rules"}, el("p", {class: "dw-quiet", text: "Its rules"}), el("ul", {}, ...round.rules.map(([id, good, many]) => {
      const rule = reel.rule(id);
      return el("li", {}, el("span", {title: `${dw.capital(rule.left)} ${rule.op} ${rule.right}`, text: rule.title}), el("span", {class: "dw-row-value", text: `yes for ${good} of ${many}`}));
    })));
  }

  function way(pane, at, text) {
    const round = pane.reel.rounds[at];
    return round ? el("button", {type: "button", class: "dw-link", text, on: {click: () => { pane.seekBeat(round.b[1]); pane.select({round: at}); }}}) : null;
  }
})((window.dw = window.dw || {}));
