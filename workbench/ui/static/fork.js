/* Forks: what a person does to a run in the player is asked of the server; the new run stands in B, the original in A. */
(function (wb) {
  "use strict";

  let from = "A";  // what the fork on its way was made from

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
      from = pane === "b" && player.pinned ? "the run that stood in B" : "A";
      expect("b");
      send({run, ...asked});
    });
  };

  /* The fork is over: the cursor goes to where the two runs part. */
  wb.parted = function (player, {at, event, knobs, same}) {
    const pane = player.panes.b, beat = pane.reel.beats.findIndex((each) => each.e[1] >= event);
    if (beat >= 0) pane.seekBeat(beat);
    const here = beat < 0 ? "the whole run came out the same" : `they part at event ${event}, where the cursor stands`;
    if (knobs) {
      wb.say(same ? `B is ${from} with the new bound: as foreseen, every decision before event ${at} is the same; ${here}.`
        : `B is ${from} with the new bound, but ${here}, before event ${at}: the knob decides about more than this rule.`);
    } else if (same) wb.say(`B is ${from} with what you did, from event ${at} on: everything before is byte for byte the same; ${here}.`);
    else wb.say(`B differs from ${from} already at event ${event}, before the change at event ${at}: the weights or the program on this machine are other ones.`, "error");
  };
})((window.Workbench = window.Workbench || {}));
