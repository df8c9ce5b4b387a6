/* Decisions of two runs: for every rule that both apply, how often it passed, and the first verdict that differs. */
(function (dw) {
  "use strict";
  const {el} = dw;

  /* {rule: [{beat, kind, lane, id, value, bound, passed}]} in the order in which they were made. */
  function verdicts(reel) {
    const found = {};
    for (const [beat, {o}] of reel.beats.entries()) {
      for (const op of o) {
        if (op[0] !== "j") continue;
        const own = found[op[1]] = found[op[1]] || [];
        for (const [at, id] of op[4].entries()) {
          own.push({beat, kind: op[2], lane: op[3], id, value: dw.col(op[5], at), bound: dw.col(op[6], at), passed: Boolean(dw.col(op[7], at))});
        }
      }
    }
    return found;
  }

  /* What a verdict is about, so that two runs can agree on it: a proposal is its place and its token, not its number. */
  function subject(reel, {kind, lane, id}) {
    if (kind === "c") {
      const candidate = reel.candidates[id];
      return `${reel.quoted(candidate.fill)} at position ${candidate.position + 1}`;
    }
    return {p: `position ${id + 1}${lane ? ` of lane ${lane}` : ""}`, l: `lane ${id}`, y: `layer ${id}`}[kind];
  }

  /* The first place where two lists of verdicts of one rule part: {at, how} or null where none does. It says something
     because everything before it was judged alike: the same things, in the same order, with the same outcome. */
  dw.firstVerdict = function (left, right, a, b, ended) {
    const both = Math.min(left.length, right.length);
    for (let at = 0; at < both; at += 1) {
      if (subject(a, left[at]) !== subject(b, right[at])) return {at, how: "other"};
      if (left[at].passed !== right[at].passed) return {at, how: "verdict"};
    }
    return left.length === right.length || !ended ? null : {at: both, how: "end"};
  };

  dw.DecisionsView = class {
    constructor(player) {
      Object.assign(this, {player, stamp: ""});
      this.told = el("p", {class: "dw-compare-told", "data-testid": "decisions-told"});
      this.sheet = new dw.Sheet("Rules that both runs apply", "decisions", ["Rule", "A passed", "B passed"]);
      this.list = el("ul", {class: "dw-firsts", "data-testid": "decisions-first"});
      this.node = el("div", {}, this.told, this.list, this.sheet.node);
    }

    draw(a, b) {
      const stamp = [a.reel.version, b.reel.version, this.player.running()].join();
      if (this.stamp === stamp) return;
      this.stamp = stamp;
      const [one, other] = [verdicts(a.reel), verdicts(b.reel)];
      const shared = Object.keys(one).filter((id) => other[id]), rest = (all, els) => Object.keys(all).filter((id) => !els[id]);
      const passed = (list) => (list ? `${list.filter((each) => each.passed).length} of ${list.length}` : "–");
      const row = (id, reel) => ({head: reel.rule(id).title, means: this.means(reel.rule(id)), a: passed(one[id]), b: passed(other[id]), better: ""});
      this.sheet.draw([...shared.map((id) => row(id, a.reel)), ...rest(one, other).map((id) => row(id, a.reel)), ...rest(other, one).map((id) => row(id, b.reel))]);
      const samePrompt = a.reel.header.prompt === b.reel.header.prompt;
      const firsts = samePrompt ? shared.map((id) => this.first(id, one[id], other[id], a, b)) : [];
      this.list.replaceChildren(...firsts);
      this.told.textContent = !samePrompt ? "The prompts differ: which decisions part first would say nothing."
        : shared.length ? "Where the same rule decided in both runs, up to the first verdict that differs; after it the runs judge different things."
          : "The two methods make no decision of the same kind.";
    }

    means(rule) { return `${rule.left} ${rule.op} ${rule.right}`; }

    first(id, left, right, a, b) {
      const rule = a.reel.rule(id), ended = Boolean(a.reel.footer && b.reel.footer);
      const found = dw.firstVerdict(left, right, a.reel, b.reel, ended);
      const title = el("b", {text: rule.title});
      if (!found) return el("li", {}, title, ended ? `: all ${left.length} verdicts are the same.` : `: no difference in the first ${Math.min(left.length, right.length)}.`);
      const sides = [["a", a, left[found.at]], ["b", b, right[found.at]]];
      const lead = {verdict: "judged alike up to here, decided otherwise", other: "another thing is judged", end: "one run goes on"}[found.how];
      return el("li", {}, title, `: verdict ${found.at + 1}, ${lead}.`, ...sides.map(([name, pane, verdict]) => el("div", {class: "dw-first"},
        el("span", {class: "dw-letter", "data-side": name, text: name.toUpperCase()}), verdict ? this.way(name, pane, rule, verdict) : el("span", {class: "dw-quiet", text: "no further verdict of this rule"}))));
    }

    /* A verdict as a sentence that leads to it. */
    way(name, pane, rule, verdict) {
      const {reel} = pane, [left, right] = reel.sides(rule, verdict.value, verdict.bound);
      const round = reel.rounds[reel.beats[verdict.beat].r];
      const text = dw.verdict(rule, subject(reel, verdict), left, right, verdict.passed);
      return el("button", {type: "button", class: "dw-link", "data-testid": `decision-${name}`, text: `${round ? `${round.title}: ` : ""}${text}`, on: {click: () => {
        pane.seekBeat(verdict.beat);
        if (verdict.kind === "c") pane.select({candidate: verdict.id});
        else if (verdict.kind === "p") pane.select({lane: verdict.lane, position: verdict.id});
      }}});
    }
  };
})((window.dw = window.dw || {}));
