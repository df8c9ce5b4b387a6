/* Many prompts: the table of a sweep as a picture, a small sweep from here, and every run's trace. */
(function (wb) {
  "use strict";
  const {el} = wb;
  const VIEW = "many", PLOTLY = "/vendor/plotly.min.js", POLL_MS = 500;
  const START = {methods: ["llada_low_confidence", "fast_dllm_threshold", "fast_dllm_factor"], tasks: ["copy", "shuffle", "sudoku", "latin"]};
  const state = {sweep: "", task: "", column: "score"};
  let all = null, parts = null, shown = null, chosen = -1, controls = null, figure = null, begun = false, turn = 0, polling = false;

  // ---- which view -----------------------------------------------------------------------

  function route() {
    const [name, query] = location.hash.slice(1).split("?"), here = name === VIEW;
    document.body.classList.toggle("wb-many", here);
    if (!here) return;
    for (const [key, value] of new URLSearchParams(query || "")) if (key in state) state[key] = value;
    begin();
  }

  async function begin() {
    if (begun || !controls || !figure) return;
    begun = true;
    try {
      const [options, choices] = await Promise.all([wb.ask("/sweeps/options.json"), wb.ask("/workbench/choices.json")]);
      all = {...options, families: choices.families, methods: choices.methods};
    } catch (error) {
      begun = false;
      complain(error.message);
      return;
    }
    if (!state.sweep && all.sweeps.length) state.sweep = all.sweeps[0];
    drawControls();
    if (all.job && all.job.status === "running") follow(all.job);
    await ask();
  }

  function remember() {
    history.replaceState(history.state, "", `#${VIEW}?${new URLSearchParams(state)}`);
  }

  // ---- controls -------------------------------------------------------------------------

  function drawControls() {
    const list = el("select", {class: "wb-select", id: wb.id("sweep"), "data-testid": "sweep-list", on: {change: () => pick({sweep: list.value, task: ""})}});
    const field = (label, node) => el("div", {class: "wb-field"}, el("label", {for: node.id, text: label}), node);
    const name = el("input", {type: "text", id: wb.id("name"), value: fresh(), maxlength: 60, "data-testid": "sweep-name"});
    const count = el("input", {type: "number", id: wb.id("count"), value: 5, min: 1, step: 1, "data-testid": "sweep-count"});
    const room = el("input", {type: "number", id: wb.id("room"), value: 32, min: 1, step: 1, "data-testid": "sweep-room"});
    const grid = el("input", {type: "text", id: wb.id("grid"), value: "threshold=0.5,0.7,0.9; steps=4,8,16,32", spellcheck: "false", "data-testid": "sweep-grid"});
    const perfect = el("input", {type: "checkbox", id: wb.id("perfect"), "data-testid": "sweep-perfect"});
    const go = el("button", {type: "submit", class: "wb-button wb-strong", text: "Run sweep", "data-testid": "sweep-run"});
    const stop = el("button", {type: "button", class: "wb-button", text: "Cancel", disabled: true, "data-testid": "sweep-cancel", on: {click: () => wb.ask("/sweeps/cancel", {method: "POST"}).catch(say)}});
    const form = el("form", {class: "wb-setup wb-sweep-form", on: {submit: (event) => { event.preventDefault(); run(); }}},
      el("p", {class: "wb-caption", text: "A new sweep"}), field("Name", name),
      picks("Methods", "method", [...all.families].sort((a, b) => (b === "diffusion") - (a === "diffusion")).map((family) => [family, all.methods.filter((each) => each.family === family)]), START.methods),
      picks("Tasks", "task", [["in the models' training", all.tasks.filter((each) => each.trained)], ["unknown to the embedded models", all.tasks.filter((each) => !each.trained)]], START.tasks),
      el("div", {class: "wb-two"}, field("Prompts of each task", count), field("Max tokens", room)),
      field("Grid: values of knobs", grid),
      el("label", {class: "wb-pick", title: "A masked model that knows every right answer: what is lost then is lost by the decoder. For tasks whose answers can be listed."}, perfect, el("span", {text: "Perfect model in the denoiser's place"})),
      el("div", {class: "wb-sweep-go"}, go, stop), el("div", {class: "wb-progress", role: "status", "data-testid": "sweep-progress"}));
    parts = {list, go, stop, values: () => ({name: name.value.trim(), methods: ticked("method"), tasks: ticked("task"), count: count.valueAsNumber, max_tokens: room.valueAsNumber, grid: grid.value, perfect: perfect.checked})};
    controls.replaceChildren(el("section", {class: "wb-setup"}, field("Sweep", list),
      el("p", {class: "wb-help", text: "Sweeps of the command line are listed too, if they were written below .traces/sweeps."})), form);
    listing();
  }

  const fresh = () => `sweep-${new Date().toISOString().slice(5, 16).replace(/\D/g, "")}`;
  const ticked = (kind) => Array.from(controls.querySelectorAll(`input[name="${kind}"]:checked`), (box) => box.value);

  function picks(title, kind, groups, start) {
    return el("fieldset", {class: "wb-picks", "data-testid": `sweep-${kind}s`}, el("legend", {text: title}), el("div", {},
      groups.flatMap(([name, members]) => [el("p", {text: name}), ...members.map((each) => el("label", {class: "wb-pick", title: each.id},
        el("input", {type: "checkbox", name: kind, value: each.id, checked: start.includes(each.id)}), el("span", {text: each.title})))])));
  }

  function listing() {
    const none = el("option", {value: "", text: "none yet", disabled: true});
    parts.list.replaceChildren(...(all.sweeps.length ? all.sweeps.map((name) => el("option", {value: name, text: name})) : [none]));
    parts.list.value = state.sweep;
  }

  function pick(what) {
    Object.assign(state, what);
    chosen = -1;
    remember();
    ask();
  }

  // ---- a sweep from here ----------------------------------------------------------------

  async function run() {
    parts.go.disabled = true;
    progress(null);
    try {
      follow(await wb.ask("/sweeps/run", {method: "POST", headers: {"content-type": "application/json"}, body: JSON.stringify(parts.values())}));
    } catch (error) {
      parts.go.disabled = false;
      say(error);
    }
  }

  /* Ask how far it is until it is over; the picture grows with the table. */
  async function follow(job) {
    if (polling) return;
    polling = true;
    parts.go.disabled = true;
    parts.stop.disabled = false;
    let seen = 0;
    try {
      while (job && job.status === "running") {
        progress(job);
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
        job = (await wb.ask("/sweeps/progress.json")).job;
        if (job && Date.now() - seen > 6000 && job.done && state.sweep === job.name) { seen = Date.now(); ask(true); }
      }
      progress(job);
      if (job && job.status === "failed") throw new Error(job.sentence);
      if (job && job.done) {
        all.sweeps = (await wb.ask("/sweeps/options.json")).sweeps;
        Object.assign(state, {sweep: job.name, task: ""});
        listing();
        remember();
        chosen = -1;
        await ask();
      }
    } catch (error) {
      say(error);
    } finally {
      polling = false;
      parts.go.disabled = false;
      parts.stop.disabled = true;
    }
  }

  function progress(job) {
    const words = {running: "", done: "Done: ", stopped: "Cancelled; 'Run sweep' goes on: ", failed: "Failed: "};
    const box = controls.querySelector(".wb-progress");
    box.replaceChildren(...(job ? [el("progress", {max: Math.max(job.all, 1), value: job.done, "aria-label": "Runs done"}), el("span", {text: `${words[job.status]}${job.done} of ${job.all} runs`})] : []));
  }

  // ---- the picture ----------------------------------------------------------------------

  /* The stage with its messages is hidden here: what went wrong stands below the form. */
  function say(error) {
    controls.querySelector(".wb-progress").replaceChildren(el("p", {class: "wb-message", role: "alert", "data-kind": "error", "data-testid": "sweep-complaint"}, el("span", {text: error.message})));
  }

  function complain(text) {
    if (figure) figure.replaceChildren(el("p", {class: "wb-message", role: "alert", "data-kind": "error", "data-testid": "sweep-error"}, el("span", {text})));
  }

  async function ask(quiet) {
    if (!state.sweep) {
      figure.replaceChildren(el("section", {class: "wb-card", "data-testid": "sweep-empty"}, el("h2", {text: "No sweep yet"}),
        el("p", {class: "wb-help", text: "A sweep runs several methods on the same prompts and shows what each gives up for its parallelism. Run one on the left."})));
      return;
    }
    const mine = (turn += 1);
    try {
      const found = await wb.ask(`/sweeps/figure.json?${new URLSearchParams({name: state.sweep, task: state.task, column: state.column})}`);
      if (mine !== turn) return;
      shown = found;
      show();
    } catch (error) {
      if (mine === turn && !quiet) complain(error.message);
    }
  }

  function show() {
    const task = el("select", {class: "wb-select", "data-testid": "sweep-task", on: {change: () => pick({task: task.value})}},
      el("option", {value: "", text: "all tasks"}), shown.tasks.map((name) => el("option", {value: name, text: name, selected: name === state.task})));
    const column = el("select", {class: "wb-select", "data-testid": "sweep-column", on: {change: () => pick({column: column.value})}},
      [["score", "lenient score"], ["strict", "strict score"]].map(([id, text]) => el("option", {value: id, text, selected: id === state.column})));
    figure.replaceChildren(
      el("section", {class: "wb-card", "aria-label": "Trade-off"}, el("div", {class: "wb-lab-head"}, el("h2", {text: shown.figure.question})),
        el("p", {class: "wb-help", text: "A point is one setting, averaged over its prompts. The dotted line chooses the best setting for each prompt by itself: no decoder can pass it. Choose a point to see its runs."}),
        el("div", {class: "wb-sweep-bar"}, el("label", {}, "Task", task), el("label", {}, "Score", column)),
        el("div", {class: "wb-sweep-chart", role: "img", "aria-label": "Score against tokens per round, one line per method; the table below holds the same figures.", "data-testid": "sweep-chart"})),
      el("section", {class: "wb-card", "aria-label": "Settings"}, el("p", {class: "wb-caption", text: "Settings"}), el("div", {class: "wb-sweep-scroll"}, settings())),
      el("section", {class: "wb-card wb-runs", "aria-label": "Runs", hidden: true}));
    plot();
    runs();
  }

  async function plot() {
    const box = figure.querySelector(".wb-sweep-chart"), dw = window.dw;
    try {
      const plotly = await dw.plotly(PLOTLY), spec = new dw.Palette(figure).resolve(shown.figure.spec);
      if (!box.isConnected) return;
      await plotly.react(box, spec.data, spec.layout, spec.config);
      box.on("plotly_click", (event) => { const at = event.points[0].customdata; if (at !== undefined) choose(at); });
      box.dataset.drawn = spec.data.length;
    } catch (error) {
      box.textContent = `This chart waits for plotly.js (${error.message}); the table below holds the same figures.`;
    }
  }

  const cell = (value, digits) => el("td", {text: value === null || value === undefined ? "–" : value.toFixed(digits)});

  function settings() {
    const head = ["Setting", "Runs", "Score", "Strict", "Tokens / round", "Rounds", "Sequences", "Positions", "Order", "Mistakes", ""];
    return el("table", {"data-testid": "sweep-settings"}, el("thead", {}, el("tr", {}, head.map((text) => el("th", {scope: "col", class: text === "Mistakes" ? "wb-left" : null, text})))),
      el("tbody", {}, shown.settings.map((each) => el("tr", {"data-setting": each.index, "aria-selected": String(each.index === chosen)},
        el("th", {scope: "row"}, each.method, each.knobs ? el("small", {text: each.knobs}) : null), el("td", {text: each.failed ? `${each.runs} (+${each.failed} failed)` : each.runs}),
        cell(each.score, 3), cell(each.strict, 3), cell(each.tokens_per_round, 2), cell(each.rounds, 1), cell(each.sequences, 1), cell(each.positions, 0), cell(each.order, 2),
        el("td", {class: "wb-left", text: Object.entries(each.reasons).map(([why, count]) => `${why} ${count}`).join(", ") || "none"}),
        el("td", {}, el("button", {type: "button", class: "wb-button", text: "Runs", "aria-label": `Runs of ${each.method} ${each.knobs}`, on: {click: () => choose(each.index)}}))))));
  }

  function choose(index) {
    chosen = index;
    for (const row of figure.querySelectorAll("[data-setting]")) row.setAttribute("aria-selected", String(Number(row.dataset.setting) === index));
    runs();
    figure.querySelector(".wb-runs").scrollIntoView({behavior: "smooth", block: "nearest"});
  }

  function runs() {
    const box = figure.querySelector(".wb-runs"), setting = shown.settings[chosen];
    box.hidden = !setting;
    if (!setting) return;
    const result = (row) => row.status !== "complete" ? `${row.status}: ${row.sentence}` : row.reason ? `× ${row.sentence}` : `✓ ${row.sentence}`;
    box.replaceChildren(el("p", {class: "wb-caption", text: `Runs of ${setting.method} ${setting.knobs} on ${setting.rows[0].models}`}), el("div", {class: "wb-sweep-scroll"},
      el("table", {"data-testid": "sweep-runs"}, el("thead", {}, el("tr", {}, ["Prompt", "Result", "Answer", "Tokens / round", "Rounds", ""].map((text) => el("th", {scope: "col", class: text === "Result" || text === "Answer" ? "wb-left" : null, text})))),
        el("tbody", {}, setting.rows.map((row) => el("tr", {}, el("th", {scope: "row", text: `${row.task} ${row.seed}`}),
          el("td", {class: `wb-left ${row.reason ? "wb-wrong" : "wb-right"}`, text: result(row)}), el("td", {class: "wb-left", text: row.answer}),
          cell(row.tokens_per_round, 2), el("td", {text: row.rounds === null ? "–" : row.rounds}),
          el("td", {}, row.trace ? el("button", {type: "button", class: "wb-button", text: "Open", "aria-label": `Open the trace of ${row.task} ${row.seed}`, on: {click: (event) => openTrace(event.currentTarget, row.key)}}) : null)))))));
  }

  async function openTrace(button, key) {
    button.disabled = true;
    try {
      const found = await wb.ask(`/sweeps/open?${new URLSearchParams({name: state.sweep, key})}`, {method: "POST"});
      document.body.classList.add("wb-many-run");
      await wb.ready;  // else the first example would be drawn over it
      await wb.show("b", "");
      await wb.show("a", found.run);
      document.getElementById("stage").scrollIntoView({behavior: "smooth", block: "start"});
    } catch (error) {
      say(error);
    } finally {
      button.disabled = false;
    }
  }

  // ---- where gradio puts it -------------------------------------------------------------

  wb.sweep = {
    controls: (root) => { controls = root; route(); },
    figure: (root) => { figure = root; root.setAttribute("data-testid", "sweep"); route(); },
  };
  window.addEventListener("hashchange", route);
  window.addEventListener("resize", () => { const box = figure && figure.querySelector(".wb-sweep-chart"); if (box && box.data && window.Plotly) window.Plotly.Plots.resize(box); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => setTimeout(() => { if (shown) show(); }, 100));
})((window.Workbench = window.Workbench || {}));
