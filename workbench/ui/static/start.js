/* The last touches on gradio's own parts: stable hooks for tests, the keyboard. */
(function (wb) {
  "use strict";
  const HOOKS = {"run-a": "", "run-b": "", "run-both": "", "cancel": "", "link": "", "prompt": "textarea", "task": "input",
    "task-seed": "input", "max-tokens": "input", "seed": "input", "detail": "input", "known": "textarea"};

  const RUNS = ["run-both", "run-a", "run-b"];

  function hook() {
    for (const [id, inner] of Object.entries(HOOKS)) {
      const node = document.querySelector(`#${id} ${inner}`);
      if (node && node.dataset.testid !== id) node.dataset.testid = id;
    }
    for (const id of RUNS) {
      const button = document.getElementById(id);
      if (button && button.disabled !== wb.applying) button.disabled = wb.applying;
    }
  }

  wb.applying = false;
  wb.hook = hook;

  function keys(event) {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    const set = document.body.classList, button = document.getElementById(set.contains("wb-pinned") ? "run-b" : set.contains("wb-single") ? "run-a" : "run-both");
    if (button) button.click();
  }

  /* Cancel comes where Run was: the second click of a double one is not meant for it. */
  function once(event) {
    if (event.detail > 1 && event.target.closest("#cancel")) { event.stopPropagation(); event.preventDefault(); }
  }

  let started = false;
  wb.start = function () {
    if (started) return;
    started = true;
    document.addEventListener("keydown", keys, true);
    document.addEventListener("click", once, true);
    hook();
    new MutationObserver(hook).observe(document.body, {childList: true, subtree: true, attributes: true, attributeFilter: ["disabled"]});
  };
})((window.Workbench = window.Workbench || {}));
