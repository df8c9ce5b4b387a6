/* Small helpers. Whatever comes from a trace, a model folder or a person reaches the page as text nodes. */
(function (wb) {
  "use strict";

  wb.el = function (tag, attrs, ...kids) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attrs || {})) {
      if (value === null || value === undefined || value === false) continue;
      if (name === "text") node.textContent = value;
      else if (name === "on") for (const [type, fn] of Object.entries(value)) node.addEventListener(type, fn);
      else node.setAttribute(name, value === true ? "" : value);
    }
    for (const kid of kids.flat()) if (kid !== null && kid !== undefined) node.append(kid);
    return node;
  };

  /* JSON from one of our routes; a refusal becomes an Error with its sentence. */
  wb.ask = async function (url, options) {
    let answer;
    try {
      answer = await fetch(url, {credentials: "same-origin", ...options});
    } catch {
      throw new Error("The workbench does not answer; is the program still running?");
    }
    let body = null;
    try { body = await answer.json(); } catch { /* said below */ }
    if (!answer.ok || body === null) throw new Error((body && body.error) || `The workbench refused (${answer.status}).`);
    return body;
  };

  wb.parse = function (text) {
    try { return text ? JSON.parse(text) : null; } catch { return null; }
  };

  /* Resolves when the first picture stands, or when there has been time enough for it. */
  let stands = null;
  const picture = new Promise((resolve) => { stands = resolve; });
  wb.stands = () => stands();
  wb.pictured = () => Promise.race([picture, new Promise((resolve) => setTimeout(resolve, 4000))]);

  let serial = 0;
  wb.id = (stem) => `wb-${stem}-${(serial += 1)}`;
})((window.Workbench = window.Workbench || {}));
