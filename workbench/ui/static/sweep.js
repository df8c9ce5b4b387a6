/* Many prompts: a set in numbers and figures; every point, cell and row opens its run on the Decode page. */
(function (wb) {
  "use strict";
  const {el} = wb;
  const VIEW = "many", PLOTLY = "/vendor/plotly.min.js", READ_MS = 3000;
  const FILES = [["table.csv", "Rows, CSV"], ["table.json", "Rows, JSON"], ["report.json", "Report, JSON"], ["report.html", "Report, HTML"]];
  const state = {sweep: "", task: "", column: "score", figure: "", show: ""};
  let form = null, shown = null, chosen = -1, controls = null, figure = null, frame = null, begun = false, turn = 0, again = 0, led = "";

  // ---- which view -----------------------------------------------------------------------

  function route() {
    const [name, query] = location.hash.slice(1).split("?"), here = name === VIEW;
    document.body.classList.toggle("wb-many", here);
    if (!here) return;
    const said = new URLSearchParams(query || "");
    for (const [key, value] of said) if (key in state) state[key] = value;
    begin(wb.parse(said.get("setup")));
  }

  async function begin(setup) {
    if (begun || !controls || !figure) { if (form && setup) form.fill(setup); return; }
    begun = true;
    let options, choices;
    try {
      [options, choices] = await Promise.all([wb.ask("/sweeps/options.json"), wb.ask("/workbench/choices.json")]);
    } catch (error) {
      begun = false;
      complain(error.message);
      return;
    }
    form = new wb.SweepForm(controls, {...options, families: choices.families, methods: choices.methods, models: choices.models},
      {pick: (sweep) => pick({sweep, task: "", show: ""}), reuse: () => form.fill(shown.setup), grown, ended});
    if (setup) form.fill(setup);
    if (!state.sweep && options.sweeps.length) state.sweep = options.sweeps[0];
    form.sweeps(options.sweeps, state.sweep);
    if (options.job && options.job.status === "running") form.follow(options.job);
    await ask();
  }

  /* The set that runs is shown once, as soon as it has a table; who looks at another one is left alone. */
  function grown(job) {
    if (job.name === state.sweep) ask(true);
    else if (led !== job.name) ended(job);
  }

  async function ended(job) {
    try {
      const {sweeps} = await wb.ask("/sweeps/options.json");
      if (!sweeps.includes(job.name)) return;
      led = job.name;
      Object.assign(state, job.name === state.sweep ? {} : {sweep: job.name, task: "", show: ""});
      form.sweeps(sweeps, state.sweep);
      remember();
      await ask();
    } catch (error) {
      form.say(error);
    }
  }

  function remember() {
    if (location.hash.startsWith(`#${VIEW}`)) history.replaceState(history.state, "", `#${VIEW}?${new URLSearchParams(Object.entries(state).filter(([, value]) => value))}`);
  }

  function pick(what) {
    Object.assign(state, what);
    if ("sweep" in what || "task" in what) chosen = -1;
    remember();
    ask();
  }

  // ---- the overview ---------------------------------------------------------------------

  function complain(text) {
    frame = null;
    if (!form) controls.replaceChildren(el("button", {type: "button", class: "wb-button", text: "Try again", "data-testid": "sweep-again", on: {click: () => begin()}}));
    if (figure) figure.replaceChildren(el("p", {class: "wb-message", role: "alert", "data-kind": "error", "data-testid": "sweep-error"}, el("span", {text})));
  }

  /* quiet: the set is the same and has grown; what is drawn stays if it fails. */
  async function ask(quiet) {
    if (!state.sweep) {
      figure.replaceChildren(el("section", {class: "wb-card", "data-testid": "sweep-empty"}, el("h2", {text: "No set yet"}),
        el("p", {class: "wb-help", text: "A set runs several methods on the same prompts: generated tasks, or a file of your own. Its figures show what each method gives up for its parallelism, where drafts are lost, and which prompts are odd. Run one on the left."})));
      return;
    }
    const mine = (turn += 1);
    clearTimeout(again);
    if (!frame) figure.replaceChildren(el("section", {class: "wb-card wb-waits", "aria-busy": "true", "data-testid": "sweep-loading"}, el("p", {class: "wb-help", text: `Reading ${state.sweep}…`})));
    try {
      const found = await wb.ask(`/sweeps/overview.json?${new URLSearchParams({name: state.sweep, task: state.task, column: state.column})}`);
      if (mine !== turn) return;
      shown = found;
      draw();
      if (shown.unread) again = setTimeout(() => ask(true), READ_MS);
    } catch (error) {
      if (mine === turn && !quiet) complain(error.message);
    }
  }

  function draw() {
    if (!frame || !frame.head.isConnected) build();
    const {head, trade, table, reproduce} = frame;
    frame.note.textContent = shown.unread ? `Reading the traces: ${shown.unread} left. The figures below grow with them.` : "";
    head.replaceChildren(...heading());
    form.able(shown.setup, Math.max(0, shown.all - shown.done));
    table.replaceChildren(settings());
    reproduce.replaceChildren(...repeat());
    frame.few.textContent = shown.figure.said;
    trade.hidden = !shown.figure.spec.data.length;
    frame.none.hidden = !trade.hidden;
    if (!trade.hidden) plot();
    frame.figures.refresh();
    runs();
  }

  /* Once for each set: what follows changes inside, so that nothing jumps and the focus stays. */
  function build() {
    const dw = window.dw, card = (label, ...kids) => el("section", {class: "wb-card", "aria-label": label}, ...kids);
    frame = {head: el("div", {class: "wb-sweep-head"}), note: el("p", {class: "wb-help", role: "status", "data-testid": "sweep-reading"}), table: el("div", {class: "wb-sweep-scroll wb-settings dw-batch-summary", tabindex: "0", role: "region", "aria-label": "Settings"}),
      trade: el("div", {class: "wb-sweep-chart", role: "img", "aria-label": "Score against tokens per pass, one line per method; the table below holds the same figures.", "data-testid": "sweep-chart"}),
      none: el("p", {class: "wb-help", "data-testid": "sweep-unscored", text: "No run of this set has a score: its prompts have no known answers. The figures below need none.", hidden: true}),
      few: el("p", {class: "wb-help"}), reproduce: el("div", {class: "wb-reproduce"}), runs: el("section", {class: "wb-card wb-runs", "aria-label": "Runs", hidden: true})};
    frame.figures = new dw.BatchFigures(shown.figures, {plotly: PLOTLY, opens: "Open", open, shown: (id) => { state.figure = id; remember(); },
      ask: (id, choices) => wb.ask(`/sweeps/figure.json?${new URLSearchParams({...choices, name: state.sweep, task: state.task, id, show: state.show})}`)});
    if (shown.figures.some(({id}) => id === state.figure)) { frame.figures.id = state.figure; frame.figures.mark(); }
    figure.replaceChildren(card("Set", frame.head, frame.note),
      card("Trade-off", el("div", {class: "wb-lab-head"}, el("h2", {text: shown.figure.question})),
        el("p", {class: "wb-help", text: "A point is one setting, averaged over its prompts. The dotted line chooses the best setting for each prompt by itself: no decoder can pass it. Choose a point to see its runs."}), frame.few, frame.trade, frame.none),
      card("Settings", el("p", {class: "wb-caption", text: `Settings; tick up to ${shown.most} for the figures` }), frame.table),
      card("Figures", frame.figures.node), frame.runs, card("Reproduce", frame.reproduce));
    new dw.Tips(figure);
  }

  function heading() {
    const task = el("select", {class: "wb-select", "data-testid": "sweep-task", on: {change: () => pick({task: task.value})}},
      el("option", {value: "", text: "all tasks"}), shown.tasks.map((name) => el("option", {value: name, text: name, selected: name === state.task})));
    const column = el("select", {class: "wb-select", "data-testid": "sweep-column", on: {change: () => pick({column: column.value})}},
      [["score", "lenient score"], ["strict", "strict score"]].map(([id, text]) => el("option", {value: id, text, selected: id === state.column})));
    const missing = shown.all - shown.done, query = new URLSearchParams({name: state.sweep});
    return [el("div", {class: "wb-lab-head"}, el("h2", {text: shown.name}), el("span", {class: "wb-chip", "data-testid": "sweep-done", text: missing > 0 ? `${shown.done} of ${shown.all} runs` : `${shown.done} runs` })),
      el("div", {class: "wb-sweep-bar"}, el("label", {}, "Task", task), el("label", {}, "Score", column), el("span", {class: "wb-space"}),
        el("span", {class: "wb-exports"}, FILES.map(([file, text]) => el("a", {class: "wb-button", href: `/sweeps/${file}?${query}`, download: "", text, "data-testid": `sweep-${file.replace(".", "-")}`}))))];
  }

  async function plot() {
    const box = frame.trade, dw = window.dw;
    try {
      const plotly = await dw.plotly(PLOTLY), spec = new dw.Palette(figure).resolve(shown.figure.spec);
      if (!box.isConnected) return;
      await plotly.react(box, spec.data, spec.layout, spec.config);
      box.removeAllListeners("plotly_click");
      box.on("plotly_click", (event) => { const at = event.points[0].customdata; if (at !== undefined) choose(at); });
      box.dataset.drawn = spec.data.length;
    } catch (error) {
      box.textContent = `This chart waits for plotly.js (${error.message}); the table below holds the same figures.`;
    }
  }

  // ---- the table of settings ------------------------------------------------------------

  const picked = () => new Set(state.show ? state.show.split(",").map(Number) : shown.settings.filter((each) => each.runs).slice(0, shown.most).map((each) => each.index));

  function settings() {
    const on = picked(), metrics = shown.metrics.filter(({id}) => shown.settings.some((each) => each.figures[id].mean)), dw = window.dw;
    const head = (text, title, more) => dw.el("th", {scope: "col", title: title || null, text, ...more});
    return el("table", {"data-testid": "sweep-settings"},
      el("thead", {}, el("tr", {}, head("Setting"), head("Runs"), metrics.map((each) => head(each.title, `${each.definition} ${each.pools ? "Above: the mean of the prompts' own values; pooled: all counts together. " : ""}${shown.interval}`)),
        head("Mistakes", "Kinds of wrong answers, and how many runs made each.", {class: "wb-left"}))),
      el("tbody", {}, shown.settings.map((each) => el("tr", {"data-setting": each.index, "aria-selected": String(each.index === chosen)},
        el("th", {scope: "row"}, el("label", {class: "wb-pick"}, el("input", {type: "checkbox", checked: on.has(each.index), disabled: !each.runs, "aria-label": `Show ${each.method} ${each.knobs} in the figures`, on: {change: (event) => show(each.index, event.target)}}),
          el("span", {}, each.method, each.knobs ? el("small", {text: each.knobs}) : null))),
        el("td", {}, el("button", {type: "button", class: "wb-button", text: `${each.runs} ${each.runs === 1 ? "run" : "runs"}`, "aria-label": `Runs of ${each.method} ${each.knobs}`, on: {click: () => choose(each.index)}}),
          each.failed ? el("small", {text: `${each.failed} failed`}) : null), metrics.map((metric) => el("td", {}, cell(each.figures[metric.id], metric.digits))),
        el("td", {class: "wb-left", text: Object.entries(each.reasons).map(([why, count]) => `${why} ${count}`).join(", ") || "none"})))));
  }

  function cell({mean, pooled}, digits) {
    const found = window.dw.batchInterval(mean, digits);
    return pooled ? [...found, el("small", {text: `pooled ${pooled.value.toFixed(digits)}`})] : found;
  }

  function show(index, box) {
    const on = picked();
    if (box.checked && on.size >= shown.most) {
      box.checked = false;
      frame.note.textContent = `The figures show ${shown.most} settings at most; take one out first.`;
      return;
    }
    if (box.checked) on.add(index); else on.delete(index);
    frame.note.textContent = "";
    state.show = [...on].sort((a, b) => a - b).join(",");
    remember();
    frame.figures.refresh();
  }

  // ---- runs of one setting --------------------------------------------------------------

  function choose(index) {
    chosen = index;
    for (const row of figure.querySelectorAll("[data-setting]")) row.setAttribute("aria-selected", String(Number(row.dataset.setting) === index));
    runs().then(() => frame.runs.scrollIntoView({behavior: window.dw.calm() ? "auto" : "smooth", block: "nearest"}));
  }

  async function runs() {
    const box = frame.runs, setting = shown.settings[chosen], index = chosen;
    box.hidden = !setting;
    if (!setting) return;
    let found;
    try {
      found = (await wb.ask(`/sweeps/runs.json?${new URLSearchParams({name: state.sweep, task: state.task, setting: index})}`)).runs;
    } catch (error) {
      found = [];
      frame.note.textContent = error.message;
    }
    if (index !== chosen) return;
    const result = (row) => row.status !== "complete" ? `${row.status}: ${row.sentence}` : row.score === null ? "no known answer" : `${row.reason ? "×" : "✓"} ${row.sentence}`;
    const number = (value, digits) => el("td", {text: value === null || value === undefined ? "–" : value.toFixed(digits)});
    const head = [["Prompt"], ["Result", "wb-left"], ["Answer", "wb-left"], ["Tokens / pass"], ["Passes"], ["Accepted / draft"], [""]];
    box.replaceChildren(el("p", {class: "wb-caption", text: `Runs of ${setting.method} ${setting.knobs} on ${setting.models}`}), el("div", {class: "wb-sweep-scroll", tabindex: "0", role: "region", "aria-label": "Runs"},
      el("table", {"data-testid": "sweep-runs"}, el("thead", {}, el("tr", {}, head.map(([text, kind]) => el("th", {scope: "col", class: kind || null, text})))),
        el("tbody", {}, found.map((row) => el("tr", {}, el("th", {scope: "row", text: row.name}),
          el("td", {class: `wb-left ${row.reason || row.status !== "complete" ? "wb-wrong" : row.score === null ? "" : "wb-right"}`, text: result(row)}), el("td", {class: "wb-left wb-answer", text: row.answer}),
          number(row.tokens_per_round, 2), number(row.rounds, 0), number(row.accepted_per_draft, 2),
          el("td", {}, row.trace ? el("button", {type: "button", class: "wb-button", text: "Open", "aria-label": `Open the trace of ${row.name}`, on: {click: (event) => open({run: row.key}, event.currentTarget)}}) : null)))))));
  }

  // ---- from a figure to its runs --------------------------------------------------------

  /* what: {setting}, {run, round?} or {a, b}; runs are opened on the Decode page. */
  async function open(what, from) {
    if (!what) return;
    if ("setting" in what) { choose(what.setting); return; }
    const keys = "run" in what ? [what.run] : "a" in what ? [what.a, what.b] : [];
    if (!keys.length) return;
    if (from && "disabled" in from) from.disabled = true;
    try {
      const ids = [];
      for (const key of keys) ids.push((await wb.ask(`/sweeps/open?${new URLSearchParams({name: state.sweep, key})}`, {method: "POST"})).run);
      location.hash = "#decode";
      await wb.ready;  // else the first example would be drawn over it
      const found = [await wb.show("a", ids[0]), await wb.show("b", ids[1] || "")];
      for (const [at, pane] of ["a", "b"].entries()) if (wb.setups[pane]) wb.setups[pane].set(ids[at] && found[at] ? found[at] : {method: ""});
      wb.follow(ids[0]);
      if (what.round) { wb.player().setClock("rounds"); wb.player().seek(what.round); }
      wb.say(`From the set “${state.sweep}”. The browser's Back returns to its figures.`);
      window.scrollTo({top: 0});
    } catch (error) {
      if (location.hash.startsWith(`#${VIEW}`)) frame.note.textContent = error.message;
      else wb.say(error.message, "error");
    } finally {
      if (from && "disabled" in from) from.disabled = false;
    }
  }

  function repeat() {
    if (!shown.setup) return [el("p", {class: "wb-help", text: "This set was made before set-ups were kept with it; its rows and figures are all there."})];
    const link = `${location.origin}${location.pathname}#${VIEW}?${new URLSearchParams({setup: JSON.stringify(shown.setup)})}`, said = el("span", {class: "wb-help", role: "status"});
    const copy = (text, label, test) => el("button", {type: "button", class: "wb-button", text: label, "data-testid": test, on: {click: () => navigator.clipboard.writeText(text).then(() => { said.textContent = "Copied."; }, () => { said.textContent = "The browser did not allow copying; select the text."; })}});
    return [el("p", {class: "wb-caption", text: "The same set from the command line"}), el("code", {class: "wb-code", "data-testid": "sweep-command", text: shown.command}),
      el("div", {class: "wb-sweep-go"}, copy(shown.command, "Copy the command", "sweep-copy-command"), copy(link, "Copy a link to this set-up", "sweep-copy-link"), said)];
  }

  // ---- where gradio puts it -------------------------------------------------------------

  function recolour() { if (shown && frame) { plot(); frame.figures.refresh(); } }

  wb.sweep = {
    controls: (root) => { controls = root; route(); },
    figure: (root) => { figure = root; root.setAttribute("data-testid", "sweep"); route(); },
  };
  window.addEventListener("hashchange", route);
  window.addEventListener("resize", () => { for (const box of figure ? figure.querySelectorAll(".wb-sweep-chart, .dw-batch-chart") : []) if (box.data && !box.hidden && window.Plotly) window.Plotly.Plots.resize(box); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => setTimeout(recolour, 100));
})((window.Workbench = window.Workbench || {}));
