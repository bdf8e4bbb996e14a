// What the server is told by hidden buttons: a conversation to open in place, a kept question to take back. And that a
// question that never reached it comes back into the box.
(() => {
  const box = () => document.querySelector("#box textarea");

  function press(id, wanted) {
    window.digest.wanted = String(wanted);
    document.getElementById(id).click();
  }

  function write(text) {
    box().value = text;
    box().dispatchEvent(new Event("input", { bubbles: true }));
  }

  // Gradio calls this when it listens. An Enter from before then is held back until it does.
  let held = false;
  window.digest.ready = () => {
    document.documentElement.dataset.ready = "";
    if (held) enter();
  };

  document.addEventListener(
    "keypress",
    (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.target !== box() || "ready" in document.documentElement.dataset) return;
      held = true;
      event.preventDefault();
      event.stopPropagation();
    },
    true,
  );

  const enter = () => box().dispatchEvent(new KeyboardEvent("keypress", { key: "Enter", bubbles: true, cancelable: true }));

  window.digest.open = (id) => press("open-conversation", id);

  document.addEventListener("click", (event) => {
    const drop = event.target instanceof Element && event.target.closest("#waiting .drop");
    if (drop) press("drop-kept", drop.value);
    const fresh = event.target instanceof Element && event.target.closest("#header a.new");
    if (fresh && event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      window.digest.open("");
    }
  });

  // --- what was typed, and what was sent

  const DRAFT = "digest-draft";
  const PATIENCE = 3_000;
  const QUICK = 300;
  let sent = "";
  let shown = 0;
  let typed = false;

  const count = () => document.querySelectorAll("#chat .user-row, #waiting .chip").length;

  // What stands in the box outlasts the page, which Gradio loads anew when its server was away.
  document.addEventListener("input", (event) => {
    if (event.target !== box() || box().value === sent) return;
    typed ||= event.isTrusted;
    sessionStorage.setItem(DRAFT, box().value || sent);
  });

  // The box is emptied here and at once: by the time the server does it, the next question may stand in it.
  window.digest.sent = (...inputs) => {
    if (inputs[0].trim()) {
      [sent, shown] = [inputs[0], count()];
      setTimeout(check, PATIENCE, sent);
    }
    setTimeout(() => box().value === inputs[0] && write(""));
    return inputs;
  };

  new MutationObserver(() => {
    if (!sent || count() <= shown) return;
    sent = "";
    sessionStorage.setItem(DRAFT, box()?.value ?? "");
  }).observe(document, { subtree: true, childList: true });

  // A question that the server has not taken up goes back into the box where it cannot be reached. Where it can, and is
  // quick, Gradio does not hear what comes of it, as with one sent while it closes its stream: anything else that is
  // done opens the stream again. If even that brings nothing, the question is sent again.
  async function check(question, nudged = false) {
    if (sent !== question) return;
    const start = performance.now();
    try {
      await fetch("/healthz");
    } catch {
      sent = "";
      return write(box().value || question);
    }
    const quick = performance.now() - start < QUICK;
    if (sent !== question) return;
    if (quick && nudged && !box().value) return sendAgain(question);
    if (quick) document.getElementById("nudge").click();
    setTimeout(check, PATIENCE, question, quick);
  }

  async function sendAgain(question) {
    write(question);
    await new Promise((done) => setTimeout(done, 60)); // Gradio takes the text in
    enter();
  }

  // The box is there before it works; what is written into it by then is lost.
  function restore(draft, tries = 30) {
    if (!draft || !tries || sent || typed) return;
    if (box() && !box().value) write(draft);
    setTimeout(restore, 200, draft, tries - 1);
  }

  restore(sessionStorage.getItem(DRAFT));
})();
