/* Small helpers: nodes, colours, scheduling. Data reaches the page as text nodes only. */
(function (dw) {
  "use strict";
  const SVG = "http://www.w3.org/2000/svg";

  /* Further panels of the player: classes made with it, `node` stands between the race and the controls, `draw(lead, picked,
     split)` follows the cursor, `key(event)` may take a key. `keys` are the lines of the list of keys. */
  dw.parts = [];
  dw.keys = [];

  /* Say what something means (shown by tips.js); what no key reaches by itself becomes a stop of Tab. */
  dw.tip = function (node, text) {
    if ((node.dataset.tip || "") === (text || "")) return;
    if (text) node.dataset.tip = text; else delete node.dataset.tip;
    if (node.matches("button, a, input, select, textarea, summary, [tabindex]:not([data-asks])")) return;
    node.toggleAttribute("data-asks", Boolean(text));
    if (text) node.setAttribute("tabindex", "0"); else node.removeAttribute("tabindex");
  };

  function fill(node, attrs, kids) {
    const tag = node.tagName;
    for (const [name, value] of Object.entries(attrs || {})) {
      if (value === null || value === undefined || (value === false && !name.startsWith("aria-"))) continue;
      if (name === "text") node.textContent = value;
      else if (name === "title" && node instanceof HTMLElement && tag !== "OPTION") dw.tip(node, value);
      else if (name === "on") for (const [type, fn] of Object.entries(value)) node.addEventListener(type, fn);
      else if (name === "style") for (const [prop, css] of Object.entries(value)) node.style.setProperty(prop, css);
      else node.setAttribute(name, value === true && !name.startsWith("aria-") ? "" : value);
    }
    for (const kid of kids.flat()) if (kid !== null && kid !== undefined) node.append(kid);
    return node;
  }

  dw.el = (tag, attrs, ...kids) => fill(document.createElement(tag), attrs, kids);
  dw.svg = (tag, attrs, ...kids) => fill(document.createElementNS(SVG, tag), attrs, kids);

  /* An entry of a legend: its sign, its name, and what the name means (words in reading.js). */
  dw.key = (icon, text, attrs) => dw.el("span", {class: "dw-key", title: dw.words[text], ...attrs}, icon, text);

  dw.icon = function (path) {
    return dw.svg("svg", {viewBox: "0 0 24 24", width: 18, height: 18, "aria-hidden": "true", focusable: "false"},
      dw.svg("path", {d: path, fill: "currentColor"}));
  };

  /* Colours of the player's root, read once per theme. */
  dw.Palette = class {
    constructor(root) { this.root = root; this.known = new Map(); }
    forget() { this.known.clear(); }
    get(name) {
      if (!this.known.has(name)) {
        this.known.set(name, getComputedStyle(this.root).getPropertyValue("--dw-" + name).trim() || "#888888");
      }
      return this.known.get(name);
    }
    rgb(name) {
      const hex = this.get(name).replace("#", "");
      return [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16));
    }
    /* A colour of the sequential ramp; 33 steps, so that strings are made once. */
    ramp(share) {
      const step = Math.max(0, Math.min(32, Math.round(share * 32)));
      const key = "ramp:" + step;
      if (!this.known.has(key)) {
        const [low, mid, high] = ["ramp-low", "ramp-mid", "ramp-high"].map((name) => this.rgb(name));
        const t = step / 32, [from, to, u] = t < 0.5 ? [low, mid, t * 2] : [mid, high, t * 2 - 1];
        this.known.set(key, `rgb(${from.map((c, i) => Math.round(c + (to[i] - c) * u)).join(",")})`);
      }
      return this.known.get(key);
    }
    /* '@name' or '@name/0.3' anywhere in a chart's spec. */
    resolve(spec) {
      if (Array.isArray(spec)) return spec.map((each) => this.resolve(each));
      if (spec && typeof spec === "object") {
        return Object.fromEntries(Object.entries(spec).map(([key, value]) => [key, this.resolve(value)]));
      }
      if (typeof spec === "string" && /^@[a-z-]+(\/[\d.]+)?$/.test(spec)) {
        const [name, alpha] = spec.slice(1).split("/");
        return alpha === undefined ? this.get(name) : `rgba(${this.rgb(name).join(",")},${alpha})`;
      }
      return spec;
    }
  };

  /* Run at most once per frame. */
  dw.framed = function (fn) {
    let wanted = false;
    return () => {
      if (wanted) return;
      wanted = true;
      requestAnimationFrame(() => { wanted = false; fn(); });
    };
  };

  /* Reading the layout right after writing forces it: such reads wait for the next frame, one per key. */
  const waiting = new Map();
  dw.later = function (key, fn) {
    if (!waiting.size) {
      requestAnimationFrame(() => {
        const all = [...waiting.values()];
        waiting.clear();
        for (const each of all) each();
      });
    }
    waiting.set(key, fn);
  };

  dw.sharp = function (canvas, width, height) {
    const ratio = Math.min(2, window.devicePixelRatio || 1);
    canvas.width = Math.max(1, Math.round(width * ratio));
    canvas.height = Math.max(1, Math.round(height * ratio));
    canvas.style.width = width + "px";
    canvas.style.height = height + "px";
    const pen = canvas.getContext("2d");
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    return pen;
  };

  dw.calm = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches;
})((window.dw = window.dw || {}));
