/* Two texts token by token: which are equal, substituted, or in one of them only; and the tab that shows it. */
(function (dw) {
  "use strict";
  const {el} = dw;
  const MOST = 4e6;  // cells of the alignment's table; beyond, what lies between the equal ends is paired by place
  const KINDS = {sub: "other in B", a: "only in A", b: "only in B"};

  /* The decoded part of the answer, up to the first end of text: [{at, id, text, shown}]; open cells are left out. */
  dw.answer = function (reel, now) {
    const lane = now.lanes[0], found = [];
    for (let at = 0; lane && at < lane.size; at += 1) {
      if (lane.births[at] < 0) continue;
      found.push({at, id: lane.births[at], fill: lane.fills[at], text: reel.text(lane.fills[at])});
      if (reel.isEnd(lane.fills[at])) break;
    }
    const shown = dw.joined(found.map(({fill}) => reel.piece(fill)));
    return found.map((each, at) => ({...each, shown: shown[at]}));
  };

  /* The answer at the end of a pane's run, made once per piece of the reel. */
  dw.final = function (pane) {
    const {reel} = pane, last = reel.beats.length - 1;
    if (!pane.ended || pane.ended.version !== reel.version) {
      let now = pane.now;
      if (now.beat !== last) { now = new dw.Now(reel); now.go(last); }
      pane.ended = {version: reel.version, answer: dw.answer(reel, now)};
    }
    return pane.ended.answer;
  };

  /* The beat in which a token of the final text was committed, for the last time. */
  dw.written = function (reel, id) {
    let beat = reel.candidates[id].beat;
    for (const row of reel.born) if (row[1] === id) beat = row[2];
    return beat;
  };

  /* Do both runs cut text into the same tokens, as far as this can be seen? */
  dw.sameTokens = (a, b) => Object.keys(a.vocab).every((id) => b.vocab[id] === undefined || String(a.vocab[id]) === String(b.vocab[id]));

  /* Tokens joined to words, for texts of different tokenizers. */
  function words(tokens) {
    const found = [];
    for (const token of tokens) {
      const word = found[found.length - 1];
      if (!word || /^\s/.test(token.text) || /\s$/.test(word.text)) found.push({...token});
      else { word.text += token.text; word.shown += token.shown; }
    }
    return found;
  }

  /* Longest common subsequence of two lists of strings; runs between equal ones are substitutions as far as both
     reach. Gives [kind, index in the left list or -1, index in the right list or -1]. */
  dw.align = function (left, right) {
    let head = 0, tail = 0;
    while (head < Math.min(left.length, right.length) && left[head] === right[head]) head += 1;
    while (tail < Math.min(left.length, right.length) - head && left[left.length - 1 - tail] === right[right.length - 1 - tail]) tail += 1;
    const n = left.length - head - tail, m = right.length - head - tail, pairs = [], gap = [[], []];
    const flush = () => {
      const both = Math.min(gap[0].length, gap[1].length);
      for (let at = 0; at < both; at += 1) pairs.push(["sub", gap[0][at], gap[1][at]]);
      for (const at of gap[0].slice(both)) pairs.push(["a", at, -1]);
      for (const at of gap[1].slice(both)) pairs.push(["b", -1, at]);
      gap[0] = []; gap[1] = [];
    };
    for (let at = 0; at < head; at += 1) pairs.push(["same", at, at]);
    const best = n * m > MOST ? null : common(left, right, head, n, m);
    let i = 0, j = 0;
    while (i < n || j < m) {
      if (best && i < n && j < m && left[head + i] === right[head + j]) { flush(); pairs.push(["same", head + i++, head + j++]); }
      else if (i < n && (j >= m || !best || best[(i + 1) * (m + 1) + j] >= best[i * (m + 1) + j + 1])) gap[0].push(head + i++);
      else gap[1].push(head + j++);
    }
    flush();
    for (let at = 0; at < tail; at += 1) pairs.push(["same", head + n + at, head + m + at]);
    return pairs;
  };

  /* best[i * (m + 1) + j]: length of the longest common subsequence of what follows i and j. */
  function common(left, right, head, n, m) {
    const best = new Uint32Array((n + 1) * (m + 1));
    for (let i = n - 1; i >= 0; i -= 1) {
      for (let j = m - 1; j >= 0; j -= 1) {
        const here = i * (m + 1) + j;
        best[here] = left[head + i] === right[head + j] ? best[here + m + 2] + 1 : Math.max(best[here + m + 1], best[here + 1]);
      }
    }
    return best;
  }

  /* The tab "Texts": A above, B below; a difference is a place to jump to. */
  dw.TextsView = class {
    constructor(player) {
      Object.assign(this, {player, stamp: "", spots: [], at: -1});
      this.told = el("p", {class: "dw-compare-told", "data-testid": "diff-told"});
      const button = (id, text, step) => el("button", {type: "button", class: "dw-compare-button", "data-testid": `diff-${id}`, text, on: {click: () => this.step(step)}});
      this.buttons = [button("back", "Previous difference", -1), button("next", "Next difference", 1)];
      this.here = el("span", {class: "dw-quiet", role: "status", "data-testid": "diff-here"});
      this.legend = el("div", {class: "dw-diff-legend"}, el("span", {text: "upper line A, lower line B"}),
        ...Object.entries(KINDS).map(([kind, text]) => el("span", {class: "dw-key"}, el("i", {class: "dw-diff-swatch", "data-kind": kind}), text)));
      this.body = el("div", {class: "dw-diff", "data-testid": "diff", role: "group", tabindex: "0", "aria-label": "Both texts, aligned"});
      this.body.addEventListener("click", (event) => {
        const column = event.target.closest("[data-spot]");
        if (column) this.go(Number(column.dataset.spot));
      });
      this.node = el("div", {}, this.told, el("div", {class: "dw-compare-line"}, ...this.buttons, this.here), this.body, this.legend);
    }

    draw(a, b) {
      const live = this.player.running(), stamp = [a.reel.version, b.reel.version, live].join();
      if (this.stamp === stamp) return;
      this.stamp = stamp;
      this.at = -1;
      this.spots = [];
      if (live) { this.say("The texts are aligned when both runs have ended.", []); return; }
      const byWord = !dw.sameTokens(a.reel, b.reel);
      const [left, right] = [a, b].map((pane) => (byWord ? words(dw.final(pane)) : dw.final(pane)));
      const pairs = dw.align(left.map((each) => each.text), right.map((each) => each.text));
      const many = (kind) => pairs.filter((pair) => pair[0] === kind).length, noun = byWord ? "words" : "tokens";
      const counts = `${many("same")} ${noun} equal · ${many("sub")} substituted · ${many("a")} only in A · ${many("b")} only in B.`;
      const why = byWord ? " Compared word by word, because the runs cut text into different tokens." : "";
      const nodes = pairs.map(([kind, i, j], at) => this.column(kind, left[i], right[j], at)).flat();
      this.say(`${dw.kept(a.reel, b.reel, pairs)} ${counts}${why}`, nodes);
    }

    say(text, nodes) {
      this.told.textContent = text;
      this.body.replaceChildren(...nodes);
      for (const button of this.buttons) button.disabled = !this.spots.length;
      this.here.textContent = this.spots.length ? `${this.spots.length} ${this.spots.length === 1 ? "difference" : "differences"}` : "";
    }

    column(kind, one, other) {
      const side = (name, token) => el("span", {class: `dw-side dw-side-${name}`, text: token ? dw.visible(token.shown) || "·" : ""});
      const node = el("span", {class: "dw-column", "data-kind": kind, "data-spot": kind === "same" ? null : this.spots.length}, side("a", one), side("b", other));
      if (kind !== "same") this.spots.push({kind, one, other, node});
      const ends = [one, other].some((token) => token && token.text.includes("\n"));
      return ends ? [node, el("span", {class: "dw-break"})] : [node];
    }

    step(move) {
      if (this.spots.length) this.go((Math.max(this.at, move > 0 ? -1 : 0) + move + this.spots.length) % this.spots.length);
    }

    /* Both runs at the moment when the later of the two tokens was written, with the token selected. */
    go(at) {
      const {player} = this, {kind, one, other, node} = this.spots[at];
      if (this.at >= 0) this.spots[this.at].node.classList.remove("dw-picked");
      this.at = at;
      node.classList.add("dw-picked");
      const quote = (token) => (token ? `‘${dw.visible(token.shown || token.text)}’` : "nothing");
      this.here.textContent = `Difference ${at + 1} of ${this.spots.length}, ${KINDS[kind]}: A has ${quote(one)}, B has ${quote(other)}.`;
      const values = [["a", one], ["b", other]].filter(([, token]) => token).map(([name, token]) => {
        const {reel} = player.panes[name];
        return reel.value(dw.written(reel, token.id), reel.clock(player.clock));
      });
      player.pause();
      player.picked = {pane: one ? "a" : "b", candidate: (one || other).id};
      player.seek(Math.max(...values));
      player.emit("select", player.picked);
      const box = this.body, top = node.offsetTop - box.offsetTop;
      if (top < box.scrollTop || top > box.scrollTop + box.clientHeight - 48) box.scrollTop = Math.max(0, top - 48);
    }
  };
})((window.dw = window.dw || {}));
