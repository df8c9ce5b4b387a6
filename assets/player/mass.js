/* The mass ledger of a place: what is left of the target for each sibling, after every rejection (viz/residuals.py). */
(function (dw) {
  "use strict";
  const {el} = dw;

  /* The stages of a place that are known at the cursor: each further one since the draft before it was rejected. */
  dw.stages = function (pane, place) {
    const {reel, now} = pane, all = place.stages || [[place.target, place.draft, 1, place.overlap]];
    const gone = place.ids.findIndex((id) => reel.statuses[now.status[id] || 0] !== "rejected"
      || !(pane.scores(id).some((score) => score.measure === dw.LEFT && score.beat <= now.beat) || pane.verdicts(id).some(({rule, passed, beat}) => !passed && beat <= now.beat && rule.left === "u")));
    return all.slice(0, gone < 0 ? all.length : gone + 1);
  };

  /* The mass ledger: one bar for what each sibling met, as long as its weight; drafts that took their share are outlined. */
  dw.massLedger = function (pane, place, chosen, choose) {
    const {reel} = pane, tried = new Set(place.ids.map((id) => reel.candidates[id].fill));
    const stages = dw.stages(pane, place), weighted = stages.some((stage) => stage[2] !== 1);
    const rows = stages.map(([target, , weight], at) => {
      const rest = Math.max(0, weight - target.reduce((sum, value) => sum + (value ?? 0), 0)), id = place.ids[at];
      const label = id === undefined ? "left after all" : `for ${dw.clip(reel.quoted(reel.candidates[id].fill), 12)}`;
      const parts = place.tokens.map((token, i) => [token, target[i] ?? 0]).filter(([, value]) => value >= 0.002)
        .map(([token, value]) => el("span", {class: "dw-mass-part" + (tried.has(token) ? " dw-mass-tried" : ""), style: {width: `${100 * value}%`}, text: value > 0.06 ? dw.visible(reel.text(token)) : ""}));
      const said = [...place.tokens.map((token, i) => [reel.quoted(token), target[i]]).filter(([, value]) => value !== null && value >= 0.002), ...(rest >= 0.002 ? [["other tokens", rest]] : [])]
        .map(([name, value]) => `${name} ${dw.number(value)}`).join(", ");
      const words = `${id === undefined ? "Left after every draft was rejected" : `What ${reel.quoted(reel.candidates[id].fill)} ${at ? "met after its elder siblings were rejected" : "met first"}`}: ${said || "nothing that is as much as 0.002"}.${weighted ? ` The path up to here weighs ${dw.number(weight)}.` : ""}`;
      return el("li", {}, el(choose ? "button" : "div", {type: choose ? "button" : null, class: "dw-mass-row" + (!choose && at === chosen ? " dw-mass-mine" : ""), title: words, "aria-label": choose ? words : null, "aria-pressed": choose ? String(at === chosen) : null,
        on: choose ? {click: () => choose(at)} : null}, el("span", {class: "dw-row-label", text: label}),
      el("span", {class: "dw-mass-bar"}, ...parts, rest >= 0.002 ? el("span", {class: "dw-mass-part dw-mass-rest", style: {width: `${100 * rest}%`}, text: rest > 0.2 ? "other" : ""}) : null),
      el("span", {class: "dw-row-value", text: weighted ? `weight ${dw.number(weight)}` : at ? left(pane, place.ids[at - 1]) : "whole"})));
    });
    return el("ol", {class: "dw-mass", "data-testid": "mass-ledger", "aria-label": "What is left of the target for each draft"}, ...rows);
  };

  /* The ledger of a candidate's place for the inspector, with the row that it met; null before a rejection. */
  dw.massLedgerOf = function (pane, id) {
    const figure = pane.reel.figures.overlap, place = figure && figure.spec.places.find((each) => each.stages && each.beat <= pane.now.beat && each.ids.includes(id));
    if (!place || dw.stages(pane, place).length < 2) return null;
    return el("div", {class: "dw-mass-small"}, el("p", {class: "dw-quiet", text: "What is left of the target, sibling by sibling"}), dw.massLedger(pane, place, place.ids.indexOf(id), null));
  };

  /* The recorded sum before it is normalised; where drafts are struck out nothing is scored. */
  function left(pane, id) {
    const score = pane.scores(id).find((each) => each.measure === dw.LEFT);
    return score ? `left ${dw.number(score.value)}` : "struck out";
  }
})((window.dw = window.dw || {}));
