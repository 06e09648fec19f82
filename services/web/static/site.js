// Behaviour of our pages; every page works without it.
import { initAll } from "./govuk.js";

initAll();

// What moves is read again when the Hub says so: the parts marked with `data-live-part` of a page whose main
// element has `data-live`, the address of a stream of server-sent events.
const main = document.querySelector("main[data-live]");
if (main && "EventSource" in window) {
  const stream = new EventSource(main.dataset.live);
  let waiting = false;
  stream.addEventListener("moved", async () => {
    if (waiting) return;
    waiting = true;
    try {
      const answer = await fetch(location.href, { credentials: "same-origin", headers: { Accept: "text/html" } });
      if (!answer.ok || answer.redirected) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const part of document.querySelectorAll("[data-live-part]")) {
        const name = part.dataset.livePart;
        const next = fresh.querySelector(`[data-live-part="${CSS.escape(name)}"]`);
        // What somebody is reading with the keyboard stays where it is.
        if (next && !part.contains(document.activeElement) && next.innerHTML !== part.innerHTML) {
          part.replaceWith(document.importNode(next, true));
        }
      }
    } finally {
      waiting = false;
    }
  });
  addEventListener("pagehide", () => stream.close());
}
