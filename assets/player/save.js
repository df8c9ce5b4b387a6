/* Any figure as a picture. A figure is copied with the style sheet around it into an SVG, which is also what
   a PNG is painted from; a plain SVG figure is saved alone, with its look written into every node, so that
   drawing programs open it; charts are left to plotly. */
(function (dw) {
  "use strict";
  const {el, svg} = dw;
  const SVG = "http://www.w3.org/2000/svg";
  const LOOK = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "stroke-opacity", "stroke-linecap", "stroke-linejoin",
    "opacity", "visibility", "display", "font-family", "font-size", "font-style", "font-weight", "letter-spacing", "text-anchor", "dominant-baseline",
    "text-decoration-line", "paint-order"];
  const PAD = 16, HEAD = 26, SCALE = 2, MOST = 8000, CHART = 720;
  const ARROW = "M11 4h2v8.2l3.3-3.3 1.4 1.4L12 16l-5.7-5.7 1.4-1.4 3.3 3.3zM5 18h14v2H5z";
  /* Characters that no XML may hold; a token can be anything. */
  const NEVER = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

  dw.picture = {};
  const written = (node) => new XMLSerializer().serializeToString(node).replace(NEVER, "\ufffd");
  const plain = (text) => text.replace(/[^A-Za-z0-9_.-]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 80) || "figure";

  /* The rules that draw the player, wherever they were loaded from. */
  function sheet() {
    const found = [];
    for (const each of document.styleSheets) {
      let rules = [];
      try { rules = each.cssRules; } catch { continue; }
      for (const rule of rules) if (rule.cssText.includes("dw-") || rule.cssText.includes(".dw")) found.push(rule.cssText);
    }
    return found.join("\n");
  }

  function head(title, width, palette) {
    return svg("text", {x: PAD, y: PAD + 10, "font-family": "system-ui, sans-serif", "font-size": 13, "font-weight": 600, fill: palette.get("ink"), text: dw.clip(title, Math.max(20, Math.floor(width / 7)))});
  }

  function board(width, height, title, palette) {
    return svg("svg", {xmlns: SVG, width, height, viewBox: `0 0 ${width} ${height}`},
      svg("rect", {width, height, fill: palette.get("surface")}), head(title, width, palette));
  }

  /* An SVG figure by itself: every node carries its computed look. */
  function inlined(drawn, title, palette) {
    const width = Number(drawn.getAttribute("width")) || drawn.clientWidth, height = Number(drawn.getAttribute("height")) || drawn.clientHeight;
    const copy = drawn.cloneNode(true), from = drawn.querySelectorAll("*"), to = copy.querySelectorAll("*");
    for (const [at, node] of from.entries()) {
      if (node.closest("defs") && node.tagName !== "line" && node.tagName !== "path") continue;
      const style = getComputedStyle(node);
      for (const name of LOOK) {
        const value = style.getPropertyValue(name);
        if (value) to[at].setAttribute(name, value.replace(/url\("?[^)"]*#([^)"]+)"?\)/g, "url(#$1)"));
      }
      for (const name of ["class", "style", "tabindex", "role", "data-c"]) to[at].removeAttribute(name);
    }
    for (const name of ["class", "style", "tabindex", "role", "data-testid"]) copy.removeAttribute(name);
    for (const [name, value] of Object.entries({x: PAD, y: PAD + HEAD, width, height})) copy.setAttribute(name, value);
    const whole = board(width + 2 * PAD, height + 2 * PAD + HEAD, title, palette);
    whole.append(copy);
    return {node: whole, width: width + 2 * PAD, height: height + 2 * PAD + HEAD};
  }

  /* Any figure as it stands on the page, unrolled: what scrolls is shown whole. */
  function copied(figure, title, root, palette) {
    const scroll = figure.matches(".dw-scroll") ? figure : figure.querySelector(".dw-scroll") || figure;
    const width = Math.ceil(Math.max(figure.clientWidth, scroll.scrollWidth));
    const copy = figure.cloneNode(true), canvases = copy.querySelectorAll("canvas");
    for (const [at, canvas] of figure.querySelectorAll("canvas").entries()) {
      const style = getComputedStyle(canvas), image = el("img", {src: canvas.toDataURL(), alt: "", class: canvas.className});
      const place = style.position === "absolute" ? `transform:${canvas.style.transform}` : "position:static";
      image.style.cssText = `display:block;${place};width:${style.width};height:${style.height}`;
      canvases[at].replaceWith(image);
    }
    for (const node of copy.querySelectorAll("[hidden], .dw-tip, .dw-map-ring, .dw-save, .dw-zoom, select, label:has(input), input")) node.remove();
    const dark = getComputedStyle(root).colorScheme.includes("dark");
    const holder = el("div", {class: `dw dw-saving ${dark ? "dw-dark" : "dw-light"}`, style: {width: `${width}px`}}, copy);
    const host = el("div", {class: "dw-saving-host", "aria-hidden": "true"}, holder);
    root.append(host);
    const height = Math.ceil(holder.getBoundingClientRect().height);
    host.remove();
    const whole = board(width + 2 * PAD, height + 2 * PAD + HEAD, title, palette), frame = svg("foreignObject", {x: PAD, y: PAD + HEAD, width, height});
    holder.prepend(el("style", {text: sheet()}));
    frame.append(holder);
    whole.append(frame);
    return {node: whole, width: width + 2 * PAD, height: height + 2 * PAD + HEAD};
  }

  /* SVG text -> PNG blob. */
  async function painted({node, width, height}) {
    const image = new Image(), scale = Math.min(SCALE, MOST / Math.max(width, height));
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(written(node))}`;
    await image.decode();
    const canvas = el("canvas", {width: Math.round(width * scale), height: Math.round(height * scale)});
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    return new Promise((resolve, reject) => canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("the browser drew nothing"))), "image/png"));
  }

  async function chart(node, format, title, palette) {
    const font = {size: 13, color: palette.get("ink"), weight: 600}, top = node._fullLayout._size.t, shown = title.replace(/[<>&]/g, " ");  // a title may hold markup
    const layout = {...node.layout, paper_bgcolor: palette.get("surface"), margin: {...node.layout.margin, t: 40 + top},
      title: {text: shown, font, xref: "container", x: 0, xanchor: "left", yref: "container", y: 1, yanchor: "top", pad: {l: PAD, t: PAD}}};
    const url = await window.Plotly.toImage({data: node.data, layout}, {format, width: Math.max(CHART, node.clientWidth), height: node.clientHeight + 40, scale: SCALE});
    return unpacked(url);
  }

  /* A data address as a blob; the page may ask nobody for it, not even itself. */
  function unpacked(url) {
    const comma = url.indexOf(","), head = url.slice(5, comma), body = decodeURIComponent(url.slice(comma + 1));
    const bytes = head.includes(";base64") ? Uint8Array.from(atob(body), (letter) => letter.charCodeAt(0)) : body;
    return new Blob([bytes], {type: head.split(";")[0]});
  }

  dw.picture.of = async function (figure, format, title, root, palette) {
    const plot = figure.querySelector(".js-plotly-plot");
    if (plot) return chart(plot, format, title, palette);
    const single = figure.querySelectorAll("svg[class]"), alone = format === "svg" && single.length === 1 && !figure.querySelector("canvas");
    const made = alone ? inlined(single[0], title, palette) : copied(figure, title, root, palette);
    return format === "png" ? painted(made) : new Blob([written(made.node)], {type: "image/svg+xml"});
  };

  dw.picture.keep = function (blob, name) {
    const url = URL.createObjectURL(blob), link = el("a", {href: url, download: name});
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 10000);
  };

  /* A small menu: PNG or SVG of what `figure()` answers. */
  dw.saver = function ({id, what, figure, name, title, root, palette}) {
    const said = el("p", {class: "dw-save-said", role: "status", hidden: true});
    const save = async (format) => {
      const drawn = figure();  // may hold only what is in sight: for a picture it makes the rest
      said.hidden = true;
      try {
        drawn.dispatchEvent(new Event("dw-whole"));
        dw.picture.keep(await dw.picture.of(drawn, format, title(), root, palette), `${plain(name())}.${format}`);
        menu.open = false;
      } catch (error) {
        said.textContent = `This browser cannot save it (${error.message}); take the GIF or the replay of the run.`;
        said.hidden = false;
      } finally {
        drawn.dispatchEvent(new Event("dw-part"));
      }
    };
    const item = (format, text) => el("button", {type: "button", "data-testid": `save-${id}-${format}`, text: format.toUpperCase(), title: text, on: {click: () => save(format)}});
    const menu = el("details", {class: "dw-save", "data-testid": `save-${id}`},
      el("summary", {class: "dw-save-open", "aria-label": `Save ${what} as a picture`, title: `Save ${what} as a picture`}, dw.icon(ARROW)),
      el("div", {class: "dw-save-menu"}, item("png", "Pixels, for slides and documents"), item("svg", "Lines and letters, for drawing programs"), said));
    menu.addEventListener("keydown", (event) => { if (event.key === "Escape" && menu.open) { menu.open = false; menu.firstChild.focus(); event.stopPropagation(); } });
    menu.addEventListener("focusout", (event) => { if (!menu.contains(event.relatedTarget)) menu.open = false; });
    return menu;
  };

  /* A save button at the end of every row of tabs, one beside what colours the text, and one at the race. */
  dw.parts.push(class {
    constructor(player) {
      for (const pane of Object.values(player.panes)) this.fit(player, pane);
      const runs = () => player.filled().map((pane) => pane.reel.header);
      player.race.node.append(dw.saver({root: player.root, palette: player.palette, id: "race", what: "the progress", figure: () => player.race.node,
        name: () => `${runs().map((run) => run.method).join("-")}-progress-${player.clock}-${dw.number(player.cursor)}`,
        title: () => `${runs().map((run) => run.title).join(" beside ")} · Progress · ${player.clock} ${dw.number(player.cursor)}`}));
    }

    fit(player, pane) {
      const method = () => (pane.reel.header ? pane.reel.header.method : "run"), cursor = () => `${player.clock}-${dw.number(player.cursor)}`;
      const common = {root: player.root, palette: player.palette};
      const titled = (figure) => `${pane.reel.header ? pane.reel.header.title : ""} · ${figure} · ${player.clock} ${dw.number(player.cursor)}`;
      const tab = () => [...pane.tabs.children].find((each) => each.dataset.tab === pane.tab);
      const row = el("div", {class: "dw-tab-row"});
      pane.tabs.replaceWith(row);
      row.append(pane.tabs, dw.saver({...common, id: `figure-${pane.name}`, what: "this figure", figure: () => pane.panel.firstElementChild,
        name: () => `${method()}-${pane.tab}-${cursor()}`, title: () => titled(tab() ? tab().textContent : "")}));
      pane.modes.after(dw.saver({...common, id: `text-${pane.name}`, what: "the text", figure: () => pane.text.body,
        name: () => `${method()}-text-${cursor()}`, title: () => titled("Text")}));
    }

    draw() {}
  });
})((window.dw = window.dw || {}));
