/* Two pictures of a draft beside its tree: the attention mask it is verified with, and where it was copied from. */
(function (dw) {
  "use strict";
  const {el, svg} = dw;

  dw.MaskView = class {
    constructor(pane, name) {
      this.pane = pane;
      this.caption = el("div", {class: "dw-caption", role: "status"});
      this.grid = el("div", {class: "dw-scroll dw-mask", "data-testid": `mask-${name}`, role: "group", "aria-label": "Tree mask: a row per node, a column per node that it may see"});
      this.legend = el("div", {class: "dw-legend"}, dw.key(el("i", {class: "dw-swatch dw-mask-self"}), "the node itself"),
        dw.key(el("i", {class: "dw-swatch dw-mask-sees"}), "a node above it: seen"), dw.key(el("i", {class: "dw-swatch dw-mask-not"}), "another branch: hidden"));
      this.node = el("div", {class: "dw-figure"}, this.caption, this.grid, this.legend);
      for (const type of ["pointerover", "focusin"]) this.grid.addEventListener(type, (event) => this.light(event.target.closest("[data-row]")));
      this.grid.addEventListener("click", (event) => {
        const row = event.target.closest("[data-c]");
        if (row) this.pane.select({candidate: Number(row.dataset.c)});
      });
      this.reset();
    }

    reset() { this.stamp = null; }
    recolour() { this.stamp = null; }

    draw(now, step, selected) {
      const key = now.beat < 0 ? null : this.pane.views.tree.pick(now);
      const tree = key === null || key === "all" ? null : now.reel.trees[key];
      if (!tree) { this.grid.replaceChildren(); this.caption.textContent = "No draft stands here yet."; this.stamp = null; return; }
      const stamp = `${now.reel.version}:${key}:${tree.ids.length}`;
      if (this.stamp !== stamp) { this.stamp = stamp; this.build(now.reel, tree); }
      const picked = selected ? String(selected.candidate) : "";
      for (const row of this.grid.querySelectorAll("[data-row]")) row.classList.toggle("dw-picked", row.dataset.c === picked);
    }

    build(reel, tree) {
      const drafts = (at) => !tree.small[at] && reel.births[reel.candidates[tree.ids[at]].birth] === "draft";
      const kept = tree.ids.map((_, at) => at).filter(drafts);
      const place = new Map(kept.map((at, i) => [at, i]));
      this.sees = kept.map((at) => {
        const seen = [];
        for (let up = at; up >= 0 && place.has(up); up = tree.parent[up]) seen.unshift(place.get(up));
        return seen;
      });
      this.names = kept.map((at) => reel.quoted(reel.candidates[tree.ids[at]].fill));
      this.title = (reel.rounds[tree.round] || {}).title || "";
      this.grid.style.setProperty("--cells", kept.length);
      this.grid.style.setProperty("--cell", kept.length <= 10 ? "22px" : kept.length <= 18 ? "16px" : "12px");
      this.grid.replaceChildren(...kept.map((at, i) => {
        const seen = new Set(this.sees[i]);
        return el("button", {type: "button", class: "dw-mask-row", "data-row": i, "data-c": tree.ids[at], "aria-label": this.words(i)},
          el("span", {class: "dw-mask-name", style: {"padding-left": `${(tree.x[at] - 1) * 10}px`}, text: dw.clip(this.names[i], 14)}),
          ...kept.map((_, j) => el("i", {class: j === i ? "dw-mask-self" : seen.has(j) ? "dw-mask-sees" : "dw-mask-not"})));
      }));
      this.caption.textContent = `${this.title}: ${dw.many(kept.length, "node")}, verified in one pass · point at a row`;
    }

    words(i) {
      const path = this.sees[i].slice(0, -1).map((j) => this.names[j]);
      return `${this.names[i]} sees the text${path.length ? `, ${path.join(" › ")}` : ""} and itself; its place is ${this.sees[i].length} behind the text`;
    }

    light(row) {
      const i = row ? Number(row.dataset.row) : -1, seen = i < 0 ? [] : this.sees[i];
      for (const other of this.grid.children) other.classList.toggle("dw-lit", seen.includes(Number(other.dataset.row)));
      if (i >= 0) this.caption.textContent = this.words(i);
    }
  };

  const H = 26, GAP = 4, CHAR = 7.4;

  dw.CopiesView = class {
    constructor(pane, name) {
      this.pane = pane;
      this.caption = el("div", {class: "dw-caption"});
      this.canvas = svg("svg", {class: "dw-copies-svg", role: "img"});
      this.scroll = el("div", {class: "dw-scroll dw-copies", "data-testid": `copies-${name}`, tabindex: "0", role: "region", "aria-label": "Text with the copied span"}, this.canvas);
      this.legend = el("div", {class: "dw-legend"}, dw.key(el("i", {class: "dw-swatch dw-copy-match"}), "match: the same tokens twice"),
        dw.key(el("i", {class: "dw-swatch dw-copy-span"}), "read here"), dw.key(el("i", {class: "dw-swatch dw-copy-draft"}), "drafted here"));
      this.node = el("div", {class: "dw-figure"}, this.caption, this.scroll, this.legend);
      this.reset();
    }

    reset() { this.stamp = null; }
    recolour() { this.stamp = null; }

    draw(now) {
      const figure = now.reel.figures.copies, arcs = figure ? figure.spec.arcs.filter((arc) => arc.beat <= now.beat) : [];
      const arc = arcs[arcs.length - 1];
      if (!arc) {
        this.caption.textContent = figure ? "No match has been found yet." : "This figure is drawn after the first rounds of the run.";
        this.canvas.replaceChildren(); this.stamp = null;
        return;
      }
      const fates = Array.from({length: arc.length}, (_, i) => now.status[arc.first + i]);
      const stamp = [now.reel.version, arc.first, fates].join();
      if (this.stamp === stamp) return;
      this.stamp = stamp;
      this.build(now, arc);
    }

    build(now, arc) {
      const {reel} = now, lane = now.lanes[0], cells = [], top = 96;
      const round = reel.rounds[arc.round], behind = lane.fills.slice(0, arc.to);
      const start = Math.max(0, Math.min(arc.from - arc.matched - 8, arc.to - 40));
      let x = 8;
      const add = (text, classes, id) => {
        const shown = dw.clip(dw.visible(text), 14), width = Math.max(22, shown.length * CHAR + 12);
        cells.push({x, width, node: svg("g", {class: `dw-copy-cell ${classes}`, transform: `translate(${x},${top})`},
          svg("rect", {width, height: H, rx: 5}), svg("text", {x: width / 2, y: 17, "text-anchor": "middle", text: shown}), id)});
        x += width + GAP;
      };
      for (let at = start; at < behind.length; at += 1) {
        const match = (at >= arc.from - arc.matched && at < arc.from) || at >= arc.to - arc.matched;
        add(reel.text(behind[at]), (match ? "dw-copy-match " : "") + (at >= arc.from && at < arc.from + arc.length ? "dw-copy-span" : ""));
      }
      let kept = 0;
      for (let i = 0; i < arc.length; i += 1) {
        const id = arc.first + i, status = reel.statuses[now.status[id] || 0], look = reel.looks[status] || {};
        kept += status === "committed";
        add(reel.text(reel.candidates[id].fill), `dw-copy-draft dw-s-${status}`,
          svg("g", {}, svg("title", {text: look.title || status}), svg("text", {class: "dw-copy-glyph", x: 10, y: H + 15, text: look.glyph || ""})));
      }
      const [from, to] = [arc.from - start, arc.to - start], end = (at, n) => [cells[at].x, cells[Math.min(cells.length, at + n) - 1]];
      const [a0, a1] = end(from, arc.length), [b0, b1] = end(to, arc.length);
      const low = top - 3, [aEnd, bEnd] = [a1.x + a1.width, b1.x + b1.width], inner = Math.max(34, low - (b0 - aEnd) / 2);
      const band = `M${a0} ${low}C${a0} -12 ${bEnd} -12 ${bEnd} ${low}L${b0} ${low}C${b0} ${inner} ${aEnd} ${inner} ${aEnd} ${low}Z`;
      const parts = [svg("path", {class: "dw-copy-band", d: band})];
      if (arc.matched) {
        const middle = (at) => { const [first, last] = end(at, arc.matched); return (first + last.x + last.width) / 2; };
        const [m0, m1] = [middle(from - arc.matched), middle(to - arc.matched)], foot = top + H + 2;
        parts.push(svg("path", {class: "dw-copy-link", d: `M${m0} ${foot}C${m0} ${foot + 44} ${m1} ${foot + 44} ${m1} ${foot}`}));
      }
      this.canvas.replaceChildren(...parts, ...cells.map((cell) => cell.node));
      this.canvas.setAttribute("width", x + 8);
      this.canvas.setAttribute("height", top + H + 52);
      const said = `${round ? round.title : ""}: the end of the text (${arc.matched} ${arc.matched === 1 ? "token" : "tokens"}) stands at position ${arc.from - arc.matched} too; `
        + `the ${arc.length} behind it there were drafted, ${kept} became text`;
      this.caption.textContent = said;
      this.canvas.setAttribute("aria-label", said);
      dw.later(this, () => { this.scroll.scrollLeft = Math.max(0, b1.x + b1.width + 12 - this.scroll.clientWidth); });
    }
  };
})((window.dw = window.dw || {}));
