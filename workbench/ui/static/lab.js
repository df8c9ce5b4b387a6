/* See what breaks: a rule, one mistake, and the exact law that comes out. All figures are the server's. */
(function (wb) {
  "use strict";
  const {el} = wb;
  const VIEW = "breaks";
  const state = {rule: "ratio", mistake: "resample_from_target", seed: 0, size: 4, temperature: 1, tokens: 2, drafter: "", shape: "", siblings: ""};
  const PAIR = ["drafter", "shape", "siblings"];
  const HIDDEN = "On these two tables the mistake changes nothing that a first round writes: a test on one pair of models can miss it altogether. Try the next seed.";
  let all = null, law = null, asked = 0, later = 0, controls = null, figure = null, begun = false;

  // ---- which view -----------------------------------------------------------------------

  function place() {
    const [name, query] = location.hash.slice(1).split("?");
    return {here: name === VIEW, said: new URLSearchParams(query || "")};
  }

  function route() {
    const {here, said} = place();
    document.body.classList.toggle("wb-breaks", here);
    for (const link of document.querySelectorAll(".wb-nav a")) {
      const other = location.hash.startsWith("#many") ? "#many" : "#decode";
      const mine = link.getAttribute("href") === (here ? `#${VIEW}` : other);
      if (mine) link.setAttribute("aria-current", "page"); else link.removeAttribute("aria-current");
    }
    if (!here) return;
    if (state.drafter && said.has("rule") && !said.has("drafter")) Object.assign(state, alone());
    for (const [name, value] of said) if (name in state) state[name] = typeof state[name] === "number" ? Number(value) : value;
    begin();
  }

  async function begin() {
    if (begun || !controls || !figure) { if (all) { draw(); ask(); } return; }
    begun = true;
    try {
      all = await wb.ask("/lab/options.json");
    } catch (error) {
      begun = false;
      complain(error.message);
      return;
    }
    draw();
    ask();
  }

  /* The address names what is shown, so that it can be sent to somebody. */
  function remember() {
    const query = new URLSearchParams(Object.entries(state).filter(([name]) => state.drafter || !PAIR.includes(name)).map(([name, value]) => [name, String(value)]));
    history.replaceState(history.state, "", `#${VIEW}?${query}`);
  }

  // ---- controls -------------------------------------------------------------------------

  const rule = () => all.rules.find((each) => each.id === state.rule) || all.rules[0];
  const mistake = () => rule().mistakes.find((each) => each.id === state.mistake) || null;

  function change(what) {
    const paired = Boolean(state.drafter);
    Object.assign(state, what);
    if ("rule" in what && !state.drafter) { state.mistake = rule().mistakes.length ? rule().mistakes[0].id : ""; }
    if (paired !== Boolean(state.drafter) || (!paired && ("rule" in what || "mistake" in what))) draw();
    remember();
    clearTimeout(later);
    later = setTimeout(ask, 90);
  }

  const alone = () => ({...Object.fromEntries(PAIR.map((name) => [name, ""])), size: 4});

  /* Two questions: a rule with a mistake in it, or a pair that the menu refuses. */
  function question() {
    const ask = {mistake: "A mistake", pair: "A refused pair"};
    return segments("lab-question", Object.keys(ask), state.drafter ? "pair" : "mistake", (which) => {
      change(which === "pair" ? wb.pair.first(state.rule) : {...alone(), rule: rule().id});
    }, (which) => ask[which]);
  }

  function draw() {
    if (state.drafter) { controls.replaceChildren(question(), wb.pair.controls(all, state, change), tables()); return; }
    state.rule = rule().id;
    if (state.mistake && !mistake()) state.mistake = "";
    const list = el("select", {class: "wb-select wb-method", id: wb.id("rule"), "data-testid": "lab-rule", on: {change: () => change({rule: list.value})}},
      all.rules.map((each) => el("option", {value: each.id, selected: each.id === state.rule, text: capital(each.title)})));
    const group = wb.id("mistake");
    const focus = document.activeElement && document.activeElement.dataset ? document.activeElement.dataset.testid : "";
    controls.replaceChildren(question(),
      el("section", {class: "wb-setup"}, el("div", {class: "wb-field"}, el("label", {for: list.id, text: "Verification rule"}), list),
        el("p", {class: "wb-idea", text: rule().sentence}), el("p", {class: "wb-help wb-drafts", text: `Drafts here: ${rule().drafts}.`})),
      el("fieldset", {class: "wb-setup wb-mistakes", "data-testid": "lab-mistake"}, el("legend", {class: "wb-caption", text: "Mistake"}),
        choice(group, {id: "", title: "none, the rule as published"}), rule().mistakes.map((each) => choice(group, each))),
      tables());
    const again = focus && controls.querySelector(`[data-testid="${focus}"]`);
    if (again) again.focus();
  }

  function choice(group, each) {
    const id = wb.id("choice");
    const box = el("input", {type: "radio", id, name: group, value: each.id, checked: each.id === state.mistake, "data-testid": `lab-mistake-${each.id || "none"}`,
      on: {change: () => change({mistake: each.id})}});
    return el("div", {class: "wb-choice", title: each.wrong}, box, el("label", {for: id, text: capital(each.title)}));
  }

  function tables() {
    const seed = el("input", {class: "wb-number", type: "number", min: 0, step: 1, id: wb.id("seed"), value: state.seed, "data-testid": "lab-seed",
      on: {input: () => change({seed: seed.value === "" ? "" : Number(seed.value)})}});
    const other = el("button", {type: "button", class: "wb-button", text: "Next", title: "Other tables", "data-testid": "lab-next", on: {click: () => { seed.value = Number(seed.value) + 1; change({seed: Number(seed.value)}); }}});
    const span = {min: all.temperature.low, max: all.temperature.high};
    const heat = el("input", {...span, type: "number", step: "any", class: "wb-number", id: wb.id("heat"), value: state.temperature, "data-testid": "lab-temperature"});
    const slide = el("input", {...span, type: "range", step: 0.05, value: state.temperature, tabindex: -1, "aria-hidden": "true"});
    heat.addEventListener("input", () => { slide.value = heat.value; change({temperature: heat.value === "" ? "" : Number(heat.value)}); });
    slide.addEventListener("input", () => { heat.value = slide.value; change({temperature: Number(slide.value)}); });
    return el("section", {class: "wb-setup wb-tables"}, el("p", {class: "wb-caption", text: "Two random tables: target and drafter"}),
      el("div", {class: "wb-pair"}, el("label", {for: seed.id, text: "Seed"}), el("span", {}, seed, other)),
      el("div", {class: "wb-pair", role: "group", "aria-label": "Tokens in the vocabulary"}, el("span", {class: "wb-label", text: "Vocabulary"}), segments("lab-size", all.sizes, state.size, (size) => change({size}))),
      el("div", {class: "wb-field wb-slider"}, el("label", {for: heat.id, text: "Temperature"}), heat, slide));
  }

  /* A few choices side by side; arrow keys move as in any group of radio buttons. */
  function segments(hook, values, chosen, on, text = (value) => value) {
    const group = wb.id("segments");
    return el("span", {class: "wb-segments", "data-testid": hook}, values.flatMap((value) => {
      const id = wb.id("segment");
      return [el("input", {type: "radio", class: "wb-sr", name: group, id, value, checked: value === chosen, "data-testid": `${hook}-${value}`, on: {change: () => on(value)}}), el("label", {for: id, text: text(value)})];
    }));
  }

  const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

  // ---- the figures ----------------------------------------------------------------------

  function query() {
    const names = ["rule", "mistake", "seed", "size", "temperature", ...(state.drafter ? PAIR : [])];
    return new URLSearchParams(names.map((name) => [name, String(state[name])]));
  }

  async function ask() {
    const turn = (asked += 1);
    figure.setAttribute("aria-busy", "true");
    try {
      const found = await wb.ask(`/lab/law.json?${query()}`);
      if (turn !== asked) return;
      law = found;
      show();
      const seen = await wb.ask(`/lab/caught.json?${query()}`).catch((error) => ({sentence: error.message, missing: true}));
      if (turn === asked) run(seen);
    } catch (error) {
      if (turn === asked) complain(error.message);
    } finally {
      if (turn === asked) figure.removeAttribute("aria-busy");
    }
  }

  function complain(text) {
    if (!all) controls.replaceChildren(el("button", {type: "button", class: "wb-button", text: "Try again", "data-testid": "lab-again", on: {click: begin}}));
    if (figure) figure.replaceChildren(el("p", {class: "wb-message", role: "alert", "data-kind": "error", "data-testid": "lab-error"}, el("span", {text})));
  }

  function show() {
    const wrong = state.drafter ? null : mistake(), pair = law.pair, kept = law.variation < 1e-9;
    const verdict = !kept ? "× the law is not the target's" : wrong ? "– hidden: the law is still the target's" : "✓ the law is the target's";
    state.tokens = Math.min(state.tokens, law.laws.length);
    const title = pair ? `${capital(pair.title)}, ${pair.siblings}` : wrong ? `${capital(rule().title)}, wrong: ${wrong.title}` : `${capital(rule().title)}, as published`;
    figure.replaceChildren(
      el("section", {class: "wb-card", "aria-labelledby": "wb-lab-title"},
        el("div", {class: "wb-lab-head"}, el("h2", {id: "wb-lab-title", text: title}), el("span", {class: "wb-verdict", "data-kept": kept && wrong ? "hidden" : String(kept), "data-testid": "lab-verdict", role: "status", text: verdict})),
        pair ? wb.pair.words(pair) : wrong ? words(wrong) : null, kept && wrong ? el("p", {class: "wb-help wb-hidden", "data-testid": "lab-hidden", text: HIDDEN}) : null, el("div", {class: "wb-lab-law"}), el("div", {class: "wb-tiles"})),
      el("section", {class: "wb-card wb-caught", "aria-label": "In a recorded run"}, el("p", {class: "wb-caption", text: "In a recorded run"}), el("div", {class: "wb-caught-row"}, el("p", {class: "wb-faint", text: "Recording runs until the mistake shows…"}))));
    drawLaw();
  }

  function words(wrong) {
    const line = (name, text) => [el("dt", {text: name}), el("dd", {text})];
    return el("dl", {class: "wb-words"}, line("Wrong", wrong.wrong), line("Tempting", wrong.tempting), line("Right", wrong.right));
  }

  /* One law and its figures; the switch above the bars chooses how many tokens it is about. */
  function drawLaw() {
    const each = law.laws[state.tokens - 1];
    const pick = segments("lab-tokens", law.laws.map((one) => one.tokens), state.tokens, (tokens) => { state.tokens = tokens; remember(); drawLaw(); focusOn(`lab-tokens-${tokens}`); });
    figure.querySelector(".wb-lab-law").replaceChildren(
      el("div", {class: "wb-law-bar"}, el("span", {class: "wb-law-title", role: "group", "aria-label": "How many tokens the law is about"}, el("span", {text: "Exact law of the first"}), pick, el("span", {text: state.tokens > 1 ? "tokens" : "token"})), legend()),
      bars(each), numbers(each));
    const steps = law.pair ? (law.pair.proper ? `with ${law.pair.proper} ${number(law.right_mean)}` : "")
      : law.right_mean === law.mean ? "the same as published" : `as published ${number(law.right_mean)}`;
    const over = `over the first ${each.tokens === 1 ? "token" : `${each.tokens} tokens`}`;
    figure.querySelector(".wb-tiles").replaceChildren(
      tile("lab-tv", "Total variation", number(each.variation), over, all.definitions.variation, "variation"),
      tile("lab-samples", "Samples to notice", samples(each.samples), each.samples === null ? "no test can see it here" : over, all.definitions.samples),
      tile("lab-steps", "Tokens per step", number(law.mean), steps, all.definitions.mean));
  }

  function focusOn(hook) {
    const node = figure.querySelector(`[data-testid="${hook}"]`);
    if (node) node.focus();
  }

  function legend() {
    const key = (kind, text) => el("span", {class: "wb-key"}, el("i", {"data-kind": kind}), text);
    return el("span", {class: "wb-legend", "aria-hidden": "true"}, key("target", "target"), key("output", "output"), key("surplus", "output above target: together the total variation"));
  }

  function bars(each) {
    const top = ceiling(Math.max(...each.rows.flatMap((row) => [row.target, row.output])));
    const high = (value) => `height:${(100 * value / top).toFixed(3)}%`;
    const worst = each.rows.reduce((a, b) => (Math.abs(a.output - a.target) >= Math.abs(b.output - b.target) ? a : b));
    const label = `Probability of each text of ${each.tokens} token${each.tokens > 1 ? "s" : ""}, target beside output. Total variation ${number(each.variation)}. `
      + `Furthest apart: ${worst.text}, target ${number(worst.target)}, output ${number(worst.output)}.`;
    const columns = each.rows.map((row) => el("div", {class: "wb-column", title: `${row.text}: target ${number(row.target)}, output ${number(row.output)}`},
      el("div", {class: "wb-bars"}, el("i", {"data-kind": "target", style: high(row.target)}),
        el("span", {style: high(row.output)}, row.output - row.target > 1e-12 ? el("i", {"data-kind": "surplus", style: `height:${(100 * (row.output - row.target) / row.output).toFixed(3)}%`}) : null, el("i", {"data-kind": "output"}))),
      el("div", {class: "wb-text"}, row.text.split(" ").map((letter) => el("span", {text: letter})))));
    const ticks = [1, 0.5, 0].map((share) => el("span", {class: "wb-tick", style: `bottom:${share * 100}%`, text: String(Number((top * share).toPrecision(3)))}));
    return el("div", {class: "wb-law", role: "img", tabindex: "0", "aria-label": label, "data-testid": "lab-bars", "data-count": each.rows.length},
      el("div", {class: "wb-axis"}, ticks), el("div", {class: "wb-columns", style: `--count:${each.rows.length}`}, columns));
  }

  function numbers(each) {
    const cell = (text) => el("td", {text});
    return el("details", {class: "wb-drawer wb-numbers"}, el("summary", {}, el("span", {text: "The numbers"})),
      el("div", {class: "wb-scroll", tabindex: "0", role: "region", "aria-label": "The numbers"}, el("table", {"data-testid": "lab-table"},
        el("thead", {}, el("tr", {}, ["text", "target", "output", "difference"].map((text) => el("th", {scope: "col", text})))),
        el("tbody", {}, each.rows.map((row) => el("tr", {}, el("th", {scope: "row", text: row.text}), cell(row.target.toFixed(6)), cell(row.output.toFixed(6)), cell(signed(row.output - row.target))))))));
  }

  function tile(hook, name, value, note, definition, kind) {
    return el("div", {class: "wb-tile", "data-kind": kind}, el("span", {class: "wb-caption", text: name}), el("strong", {"data-testid": hook, text: value}), el("span", {class: "wb-note", text: note}), el("p", {class: "wb-help", text: definition}));
  }

  const number = (x) => (Math.abs(x) < 1e-9 ? "0" : Math.abs(x) < 1e-3 ? x.toExponential(1) : x >= 1 ? x.toFixed(3) : x.toPrecision(3));
  const signed = (x) => (Math.abs(x) < 5e-7 ? "0" : (x > 0 ? "+" : "−") + Math.abs(x).toFixed(6));
  const raised = (digits) => digits.replace(/\d/g, (digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit]);
  const samples = (n) => (n === null ? "∞" : n < 1e6 ? n.toLocaleString("en-US") : n.toExponential(1).replace(/e\+(\d+)/, (_, power) => ` × 10${raised(power)}`));

  /* The next round number above. */
  function ceiling(x) {
    const power = 10 ** Math.floor(Math.log10(x));
    return [1, 1.5, 2, 3, 4, 5, 6, 8, 10].map((step) => step * power).find((step) => step >= x - 1e-12);
  }

  // ---- the recorded run -----------------------------------------------------------------

  function run(seen) {
    const bent = state.drafter ? law.variation >= 1e-9 : seen.parts !== null;
    const kind = seen.missing ? "missing" : seen.check.ok ? (bent ? "unseen" : "clean") : "caught";
    const mark = {caught: "×", unseen: "?", clean: "✓", missing: "–"}[kind];
    const parts = seen.missing || seen.parts === null || seen.parts === undefined ? null
      : el("p", {class: "wb-help", text: `Event ${seen.parts} of ${seen.events} is the first that the right rule does not give on the same dice (seed ${seen.seed}).`});
    const open = el("button", {type: "button", class: "wb-button wb-strong", text: "Open the trace", disabled: Boolean(seen.missing), "data-testid": "lab-open", on: {click: () => openTrace(open)}});
    figure.querySelector(".wb-caught-row").replaceChildren(el("span", {class: "wb-mark", "data-kind": kind, "aria-hidden": "true", text: mark}),
      el("div", {class: "wb-said"}, el("p", {"data-testid": "lab-check", "data-kind": kind, text: seen.sentence}), parts), open);
  }

  async function openTrace(button) {
    button.disabled = true;
    try {
      const found = await wb.ask(`/lab/open?${query()}`, {method: "POST"});
      document.body.classList.add("wb-breaks-run");
      await wb.ready;  // else the first example would be drawn over it
      await wb.show("b", "");
      await wb.show("a", found.run);
      goTo(found.event);
      document.getElementById("stage").scrollIntoView({behavior: "smooth", block: "start"});
    } catch (error) {
      wb.say(error.message, "error");
      complain(error.message);
    } finally {
      button.disabled = false;
    }
  }

  /* The step of pane A that holds an event. */
  function goTo(event) {
    const player = wb.player(), pane = player.panes.a, at = pane.reel.beats.findIndex((beat) => beat.e[1] >= event);
    player.setClock("events");
    if (at >= 0) pane.seekBeat(at);
  }

  // ---- where gradio puts it -------------------------------------------------------------

  wb.lab = {
    controls: (root) => { controls = root; route(); },
    figure: (root) => { figure = root; root.setAttribute("data-testid", "lab"); route(); },
  };
  window.addEventListener("hashchange", route);
})((window.Workbench = window.Workbench || {}));
