/* The stage: player, live runs, examples, links, messages. */
(function (wb) {
  "use strict";
  const {el} = wb;
  const PANES = ["a", "b"];

  const runs = {a: "", b: ""}, live = {a: null, b: null};
  let player = null, message = null, rows = {}, sharing = null, stopWanted = false, wanted = null, picked = () => {};

  wb.player = () => player;

  /* One sentence for the person. */
  wb.say = function (text, kind) {
    if (!message) return;
    message.dataset.kind = kind || "note";
    message.firstChild.textContent = text || "";
    message.hidden = !text;
  };

  /* One more thing that is wrong: what was said before stays. */
  wb.also = function (text) {
    const standing = message && !message.hidden && message.dataset.kind === "error" ? message.firstChild.textContent : "";
    wb.say(standing.includes(text) ? standing : `${standing} ${text}`.trim(), "error");
  };

  // ---- what the panes show --------------------------------------------------------------

  async function show(pane, id) {
    if (!id) { player.clear(pane); hold(pane, ""); return true; }
    if (/[/\\?#]/.test(id)) { wb.say(`There is no run '${id.slice(0, 40)}' on this machine.`, "error"); return false; }
    let about;
    try {
      about = await wb.ask(`/runs/${encodeURIComponent(id)}`);
    } catch (error) {
      wb.say(error.message, "error");
      return false;
    }
    const drawn = await player.load(pane, `/runs/${encodeURIComponent(id)}/reel`);
    if (drawn) { hold(pane, id); settle(pane, about); }
    return drawn && about;
  }

  wb.show = show;

  /* Nobody runs anything here any more: what stood here goes, unless it is still being written. */
  wb.vacate = (pane) => { if (!live[pane] && runs[pane]) show(pane, ""); };

  function hold(pane, id) {
    runs[pane] = id;
    sharing.update();
    if (!rows.coming) named();
  }

  /* The list of examples names what is on the stage: nothing, once something else stands there. */
  function named() {
    const at = (wb.examples || []).findIndex((view) => view.a === runs.a && (view.b || "") === runs.b);
    rows.examples.value = at < 0 ? "" : String(at);
  }

  function settle(pane, about) {
    const said = [about.outcome ? about.outcome.text : "", about.message || ""].filter(Boolean).join(" ");
    const badge = about.badge && {...about.badge};
    if (badge && (badge.event === null || badge.event === undefined)) delete badge.event;
    player.setStatus(pane, {running: about.status === "running", message: said, badge});
  }

  /* The controls follow an example (gradio's own only if somebody chose it), so that Run repeats it. */
  async function example(view, chosen) {
    if (!view) return;
    if (chosen) wb.say("");
    if (player.pinned) { await beside(view.a); return; }
    rows.coming = true;
    const found = await Promise.all([show("a", view.a), show("b", view.b)]);
    rows.coming = false;
    named();
    for (const [at, pane] of PANES.entries()) if (wb.setups[pane]) wb.setups[pane].set(found[at] && found[at].method ? found[at] : {method: ""});
    if (chosen) picked(view.a);
    player.first();
    player.decision(1);
    if (!player.state().cursor) player.seek(Math.round(player.state().max * 0.6));
  }

  wb.example = example;

  /* Prompt, budget and seed follow a run, so that Run repeats it. */
  wb.follow = (run) => picked(run);

  /* A is pinned: what is chosen comes beside it. */
  async function beside(id) {
    const found = await show("b", id);
    if (found && found.method && wb.setups.b) wb.setups.b.set(found);
  }

  // ---- live runs ------------------------------------------------------------------------

  /* A small message of the server: {run, status, upto, ...}; the deltas themselves come from our own route. */
  function feed(pane, text) {
    const said = wb.parse(text);
    if (!said || (live[pane] && live[pane].lost)) return;
    if (!live[pane] || live[pane].run !== said.run) live[pane] = {run: said.run, have: 0, busy: false, asked: true};
    const run = live[pane];
    run.said = said;
    if (stopWanted && said.run && !run.stopping) { run.stopping = true; stop(said.run); }
    if (said.status === "refused" || said.status === "dropped") return refused(pane, said);
    busy();
    if (!["queued", "opening the models"].includes(said.status) || said.upto) drain(pane, run);
    else player.setStatus(pane, {running: true, message: said.status === "queued" ? "Waiting for its turn…" : "Opening the models…", badge: null});
  }

  function refused(pane, said) {
    live[pane] = null;
    player.setStatus(pane, {running: false, message: ""});
    player.announce(pane, {title: "", guarantee: "", promise: "", models: []});
    if (said.status === "dropped") {
      if (message.hidden) wb.say(`Run ${pane.toUpperCase()} was cancelled before it began.`);
    } else wb.say(`${said.pane ? `Run ${said.pane.toUpperCase()}: ` : ""}${said.message}`, "error");
    if (runs[pane]) wb.ask(`/runs/${encodeURIComponent(runs[pane])}`).then((about) => settle(pane, about)).catch(() => {});
    busy();
  }

  /* Gradio could not do what else it was asked for. */
  wb.failed = async function () {
    if (await wb.line()) wb.say("The server could not do that now; wait a moment and try again.", "error");
  };

  /* Nothing more is heard of this run: gradio failed before or while our handler spoke, or the line broke. What was drawn stays. */
  wb.lost = async function (pane) {
    const run = live[pane];
    if (!run || run.lost) return;
    run.lost = true;
    player.setStatus(pane, {running: true, message: "Connection lost; reconnecting…", badge: null});
    const held = await wb.line(), about = run.run ? await wb.over(run.run) : null;
    if (live[pane] !== run) return;
    if (!about && !run.have) {
      refused(pane, {pane, status: "refused", message: held ? "the server did not take it; look at the settings and run again." : "the connection was lost before it began; run again."});
      return;
    }
    live[pane] = null;
    busy();
    const last = player.panes[pane].reel.beats.at(-1), more = about && last && last.e[1] >= about.events;  // the disk may be behind the page
    if (!about || more || !(await show(pane, run.run))) player.setStatus(pane, {running: false, message: "The recording breaks off here."});
    wb.also(`Run ${pane.toUpperCase()} was cut off when the connection was lost: what was recorded stands here; run again for all of it.`);
  };

  async function drain(pane, run) {
    if (run.busy) return;
    run.busy = true;
    try {
      while (live[pane] === run && run.have < run.said.upto) {
        const deltas = await wb.ask(`/runs/${encodeURIComponent(run.run)}/delta?start=${run.have}`);
        if (live[pane] !== run || !deltas.length) break;
        if (!run.have) hold(pane, run.run);
        for (const delta of deltas) player.append(pane, delta);
        run.have += deltas.length;
      }
      if (live[pane] === run) progress(pane, run);
    } catch {
      wb.lost(pane);
      return;
    }
    run.busy = false;
    if (live[pane] === run && run.have < run.said.upto) drain(pane, run);
  }

  function progress(pane, run) {
    const {said} = run;
    if (said.badge && run.have >= said.upto) {
      live[pane] = null;
      settle(pane, said);
      if (said.status === "failed") wb.say(`Run ${pane.toUpperCase()}: ${said.message}`, "error");
      else if (said.fork) wb.parted(player, said.fork);
      if (wanted && !live.a && !live.b) look();
    } else if (!said.badge) {
      player.setStatus(pane, {running: true, message: `${said.tokens || 0} of ${said.max || "?"} tokens`, badge: null});
    }
    busy();
  }

  function busy() {
    const on = PANES.some((pane) => live[pane]);
    document.body.classList.toggle("wb-running", on);
    const share = ({said}) => (said && said.max ? Math.min(1, said.tokens / said.max) : 0), going = PANES.filter((pane) => live[pane]).map((pane) => live[pane]);
    rows.progress.hidden = !on;
    rows.progress.value = on ? going.reduce((sum, run) => sum + share(run), 0) / going.length : 0;
    if (!on) stopWanted = false;
  }

  function stop(id) {
    return wb.ask(`/runs/${encodeURIComponent(id)}/stop`, {method: "POST"}).catch((error) => wb.say(error.message, "error"));
  }

  /* What still waits is stopped first, so that it does not begin when the other one ends. */
  wb.cancel = async function () {
    stopWanted = true;
    busy();
    for (const pane of PANES) {
      const run = live[pane];
      if (!run || (run.asked && !run.lost)) continue;
      refused(pane, {status: "dropped"});
      if (run.drop) run.drop();
    }
    const going = PANES.map((pane) => live[pane]).filter((run) => run && run.run && !run.stopping), waits = (run) => run.said.status === "queued";
    for (const run of going) run.stopping = true;
    await Promise.all(going.filter(waits).map((run) => stop(run.run)));
    await Promise.all(going.filter((run) => !waits(run)).map((run) => stop(run.run)));
  };

  /* A run was asked for; `asked`: the server hears of it. */
  function expect(pane, asked = false) {
    live[pane] = {run: "", have: 0, busy: false, asked, said: {upto: 0}};
    const setup = wb.setups[pane];
    if (setup && setup.method) player.announce(pane, setup.announced());
    player.setStatus(pane, {running: true, message: setup && setup.all ? "Waiting for its turn…" : "Waiting for the list of methods and models…", badge: null});
  }

  /* Called by a run button in the browser, before the server hears of it; gives what the server is sent.
     Pressed before there is a method to choose, the run waits for it; throwing is how gradio is told not to ask. */
  wb.plan = async function (pane, both) {
    if (!both || pane === "a") {
      wb.say("");
      stopWanted = false;
      for (const each of both ? PANES : [pane]) expect(each);
      busy();
    }
    const setup = wb.setups[pane], run = live[pane];
    if (!setup.all && run) {
      const filled = await Promise.race([setup.filled(), new Promise((resolve) => { run.drop = resolve; })]);
      if (live[pane] !== run) throw new Error("cancelled");
      if (!filled) {
        refused(pane, {pane, status: "refused", message: "the methods could not be loaded; try again."});
        throw new Error("no methods");
      }
      expect(pane);
    }
    if (!live[pane]) throw new Error("cancelled");  // gradio comes to B when A has been asked for
    live[pane].asked = true;
    return JSON.stringify({pane, ...wb.where(), ...setup.plan()});
  };

  // ---- links ----------------------------------------------------------------------------

  /* Everything a link carries that only the page knows. */
  wb.view = function () {
    const {clock, cursor, max} = player.state();
    const plan = (pane) => ({...(wb.setups[pane] && wb.setups[pane].all ? wb.setups[pane].plan() : {}), run: runs[pane]});
    return JSON.stringify({a: plan("a"), b: plan("b"), ...wb.where(), clock, cursor: cursor < max ? cursor : null});
  };

  async function shared(text) {
    const said = wb.parse(text);
    if (!said) return;
    if (said.error) { wb.say(said.error, "error"); return; }
    const url = `${location.origin}${location.pathname}?${said.query}`;
    rows.link.value = url;
    rows.commands.replaceChildren(...said.commands.filter((each) => each.text).map((each) => line(each.pane, each.text)));
    rows.share.hidden = false;
    const hand = said.commands.filter((each) => each.acts).map((each) => each.pane.toUpperCase()), two = hand.length > 1;
    await copy(url, "The link is copied; it and the command lines stand below the player." + (hand.length ? ` What you did to ${hand.join(" and ")} is kept in ${two ? "their runs" : "its run"}, which the link opens on this machine only; elsewhere ${two ? "their command lines below make them" : "its command line below makes it"} again.` : ""));
  }

  function line(pane, text) {
    return el("div", {class: "wb-command"}, el("span", {class: "wb-letter", "data-pane": pane, text: pane.toUpperCase()}),
      el("code", {"data-testid": `command-${pane}`, text}),
      el("button", {type: "button", class: "wb-button", text: "Copy", on: {click: () => copy(text, "The command is copied.")}}));
  }

  async function copy(text, done, otherwise) {
    try {
      await navigator.clipboard.writeText(text);
      wb.say(done);
    } catch {
      wb.say(otherwise || "The browser did not allow copying; select the text and copy it.");
    }
  }

  wb.copy = copy;

  /* A view from the address bar: {a, b, clock, cursor} or {error}. */
  async function opened(text) {
    const view = wb.parse(text);
    if (!view) return;
    if (!view.a && !view.error) { wb.also(view.strange); return; }
    try {
      await apply(view);
      const all = await wb.choices();
      const strange = PANES.map((pane) => (wb.setups[pane] && !view.error ? wb.setups[pane].strange(view[pane], all) : ""));
      const said = [...strange, view.strange].filter(Boolean).join(" ");
      if (said) wb.also(said);
    } catch { /* said where it happened */ } finally {
      applying(false);
    }
  }

  /* While a link is being applied nothing can be run: half of it would be somebody else's settings. */
  const LINK = /[?&](a|b|arun|brun|prompt|task|open|openb)=/;
  function applying(on) {
    wb.applying = on;
    wb.hook();
  }

  /* What `?open=` (and `?openb=`) ask for, on top of whatever else the link says. */
  async function files() {
    const said = new URLSearchParams(location.search);
    for (const [pane, name] of [["a", "open"], ["b", "openb"]]) if (said.get(name)) await sharing.open(pane, said.get(name));
    if (said.get("open") && !/[?&](a|b|arun|brun|prompt|task)=/.test(location.search)) applying(false);
  }

  async function apply(view) {
    if (view.error) { await example(wb.examples && wb.examples[0]); wb.say(view.error, "error"); return; }
    for (const pane of PANES) if (wb.setups[pane] && (view.a.method || view.b.method)) wb.setups[pane].set(view[pane]);
    wb.setWhere(view);
    document.body.classList.add("wb-linked");
    wanted = {clock: view.clock, cursor: view.cursor};
    const found = await Promise.all(PANES.map((pane) => show(pane, view[pane].run)));
    if (PANES.some((pane, at) => found[at] && view[pane].run)) look();
    else if (!view.a.run && !view.b.run && message.hidden) wb.say("The link has set everything; press Run.");
  }

  function look() {
    const {clock, cursor} = wanted;
    wanted = null;
    const [shown] = player.filled();
    if (clock && shown && shown.reel.clocks.some(({id}) => id === clock)) player.setClock(clock);
    else if (clock) wb.also(`There is no clock '${clock}'; the link's value for it is left out.`);
    if (cursor !== null && cursor !== undefined) player.seek(cursor);
  }

  // ---- building -------------------------------------------------------------------------

  /* What an empty pane offers. */
  function offers(pane) {
    if (pane !== "a") return [el("p", {text: "Press Run B, or open a file in B."})];
    rows.offers = el("div", {class: "wb-offers"});
    return [el("p", {text: "Press Run to decode the prompt, open a recorded example, or take a guided tour."}), rows.offers,
      el("button", {type: "button", class: "wb-button", "data-testid": "offer-tours", text: "Guided tours", on: {click: () => rows.tours.click()}})];
  }

  function build(root, send) {
    rows.tours = wb.tourButton();
    message = el("div", {class: "wb-message", role: "alert", "data-testid": "message", hidden: true}, el("span"),
      el("button", {type: "button", class: "wb-close", "aria-label": "Dismiss", text: "×", on: {click: () => wb.say("")}}));
    const list = rows.examples = el("select", {class: "wb-select", id: wb.id("example"), "data-testid": "examples",
      on: {change: () => { example(wb.examples[Number(list.value)], true); }}});
    const place = el("div", {class: "wb-player"});
    sharing = wb.sharing({runs, hold, settle});
    Object.assign(rows, {link: el("input", {class: "wb-link", readonly: true, "aria-label": "Link to this view", "data-testid": "link-text"}),
      commands: el("div", {class: "wb-commands"})});
    rows.progress = el("progress", {class: "wb-progress", max: 1, value: 0, hidden: true, "aria-label": "Progress of the run", "data-testid": "progress"});
    rows.share = el("section", {class: "wb-share", hidden: true, "aria-label": "Link and command line"}, rows.link, rows.commands);
    const wide = el("button", {type: "button", class: "wb-button wb-wide-button", "aria-pressed": "false", text: "Hide the settings",
      on: {click: () => { const on = document.body.classList.toggle("wb-wide"); wide.setAttribute("aria-pressed", on); wide.textContent = on ? "Show the settings" : "Hide the settings"; }}});
    root.replaceChildren(el("div", {class: "wb-bar"}, wide, el("label", {for: list.id, text: "Recorded example"}), list, rows.tours),
      el("div", {class: "wb-files", role: "group", "aria-label": "Files"}, sharing.bars.a, sharing.bars.b, el("span", {class: "wb-space"}), el("div", {class: "wb-exports"}, sharing.importer("a"), sharing.importer("b"))),
      message, sharing.report, el("div", {class: "wb-frame"}, rows.progress, place), rows.share);
    sharing.dropping(place);
    const mended = (event) => { if (message.dataset.kind === "error" && event.target.closest("#settings")) wb.say(""); };
    for (const type of ["input", "change"]) document.addEventListener(type, mended, true);  // a complaint is about what was there before
    player = window.WorkbenchPlayer.mount(place, {plotly: "/vendor/plotly.min.js", pin: true, offers,
      second: "Only one run is here. Choose a method for B and press Run B, or open a file in B, and both are compared here."});
    wb.pinning(player, {runs, hold});
    wb.forking(player, {runs, show, send, expect: (pane) => { expect(pane, true); busy(); }});
    return list;
  }

  async function begin(list) {
    try {
      wb.examples = await wb.ask("/workbench/examples.json");
    } catch (error) {
      wb.say(error.message, "error");
      return;
    }
    list.replaceChildren(el("option", {value: "", text: "Choose an example", hidden: true}), ...wb.examples.map((view, at) => el("option", {value: at, text: view.title})));
    rows.offers.replaceChildren(...wb.examples.slice(0, 4).map((view, at) => el("button", {type: "button", class: "wb-button", "data-testid": `offer-${at}`, text: view.title,
      on: {click: () => example(view, true)}})));
    if (!wb.examples.length) wb.say("No examples are recorded in this copy; press Run.");
    else if (!LINK.test(location.search)) await example(wb.examples[0]);
  }

  wb.stage = function (root, props, watch, onPicked, onForked) {
    picked = onPicked;
    if (LINK.test(location.search)) { applying(true); setTimeout(() => applying(false), 20000); }
    const ready = wb.ready = begin(build(root, onForked)).finally(wb.stands);
    watch("feed_a", () => feed("a", props.feed_a));
    watch("feed_b", () => feed("b", props.feed_b));
    watch("shared", () => shared(props.shared));
    watch("opened", () => ready.then(() => opened(props.opened)));
    ready.then(files).catch((error) => wb.say(error.message, "error"));
    if (props.opened) ready.then(() => opened(props.opened));  // said before this script had arrived
    watch("said", () => { const said = wb.parse(props.said); if (said) wb.say(said.text, said.kind); });
    wb.start();
  };
})((window.Workbench = window.Workbench || {}));
