/* The transport: buttons, speed, clock, scrub bar with its ticks, keyboard. It moves one shared cursor. */
(function (dw) {
  "use strict";
  const {el} = dw;
  const ICONS = {
    first: "M6 5h2v14H6zM20 5v14L9 12z", back: "M17 5v14L6 12z", play: "M7 4v16l13-8z", pause: "M6 5h4v14H6zM14 5h4v14h-4z",
    next: "M7 5v14l11-7z", last: "M16 5h2v14h-2zM4 5v14l11-7z",
  };
  const SPEEDS = [["1 step a second", 1], ["2 steps a second", 2], ["4 steps a second", 4], ["10 steps a second", 10], ["as fast as possible", 60]];
  const KEYS = [["Space", "play or pause"], ["← →", "one step back or on"], ["Home End", "first, last"],
    ["J K", "next, previous interesting moment (rejection, remask, early stop, texts that part, end of text)"], ["?", "show or hide these keys"], ["Esc", "drop the selection"]];

  dw.Controls = class {
    constructor(player) {
      this.player = player;
      const button = (id, label, act) => el("button", {type: "button", class: "dw-btn", "data-testid": `player-${id}`,
        "aria-label": label, title: label, on: {click: act}}, dw.icon(ICONS[id]));
      this.play = button("play", "Play", () => player.toggle());
      this.speed = el("select", {class: "dw-select", "data-testid": "player-speed", "aria-label": "Speed",
        on: {change: () => player.setSpeed(Number(this.speed.value))}},
        ...SPEEDS.map(([text, value]) => el("option", {value, text, selected: value === 4})));
      this.clock = el("select", {class: "dw-select", "data-testid": "player-clock", "aria-label": "Clock",
        on: {change: () => player.setClock(this.clock.value)}});
      this.canvas = el("canvas", {class: "dw-scrub-ticks", "aria-hidden": "true"});
      this.range = el("input", {type: "range", min: 0, max: 0, step: "any", value: 0, class: "dw-range", "data-testid": "player-scrub",
        "aria-label": "Cursor", on: {input: () => player.seek(player.snap(Number(this.range.value)))}});
      this.value = el("output", {class: "dw-value"});
      this.keys = el("dl", {class: "dw-keys", "data-testid": "player-keys", hidden: true},
        ...[...KEYS, ...dw.keys].flatMap(([key, text]) => [el("dt", {text: key}), el("dd", {text})]));
      this.help = el("button", {type: "button", class: "dw-btn dw-help", "aria-label": "Keys", title: "Keys (?)", text: "?",
        on: {click: () => this.toggleKeys()}});
      this.node = el("div", {class: "dw-controls", role: "toolbar", "aria-label": "Player"},
        el("div", {class: "dw-transport"},
          button("first", "First step", () => player.first()), button("back", "One step back", () => player.back()), this.play,
          button("next", "One step on", () => player.next()), button("last", "Last step", () => player.last())),
        el("div", {class: "dw-scrub"}, this.canvas, this.range), this.value,
        el("div", {class: "dw-picks"}, this.clock, this.speed, this.help), this.keys);
    }

    toggleKeys() { this.keys.hidden = !this.keys.hidden; }

    setClocks(clocks, current) {
      if (this.clock.options.length === clocks.length) { this.clock.value = current; return; }
      this.clock.replaceChildren(...clocks.map((clock) => el("option", {value: clock.id, text: clock.title, title: clock.unit})));
      this.clock.value = current;
    }

    setPlaying(playing) {
      this.play.replaceChildren(dw.icon(playing ? ICONS.pause : ICONS.play));
      this.play.setAttribute("aria-label", playing ? "Pause" : "Play");
      this.play.title = playing ? "Pause" : "Play";
    }

    draw(cursor, max, text) {
      if (this.max !== max) { this.range.max = max; this.max = max; }
      this.range.value = cursor;
      this.range.setAttribute("aria-valuetext", text);
      this.value.textContent = text;
      const info = this.player.clockInfo(this.player.clock);
      if (info) dw.tip(this.clock, `What the cursor counts. ${info.title}: ${info.unit}.`);
    }

    /* Ticks: rejections below, remasks and the end of text above; shape and row differ beside colour. */
    ticks(panes, clock, max, colours) {
      const width = Math.floor(this.canvas.parentElement.clientWidth), height = 26, pen = dw.sharp(this.canvas, width, height);
      const marks = {1: ["rejected", 3], 2: ["remasked", 5], 3: ["accent", 7]};
      for (const pane of panes) {
        const index = pane.reel.clock(clock), up = pane.name === "a";
        const seen = new Set();
        for (const beat of pane.reel.beats) {
          const mark = marks[beat.d];
          if (!mark) continue;
          const x = Math.round(8 + (width - 16) * (max ? beat.c[index] / max : 0)), key = x * 8 + beat.d;
          if (seen.has(key)) continue;
          seen.add(key);
          pen.fillStyle = colours.get(mark[0]);
          pen.fillRect(x - (beat.d === 3 ? 1 : 0), up ? 0 : height - mark[1], beat.d === 3 ? 3 : 1.5, mark[1]);
        }
      }
    }

    key(event) {
      const player = this.player, press = event.target.matches("button, summary, [role=tab]");
      const acts = {
        " ": press ? null : () => player.toggle(), ArrowRight: () => player.next(), ArrowLeft: () => player.back(), Home: () => player.first(), End: () => player.last(),
        j: () => player.decision(1), J: () => player.decision(1), k: () => player.decision(-1), K: () => player.decision(-1),
        "?": () => this.toggleKeys(), Escape: () => player.select(null, null),
      };
      if (event.target.getAttribute("role") === "tab" && event.key.startsWith("Arrow")) return false;
      const act = acts[event.key];
      if (act) act();
      return Boolean(act);
    }
  };
})((window.dw = window.dw || {}));
