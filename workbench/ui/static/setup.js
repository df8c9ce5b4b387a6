/* The choice of a method, its models and its knobs, made from the methods' own declarations. */
(function (wb) {
  "use strict";
  const {el} = wb;
  const FAMILIES = {autoregressive: "Autoregressive", speculative: "Speculative", parallel: "Parallel", diffusion: "Masked diffusion",
    search: "Search"};
  const START = {a: "speculative_sampling", b: "greedy"};

  /* The declarations, fetched once; asked for after the first picture, because they make the server load the methods. */
  let waiting = null;
  wb.choices = () => (waiting = waiting || wb.pictured().then(() => wb.ask("/workbench/choices.json"))
    .catch((error) => { waiting = null; throw error; }));

  wb.setups = {};

  class Setup {
    constructor(root, pane) {
      Object.assign(this, {pane, all: null, filling: null, method: null, kept: new Map(), models: {}, due: null, held: null, idle: new Set(), rows: new Map(), turn: 0, marks: new Map()});
      this.root = root;
      this.list = el("select", {class: "wb-select wb-method", id: wb.id("method"), disabled: true, "data-testid": `method-${pane}`,
        on: {change: () => { this.choose(this.list.value); if (!this.method) wb.vacate(pane); }}}, el("option", {text: "Loading the methods…"}));
      this.about = el("div", {class: "wb-about"}, el("div", {class: "wb-waiting", "aria-hidden": "true"}, Array.from({length: 6}, () => el("i"))));
      this.roles = el("div", {class: "wb-roles"});
      this.knobs = el("div", {class: "wb-knobs", "data-testid": `knobs-${pane}`});
      this.brief = el("span", {class: "wb-brief"});
      this.problem = el("p", {class: "wb-problem", hidden: true, "data-testid": `problem-${pane}`});
      this.drawer = el("details", {class: "wb-drawer", hidden: true}, el("summary", {}, el("span", {text: "Settings"}), this.brief), this.knobs);
      root.replaceChildren(el("section", {class: "wb-setup", "data-pane": pane, "aria-label": `Method ${pane.toUpperCase()}`},
        el("div", {class: "wb-setup-head"}, el("span", {class: "wb-letter", "aria-hidden": "true", text: pane.toUpperCase()}),
          el("label", {class: "wb-sr", for: this.list.id, text: `Method ${pane.toUpperCase()}`}), this.list),
        this.about, this.roles, this.problem, this.drawer));
      this.filled();
    }

    /* Resolves when the declarations are here, or could not be had; asks for them again if an earlier time failed. */
    async filled() {
      if (!this.all) await (this.filling = this.filling || this.fill().finally(() => { this.filling = null; }));
      return Boolean(this.all);
    }

    async fill() {
      try {
        this.all = await wb.choices();
      } catch (error) {
        this.list.replaceChildren(el("option", {text: "The methods could not be loaded"}));
        this.about.replaceChildren(el("button", {type: "button", class: "wb-button", text: "Try again", "data-testid": `again-${this.pane}`, on: {click: () => this.filled()}}));
        wb.say(error.message, "error");
        return;
      }
      const none = this.pane === "b" ? [el("option", {value: "", text: "None: one method alone"})] : [];
      this.list.replaceChildren(...none, ...this.all.families.map((family) => el("optgroup", {label: FAMILIES[family] || family},
        this.all.methods.filter((each) => each.family === family).map((each) => el("option", {value: each.id, text: each.title})))));
      this.list.disabled = false;
      if (this.due) { const due = this.due; this.due = null; this.set(due); } else this.choose(START[this.pane]);
    }

    /* Take a plan: {method, knobs, models}. */
    set(plan) {
      if (!this.all) { this.due = plan; return; }
      const known = this.all.methods.find((each) => each.id === plan.method);
      const id = known ? known.id : this.pane === "b" ? "" : START.a;
      if (known) this.kept.set(id, {...plan.knobs});
      for (const [role, name] of Object.entries((known && plan.models) || {})) this.models[this.place(role, known)] = name;
      this.choose(id, true);
    }

    choose(id, loud = false) {
      this.held = null;
      this.method = this.all.methods.find((each) => each.id === id) || null;
      this.list.value = this.method ? id : "";
      this.describe();
      this.drawRoles();
      wb.room();
      this.drawKnobs();
      this.consult(loud);
      document.body.classList.toggle("wb-single", this.pane === "b" ? !this.method : document.body.classList.contains("wb-single"));
    }

    describe() {
      const {method} = this;
      if (!method) { this.about.replaceChildren(); return; }
      const held = this.held || method;
      const chips = el("div", {class: "wb-chips"}, el("span", {class: "wb-chip", "data-promise": held.guarantee, title: held.promise, text: held.guarantee, "data-testid": `promise-${this.pane}`}),
        method.reconstruction ? el("span", {class: "wb-chip wb-warn", text: "reconstruction", title: "No public code or full text was found; rebuilt from the description."}) : null,
        method.year > 1990 ? el("span", {class: "wb-year", text: method.year}) : null);
      const paper = method.paper ? el("p", {class: "wb-paper", title: method.paper, text: method.paper}) : null;
      this.about.replaceChildren(chips, el("p", {class: "wb-idea", text: method.idea}), paper || "");
    }

    drawRoles() {
      const {all, method} = this;
      this.roles.replaceChildren(...Object.entries(method ? method.needs : {}).map(([role, kind]) => {
        const list = el("select", {class: "wb-select", id: wb.id("model"), "data-testid": `model-${role}-${this.pane}`,
          on: {change: () => { this.models[this.place(role)] = list.value; wb.room(); }}});
        const fitting = all.models.filter((each) => each.kind === kind);
        const chosen = this.model(role);
        const names = fitting.map((each) => each.name);
        if (chosen && !names.includes(chosen)) fitting.unshift({name: chosen, available: true, missing: true});
        list.append(...fitting.map((each) => el("option", {value: each.name, selected: each.name === chosen, title: each.problem || each.title,
          disabled: !each.available && each.name !== chosen, text: label(each)})));
        return el("div", {class: "wb-field"}, el("label", {for: list.id, title: all.roles[role] || role, text: title(role)}), list);
      }));
    }

    /* What plays a role unless another model is chosen: the method's own default, else the usual one. */
    usual(role, method = this.method) { return method.models[role] || this.all.defaults[role] || ""; }

    /* What is chosen for a role holds for all methods that would else have the same model there: it can stand in for that one. */
    place(role, method = this.method) { return `${role} for ${this.usual(role, method)}`; }

    /* What plays a role; a choice of another kind than the method needs gives way. */
    model(role) {
      const chosen = this.models[this.place(role)], known = this.all.models.find((each) => each.name === chosen);
      return chosen && (!known || known.kind === this.method.needs[role]) ? chosen : this.usual(role);
    }

    /* How many tokens the prompt and the answer have together: what the smallest model that must read both holds; 0 if none says. */
    room() {
      const {needs, own_tokens: own} = this.method || {needs: {}, own_tokens: []};
      const held = Object.keys(needs).filter((role) => !own.includes(role)).map((role) => (this.all.models.find((each) => each.name === this.model(role)) || {}).positions);
      return Math.min(...held.filter(Boolean), Infinity);
    }

    /* What a link says that this page does not know, as sentences. */
    strange(plan, {methods}) {
      const known = methods.find((each) => each.id === plan.method);
      if (!plan.method) return "";
      if (!known) return `There is no method '${plan.method}'; the usual one is chosen instead.`;
      const knobs = Object.keys(plan.knobs || {}).filter((name) => !known.knobs.some((knob) => knob.name === name)).map((name) => `setting '${name}'`);
      const roles = Object.keys(plan.models || {}).filter((role) => !(role in known.needs)).map((role) => `model role '${role}'`);
      return [...knobs, ...roles].map((what) => `${known.title} has no ${what}; the link's value for it is left out.`).join(" ");
    }

    drawKnobs() {
      this.marks.clear();
      const knobs = this.method ? this.method.knobs : [];
      this.drawer.hidden = !knobs.length;
      this.rows = new Map(knobs.map((knob) => [knob.name, this.control(knob)]));
      this.rest = this.apart();
      this.idle = new Set();
      this.knobs.replaceChildren(...this.rows.values(), this.rest);
      this.summarise();
    }

    value(knob) {
      const kept = this.kept.get(this.method.id) || {};
      return kept[knob.name] === undefined ? knob.default : kept[knob.name];
    }

    keep(knob, value) {
      this.kept.set(this.method.id, {...this.kept.get(this.method.id), [knob.name]: value});
      this.summarise();
      this.consult();
    }

    /* Asks what these knobs promise and rule out; only the latest answer counts. */
    async consult(loud = false) {
      const turn = ++this.turn;
      if (!this.method || !this.method.depends) { this.problem.hidden = true; return; }
      const query = new URLSearchParams(Object.entries(this.plan().knobs));
      try {
        const held = await wb.ask(`/workbench/selection/${encodeURIComponent(this.method.id)}?${query}`);
        if (turn === this.turn) this.mark(held, loud);
      } catch (error) { if (loud && turn === this.turn) wb.say(error.message, "error"); }
    }

    /* Greys what cannot go with the rest, and says why beside it. */
    mark(held, loud) {
      this.held = held;
      this.describe();
      this.problem.hidden = !held.problem;
      this.problem.replaceChildren(el("span", {text: held.problem}), held.problem ? wb.pair.link(this.plan().knobs, "see what breaks", `breaks-now-${this.pane}`) || "" : "");
      if (held.problem && loud) wb.also(held.problem);
      this.part(new Set(held.idle));
      for (const knob of this.method.knobs) {
        const found = this.marks.get(knob.name), ruled = held.blocked[knob.name] || [];
        if (!found) continue;
        const why = new Map(ruled.map((each) => [String(each.choice), each]));
        for (const option of found.control.options || []) {
          option.disabled = why.has(option.value) && option.value !== found.control.value;
          option.textContent = option.value + (why.has(option.value) ? " (not with the rest)" : "");
        }
        if (!found.control.options) found.control.disabled = why.has(String(!found.control.checked));
        const reasons = [...new Set(ruled.map((each) => each.reason))];
        found.note.replaceChildren(...reasons.map((reason) => this.refusal(knob, reason, ruled.filter((each) => each.reason === reason))));
        found.note.hidden = !ruled.length;
      }
    }

    /* A line that opens and closes what stands behind it. */
    apart() {
      const inside = el("div", {class: "wb-knobs", hidden: true, id: wb.id("idle")});
      const open = el("button", {type: "button", class: "wb-idle-open", "aria-expanded": "false", "aria-controls": inside.id, "data-testid": `idle-open-${this.pane}`, on: {click: () => {
        inside.hidden = !inside.hidden;
        open.setAttribute("aria-expanded", !inside.hidden);
      }}});
      return el("div", {class: "wb-idle", hidden: true, "data-testid": `idle-${this.pane}`}, open, inside);
    }

    /* Settings that the chosen parts do not read stand apart; only those that change sides are moved. */
    part(idle) {
      const names = this.method.knobs.map((knob) => knob.name);
      for (const [at, name] of names.entries()) {
        const node = this.rows.get(name), home = idle.has(name) ? this.rest.lastChild : this.knobs;
        if (node.parentNode === home) continue;
        const next = names.slice(at + 1).map((each) => this.rows.get(each)).find((each) => each.parentNode === home);
        home.insertBefore(node, next || (home === this.knobs ? this.rest : null));
      }
      this.idle = idle;
      this.rest.hidden = !idle.size;
      this.rest.firstChild.textContent = `${idle.size} ${idle.size === 1 ? "setting is" : "settings are"} idle with this choice`;
      this.summarise();
    }

    /* One reason: the choices that it greys, the sentence, and a way to see each of them break. */
    refusal(knob, reason, ruled) {
      const now = this.plan().knobs, one = ruled.length === 1;
      const links = ruled.map(({choice}) => wb.pair.link({...now, [knob.name]: choice}, one ? "see what breaks" : choice, `breaks-${knob.name}-${choice}-${this.pane}`));
      const see = links[0] ? el("span", {class: "wb-breaks-links"}, one ? "" : el("span", {text: "see what breaks:"}), ...links) : "";
      return el("li", {}, ...ruled.map((each) => this.way(knob, each)), el("span", {text: reason}), see);
    }

    /* A greyed choice as a button: it is taken, and what stands against it changes with it. */
    way(knob, ruled) {
      const others = Object.entries(ruled.instead || {}).map(([name, value]) => `${name.replaceAll("_", " ")} to ${value}`).join(", ");
      return el("button", {type: "button", class: "wb-greyed", disabled: !ruled.instead, text: String(ruled.choice), "data-testid": `greyed-${knob.name}-${ruled.choice}-${this.pane}`,
        title: others ? `Choose it and change ${others}` : "Nothing else that could change makes this possible", on: {click: () => {
          this.kept.set(this.method.id, {...this.kept.get(this.method.id), ...ruled.instead, [knob.name]: ruled.choice});
          this.drawKnobs();
          this.consult();
          if (others) wb.say(`${knob.label} is now ${ruled.choice}; with it changed ${others}.`, "note");
        }}});
    }

    /* The control of a knob with the place for what is greyed. */
    marked(knob, control) {
      const note = el("ul", {class: "wb-blocked", hidden: true, id: `${control.id}-blocked`, "data-testid": `blocked-${knob.name}-${this.pane}`});
      control.setAttribute("aria-describedby", `${control.getAttribute("aria-describedby")} ${note.id}`);
      this.marks.set(knob.name, {control, note});
      return [control, note];
    }

    control(knob) {
      const id = wb.id("knob"), hint = `${id}-help`, shared = {id, "aria-describedby": hint, "data-testid": `knob-${knob.name}-${this.pane}`};
      const help = el("p", {class: "wb-help", id: hint, text: knob.help});
      const label = el("label", {for: id, text: knob.label});
      if (knob.kind === "switch") {
        const [box, note] = this.marked(knob, this.box(knob, shared));
        return el("div", {class: "wb-field wb-switch"}, box, label, help, note);
      }
      if (knob.kind === "list") {
        const [list, note] = this.marked(knob, this.menu(knob, shared));
        return el("div", {class: "wb-field"}, label, list, help, note);
      }
      return el("div", {class: "wb-field wb-slider"}, label, ...this.slider(knob, shared), help);
    }

    box(knob, shared) {
      const on = String(this.value(knob)) === "true";
      const box = el("input", {...shared, type: "checkbox", checked: on, on: {change: () => this.keep(knob, box.checked)}});
      return box;
    }

    menu(knob, shared) {
      const list = el("select", {...shared, class: "wb-select", on: {change: () => this.keep(knob, list.value)}},
        knob.choices.map((each) => el("option", {value: each, selected: each === this.value(knob), text: each})));
      return list;
    }

    /* A number for exactness and a slider for feeling; the server says what is wrong with a number out of range. */
    slider(knob, shared) {
      const span = {min: knob.low, max: knob.high, step: knob.whole ? 1 : knob.step};
      const number = el("input", {...shared, type: "number", ...span, step: knob.whole ? 1 : "any", value: this.value(knob), class: "wb-number"});
      const slide = el("input", {type: "range", ...span, step: knob.whole ? 1 : knob.step, value: this.value(knob), tabindex: -1, "aria-hidden": "true"});
      number.addEventListener("input", () => { slide.value = number.value; this.keep(knob, number.value === "" ? "" : Number(number.value)); });
      slide.addEventListener("input", () => { number.value = slide.value; this.keep(knob, Number(slide.value)); });
      return [number, slide];
    }

    summarise() {
      const knobs = this.method ? this.method.knobs.filter((knob) => !this.idle.has(knob.name)) : [];
      this.brief.textContent = knobs.map((knob) => `${knob.label.toLowerCase()} ${this.value(knob)}`).join(" · ");
    }

    /* What the pane says of a run that has been asked for and not begun. */
    announced() {
      const {title, guarantee, promise} = {...this.method, ...this.held, title: this.method.title};
      return {title, guarantee, promise, models: Object.keys(this.method.needs).map((role) => ({role, name: this.model(role)}))};
    }

    /* What the server is sent: every knob by its value. */
    plan() {
      if (!this.method) return {method: "", knobs: {}, models: {}};
      const knobs = Object.fromEntries(this.method.knobs.map((knob) => [knob.name, this.value(knob)]));
      const models = Object.fromEntries(Object.keys(this.method.needs).map((role) => [role, this.model(role)]));
      return {method: this.method.id, knobs, models};
    }
  }

  /* Device and number type: one quiet line. What this machine lacks is greyed and says why. */
  const NAMES = {auto: "auto", cpu: "CPU", cuda: "CUDA", mps: "Apple MPS"};
  const WHERE = [["device", "Device", "device"], ["dtype", "Number type", "numbers"]];

  class Advanced {
    constructor(root) {
      this.said = {};
      this.lists = {};
      this.brief = el("span", {class: "wb-brief"});
      const fields = WHERE.map(([name, label]) => {
        const list = this.lists[name] = el("select", {class: "wb-select", id: wb.id(name), disabled: true, "data-testid": name, on: {change: () => this.keep(name)}});
        return el("div", {class: "wb-field"}, el("label", {for: list.id, text: label}), list);
      });
      this.room = el("p", {class: "wb-help wb-room", role: "status", "data-testid": "room"});
      root.replaceChildren(this.room, el("details", {class: "wb-drawer wb-advanced"}, el("summary", {"data-testid": "advanced"}, el("span", {text: "Advanced"}), this.brief),
        el("div", {class: "wb-roles"}, fields)));
      wb.choices().then((all) => { this.all = all; this.draw(); }).catch(() => {});
    }

    keep(name) { this.said[name] = this.lists[name].value; this.draw(); }

    /* Take what a link says; nothing said keeps what is chosen. */
    set(view) {
      for (const [name] of WHERE) if (view[name]) this.said[name] = view[name];
      this.draw();
    }

    value(name) { return this.said[name] || (this.all && this.all[name].chosen) || ""; }

    draw() {
      if (!this.all) return;
      for (const [name] of WHERE) {
        const list = this.lists[name], chosen = this.value(name), known = this.all[name].choices;
        const shown = known.some((each) => each.name === chosen) ? known : [...known, {name: chosen, problem: "not known"}];
        list.replaceChildren(...shown.map((each) => el("option", {value: each.name, selected: each.name === chosen, disabled: Boolean(each.problem) && each.name !== chosen,
          title: each.problem, text: (NAMES[each.name] || each.name) + (each.problem ? ` (${each.problem})` : "")})));
        list.disabled = false;
      }
      this.brief.textContent = WHERE.map(([name, , noun]) => `${noun} ${NAMES[this.value(name)] || this.value(name)}`).join(" · ");
    }
  }

  /* {device, dtype} as chosen; empty while nothing is known. */
  let advanced = null;
  wb.where = () => Object.fromEntries(WHERE.map(([name]) => [name, advanced ? advanced.value(name) : ""]));
  wb.setWhere = (view) => { if (advanced) advanced.set(view); };
  wb.advanced = (root) => { advanced = new Advanced(root); wb.room(); };

  /* Below the budget: what the models that are chosen hold. */
  wb.room = () => {
    if (!advanced) return;
    const held = Math.min(...Object.values(wb.setups).filter((setup) => setup.all).map((setup) => setup.room()));
    advanced.room.textContent = Number.isFinite(held) ? `The models hold ${held} tokens, prompt included.` : "";
  };

  const title = (text) => text.charAt(0).toUpperCase() + text.slice(1);

  function label(model) {
    const perfect = /^oracle:(.+):(\d+)$/.exec(model.name);
    if (perfect) return `perfect model of ${perfect[1]} ${perfect[2]}`;
    if (model.missing) return `${model.name} (not found here)`;
    const size = model.parameters ? ` · ${(model.parameters / 1e6).toPrecision(2)} M` : "";
    return (model.label || model.name) + size + (model.available ? "" : " (cannot be opened)");
  }

  wb.setup = (root, pane) => { wb.setups[pane] = new Setup(root, pane); };
})((window.Workbench = window.Workbench || {}));
