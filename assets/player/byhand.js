/* The row of actions on what is selected. The player only says what was asked for ("intervene"); the page that listens
   has it run. Where nobody listens (a replay in a file) there is no row. */
(function (dw) {
  "use strict";
  const {el} = dw;
  const NOTHING = "Select a token of the text, a node of the tree or a cell of the map first.";
  const ACTS = [
    ["force", "Force a token…", "From this round on the model puts all of its probability on one token here."],
    ["ban", "Reject this token", "From this round on the model gives this token no probability here."],
    ["lift", "Lift this mask", "The open cell takes the token that is guessed here, now."],
    ["mask", "Put the mask back", "The written cell becomes a hole again."],
    ["close", "Close this lane", "The lane ends, and the others go on without it."],
  ];
  const SHOWN = 8;
  dw.keys.push(["I", "act on what is selected: force, reject, lift, mask, close"]);

  dw.parts.push(class ByHand {
    constructor(player) {
      this.player = player;
      this.what = el("span", {class: "dw-hand-what", "data-testid": "hand-what"});
      this.buttons = Object.fromEntries(ACTS.map(([act, text, means]) => [act, el("button", {type: "button", class: "dw-compare-button", text, "data-testid": `act-${act}`,
        "aria-disabled": "true", on: {click: () => this.press(act)}})]));
      this.buttons.force.setAttribute("aria-expanded", "false");
      this.why = el("p", {class: "dw-quiet dw-hand-why", role: "status", "data-testid": "hand-why"});
      this.list = el("div", {class: "dw-hand-list", role: "group", "aria-label": "Tokens to force"});
      this.text = el("input", {type: "text", class: "dw-hand-text", maxlength: 60, placeholder: "another token", "aria-label": "Text of the token to force", "data-testid": "force-text",
        on: {keydown: (event) => { if (event.key === "Enter") this.typed(); }}});
      this.choose = el("div", {class: "dw-hand-choose", hidden: true}, this.list, el("span", {class: "dw-hand-typed"}, this.text,
        el("button", {type: "button", class: "dw-compare-button", text: "Force it", "data-testid": "force-typed", on: {click: () => this.typed()}})));
      this.node = el("section", {class: "dw-hand", "aria-label": "Intervene", "data-testid": "by-hand", hidden: true},
        el("div", {class: "dw-hand-row"}, el("h3", {text: "Intervene"}), this.what, el("span", {class: "dw-hand-acts"}, Object.values(this.buttons))), this.choose, this.why);
    }

    get heard() { return Boolean((this.player.listeners.intervene || {size: 0}).size); }

    key(event) {
      if (event.key.toLowerCase() !== "i" || !this.heard) return false;
      const first = Object.values(this.buttons).find((button) => button.getAttribute("aria-disabled") === "false") || this.buttons.force;
      first.focus();
      return true;
    }

    draw(lead, picked) {
      this.node.hidden = !this.heard || !lead;
      if (this.node.hidden) return;
      this.subject = picked ? subject(this.player.panes[picked.pane], picked) : null;
      const {subject: on} = this, stamp = on ? [on.pane.reel.version, on.candidate, on.position, on.lane, on.open, on.filled].join() : "";
      const name = on ? `${this.player.pair ? on.pane.name.toUpperCase() + " · " : ""}${on.quoted}` : "nothing selected";
      if (this.what.textContent !== name) this.what.textContent = name;
      for (const [act, , means] of ACTS) {
        const reason = this.reason(act), button = this.buttons[act];
        button.setAttribute("aria-disabled", Boolean(reason));
        dw.tip(button, reason ? `Not possible: ${reason}` : means);
      }
      this.await(this.player.panes.b);
      if (this.stamp !== stamp) { this.stamp = stamp; this.open(false); this.why.textContent = on ? "" : NOTHING; }
    }

    /* What has come of the fork that was asked for: it stands in B, or B ran no more and nothing came. */
    await({reel, status}) {
      if (this.waits === undefined) return;
      const came = reel.footer && reel.version !== this.waits;
      if (came || (this.begun && !status.running)) {
        this.waits = undefined;
        this.why.textContent = came ? "The fork stands in B." : "Nothing came of it; the message says why.";
      }
      this.begun = status.running;
    }

    /* '' where the act is possible now, else why not. */
    reason(act) {
      const {subject: on, player} = this;
      if (!on) return NOTHING;
      if (on.pane.status.running) return "The run is still going on.";
      const said = player.acts && player.acts[on.pane.reel.header.method];
      if (!said) return player.acts ? "This method is not known here, so it cannot be run again." : "The methods are still being loaded.";
      if (said[act]) return said[act];
      if (act === "close") return on.lane < 1 ? "Select a node or token of a lane other than the answer." : on.closed ? "This lane has ended already." : "";
      if (on.given) return "This was given with the prompt.";
      if (act === "force") return "";
      if (act === "mask") return on.filled ? "" : "Nothing is written here, so there is no mask to put back.";
      if (act === "lift" && !on.open) return "This cell holds a token already.";
      return on.token < 0 ? "No token stands or is guessed here." : "";
    }

    press(act) {
      const reason = this.reason(act);
      if (reason) { this.why.textContent = `Not possible: ${reason}`; return; }
      if (act === "force") { this.open(this.choose.hidden); return; }
      this.ask({act, token: act === "ban" || act === "lift" ? this.subject.token : -1});
    }

    ask(more) {
      const {pane, candidate, position, lane} = this.subject;
      const event = pane.reel.beats[pane.now.beat].e[1];
      this.open(false);
      this.why.textContent = "Asked for; the fork will stand in B.";
      this.waits = this.player.panes.b.reel.version;
      this.begun = false;
      this.player.emit("intervene", {pane: pane.name, acts: [{event, candidate, position, lane: more.act === "close" ? lane : -1, ...more}]});
    }

    typed() {
      if (this.text.value) this.ask({act: "force", token: -1, text: this.text.value});
    }

    open(wanted) {
      this.choose.hidden = !wanted;
      this.buttons.force.setAttribute("aria-expanded", wanted);
      if (!wanted) return;
      const {pane, candidate} = this.subject, {reel} = pane;
      this.list.replaceChildren(...dw.considered(pane, this.subject).slice(0, SHOWN).map(([token, prob]) => el("button", {type: "button", class: "dw-hand-token",
        "data-testid": "force-token", "data-token": token, on: {click: () => this.ask({act: "force", token})}}, el("span", {class: "dw-token", text: dw.clip(reel.quoted(token), 20)}), el("small", {text: dw.number(prob)}))));
      this.text.value = "";
      (this.list.firstElementChild || this.text).focus();
    }
  });

  dw.handCount = (done) => `${done.length} intervention${done.length === 1 ? "" : "s"}`;

  /* The chip of a run that somebody took part in: how often, and on asking what was done. */
  dw.tellHand = function ({told, reel}) {
    const done = reel.header.interventions || [], quoted = ({token}) => (token < 0 ? "what was guessed" : reel.quoted(token));
    const says = {force: (each) => `${quoted(each)} forced at position ${each.position}`, ban: (each) => `${quoted(each)} rejected at position ${each.position}`,
      lift: (each) => `${quoted(each)} written at position ${each.position}`, mask: (each) => `mask put back at position ${each.position}`, close: (each) => `lane ${each.lane} closed`};
    told.hidden = !done.length;
    told.textContent = dw.handCount(done);
    dw.tip(told, done.map((each) => `From event ${each.at} on: ${says[each.act](each)}.`).join("\n"));
  };

  /* What is selected, as far as an act can mean it. */
  function subject(pane, picked) {
    if (!pane || !pane.full || pane.now.beat < 0) return null;
    const {reel, now} = pane;
    let id = picked.candidate, {position, lane} = picked;
    if (id === undefined && position === undefined) return null;
    if (id === undefined) {
      const home = now.lanes[lane];
      if (!home || position >= home.size) return null;
      id = home.births[position] >= 0 ? home.births[position] : home.guess[position] >= 0 ? home.guess[position] : -1;
    }
    const candidate = reel.candidates[id];
    if (candidate) ({position, lane} = candidate);
    const answer = now.lanes[0], birth = answer ? answer.births[position] : undefined, own = now.lanes[lane];
    const token = candidate && typeof candidate.fill === "number" ? candidate.fill : -1;
    return {pane, candidate: candidate ? id : -1, position, lane, token, given: birth === dw.HELD, filled: birth >= 0,
      open: birth === dw.BLANK && answer.size > position, closed: Boolean(own && own.verdict),
      quoted: candidate ? `${reel.quoted(candidate.fill)} at position ${position}` : `position ${position}`};
  }

  /* The tokens that the deciding models thought of at a place, likeliest first, but for the one that stands there. */
  dw.considered = function ({reel, now}, {candidate: id, position, lane, token}) {
    const candidate = reel.candidates[id], above = candidate ? candidate.parent : -1, found = new Map();
    for (let at = now.beat; at >= 0 && !found.size; at -= 1) {
      for (const [kind, source, space, refs, home, ids, keys, probs] of reel.beats[at].o) {
        if (kind !== "b" || reel.source(source).role === "draft" || ((reel.glossary.spaces[space] || {}).bins || []).length) continue;
        const place = refs === "c" ? (above >= 0 ? ids.indexOf(above) : -1) : refs === "p" && home === lane ? ids.indexOf(position) : -1;
        if (place < 0) continue;
        for (const [i, key] of keys[place].entries()) if (probs[place][i] > 0 && key !== token && !found.has(key)) found.set(key, probs[place][i]);
      }
    }
    return [...found].sort((a, b) => b[1] - a[1]);
  };
})((window.dw = window.dw || {}));
