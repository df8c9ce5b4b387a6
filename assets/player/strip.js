/* A row of tabs that is wider than its place: its ends fade, a button at each end scrolls, the chosen tab is in sight. */
(function (dw) {
  "use strict";
  const {el} = dw;
  const ARROWS = {left: "M15 5l-7 7 7 7z", right: "M9 5l7 7-7 7z"}, EDGE = 68;

  /* Takes the place of `tabs` and holds it. The arrow keys walk through the tabs, so no key needs the buttons. */
  dw.strip = function (tabs) {
    const button = (side, by) => el("button", {type: "button", class: "dw-strip-more", "data-side": side, tabindex: "-1", "aria-hidden": "true",
      on: {click: () => tabs.scrollBy({left: by * Math.max(80, tabs.clientWidth - 2 * EDGE), behavior: dw.calm() ? "auto" : "smooth"})}}, dw.icon(ARROWS[side]));
    const strip = el("div", {class: "dw-strip"});
    tabs.replaceWith(strip);
    strip.append(tabs, button("left", -1), button("right", 1));

    const ends = dw.framed(() => {
      const left = tabs.scrollLeft > 1, right = tabs.scrollLeft + tabs.clientWidth < tabs.scrollWidth - 1;
      strip.dataset.more = [left && "left", right && "right"].filter(Boolean).join(" ");
    });
    const reveal = dw.framed(() => {
      const chosen = tabs.querySelector("[aria-selected='true']");
      if (chosen) {
        const box = tabs.getBoundingClientRect(), tab = chosen.getBoundingClientRect();
        const short = box.left + EDGE - tab.left, over = tab.right - box.right + EDGE;
        if (short > 0) tabs.scrollLeft -= short; else if (over > 0) tabs.scrollLeft += over;
      }
      ends();
    });
    tabs.addEventListener("scroll", ends, {passive: true});
    new ResizeObserver(reveal).observe(tabs);
    new MutationObserver(reveal).observe(tabs, {childList: true, subtree: true, attributes: true, attributeFilter: ["aria-selected"]});
    return strip;
  };

  dw.parts.push(class {
    constructor(player) { for (const pane of Object.values(player.panes)) dw.strip(pane.tabs); }
    draw() {}
  });
})((window.dw = window.dw || {}));
