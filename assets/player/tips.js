/* Explanations one hover, one focus or one touch away. Whatever carries `data-tip` (or a plain `title`) shows it in
   one box in the top layer: it can be reached by keyboard, stays while the pointer is on it, and leaves with Esc. */
(function (dw) {
  "use strict";
  const {el} = dw;
  const PAUSE = 250;  // ms: passing over a word is no question

  dw.Tips = class {
    constructor(root) {
      this.root = root;
      this.box = el("div", {class: "dw-hint", role: "tooltip", popover: "manual", id: `dw-hint-${dw.serial = (dw.serial || 0) + 1}`,
        on: {pointerleave: () => this.hide()}});
      this.owner = null;
      root.append(this.box);
      const on = (type, act) => root.addEventListener(type, act);
      this.rests = {};  // where the pointer last came to by itself
      document.addEventListener("pointermove", (event) => { this.rests = {x: event.clientX, y: event.clientY}; }, {capture: true, passive: true});
      on("pointerover", (event) => { if (event.pointerType !== "touch") this.over(event.target, event.clientX === this.rests.x && event.clientY === this.rests.y); });
      on("focusin", (event) => { if (event.target.matches(":focus-visible")) this.show(this.bearer(event.target, true)); });
      on("focusout", () => this.hide());
      on("click", (event) => { if (event.pointerType === "touch" || event.target.closest("[data-ask]")) this.show(this.bearer(event.target)); });
      on("pointerdown", (event) => { if (!event.target.closest("[data-ask]")) this.hide(); });
      on("keydown", (event) => { if (event.key === "Escape" && this.owner) { this.hide(); event.stopPropagation(); } });
      on("scroll", () => this.hide());
    }

    /* rests: the pointer did not move, what is under it did: that asks for nothing. */
    over(target, rests) {
      clearTimeout(this.waits);
      if (this.box.contains(target)) return;
      const bearer = rests ? null : this.bearer(target);
      if (bearer === this.owner) return;
      if (!bearer) { this.waits = setTimeout(() => this.hide(), 120); return; }
      this.waits = setTimeout(() => this.show(bearer), this.owner ? 60 : PAUSE);
    }

    /* The element that has something to say here. A native title becomes ours, so that it is not said twice; the title
       of a picture's part is left to the pointer and said by us when it has the focus. */
    bearer(target, focus) {
      const at = target.closest("[data-tip], [title]");
      if (at && at.title) { dw.tip(at, at.title); at.removeAttribute("title"); }
      if (at && at.dataset.tip) return at;
      const title = focus && target.querySelector && target.querySelector(":scope > title");
      if (title) { target.dataset.tip = title.textContent; return target; }
      return null;
    }

    show(bearer) {
      this.hide();
      if (!bearer || !bearer.isConnected) return;
      this.owner = bearer;
      this.box.textContent = bearer.dataset.tip;
      bearer.setAttribute("aria-describedby", this.box.id);
      if (this.box.showPopover) this.box.showPopover();
      this.place(bearer.getBoundingClientRect());
    }

    /* Under the element, above it where there is no room below, and never outside the window. */
    place(near) {
      const {offsetWidth: wide, offsetHeight: high} = this.box, gap = 6, edge = 8;
      const left = Math.max(edge, Math.min(near.left, document.documentElement.clientWidth - wide - edge));
      const below = near.bottom + gap + high < window.innerHeight - edge;
      this.box.style.left = `${Math.round(left)}px`;
      this.box.style.top = `${Math.round(below ? near.bottom + gap : Math.max(edge, near.top - gap - high))}px`;
    }

    hide() {
      clearTimeout(this.waits);
      if (!this.owner) return;
      if (this.owner.getAttribute("aria-describedby") === this.box.id) this.owner.removeAttribute("aria-describedby");
      if (this.owner instanceof SVGElement) delete this.owner.dataset.tip;  // made from a title that may change
      this.owner = null;
      if (this.box.hidePopover) this.box.hidePopover();
    }
  };
})((window.dw = window.dw || {}));
