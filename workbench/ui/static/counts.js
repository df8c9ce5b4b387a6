/* Counts of another program: the charts that they support, the numbers with both conventions, and what they cannot say. */
(function (wb) {
  "use strict";
  const {el} = wb;
  const CHARTS = [["lengths", "Accepted lengths"], ["acceptance", "Acceptance by position"], ["steps", "Pass by pass"]];
  const COLUMNS = [["num_drafts", "Passes", "Verifying passes"], ["num_draft_tokens", "Drafted", "Draft tokens that were verified"],
    ["num_accepted_tokens", "Accepted", "Draft tokens that became text"], ["draft_acceptance_rate", "Rate", "Accepted / drafted"],
    ["mean_accepted_drafts", "Mean length, drafts alone", "Accepted / passes: without the target's own token"],
    ["mean_acceptance_length", "Mean length, with own token", "1 + accepted / passes: with one token of the target's own per pass"]];
  const MOST = 50;

  const said = (value) => (value === null || value === undefined ? "unknown" : typeof value === "number" ? String(Math.round(value * 1e4) / 1e4) : String(value));

  function table(told) {
    const line = (label, row, strong) => el("tr", {}, el("th", {scope: "row", text: label, class: strong ? "wb-total" : null}),
      ...COLUMNS.map(([name]) => el("td", {text: said(row[name]), "data-unknown": row[name] === null})));
    const rows = told.requests.slice(0, MOST).map((row) => line(row.label, row));
    const many = told.requests.length;
    const all = many > 1 ? [line(`all ${many}, pooled`, told.totals, true)] : [];
    const more = many > MOST ? [el("tr", {}, el("td", {colspan: COLUMNS.length + 1, text: `and ${many - MOST} more, which the pooled line counts`}))] : [];
    return el("div", {class: "wb-counts-scroll", tabindex: "0", role: "region", "aria-label": "Counts by request"}, el("table", {class: "wb-counts-table"},
      el("thead", {}, el("tr", {}, el("th", {scope: "col", text: "Request"}), ...COLUMNS.map(([, text, title]) => el("th", {scope: "col", text, title})))),
      el("tbody", {}, ...all, ...rows, ...more)));
  }

  const sentences = (title, lines, hook) => (lines.length ? el("div", {}, el("h3", {text: title}), el("ul", {"data-testid": hook}, ...lines.map((text) => el("li", {text})))) : null);

  /* Plotly is loaded when there is something to draw; the numbers above stand without it. */
  async function draw(place, figure, palette) {
    try {
      const plotly = await window.dw.plotly("/vendor/plotly.min.js"), spec = palette.resolve(figure.spec);
      if (place.isConnected) await plotly.react(place, spec.data, spec.layout, spec.config);
    } catch (error) {
      place.textContent = `The chart could not be drawn (${error.message}).`;
    }
  }

  wb.report = function (root, told, player) {
    const charts = CHARTS.filter(([id]) => told.figures[id]).map(([id, title]) => {
      const place = el("div", {class: "wb-counts-chart", "data-testid": `counts-${id}`});
      const save = window.dw.saver({id: `counts-${id}`, what: "this chart", figure: () => box, name: () => `${told.source}-${id}`, title: () => `${told.source} · ${title}`,
        root: player.root, palette: player.palette});
      const box = el("figure", {class: "wb-counts-figure"}, el("figcaption", {}, el("b", {text: title}), el("span", {text: told.figures[id].question}), save), place);
      return {box, place, figure: told.figures[id]};
    });
    root.replaceChildren(
      el("header", {class: "wb-counts-head"}, el("span", {class: "wb-chip wb-warn", text: "imported counts"}), el("h2", {text: told.source}),
        el("button", {type: "button", class: "wb-close", "aria-label": "Close the counts", text: "×", on: {click: () => { root.hidden = true; root.replaceChildren(); }}})),
      el("p", {class: "wb-counts-lead", text: "These are another program's counts, not a trace: nothing here can be stepped through, recomputed or checked."}),
      table(told), el("div", {class: "wb-counts-charts"}, ...charts.map(({box}) => box)),
      el("div", {class: "wb-counts-words"}, sentences("How they were read", told.notes, "counts-notes"), sentences("What they cannot say", told.silent, "counts-silent")));
    root.hidden = false;
    for (const {place, figure} of charts) draw(place, figure, player.palette);
    root.scrollIntoView({block: "nearest"});
  };
})((window.Workbench = window.Workbench || {}));
