/* Figures of many runs: tabs, the choices of a figure, its chart, and the same numbers as tables. What is drawn
   comes ready from Python; `ask(id, choices)` brings it, `open(what)` is called with what a point or a row means. */
(function (dw) {
  "use strict";
  const {el} = dw;
  const ROWS = 200;  // of a table; files have all
  const HEIGHT = 380;

  dw.BatchFigures = class {
    /* figures: [{id, title, question}]. options: {ask, open, opens (a word for the buttons of rows), plotly}. */
    constructor(figures, options) {
      Object.assign(this, {figures, options, id: figures[0].id, choices: {}, panel: null, turn: 0});
      this.tabs = new Map(figures.map((each) => [each.id, el("button", {type: "button", class: "dw-batch-tab", role: "tab",
        id: `dw-batch-${each.id}`, title: each.question, "data-testid": `batch-tab-${each.id}`, text: each.title, on: {click: () => this.show(each.id)}})]));
      this.list = el("div", {class: "dw-batch-tabs", role: "tablist", "aria-label": "Figures", on: {keydown: (event) => this.key(event)}}, [...this.tabs.values()]);
      this.head = el("div", {class: "dw-batch-head"});
      this.said = el("p", {class: "dw-batch-said", role: "status", "data-testid": "batch-said"});
      this.chart = el("div", {class: "dw-batch-chart", role: "img", "data-testid": "batch-chart"});
      this.note = el("p", {class: "dw-batch-note", "data-testid": "batch-note", hidden: true});
      this.tables = el("div", {class: "dw-batch-tables"});
      this.body = el("div", {class: "dw-batch-body", role: "tabpanel"}, this.head, this.said, this.chart, this.note, this.tables);
      this.node = el("div", {class: "dw-batch", "data-testid": "batch"}, this.list, this.body);
      this.mark();
    }

    mark() {
      for (const [id, tab] of this.tabs) {
        const on = id === this.id;
        tab.setAttribute("aria-selected", String(on));
        tab.setAttribute("tabindex", on ? "0" : "-1");
      }
      this.body.setAttribute("aria-labelledby", `dw-batch-${this.id}`);
    }

    key(event) {
      const ids = [...this.tabs.keys()], at = ids.indexOf(this.id);
      const to = {ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: ids.length - 1}[event.key];
      if (to === undefined) return;
      event.preventDefault();
      this.show(ids[(to + ids.length) % ids.length]);
      this.tabs.get(this.id).focus();
    }

    show(id, choices) {
      if (!this.tabs.has(id)) return this.refresh();
      if (id !== this.id) this.choices = {};
      Object.assign(this, {id, choices: {...this.choices, ...choices}});
      this.mark();
      if (this.options.shown) this.options.shown(this.id, this.choices);
      return this.refresh();
    }

    /* Ask again, for instance because other settings are chosen; the old picture stays until the new one is there. */
    async refresh() {
      const mine = (this.turn += 1);
      this.body.setAttribute("aria-busy", "true");
      try {
        const panel = await this.options.ask(this.id, this.choices);
        if (mine === this.turn) await this.draw(panel);
      } catch (error) {
        if (mine === this.turn) this.fail(error.message);
      }
      if (mine === this.turn) this.body.removeAttribute("aria-busy");
    }

    fail(text) {
      this.panel = null;
      this.chart.hidden = true;
      this.note.hidden = false;
      this.note.textContent = text;
      delete this.chart.dataset.drawn;
    }

    async draw(panel) {
      this.panel = panel;
      const focus = document.activeElement && this.head.contains(document.activeElement) ? document.activeElement.name : "";
      this.head.replaceChildren(el("h3", {text: panel.question}),
        el("div", {class: "dw-batch-choices"}, panel.controls.map((each) => this.control(each))),
        el("p", {class: "dw-batch-words"}, el("span", {text: "Definitions: "}), panel.words.map(([word, text]) => el("span", {class: "dw-batch-word", title: text, text: word}))));
      if (focus) { const again = this.head.querySelector(`[name="${focus}"]`); if (again) again.focus(); }
      this.said.textContent = panel.said;
      this.tables.replaceChildren(...panel.tables.map((each) => this.table(each)));
      await this.plot();
    }

    control({name, label, options, value}) {
      const list = el("select", {class: "dw-batch-select", name, "data-testid": `batch-${name}`, on: {change: () => this.show(this.id, {[name]: list.value})}},
        options.map(([id, text]) => el("option", {value: id, text, selected: id === value})));
      return el("label", {class: "dw-batch-choice"}, el("span", {text: label}), list);
    }

    async plot() {
      const {panel, chart, note} = this;
      chart.hidden = Boolean(panel.empty);
      note.hidden = !panel.empty;
      note.textContent = panel.empty;
      if (panel.empty) { delete chart.dataset.drawn; return; }
      try {
        const plotly = await dw.plotly(this.options.plotly);
        if (panel !== this.panel || !chart.isConnected) return;
        const spec = new dw.Palette(this.node).resolve(panel.spec), height = panel.spec.layout.height || HEIGHT;
        chart.style.height = `${height}px`;
        chart.setAttribute("aria-label", `${panel.title}: ${panel.question} ${panel.said} The tables below hold the same figures.`);
        await plotly.react(chart, spec.data, {...spec.layout, height, uirevision: panel.id}, spec.config);
        chart.removeAllListeners("plotly_click");
        chart.on("plotly_click", ({points: [at]}) => this.options.open(panel.cells.length ? {run: panel.cells[at.y], round: at.x} : at.customdata, chart));
        chart.dataset.drawn = panel.id;
      } catch (error) {
        this.fail(`This chart waits for plotly.js (${error.message}); the tables below hold the same figures.`);
      }
    }

    table({title, columns, rows, opens}) {
      const shown = rows.slice(0, ROWS), word = this.options.opens;
      const cut = rows.length > ROWS ? el("p", {class: "dw-batch-note", text: `The first ${ROWS} of ${rows.length} rows.`}) : null;
      const head = [...columns, ...(opens.length ? [""] : [])];
      const box = el("div", {class: "dw-batch-scroll", tabindex: "0", role: "region", "aria-label": title});
      /* Made when it is opened: most are not. */
      const fill = () => {
        if (box.firstChild) return;
        box.append(el("table", {}, el("thead", {}, el("tr", {}, head.map((text) => el("th", {scope: "col", text})))),
          el("tbody", {}, shown.map((row, at) => el("tr", {}, row.map((value, column) => el(column ? "td" : "th", {scope: column ? null : "row", text: dw.batchText(value)})),
            opens[at] ? el("td", {}, el("button", {type: "button", class: "dw-batch-open", text: word, "aria-label": `${word} ${row[0]}`,
              on: {click: (event) => this.options.open(opens[at], event.currentTarget)}})) : null)))));
      };
      return el("details", {class: "dw-batch-table", on: {toggle: fill}}, el("summary", {text: `${title} (${rows.length})`}), box, cut);
    }
  };

  /* A number as a table shows it. */
  dw.batchText = function (value) {
    if (value === null || value === undefined) return "–";
    if (typeof value !== "number" || Number.isInteger(value)) return String(value);
    return value.toFixed(Math.abs(value) < 10 ? 3 : 1);
  };

  /* '0.61 [0.52, 0.70]' as nodes. */
  dw.batchInterval = function (found, digits) {
    if (!found) return [el("span", {text: "–"})];
    const span = found.low === null ? "" : `[${found.low.toFixed(digits)}, ${found.high.toFixed(digits)}]`;
    return [el("span", {text: found.value.toFixed(digits)}), el("small", {text: span})];
  };
})((window.dw = window.dw || {}));
