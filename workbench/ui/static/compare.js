/* The pinned run and swapped sides, as the page around the player has to follow them. */
(function (wb) {
  "use strict";

  /* `runs` are the run ids of the panes, `hold(pane, id)` notes one. */
  wb.pinning = function (player, {runs, hold}) {
    player.on("pin", (on) => {
      document.body.classList.toggle("wb-pinned", on);
      wb.say(on ? "A is pinned: Run and the examples now fill B, and A stays." : "");
    });
    player.on("swap", () => {
      const {a, b} = runs;
      hold("a", b);
      hold("b", a);
      const {setups} = wb, plans = ["a", "b"].map((pane) => (setups[pane] && setups[pane].all ? setups[pane].plan() : null));
      if (!plans.every((plan) => plan && plan.method)) return;
      setups.a.set(plans[1]);
      setups.b.set(plans[0]);
    });
  };
})((window.Workbench = window.Workbench || {}));
