/* A draft tree or beams: layout from the reel, drawn once per tree; a step changes only classes. Of a large tree only
   what is in sight exists in the page; scrolling makes the rest. While it plays, large trees take turns. */
(function (dw) {
  "use strict";
  const {el, svg} = dw;
  const W = 88, H = 34, NARROW = 24, WIDE = 104, GAP_Y = 10, PAD = 6, ROOT_W = 60;
  const SMALLEST = 0.55, READABLE = 11;  // drawn smaller than that, a whole tree says nothing any more
  const LARGE = 150, ROOMY = 90;
  const LEFT = dw.LEFT = "left_mass";  // what a rejected draft leaves of the target, where a method records it

  dw.TreeView = class {
    constructor(pane, name) {
      this.pane = pane;
      this.canvas = svg("svg", {class: "dw-tree-svg", role: "group"});
      this.scroll = el("div", {class: "dw-scroll dw-tree", "data-testid": `tree-${name}`, tabindex: "0", role: "region",
        "aria-label": `Draft tree ${name.toUpperCase()}`}, this.canvas);
      this.caption = el("div", {class: "dw-caption"});
      this.legend = el("div", {class: "dw-glyphs"});
      const button = (text, label, act) => el("button", {type: "button", class: "dw-mode", text, title: label, "aria-label": label, on: {click: act}});
      this.tools = el("div", {class: "dw-modes dw-zoom", role: "group", "aria-label": "Zoom of the tree"},
        button("−", "Smaller (-)", () => this.enlarge(1 / 1.25)), button("fit", "Fit the whole tree (0)", () => this.enlarge(0)), button("+", "Larger (+)", () => this.enlarge(1.25)));
      this.node = el("div", {class: "dw-figure"}, el("div", {class: "dw-tree-head"}, this.caption, this.tools), this.scroll, this.legend);
      this.key = null;
      this.zoom = 1;
      this.at = [0, 0];
      const settle = dw.framed(() => this.settle());  // a step that comes in the same frame has done it already
      this.scroll.addEventListener("scroll", () => { this.at = [this.scroll.scrollLeft, this.scroll.scrollTop]; settle(); }, {passive: true});
      new ResizeObserver(() => { this.room = this.scroll.clientWidth ? [this.scroll.clientWidth, this.scroll.clientHeight] : null; }).observe(this.scroll);
      for (const [type, all] of [["dw-whole", true], ["dw-part", false]]) this.node.addEventListener(type, () => { this.whole = all; this.settle(); });
      this.scroll.addEventListener("wheel", (event) => {
        if (event.ctrlKey) { event.preventDefault(); this.enlarge(event.deltaY < 0 ? 1.1 : 1 / 1.1); }
      }, {passive: false});
      this.hatch = `dw-hatch-${dw.serial = (dw.serial || 0) + 1}`;
      this.canvas.addEventListener("click", (event) => this.click(event));
      this.canvas.addEventListener("keydown", (event) => {
        if (event.key === "Enter") { event.preventDefault(); this.click(event); }
      });
      this.scroll.addEventListener("keydown", (event) => {
        const by = {"+": 1.25, "=": 1.25, "-": 1 / 1.25, "0": 0}[event.key];
        if (by !== undefined && !event.ctrlKey && !event.metaKey) { event.preventDefault(); this.enlarge(by); }
      });
    }

    /* Zoom by a factor; 0 fits the whole tree into the panel. */
    enlarge(by) {
      if (!this.size) return;
      const [width, height] = this.size, room = this.space();
      const whole = Math.min((room[0] - 4) / width, (room[1] - 4) / height) / this.natural;
      this.zoom = by ? Math.max(0.15, Math.min(3, this.zoom * by)) : Math.min(1, whole);
      this.key = null;
      this.pane.player.redraw();
    }

    reset() { this.key = null; this.canvas.replaceChildren(); this.caption.textContent = ""; }
    recolour() { this.key = null; }

    click(event) {
      const node = event.target.closest("[data-c]");
      if (node) this.pane.select({candidate: Number(node.dataset.c)});
    }

    /* The tree of this round, or the latest one before it. */
    pick(now) {
      const reel = now.reel;
      if (reel.trees.all) return "all";
      for (let round = reel.beats[now.beat].r; round >= 0; round -= 1) if (reel.trees[round]) return String(round);
      return Object.keys(reel.trees)[0] || null;
    }

    draw(now, step, selected) {
      const key = now.beat >= 0 ? this.pick(now) : null;
      if (key === null) return this.reset();
      const tree = now.reel.trees[key];
      if (this.key !== null && tree.ids.length > LARGE && this.pane.player.rests(this)) return undefined;
      if (this.key !== key || this.tree !== tree) {  // a tree that changed is another object
        if (this.round !== key) { this.round = key; this.zoom = 1; this.opening = true; }
        this.build(now.reel, tree);
        this.key = key;
        this.tree = tree;
      } else this.frame(now.reel, tree);
      this.update(now, tree, step, selected);
      return undefined;
    }

    x(depth) { return PAD + ROOT_W + this.gap + (depth - 1) * (W + this.gap); }
    y(row) { return PAD + row * (H + GAP_Y); }

    build(reel, tree) {
      this.told = tree !== reel.trees.all && tree.ids.length <= ROOMY;  // edges with room for their tests
      this.gap = this.told && tree.ids.some((id) => this.test(reel, id, Infinity)) ? WIDE : NARROW;
      const width = this.x(tree.depth) + W + NARROW + PAD, height = this.y(tree.rows) + PAD;
      this.fit(width, height);
      this.middle = (tree.y.reduce((most, y) => Math.max(most, y), 0) + tree.y.reduce((least, y) => Math.min(least, y), Infinity)) / 2;
      this.places = new Map(tree.ids.map((id, at) => [id, at]));
      this.spots = tree.ids.map((id, at) => this.spot(tree, at));
      this.blanks = [false, true].map((small) => blank(small));
      this.nodes = new Map();
      this.last = new Map();
      this.area = null;
      this.ribbon = svg("path", {class: "dw-ribbon"});
      this.layers = {edges: svg("g"), notes: svg("g"), nodes: svg("g"), marks: svg("g")};  // notes over all edges, so that none strikes one out
      this.frame(reel, tree);
      this.canvas.style.setProperty("--hatch", `url(#${this.hatch})`);
      const hatch = svg("pattern", {id: this.hatch, width: 6, height: 6, patternUnits: "userSpaceOnUse",
        patternTransform: "rotate(45)"}, svg("line", {x1: 0, y1: 0, x2: 0, y2: 6, class: "dw-hatch-line"}));
      const {edges, notes, nodes, marks} = this.layers;
      this.canvas.replaceChildren(svg("defs", {}, hatch), this.ribbon, edges, notes, this.root(reel, tree), nodes, marks);
    }

    /* Makes the nodes in sight with their edges, and a quarter of a panel around them; drops the others. */
    frame(reel, tree) {
      const [wide, high] = this.space().map((side) => side / 4 / this.scale), all = this.whole || tree.ids.length <= LARGE;
      const [x, y] = all ? [0, 0] : [Math.floor(this.at[0] / this.scale / wide) - 1, Math.floor(this.at[1] / this.scale / high) - 1];
      const area = all ? "all" : `${x},${y}`;
      if (this.area === area) return false;
      this.area = area;
      const [left, right, top, bottom] = [x * wide - W, (x + 7) * wide, y * high - H, (y + 7) * high + H];
      const seen = ({from, to}) => to[0] >= left && from[0] <= right && Math.max(from[1], to[1]) >= top && Math.min(from[1], to[1]) <= bottom;
      for (const [at, id] of tree.ids.entries()) {
        const view = this.nodes.get(id);
        if (all || seen(this.spots[at])) { if (!view) this.add(reel, tree, at, id); }
        else if (view && view.node !== document.activeElement) {
          for (const part of [view.node, view.edge, view.mark]) if (part) part.remove();
          this.nodes.delete(id);
          this.last.delete(id);
        }
      }
      return true;
    }

    /* Another part of the tree came into sight. */
    settle() {
      if (this.key !== null && this.drawn && this.frame(this.drawn[0].reel, this.tree)) this.update(...this.drawn);
    }

    space() { return this.room || [this.scroll.clientWidth || 600, this.scroll.clientHeight || 300]; }

    /* Where the edge to a candidate begins, and where it meets its node. */
    spot(tree, at) {
      const up = tree.parent[at];
      return {to: [this.x(tree.x[at]), this.y(tree.y[at]) + H / 2],
        from: up < 0 ? [PAD + ROOT_W, this.y(this.middle) + H / 2] : [this.x(tree.x[up]) + W, this.y(tree.y[up]) + H / 2]};
    }

    fit(width, height) {
      const room = this.space();
      this.size = [width, height];
      this.natural = Math.max(SMALLEST, Math.min(1.25, (room[0] - 4) / width, (room[1] - 4) / height));
      const scale = this.scale = this.natural * this.zoom;
      this.font = Math.max(12, READABLE / Math.max(SMALLEST, scale));  // what is drawn smaller still reads: fewer letters, not tinier ones
      this.testFont = Math.max(10.5, 10 / Math.max(SMALLEST, scale));
      this.canvas.style.setProperty("--test-font", `${this.testFont.toFixed(2)}px`);
      this.canvas.style.setProperty("--tree-font", `${this.font.toFixed(2)}px`);
      for (const [name, value] of Object.entries({width: width * scale, height: height * scale,
        viewBox: `0 0 ${width} ${height}`})) this.canvas.setAttribute(name, value);
    }

    letters(room) { return Math.max(3, Math.floor(room / (this.font * 0.61))); }

    root(reel, tree) {
      const y = this.y(this.middle);
      const label = tree.root === null ? "start" : dw.clip(dw.visible(reel.text(tree.root)), this.letters(ROOT_W - 10));
      return svg("g", {class: "dw-root", transform: `translate(${PAD},${y})`},
        svg("rect", {width: ROOT_W, height: H, rx: H / 2}),
        svg("text", {x: ROOT_W / 2, y: H / 2 + 4, "text-anchor": "middle", text: label}));
    }

    add(reel, tree, at, id) {
      const candidate = reel.candidates[id], small = Boolean(tree.small[at]), {from, to} = this.spots[at], bend = (from[0] + to[0]) / 2;
      const edge = svg("path", {d: `M${from[0]} ${from[1]}C${bend} ${from[1]} ${bend} ${to[1]} ${to[0]} ${to[1]}`, "stroke-width": 1 + 2.5 * candidate.prob});
      const node = this.blanks[small ? 1 : 0].cloneNode(true), [title, shape, label, glyph, draft, bar] = node.children;
      node.setAttribute("transform", `translate(${to[0]},${to[1] - H / 2})`);
      node.setAttribute("data-c", id);
      label.textContent = dw.clip(dw.visible(reel.text(candidate.fill)), this.letters(W - 26));
      if (draft) draft.setAttribute("width", (W - 16) * candidate.prob);
      const view = {node, edge, shape, glyph, title, bar, from, to, small, mark: null};
      if (this.told) {
        view.said = svg("text", {class: "dw-test", x: to[0] - 20, y: to[1] - 6, "text-anchor": "end"});
        view.left = svg("text", {class: "dw-test dw-test-left", x: to[0] - 20, y: to[1] + 14, "text-anchor": "end"});
        view.order = this.order(reel, tree, at);
        view.backs = [svg("rect", {class: "dw-test-back", rx: 3}), svg("rect", {class: "dw-test-back", rx: 3})];
        this.layers.notes.append(...view.backs, view.said, view.left);
      }
      this.layers.edges.append(edge);
      this.layers.nodes.append(node);
      this.nodes.set(id, view);
    }

    /* The test of a draft that compares a drawn number with a bound, else two tokens; null before any. */
    test(reel, id, beat) {
      if (reel.births[reel.candidates[id].birth] !== "draft") return null;
      const met = this.pane.verdicts(id).filter((verdict) => verdict.beat <= beat);
      const own = met.filter(({rule}) => rule.left === "u");
      return (own.length ? own : met.filter(({rule}) => rule.tokens)).pop() || null;
    }

    /* Siblings stand in the order in which they were examined (viz/examined.py): [place of this one, how many drafts]; [0, 1] without a choice. */
    order(reel, tree, at) {
      const family = tree.ids.map((id, i) => i).filter((i) => tree.parent[i] === tree.parent[at] && reel.births[reel.candidates[tree.ids[i]].birth] === "draft");
      return family.length > 1 ? [family.filter((i) => tree.y[i] <= tree.y[at]).length, family.length] : [0, 1];
    }

    /* Was it examined by a verdict over its siblings alone, which compares no drawn number and no tokens? */
    ranked(id, status, beat) { return status === "rejected" && this.pane.verdicts(id).some((verdict) => verdict.beat <= beat); }

    update(now, tree, step, selected) {
      const reel = now.reel, met = new Set();
      let focus = null, path = [];
      this.drawn = [now, tree, step, selected];
      for (const [at, id] of tree.ids.entries()) {
        const candidate = reel.candidates[id], there = candidate.beat <= now.beat, view = this.nodes.get(id);
        const status = there ? reel.statuses[now.status[id] || 0] : "later", fresh = there && candidate.beat >= step ? 1 : 0;
        if (view) this.write(now, id, view, status, there, fresh, selected);
        if (fresh) focus = at;
        if (status === "committed" || (status === "accepted" && candidate.birth === 0)) path.push(at);
        if (there) met.add(status === "committed" ? reel.births[candidate.birth] : status);
      }
      if (this.key === "all") path = this.best(now);
      this.drawRibbon(path, tree);
      this.say(now, tree);
      this.explain(reel, met);
      if (focus !== null || path.length) this.follow(this.spots[path.length ? path[path.length - 1] : focus].to, path.length > 0);
    }

    /* A node that exists: only what changed. */
    write(now, id, view, status, there, fresh, selected) {
      const reel = now.reel, target = there ? now.target[id] : undefined, picked = selected && selected.candidate === id ? 1 : 0;
      const test = there && this.told ? this.test(reel, id, now.beat) : null, stamp = `${status}${target}${picked}${fresh}${test ? test.beat : ""}`;
      if (this.last.get(id) === stamp) return;
      this.last.set(id, stamp);
      if (this.told) this.tell(reel, id, view, test, status, now.beat);
      this.paint(reel, id, view, status, target, picked, fresh, test);
    }

    /* Of many lanes, the ribbon follows the answer, or the first open lane. */
    best(now) {
      const lane = now.lanes[now.shown(1)[0]];
      return lane ? lane.births.slice(0, lane.size).map((birth) => this.places.get(birth)).filter((at) => at !== undefined) : [];
    }

    explain(reel, met) {
      const key = [...met].join();
      if (this.met === key) return;
      this.met = key;
      this.legend.replaceChildren(...[...met].map((name) => el("span", {class: `dw-key dw-s-${name === "draft" ? "accepted" : name}`,
        title: reel.looks[name].meaning}, el("b", {text: reel.looks[name].glyph}), name === "draft" ? "accepted draft" : reel.looks[name].title)));
    }

    /* On the edge: in which order, u against the bound, and what a rejection leaves of the target. */
    tell(reel, id, view, test, status, beat) {
      const tokens = test && test.rule.tokens, op = test && (test.passed ? test.rule.op : dw.not(test.rule.op));
      const [place, many] = view.order, number = place ? `${place}·` : "";
      view.said.textContent = !test ? (place && this.ranked(id, status, beat) ? `${place} of ${many}` : "") : tokens ? `${number}${test.passed ? "= same" : "≠ other"}` : `${number}${short(test.value, test.bound)}${op}${short(test.bound, test.value)}`;
      view.said.setAttribute("class", `dw-test ${test && !test.passed ? "dw-test-no" : ""}`);
      const mass = status === "rejected" ? this.pane.scores(id).find((score) => score.measure === LEFT && score.beat <= beat) : null;
      view.left.textContent = mass ? `left ${short(mass.value)}` : "";
      this.back(view.backs[0], view.said, view.to[0] - 20, view.to[1] - 6);
      this.back(view.backs[1], view.left, view.to[0] - 20, view.to[1] + 14);
    }

    /* The ground of a label that ends at x on the line y, so that no edge runs through it; its letters are all as wide. */
    back(rect, label, x, y) {
      const font = this.testFont, width = label.textContent.length * font * 0.602;
      for (const [name, value] of Object.entries({x: x - width - 2, y: y - font * 0.85, width: width ? width + 4 : 0, height: font * 1.1})) rect.setAttribute(name, value.toFixed(1));
    }

    paint(reel, id, view, status, target, picked, fresh, test) {
      const candidate = reel.candidates[id], birth = reel.births[candidate.birth];
      const taken = status === "committed" ? birth : status;
      const look = reel.looks[taken] || {};
      view.node.setAttribute("class", `dw-node dw-s-${status} dw-b-${taken}` + (picked ? " dw-picked" : "") + (fresh ? " dw-new" : ""));
      view.edge.setAttribute("class", `dw-edge dw-s-${status}`);
      view.shape.setAttribute("d", outline(status === "pruned" ? "small" : look.shape || "round", view.small));
      view.glyph.textContent = look.glyph || "";
      if (view.bar) view.bar.setAttribute("width", target === undefined ? 0 : (W - 16) * target);
      const words = `${reel.quoted(candidate.fill)} at position ${candidate.position}: ${look.title || status}`;
      view.title.textContent = words + `; proposed with ${dw.number(candidate.prob)}`
        + (target === undefined ? "" : `, target ${dw.number(target)}`);
      view.node.setAttribute("aria-label", words);
      view.node.setAttribute("tabindex", status === "later" ? "-1" : "0");
      const saved = status === "committed" && Boolean(test) && !test.passed;  // failed its own test, accepted by the rule
      this.cross(reel, id, view, status === "rejected" || saved, saved);
    }

    /* The cross stands on the edge: it is the step from parent to child that failed. */
    cross(reel, id, view, wanted, saved) {
      if (view.mark && (!wanted || view.saved !== saved)) { view.mark.remove(); view.mark = null; }
      if (!wanted || view.mark) return;
      const [x, y] = this.gap === WIDE ? [view.to[0] - 10, view.to[1]] : [(view.from[0] + view.to[0]) / 2, (view.from[1] + view.to[1]) / 2];
      view.saved = saved;
      const last = this.pane.verdicts(id).filter((verdict) => !verdict.passed).pop();
      const [left, right] = last ? reel.sides(last.rule, last.value, last.bound) : ["", ""];
      const words = (saved ? "failed its own test; a later one saved it. " : "") + (last ? `${last.rule.left}: ${left}, ${last.rule.right}: ${right}` : "rejected");
      view.mark = svg("g", {class: `dw-cross${saved ? " dw-saved" : ""}`, transform: `translate(${x},${y})`, "data-c": id},
        svg("title", {text: words}), svg("circle", {r: 7.5}), svg("path", {d: "M-3.2-3.2L3.2 3.2M3.2-3.2L-3.2 3.2"}));
      this.layers.marks.append(view.mark);
    }

    drawRibbon(path, tree) {
      path.sort((a, b) => tree.x[a] - tree.x[b]);
      const y = this.y(this.middle) + H / 2;
      let d = path.length ? `M${PAD + ROOT_W - 10} ${y}` : "", x0 = PAD + ROOT_W, y0 = y;
      const chain = [];
      for (const at of path) {
        const up = tree.parent[at], {to} = this.spots[at];
        if (chain.length ? tree.ids[up] === chain[chain.length - 1] || tree.x[at] > chain.length : tree.x[at] === 1) {
          const bend = (x0 + to[0]) / 2;
          d += `L${x0} ${y0}C${bend} ${y0} ${bend} ${to[1]} ${to[0]} ${to[1]}L${to[0] + W} ${to[1]}`;
          [x0, y0] = [to[0] + W, to[1]];
          chain.push(tree.ids[at]);
        }
      }
      if (chain.length) d += `L${x0 + 20} ${y0}`;
      this.ribbon.setAttribute("d", d);
    }

    say(now, tree) {
      const reel = now.reel, round = reel.rounds[tree.round];
      const many = tree.ids.reduce((count, id) => count + (reel.candidates[id].beat <= now.beat ? 1 : 0), 0);
      const name = this.key === "all" ? "All lanes" : round ? [round.heading, round.title].filter(Boolean).join(" · ") : "";
      const text = `${name}: ${many} of ${dw.many(tree.ids.length, "candidate")} on the table`;
      if (this.caption.textContent !== text) this.caption.textContent = text;
    }

    follow(to, settled) { dw.later(this, () => this.reveal(to, settled)); }

    /* A tree opens at its root; what comes is scrolled to, together with the root where both fit. */
    reveal(to, settled) {
      const box = this.scroll, s = this.scale, [x, y] = [to[0] * s, to[1] * s], root = (this.y(this.middle) + H / 2) * s;
      const [wide, high] = [box.clientWidth, box.clientHeight];
      if (this.opening) { box.scrollLeft = 0; box.scrollTop = Math.max(0, root - high / 2); }
      const opened = this.opening && !settled, [left, top] = [box.scrollLeft, box.scrollTop];
      this.opening = false;
      if (opened) return;
      if (x + W * s > left + wide) box.scrollLeft = x + (W + 40) * s - wide;
      else if (x < left + 60) box.scrollLeft = Math.max(0, x - 160);
      const both = Math.abs(y - root) + 2 * H * s < high;
      if (y + H * s > top + high || y - H * s < top) box.scrollTop = Math.max(0, (both ? (y + root) / 2 : y) - high / 2);
    }
  };

  /* Two digits on an edge; more where the two sides would look alike. The exact numbers are in the inspector. */
  function short(value, other) {
    if (value === 0) return "0";
    const show = (digits, it) => it.toFixed(digits).replace(/^0(?=\.)/, "");
    for (const digits of [2, 3, 4]) {
      const text = show(digits, value);
      if (other === undefined || value === other || text !== show(digits, other)) return Number(text) === 0 && value > 0 ? "~0" : text.replace(/\.0+$/, "");
    }
    return dw.number(value);
  }

  /* A node that is copied for every candidate: drafts that were dropped before the target saw them have no bars. */
  function blank(small) {
    const line = small ? 21 : 17, bar = (kind, y) => svg("rect", {class: `dw-bar dw-bar-${kind}`, x: 8, y, height: 2.5, width: 0});
    return svg("g", {role: "button"}, svg("title"), svg("path", {class: "dw-shape"}), svg("text", {class: "dw-label", x: 9, y: line}),
      svg("text", {class: "dw-glyph", x: W - 9, y: line, "text-anchor": "end"}), ...(small ? [] : [bar("q", H - 9), bar("p", H - 5.5)]));
  }

  /* Shapes speak beside colours: a verdict can be told without hue. */
  function outline(shape, small) {
    if (small) return `M12 ${H / 2 - 9}H${W - 4}V${H / 2 + 9}H12Z`;
    switch (shape) {
      case "square": return `M0 0H${W}V${H}H0Z`;
      case "diamond": return `M9 0H${W - 9}L${W} ${H / 2}L${W - 9} ${H}H9L0 ${H / 2}Z`;
      case "star": return `M0 0H${W - 12}L${W} ${H / 2}L${W - 12} ${H}H0Z`;
      case "small": return `M12 5H${W - 4}V${H - 1}H12Z`;
      default: {
        const r = 8;
        return `M${r} 0H${W - r}Q${W} 0 ${W} ${r}V${H - r}Q${W} ${H} ${W - r} ${H}H${r}Q0 ${H} 0 ${H - r}V${r}Q0 0 ${r} 0Z`;
      }
    }
  }
})((window.dw = window.dw || {}));
