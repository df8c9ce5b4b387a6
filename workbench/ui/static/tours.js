/* Guided tours: a card that pages through the steps, an outline that follows what a step points at. The steps come
   from the server, filled in from the recorded runs; the tour drives the same player that everybody drives. */
(function (wb) {
  "use strict";
  const {el} = wb;
  const GAP = 10, EDGE = 12, SETTLES = 30;  // frames in which the figures of a step may still grow

  let going = null;  // the tour that is open

  wb.tourButton = function () {
    const button = el("button", {type: "button", class: "wb-button", "data-testid": "tours", "aria-haspopup": "dialog", text: "Tours", on: {click: () => choose(button)}});
    return button;
  };

  /* The list of tours. */
  async function choose(button) {
    if (going) going.end();
    let tours;
    try { tours = await wb.ask("/workbench/tours.json"); } catch (error) { wb.say(error.message, "error"); return; }
    const list = el("ul", {class: "wb-tour-list"}, tours.map((tour) => el("li", {}, el("button", {type: "button", class: "wb-tour-choice", "data-testid": `tour-${tour.id}`,
      on: {click: () => { dialog.close(); new Tour(tour, button).begin(); }}}, el("b", {text: tour.title}), el("span", {text: tour.about}), el("small", {text: `${tour.steps.length} steps`})))));
    const dialog = el("dialog", {class: "wb-tour-menu", "aria-label": "Guided tours", on: {close: () => dialog.remove(), click: (event) => { if (event.target === dialog) dialog.close(); }}},
      el("div", {class: "wb-tour-inner"}, el("h2", {text: "Guided tours"}),
        el("p", {text: tours.length ? "Each is told on a recorded run, with the controls and views that are here anyway. The settings change with it." : "No examples are recorded in this copy, so there is nothing to tell."}), list,
        el("button", {type: "button", class: "wb-button", text: "Close", on: {click: () => dialog.close()}})));
    document.querySelector(".wb-stage").append(dialog);
    dialog.showModal();
  }

  /* What scrolls around an element, the innermost first. */
  function scrollers(target) {
    const found = [];
    for (let around = target.parentElement; around && !around.matches(".wb-stage"); around = around.parentElement)
      if (around.scrollHeight > around.clientHeight + 1 && getComputedStyle(around).overflowY !== "visible") found.push(around);
    return found;
  }

  /* The part of an element that can be seen: what scrolls around it cuts it off. */
  function seen(target) {
    let {left, top, right, bottom} = target.getBoundingClientRect();
    for (const around of scrollers(target)) {
      const box = around.getBoundingClientRect();
      [left, top, right, bottom] = [Math.max(left, box.left), Math.max(top, box.top), Math.min(right, box.right), Math.min(bottom, box.bottom)];
    }
    return {left, top, right, bottom, width: Math.max(0, right - left), height: Math.max(0, bottom - top)};
  }

  class Tour {
    constructor(tour, back) {
      Object.assign(this, {tour, back, at: -1, target: null});
      const button = (id, text, act) => el("button", {type: "button", class: "wb-button", "data-testid": `tour-${id}`, text, on: {click: act}});
      this.count = el("span", {class: "wb-tour-count"});
      this.title = el("h2", {id: wb.id("tour"), tabindex: "-1"});
      this.text = el("p", {"data-testid": "tour-text"});
      this.before = button("back", "Back", () => this.go(this.at - 1));
      this.after = button("next", "Next", () => this.forward());
      this.card = el("section", {class: "wb-tour-card", role: "dialog", "aria-labelledby": this.title.id, "data-testid": "tour-card"},
        el("div", {class: "wb-tour-head"}, el("span", {text: tour.title}), this.count), el("div", {"aria-live": "polite"}, this.title, this.text),
        el("div", {class: "wb-tour-foot"}, button("end", "End", () => this.end()), this.before, this.after));
      this.ring = el("div", {class: "wb-tour-ring", "aria-hidden": "true"});
      this.onKey = (event) => this.key(event);
      this.onScroll = () => { this.settling = 0; };  // the person's own: it is left to them
    }

    async begin() {
      going = this;
      const player = wb.player();
      this.clock = player.state().clock;
      player.pause();
      player.pin(false);
      await wb.example({a: this.tour.a, b: this.tour.b}, true);
      if (going !== this) return;
      player.setClock("events");
      document.querySelector(".wb-stage").append(this.ring, this.card);
      document.addEventListener("keydown", this.onKey, true);
      for (const type of ["wheel", "touchmove", "pointerdown"]) document.addEventListener(type, this.onScroll, {capture: true, passive: true});
      this.follow();
      this.go(0);
    }

    forward() { if (this.at + 1 < this.tour.steps.length) this.go(this.at + 1); else this.end(); }

    /* The cursor, the figure and the selection of a step; then its words. */
    go(at) {
      const step = this.tour.steps[at], player = wb.player();
      if (!step) return;
      this.at = at;
      const pane = player.panes.a, beat = pane.reel.beats.findIndex((each) => each.e[1] >= step.event);
      if (step.tab) pane.show(step.tab);
      if (beat === pane.reel.beats.length - 1) player.last();  // the end is that of both runs: what is said counts both
      else player.seek(pane.reel.value(beat, pane.reel.clock("events")));
      player.select("a", step.select);
      const more = document.querySelector(`.wb-stage details[data-testid="${step.target}"]`);
      if (more) more.open = true;
      this.target = document.querySelector(`.wb-stage [data-testid="${step.target}"]`);
      this.count.textContent = `${at + 1} / ${this.tour.steps.length}`;
      this.title.textContent = step.title;
      this.text.textContent = step.text;
      this.before.disabled = at === 0;
      this.after.textContent = at + 1 < this.tour.steps.length ? "Next" : "Done";
      this.card.dataset.step = at;
      requestAnimationFrame(() => this.show());
    }

    show() {
      this.settling = SETTLES;
      this.aim();
      this.outline();
      this.title.focus({preventScroll: true});
    }

    aim() {
      if (!this.target) return;
      const room = Math.min(innerHeight / 2, ...scrollers(this.target).map((each) => each.clientHeight));
      this.target.scrollIntoView({block: this.target.offsetHeight > room ? "start" : "center", behavior: "instant"});
    }

    /* The outline is where the element is, whatever scrolls or grows; the card stands beside it, in sight. */
    follow() {
      if (going !== this) return;
      if (this.outline() && this.settling > 0) { this.aim(); this.outline(); }  // what stands above it was drawn after it
      this.settling -= 1;
      requestAnimationFrame(() => this.follow());
    }

    /* Draws the outline where the element is now; whether it had to move. */
    outline() {
      const box = this.target && this.target.isConnected ? seen(this.target) : null, stamp = box && [box.left, box.top, box.width, box.height, innerWidth, innerHeight, this.card.offsetHeight].join();
      if (stamp === this.stamp) return false;
      this.stamp = stamp;
      this.place(box);
      return true;
    }

    place(box) {
      this.ring.hidden = !box || !box.width;
      const wide = this.card.offsetWidth, high = this.card.offsetHeight, room = {x: document.documentElement.clientWidth, y: innerHeight};
      if (this.ring.hidden) return this.put(room.x - wide - EDGE, room.y - high - EDGE);
      Object.assign(this.ring.style, {left: `${box.left - 4}px`, top: `${box.top - 4}px`, width: `${box.width + 8}px`, height: `${box.height + 8}px`});
      const left = Math.max(EDGE, Math.min(box.left, room.x - wide - EDGE));
      if (box.bottom + GAP + high < room.y - EDGE) return this.put(left, box.bottom + GAP);
      if (box.top - GAP - high > EDGE) return this.put(left, box.top - GAP - high);
      if (box.left - GAP - wide > EDGE) return this.put(box.left - GAP - wide, Math.max(EDGE, Math.min(box.top, room.y - high - EDGE)));
      if (box.right + GAP + wide < room.x - EDGE) return this.put(box.right + GAP, Math.max(EDGE, Math.min(box.top, room.y - high - EDGE)));
      return this.put(room.x - wide - EDGE, room.y - high - EDGE);
    }

    put(left, top) { Object.assign(this.card.style, {left: `${Math.max(EDGE, left)}px`, top: `${Math.max(EDGE, top)}px`}); }

    key(event) {
      if (event.altKey || event.ctrlKey || event.metaKey) return;
      const mine = this.card.contains(event.target), act = event.key === "Escape" ? () => this.end()
        : mine && ["ArrowRight", "PageDown"].includes(event.key) ? () => this.forward() : mine && ["ArrowLeft", "PageUp"].includes(event.key) ? () => this.go(this.at - 1) : null;
      if (!act) return;
      event.preventDefault();
      event.stopPropagation();
      act();
    }

    end() {
      if (going === this) going = null;
      document.removeEventListener("keydown", this.onKey, true);
      for (const type of ["wheel", "touchmove", "pointerdown"]) document.removeEventListener(type, this.onScroll, {capture: true});
      this.ring.remove();
      this.card.remove();
      wb.player().setClock(this.clock);
      this.back.focus();
    }
  }
})((window.Workbench = window.Workbench || {}));
