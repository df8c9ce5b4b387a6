/* Taking runs away and bringing them back: an export menu and a command per pane, files, counts of other programs. */
(function (wb) {
  "use strict";
  const {el} = wb;
  const PANES = ["a", "b"];
  const TESTS = {"trace.json": "export-json", "trace.jsonl": "export-journal", "tables.zip": "export-csv", "replay.html": "export-replay",
    "replay.gif": "export-gif", "timeline.json": "export-perfetto", "notebook.ipynb": "export-notebook"};
  const ACCEPT = ".json,.jsonl,.gz,.html,.htm,.ipynb,.zip,.txt";
  const ID = /^[A-Za-z0-9_-]{6,40}$/;

  /* `runs` are the run ids of the panes; `hold(pane, id)` notes one; `settle(pane, about)` says how it ended. */
  wb.sharing = function ({runs, hold, settle}) {
    const bars = {}, report = el("section", {class: "wb-counts", hidden: true, "data-testid": "counts", "aria-label": "Imported counts"});
    const named = (pane, test) => (pane === "a" ? test : `${test}-${pane}`);
    let formats = [];

    // ---- exports ------------------------------------------------------------------------

    function address(pane, kind) {
      const more = new URLSearchParams();
      if (kind.pair && pane === "a" && runs.b) more.set("beside", runs.b);
      if (kind.coloured && document.body.classList.contains("dark")) more.set("theme", "dark");
      return `/runs/${encodeURIComponent(runs[pane])}/${kind.file}${more.size ? `?${more}` : ""}`;
    }

    function update() {
      for (const pane of PANES) {
        bars[pane].classList.toggle("wb-unused", !runs[pane]);  // its place is kept: nothing moves when a run comes
        for (const [at, kind] of formats.entries()) if (bars[pane].links[at]) bars[pane].links[at].href = address(pane, kind);
      }
    }

    async function list() {
      formats = await wb.ask("/workbench/exports.json");
      for (const pane of PANES) {
        const bar = bars[pane];
        bar.links = formats.map((kind) => el("a", {class: "wb-format", download: "", "data-testid": named(pane, TESTS[kind.file] || `export-${kind.file}`),
          on: {click: () => { bar.menu.open = false; }}}, el("b", {text: kind.title}), el("span", {text: kind.purpose})));
        bar.list.replaceChildren(...bar.links, el("p", {class: "wb-format-note", text: "A picture of a single figure: the arrow beside its tab. Everything but the GIF opens here again."}));
      }
      update();
    }

    async function command(pane) {
      try {
        const about = await wb.ask(`/runs/${encodeURIComponent(runs[pane])}`);
        if (!about.command) { wb.say("No command makes this run: it was recorded by another program, or a person took part in it. Its trace holds all of it."); return; }
        await wb.copy(about.command, `The command that makes run ${pane.toUpperCase()} is copied.`, about.command);
      } catch (error) {
        wb.say(error.message, "error");
      }
    }

    function bar(pane) {
      const letter = pane.toUpperCase(), place = el("div", {class: "wb-formats"});
      const menu = el("details", {class: "wb-menu"}, el("summary", {class: "wb-button", text: `Export ${letter}`, "data-testid": named(pane, "export-menu")}), place);
      const made = el("div", {class: "wb-exports wb-unused", "data-pane": pane}, menu,
        el("button", {type: "button", class: "wb-button", text: "Copy command", title: "The command line that makes this run", "data-testid": named(pane, "copy-command"),
          on: {click: () => command(pane)}}));
      menu.addEventListener("toggle", () => { if (menu.open) update(); });
      menu.addEventListener("keydown", (event) => { if (event.key === "Escape" && menu.open) { menu.open = false; menu.firstChild.focus(); } });
      menu.addEventListener("focusout", (event) => { if (event.relatedTarget && !menu.contains(event.relatedTarget)) menu.open = false; });
      return Object.assign(made, {links: [], list: place, menu});
    }

    document.addEventListener("pointerdown", (event) => {
      for (const pane of PANES) if (!bars[pane].menu.contains(event.target)) bars[pane].menu.open = false;
    });

    // ---- files --------------------------------------------------------------------------

    async function take(pane, file) {
      if (!file) return;
      wb.say("");
      try {
        const about = await wb.ask("/runs/import", {method: "POST", body: file, headers: {"content-type": "application/octet-stream"}});
        if (about.counts) { wb.report(report, about.counts, wb.player()); return; }
        await put(pane, about);
        const other = pane === "a" ? "b" : "a";
        for (const each of about.beside) await put(other, each);
        if (about.beside.length) wb.say("The file holds two runs; both are open.");
      } catch (error) {
        wb.say(error.message, "error");
      }
    }

    async function put(pane, about) {
      if (await wb.player().load(pane, `/runs/${encodeURIComponent(about.run)}/reel`)) { hold(pane, about.run); settle(pane, about); }
    }

    function importer(pane) {
      const input = el("input", {type: "file", class: "wb-sr", id: wb.id("file"), accept: ACCEPT, "data-testid": named(pane, "import-file"),
        on: {change: () => { take(pane, input.files[0]).finally(() => { input.value = ""; }); }}});
      const hint = "A trace, a replay, a notebook, a zip of tables, a timeline; or counts of vLLM, SGLang, llama.cpp, Spec-Bench";
      return [input, el("label", {class: "wb-button", for: input.id, title: hint, text: `Open a file in ${pane.toUpperCase()}`})];
    }

    function dropping(root) {
      const pane = (event) => {
        const over = event.target.closest && event.target.closest(".dw-pane");
        return over && over.dataset.pane === "b" ? "b" : "a";
      };
      root.addEventListener("dragover", (event) => { event.preventDefault(); root.classList.add("wb-over"); });
      root.addEventListener("dragleave", (event) => { if (!root.contains(event.relatedTarget)) root.classList.remove("wb-over"); });
      root.addEventListener("drop", (event) => {
        event.preventDefault();
        root.classList.remove("wb-over");
        take(pane(event), event.dataTransfer.files[0]);
      });
    }

    /* `?open=`: a run of this machine, or a file at an address of this very page; nothing is fetched from elsewhere. */
    async function open(pane, said) {
      if (ID.test(said)) return wb.show(pane, said);
      let url = null;
      try { url = new URL(said, location.href); } catch { /* said below */ }
      if (!url || url.origin !== location.origin) {
        wb.say("The link asks for a file of another site, which is never fetched; save the file and open it here.", "error");
        return false;
      }
      const run = /^\/runs\/([A-Za-z0-9_-]{6,40})(\/|$)/.exec(url.pathname);
      if (run) return wb.show(pane, run[1]);
      const answer = await fetch(url, {credentials: "same-origin"}).catch(() => null);
      if (!answer || !answer.ok) { wb.say(`There is nothing to open at ${url.pathname}.`, "error"); return false; }
      await take(pane, await answer.blob());
      return true;
    }

    for (const pane of PANES) bars[pane] = bar(pane);
    list().catch((error) => wb.say(error.message, "error"));
    return {bars, report, update, importer, dropping, open};
  };
})((window.Workbench = window.Workbench || {}));
