/* Many prompts, the form: which sets lie here, what a new one asks for, and how far the running one is. */
(function (wb) {
  "use strict";
  const {el} = wb;
  const POLL_MS = 500, GROWS_MS = 6000;
  const START = {methods: ["llada_low_confidence", "fast_dllm_threshold", "fast_dllm_factor"], tasks: ["copy", "shuffle", "sudoku", "latin"],
    count: 5, max_tokens: 32, seed: 0, repeats: 1, grid: "threshold=0.5,0.7,0.9; steps=4,8,16,32", models: {}};
  const ROLES = {target: "Target", draft: "Draft", denoiser: "Denoiser"};
  const WORDS = {running: "", done: "Done: ", stopped: "Cancelled; what is done stays: ", failed: "Failed: "};
  const field = (label, node, help) => el("div", {class: "wb-field"}, el("label", {for: node.id, text: label, title: help}), node);

  /* '40 s', '3 min'. */
  wb.span = (seconds) => (seconds < 90 ? `${Math.max(1, Math.round(seconds))} s` : seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`);

  wb.SweepForm = class {
    /* all: {sweeps, tasks, families, methods, models}. hooks: pick(name), grown(job) while it runs, ended(job). */
    constructor(root, all, hooks) {
      Object.assign(this, {root, all, hooks, file: null, polling: false});
      this.build();
      this.fill(START);
    }

    build() {
      const number = (name, value, min) => el("input", {type: "number", id: wb.id(name), value, min, step: 1, "data-testid": `sweep-${name}`});
      const button = (text, test, click, more) => el("button", {type: "button", class: "wb-button", text, "data-testid": test, on: {click}, ...more});
      this.list = el("select", {class: "wb-select", id: wb.id("sweep"), "data-testid": "sweep-list", on: {change: () => this.hooks.pick(this.list.value)}});
      this.resume = button("Go on", "sweep-resume", () => this.begin(`/sweeps/resume?${new URLSearchParams({name: this.list.value})}`), {hidden: true});
      this.reuse = button("Use its set-up", "sweep-reuse", () => this.hooks.reuse(), {hidden: true});
      this.name = el("input", {type: "text", id: wb.id("name"), maxlength: 60, "data-testid": "sweep-name"});
      [this.count, this.room, this.seed, this.repeats] = [number("count", 5, 1), number("room", 32, 1), number("seed", 0, 0), number("repeats", 1, 1)];
      this.grid = el("input", {type: "text", id: wb.id("grid"), spellcheck: "false", "data-testid": "sweep-grid"});
      this.go = el("button", {type: "submit", class: "wb-button wb-strong", text: "Run sweep", "data-testid": "sweep-run"});
      this.stop = button("Cancel", "sweep-cancel", () => wb.ask("/sweeps/cancel", {method: "POST"}).catch((error) => this.say(error)), {disabled: true});
      this.progress = el("div", {class: "wb-progress", role: "status", "data-testid": "sweep-progress"});
      const families = [...this.all.families].sort((a, b) => (b === "diffusion") - (a === "diffusion"));
      this.methods = this.picks("Methods", "method", families.map((family) => [family, this.all.methods.filter((each) => each.family === family)]), true);
      this.tasks = this.picks("Tasks", "task", [["in the models' training", this.all.tasks.filter((each) => each.trained)], ["unknown to the embedded models", this.all.tasks.filter((each) => !each.trained)]]);
      this.roles = Object.keys(ROLES).map((role) => this.role(role));
      const form = el("form", {class: "wb-setup wb-sweep-form", on: {input: () => this.mended(), submit: (event) => { event.preventDefault(); this.run(); }}},
        el("p", {class: "wb-caption", text: "A new set"}), field("Name", this.name), this.methods, this.tasks, this.own(),
        el("div", {class: "wb-two"}, field("Prompts of each task", this.count), field("Max tokens", this.room)),
        field("Grid: values of knobs", this.grid, "KNOB=V1,V2 or METHOD.KNOB=V1,V2, with ; between knobs; every combination is a setting."),
        el("details", {class: "wb-drawer"}, el("summary", {}, el("span", {text: "Models and seeds"})), el("div", {class: "wb-roles"}, this.roles.map((each) => each.node)),
          el("div", {class: "wb-two"}, field("First seed", this.seed), field("Seeds of each prompt", this.repeats, "Runs of each prompt with further seeds; they count as one prompt in every interval."))),
        el("div", {class: "wb-sweep-go"}, this.go, this.stop), this.progress);
      this.root.replaceChildren(el("section", {class: "wb-setup"}, field("Sets on this machine", this.list), el("div", {class: "wb-sweep-go"}, this.resume, this.reuse),
        el("p", {class: "wb-help", text: "Sweeps of the command line are listed too, if they were written below .traces/sweeps."})), form);
    }

    picks(title, kind, groups, filtered) {
      const boxes = groups.map(([name, members]) => el("div", {class: "wb-pick-group"}, el("p", {text: name}), members.map((each) => el("label", {class: "wb-pick", title: each.id},
        el("input", {type: "checkbox", name: kind, value: each.id}), el("span", {text: each.title})))));
      const scroll = el("div", {class: "wb-pick-list", tabindex: "-1"}, boxes);
      const find = (text) => { for (const pick of scroll.querySelectorAll(".wb-pick")) pick.hidden = !`${pick.title} ${pick.textContent}`.toLowerCase().includes(text.trim().toLowerCase()); };
      const all = (on) => {
        for (const pick of scroll.querySelectorAll(".wb-pick")) if (!pick.hidden) pick.firstChild.checked = on;
        this.countPicks();
      };
      const tool = (text, on) => el("button", {type: "button", class: "wb-small", text, "aria-label": `${text}: ${title.toLowerCase()}`, on: {click: () => all(on)}});
      const search = filtered ? el("input", {type: "text", class: "wb-find", placeholder: "Find…", "aria-label": `Find ${title.toLowerCase()}`, on: {input: (event) => find(event.target.value)}}) : null;
      return el("fieldset", {class: "wb-picks", "data-testid": `sweep-${kind}s`, on: {change: () => this.countPicks()}}, el("legend", {}, `${title}: `, el("output", {class: "wb-picked"})), el("div", {class: "wb-pick-tools"}, search, tool("All", true), tool("None", false)), scroll);
    }

    /* How many are ticked: the ticks themselves may lie outside what the list shows. */
    countPicks() {
      for (const box of [this.methods, this.tasks]) box.querySelector(".wb-picked").textContent = `${box.querySelectorAll(".wb-pick input:checked").length} chosen`;
    }

    role(role) {
      const kinds = new Set(this.all.methods.map(({needs}) => needs[role]));
      const list = el("select", {class: "wb-select", id: wb.id(role), "data-testid": `sweep-model-${role}`}, el("option", {value: "", text: "each method's own"}),
        this.all.models.filter((each) => each.available && kinds.has(each.kind)).map((each) => el("option", {value: each.name, text: each.label || each.name, title: each.title})));
      return {role, list, node: el("div", {class: "wb-field"}, el("label", {for: list.id, text: ROLES[role]}), list)};
    }

    /* Prompts of one's own: read here, checked by the program. */
    own() {
      this.input = el("input", {type: "file", class: "wb-sr", id: wb.id("prompts"), accept: ".jsonl,.ndjson,.json,.txt", "data-testid": "sweep-prompts", on: {change: () => this.take(this.input.files[0])}});
      this.told = el("p", {class: "wb-help", "data-testid": "sweep-prompts-said"});
      this.drop = el("button", {type: "button", class: "wb-small", text: "Remove", hidden: true, on: {click: () => this.take(null)}});
      this.untake();
      return el("div", {class: "wb-own"}, el("div", {class: "wb-sweep-go"}, this.input, el("label", {class: "wb-button", for: this.input.id, text: "Prompts from a file…"}), this.drop), this.told);
    }

    untake() {
      this.file = null;
      this.input.value = "";
      this.drop.hidden = true;
      this.told.textContent = "JSONL with prompt, and answer and id where there are any; or a text with a prompt a line.";
    }

    async take(file) {
      this.untake();
      this.said();
      if (!file) return;
      try {
        const found = await wb.ask(`/sweeps/prompts?${new URLSearchParams({name: file.name})}`, {method: "POST", body: file});
        this.file = {name: file.name, text: await file.text()};
        this.told.textContent = `${file.name}: ${found.count} prompts, ${found.answered} with a known answer.`;
        this.drop.hidden = false;
        for (const box of this.tasks.querySelectorAll("input:checked")) box.checked = false;
        this.countPicks();
      } catch (error) {
        this.say(error);
      }
    }

    // ---- values -------------------------------------------------------------------------

    fresh() { this.name.value = `set-${new Date().toISOString().slice(5, 16).replace(/\D/g, "")}`; }

    values() {
      const ticked = (kind) => Array.from(this.root.querySelectorAll(`input[name="${kind}"]:checked`), (box) => box.value);
      return {name: this.name.value.trim(), methods: ticked("method"), tasks: ticked("task"), count: this.count.valueAsNumber, max_tokens: this.room.valueAsNumber, grid: this.grid.value,
        seed: this.seed.valueAsNumber, repeats: this.repeats.valueAsNumber, models: Object.fromEntries(this.roles.filter(({list}) => list.value).map(({role, list}) => [role, list.value])), prompts: this.file};
    }

    fill(setup) {
      const {methods, tasks, count, max_tokens: room, seed, repeats, grid, models} = {...START, ...setup};
      for (const [kind, chosen] of [["method", methods], ["task", tasks]])
        for (const box of this.root.querySelectorAll(`input[name="${kind}"]`)) box.checked = chosen.includes(box.value);
      for (const [node, value] of [[this.count, count], [this.room, room], [this.seed, seed], [this.repeats, repeats], [this.grid, grid]]) node.value = value;
      for (const {role, list} of this.roles) {
        const name = models[role] || "";
        if (name && !Array.from(list.options).some((each) => each.value === name)) list.append(el("option", {value: name, text: name}));
        list.value = name;
      }
      this.countPicks();
      this.untake();
      this.fresh();
      if (setup.prompts) this.told.textContent = `The set-up had ${setup.prompts} prompts of a file; choose that file again.`;
    }

    sweeps(names, chosen) {
      this.all.sweeps = names;
      const known = names.includes(chosen), none = known ? [] : [el("option", {value: "", text: names.length ? "Choose a set" : "none yet", disabled: true})];
      this.list.replaceChildren(...none, ...names.map((name) => el("option", {value: name, text: name})));
      this.list.value = known ? chosen : "";
    }

    /* What can be done with the chosen set: its set-up is known or not, and it is complete or not. */
    able(setup, missing) {
      this.reuse.hidden = !setup;
      this.resume.hidden = !setup || !missing;
      this.resume.disabled = this.polling;
      this.resume.textContent = `Go on: ${missing} ${missing === 1 ? "run" : "runs"} missing`;
    }

    // ---- the set that runs --------------------------------------------------------------

    run() { this.begin("/sweeps/run", {headers: {"content-type": "application/json"}, body: JSON.stringify(this.values())}); }

    async begin(url, options) {
      this.busy(true);
      this.said();
      try {
        this.follow(await wb.ask(url, {method: "POST", ...options}));
      } catch (error) {
        this.busy(false);
        this.say(error);
      }
    }

    busy(on) { this.go.disabled = this.resume.disabled = on; }

    /* Ask how far it is until it is over; the pictures grow with the table. */
    async follow(job) {
      if (this.polling) return;
      this.polling = true;
      this.busy(true);
      this.stop.disabled = false;
      let seen = Date.now();
      try {
        while (job && job.status === "running") {
          this.said(job);
          await new Promise((resolve) => setTimeout(resolve, POLL_MS));
          job = await this.asked();
          if (job && Date.now() - seen > GROWS_MS && job.done) { seen = Date.now(); this.hooks.grown(job); }
        }
      } catch (error) {
        this.say(error);
        return;
      } finally {
        this.polling = false;
        this.busy(false);
        this.stop.disabled = true;
      }
      this.said(job);
      if (job && job.status === "failed") this.say(new Error(job.sentence));
      if (job && job.done) this.hooks.ended(job);
    }

    /* Where the job is; a lost connection is waited for. */
    async asked() {
      try {
        return (await wb.ask("/sweeps/progress.json")).job;
      } catch (error) {
        this.progress.replaceChildren(el("span", {text: "Connection lost; reconnecting…"}));
        if (await wb.line()) throw error;
        return (await wb.ask("/sweeps/progress.json")).job;
      }
    }

    said(job) {
      const left = job && job.seconds_left !== null ? `, about ${wb.span(job.seconds_left)} left` : "";
      this.progress.replaceChildren(...(job ? [el("progress", {max: Math.max(job.all, 1), value: job.done, "aria-label": "Runs done"}), el("span", {text: `${WORDS[job.status]}${job.done} of ${job.all} runs${left}`})] : []));
    }

    /* A complaint is about what was there before. */
    mended() { if (this.progress.querySelector("[data-kind=error]")) this.progress.replaceChildren(); }

    /* The stage with its messages is hidden here: what went wrong stands below the form. */
    say(error) {
      this.progress.replaceChildren(el("p", {class: "wb-message", role: "alert", "data-kind": "error", "data-testid": "sweep-complaint"}, el("span", {text: error.message})));
    }
  };
})((window.Workbench = window.Workbench || {}));
