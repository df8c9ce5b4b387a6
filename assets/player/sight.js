/* What of the player is in the window. While steps follow each other, a panel that nobody sees is left alone, and of
   those that are seen one is drawn per step, each at most ten times a second: nobody reads faster. */
(function (dw) {
  "use strict";
  const PAUSE = 100;

  dw.Sight = class {
    /* `wake` is called when something comes into the window. */
    constructor(wake) {
      this.away = new Set();
      this.times = new Map();
      this.watcher = new IntersectionObserver((entries) => {
        let back = false;
        for (const {target, isIntersecting, boundingClientRect} of entries) {
          if (isIntersecting || !boundingClientRect.height) back = this.away.delete(target) || back;  // what has no height may have to appear
          else this.away.add(target);
        }
        if (back) wake();
      }, {rootMargin: "100px"});
    }

    watch(nodes) { for (const node of nodes) if (node instanceof Element) this.watcher.observe(node); }
    sees(node) { return !this.away.has(node); }
    end() { this.watcher.disconnect(); }

    /* Of [[nodes, draw], ...], the one that has waited longest. */
    turn(panels) {
      const time = performance.now(), last = ([, draw]) => this.times.get(draw) || 0;
      const due = panels.filter((panel) => time - last(panel) >= PAUSE && (!panel[0].length || panel[0].some((node) => this.sees(node))));
      if (!due.length) return;
      const [, draw] = due.reduce((first, panel) => (last(panel) < last(first) ? panel : first));
      this.times.set(draw, time);
      draw();
    }
  };

  /* How often the costly pictures are drawn while it plays: with every step as long as the frames come in time; else they
     take turns, and each rests the longer the more frames are late. */
  const FRAME = dw.FRAME = 16, LATE = 20, LONGER = 10, SHORTER = 0.25;  // milliseconds

  dw.Pace = class {
    constructor() {
      this.rest = 0;
      this.latest = -Infinity;
      this.drawn = new WeakMap();
    }

    begin() { this.begun = Infinity; }

    /* A frame of playing begins. */
    frame(time) {
      this.rest = time - this.begun > LATE ? Math.min(PAUSE, this.rest + LONGER) : Math.max(0, this.rest - SHORTER);
      this.begun = time;
    }

    /* In how many milliseconds a picture that has to show `what` may be drawn: now (0), or never as it shows that already. */
    wait(view, what) {
      const time = performance.now(), last = this.drawn.get(view);
      if (this.rest && last) {
        if (last.what === what) return Infinity;
        const left = Math.max(last.time + this.rest - time, this.latest + FRAME / 2 - time);  // another one has had this frame
        if (left > 0) return Math.max(left, FRAME);
      }
      this.drawn.set(view, {time, what});
      this.latest = time;
      return 0;
    }
  };
})((window.dw = window.dw || {}));
