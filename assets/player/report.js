/* A report of many runs as a file: the views that it holds are looked up instead of asked for. */
(function (dw) {
  "use strict";
  const {el} = dw;

  dw.batchReport = function (root, {title, command, overview, panels}) {
    const said = el("p", {role: "status", "data-testid": "report-said"});
    const held = (id) => panels.filter((each) => each.id === id);
    /* The view that agrees with most of the choices, the choice just made first; its controls offer what is held. */
    let before = {};
    function look(id, choices) {
      const changed = Object.keys(choices).filter((name) => choices[name] !== before[name]);
      before = {...choices};
      const agrees = ({panel}) => panel.controls.reduce((sum, {name, value}) => sum + (choices[name] === value ? (changed.includes(name) ? 100 : 1) : 0), 0);
      const found = held(id).reduce((best, each) => (agrees(each) > agrees(best) ? each : best));
      const offered = new Map(found.panel.controls.map(({name}) => [name, new Set(held(id).flatMap(({panel}) => panel.controls.filter((each) => each.name === name).map(({value}) => value)))]));
      return {...found.panel, controls: found.panel.controls.map((each) => ({...each, options: each.options.filter(([value]) => offered.get(each.name).has(value))}))};
    }
    const names = (what) => ("run" in what ? [what.run] : "a" in what ? [what.a, what.b] : []);
    const figures = new dw.BatchFigures(overview.figures, {opens: "Trace", ask: async (id, choices) => look(id, choices),
      open: (what) => { const keys = what ? names(what) : []; if (keys.length) said.textContent = `Its trace lies beside the table of the sweep: traces/…-${keys.join(".json.gz and traces/…-")}.json.gz`; }});
    const metrics = overview.metrics.filter(({id}) => overview.settings.some((each) => each.figures[id].mean));
    const table = el("table", {}, el("thead", {}, el("tr", {}, el("th", {scope: "col", text: "Setting"}), el("th", {scope: "col", text: "Runs"}),
      metrics.map((each) => el("th", {scope: "col", title: each.definition, text: each.title})))),
      el("tbody", {}, overview.settings.map((each) => el("tr", {}, el("th", {scope: "row"}, each.method, each.knobs ? el("small", {text: each.knobs}) : null),
        el("td", {text: each.failed ? `${each.runs} (+${each.failed} without a result)` : each.runs}), metrics.map(({id, digits}) => el("td", {}, dw.batchInterval(each.figures[id].mean, digits)))))));
    const chart = el("div", {class: "dw-batch-chart", "data-testid": "report-trade-off"});
    const scored = overview.figure.spec.data.length;
    root.append(el("h1", {text: title}), command ? el("p", {}, el("code", {text: command})) : "",
      el("section", {"aria-label": "Settings"}, el("h2", {text: "Settings"}), el("div", {class: "dw-batch-summary", tabindex: "0", role: "region", "aria-label": "Settings"}, table), el("p", {class: "dw-batch-words", text: overview.interval})),
      scored ? el("section", {"aria-label": "Trade-off"}, el("h2", {text: overview.figure.question}), chart) : "",
      el("section", {"aria-label": "Figures"}, figures.node, said));
    new dw.Tips(root);
    const spec = new dw.Palette(root).resolve(overview.figure.spec);
    if (scored) window.Plotly.react(chart, spec.data, spec.layout, spec.config);
    figures.refresh();
  };
})((window.dw = window.dw || {}));
