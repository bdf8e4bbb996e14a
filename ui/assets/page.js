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

  async function check(question) {
    if (sent !== question) return;
    try {
      await fetch("/healthz");
      setTimeout(check, PATIENCE, question);
    } catch {
      sent = "";
      write(box().value || question);
    }
  }

  // The box is there before it works; what is written into it by then is lost.
  function restore(draft, tries = 30) {
    if (!draft || !tries || sent || typed) return;
    if (box() && !box().value) write(draft);
    setTimeout(restore, 200, draft, tries - 1);
  }

  restore(sessionStorage.getItem(DRAFT));
})();
