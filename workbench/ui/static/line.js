/* The line to the server. Gradio answers a broken one by reloading the page, and with it go the runs that stand there.
   So gradio is told no more than that its request failed, and this page waits until the server is back. */
(function (wb) {
  "use strict";
  const RETRY_MS = 1000, PROBE = "/workbench/exports.json";
  const CLOSE = "close_stream", MARK = new TextEncoder().encode(CLOSE);
  const told = (msg) => `data: ${JSON.stringify(msg)}\n\n`;
  const FAILED = told({msg: "unexpected_error", message: "", success: false}) + told({msg: CLOSE});
  const ask = window.fetch.bind(window);

  const events = (body) => new Response(body, {headers: {"content-type": "text/event-stream"}});

  /* Does `bytes` hold gradio's last word? */
  const closes = (bytes) => bytes.some((_, at) => MARK.every((each, on) => bytes[at + on] === each));

  /* A stream of gradio's events that ends without its last word is given one: that what it waits for has failed. */
  function whole(answer, signal) {
    const reader = answer.body.getReader();
    let closed = false;
    return events(new ReadableStream({
      async pull(out) {
        const {value, done} = await reader.read().catch(() => ({done: true}));
        if (!done) { closed = closed || closes(value.slice(-200)); out.enqueue(value); return; }
        if (!closed && !(signal && signal.aborted)) out.enqueue(new TextEncoder().encode(FAILED));
        out.close();
      },
      cancel: (why) => reader.cancel(why),
    }));
  }

  window.fetch = async function (what, how) {
    const {pathname} = new URL(what instanceof Request ? what.url : what, location.href);
    if (pathname.endsWith("/queue/data")) {
      const answer = await ask(what, how).catch(() => null);
      return answer === null ? events(FAILED) : answer.ok ? whole(answer, what.signal || (how && how.signal)) : answer;
    }
    if (pathname.endsWith("/queue/join")) return ask(what, how).catch(() => Response.json({error: "lost"}, {status: 500}));
    return ask(what, how);
  };

  const alive = () => ask(PROBE, {cache: "no-store"}).then((answer) => answer.ok, () => false);
  let waiting = null;

  async function wait() {
    wb.say("Connection lost; reconnecting…");
    while (!(await alive())) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    waiting = null;
    wb.say("The connection is back.");
  }

  /* True at once if the server answers; else false, as soon as it does. */
  wb.line = async function () {
    if (!waiting && await alive()) return true;
    await (waiting = waiting || wait());
    return false;
  };

  /* A run that nobody follows any more, once it has stopped; null if the server does not know it. */
  wb.over = async function (id) {
    const run = `/runs/${encodeURIComponent(id)}`;
    await wb.ask(`${run}/stop`, {method: "POST"}).catch(() => {});
    for (;;) {
      const about = await wb.ask(run).catch(() => null);
      if (!about || about.status !== "running") return about;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  };
})((window.Workbench = window.Workbench || {}));
