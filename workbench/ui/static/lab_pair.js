/* Pairs of drafter and rule in the lab: the choice, the words, and the link from a greyed choice to its own experiment. */
(function (wb) {
  "use strict";
  const {el} = wb;
  const PARTS = ["drafter", "shape", "siblings", "verification"];
  const LABELS = {drafter: "Drafter", shape: "Shape", siblings: "Siblings", verification: "Verification rule"};
  const SMALLEST = 3, FIXED = ["point_mass", "sample_match"];

  wb.pair = {
    /* A first refused pair: fixed drafts tested as if they had been drawn, by the rule at hand unless it is made for fixed ones. */
    first: (rule) => ({rule: FIXED.includes(rule) ? "ratio" : rule, mistake: "", drafter: "draft model", shape: "chain", siblings: "likeliest", size: SMALLEST}),

    /* Lists for the four parts; `change` takes what was chosen. */
    controls(all, state, change) {
      const chosen = {...state, verification: state.rule};
      return el("section", {class: "wb-setup", "data-testid": "lab-pair"}, PARTS.map((part) => {
        const list = el("select", {class: "wb-select", id: wb.id(part), "data-testid": `lab-${part}`, on: {change: () => change({[part === "verification" ? "rule" : part]: list.value})}},
          all.pairs[part].map((each) => el("option", {value: each, selected: each === chosen[part], text: (part === "verification" && all.titles[each]) || each})));
        return el("div", {class: "wb-field"}, el("label", {for: list.id, text: LABELS[part]}), list);
      }), el("p", {class: "wb-help wb-drafts", text: "Any pair runs here, also one that the menu refuses: small, on two tables, every branch of the dice."}));
    },

    words(pair) {
      const line = (name, text, hook) => [el("dt", {text: name}), el("dd", {text, "data-testid": hook})];
      return el("dl", {class: "wb-words"}, line("Refused", pair.refused || "no", "lab-refused"), line("Here", pair.ran, "lab-ran"), line("Why", pair.why, "lab-why"));
    },

    /* A link from a choice that is greyed to the experiment with that very pair; null where the knobs are no composition. */
    link(knobs, text, hook) {
      if (!PARTS.every((part) => part in knobs)) return null;
      const {verification: rule, drafter, shape, siblings} = knobs, warm = Number(knobs.temperature);
      const query = new URLSearchParams({rule, mistake: "", drafter, shape, siblings, size: SMALLEST, seed: 0, temperature: warm > 0 ? warm : 1});
      return el("a", {class: "wb-breaks-link", href: `#breaks?${query}`, text, "data-testid": hook});
    },
  };
})((window.Workbench = window.Workbench || {}));
