/* Forks: what a person does to a run in the player is asked of the server; the new run stands in B, the original in A. */
(function (wb) {
  "use strict";

  /* player: emits "intervene" with {pane, acts} or {pane, knobs}. page: runs, show, expect and send of the stage. */
  wb.forking = function (player, {runs, show, expect, send}) {
    wb.choices().then((all) => {
      player.acts = Object.fromEntries(all.methods.map((each) => [each.id, each.acts]));
      player.redraw();
    }).catch(() => { /* said where the methods are chosen */ });

    player.on("intervene", async ({pane, ...asked}) => {
      const run = runs[pane];
      if (!run) { wb.say("The workbench does not hold this run; open its file, then change it.", "error"); return; }
      wb.say("");
      if (pane === "b" && !player.pinned) await show("a", run);
      try {
        const about = await wb.ask(`/runs/${encodeURIComponent(run)}`);
        for (const name of pane === "b" && !player.pinned ? ["a", "b"] : ["b"]) {
          if (wb.setups[name] && about.method) wb.setups[name].set({...about, knobs: {...about.knobs, ...(name === "b" ? asked.knobs : {})}});
        }
      } catch (error) { wb.say(error.message, "error"); return; }
      expect("b");
      send({run, ...asked});
    });
  };

  /* The fork is over: the cursor goes to where the two runs part. */
  wb.parted = function (player, {at, event, problem}) {
    const pane = player.panes.b, beat = pane.reel.beats.findIndex((each) => each.e[1] >= event);
    if (problem) { wb.say(problem, "error"); return; }
    if (beat >= 0) pane.seekBeat(beat);
    const what = beat < 0 ? "it changed nothing after all" : `the runs part at event ${event}, where the cursor stands`;
    wb.say(`B is A with what you did, from event ${at} on; everything before is byte for byte the same, and ${what}.`);
  };
})((window.Workbench = window.Workbench || {}));
