/* Statistics charts: specs come ready from Python; plotly.js is loaded when the first one is opened. */
(function (dw) {
  "use strict";
  const {el} = dw;
  let library = null;

  dw.plotly = function (url) {
    if (window.Plotly) return Promise.resolve(window.Plotly);
    if (!url) return Promise.reject(new Error("no plotly.js here"));
    library = library || new Promise((resolve, reject) => {
      const script = el("script", {src: url});
      script.onload = () => (window.Plotly ? resolve(window.Plotly) : reject(new Error("plotly.js did not start")));
      script.onerror = () => { library = null; script.remove(); reject(new Error("plotly.js could not be loaded")); };
      document.head.append(script);
    });
    return library;
  };

  dw.PlotView = class {
    constructor(pane, name, id) {
      Object.assign(this, {pane, id, drawn: null});
      this.note = el("div", {class: "dw-note"});
      this.chart = el("div", {class: "dw-chart"});
      this.line = el("div", {class: "dw-chart-line", hidden: true});
      this.caption = el("div", {class: "dw-caption"});
      this.node = el("div", {class: "dw-figure", "data-testid": `${id}-${name}`}, this.caption,
        el("div", {class: "dw-chart-box"}, this.chart, this.line, this.note));
    }

    reset() {
      this.drawn = null;
      if (window.Plotly && this.chart.data) window.Plotly.purge(this.chart);
    }
    recolour() { this.drawn = null; }

    draw(now) {
      const figure = now.reel.figures[this.id];
      this.caption.textContent = figure ? figure.question : "";
      this.note.textContent = figure ? "" : "This chart is drawn after the first rounds of the run.";
      if (!figure) return;
      if (this.drawn !== figure) this.render(figure);
      else this.mark(now, figure);
    }

    async render(figure) {
      this.drawn = figure;
      if (!window.Plotly) this.note.textContent = "Waiting for plotly.js …";
      try {
        const plotly = await dw.plotly(this.pane.player.options.plotly);
        if (this.drawn !== figure || !this.chart.isConnected) { this.drawn = null; return; }
        const spec = this.pane.palette.resolve(figure.spec);
        await plotly.react(this.chart, spec.data, spec.layout, spec.config);
        this.note.textContent = "";
        this.mark(this.pane.now, figure);
      } catch (error) {
        this.drawn = null;
        this.note.textContent = `This chart waits for plotly.js (${error.message}). Everything else works without it.`;
      }
    }

    /* The cursor is a plain line over the chart: no relayout per step. */
    mark(now, figure) {
      const axis = this.chart._fullLayout && this.chart._fullLayout.xaxis;
      const here = figure.clock && axis && now.beat >= 0 ? now.reel.value(now.beat, now.reel.clock(figure.clock)) : null;
      this.line.hidden = here === null;
      if (here === null) return;
      const {t: top, h: height} = this.chart._fullLayout._size;  // the plot without its legend
      Object.assign(this.line.style, {top: `${top}px`, height: `${height}px`, transform: `translateX(${axis._offset + axis.l2p(here)}px)`});
    }
  };
})((window.dw = window.dw || {}));
