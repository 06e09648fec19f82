// Behaviour of our pages; every page works without it.
import { initAll } from "./govuk.js";

initAll();

// What moves is read again when the Hub says so: the parts marked with `data-live-part` of a page whose main
// element has `data-live`, the address of a stream of server-sent events.
const main = document.querySelector("main[data-live]");
if (main && "EventSource" in window) {
  let stream;
  let waiting = false;
  const read = async () => {
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
  };
  // A page that nobody sees does not listen: a browser has six connections to a server, for all its windows.
  const listen = () => {
    stream?.close();
    stream = undefined;
    if (document.visibilityState === "hidden") return;
    stream = new EventSource(main.dataset.live);
    stream.addEventListener("moved", read);
  };
  listen();
  addEventListener("visibilitychange", listen);
  addEventListener("pageshow", (event) => event.persisted && listen());
  addEventListener("pagehide", () => stream?.close());
}
