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

  // --- what was sent

  const SENT = "digest-sent";
  const PATIENCE = 3_000;
  let asked = 0;

  const count = () => document.querySelectorAll("#chat .user-row, #waiting .chip").length;

  // The box is emptied here and at once: by the time the server does it, the next question may stand in it.
  window.digest.sent = (...inputs) => {
    setTimeout(() => box().value === inputs[0] && write(""));
    if (inputs[0].trim()) {
      sessionStorage.setItem(SENT, inputs[0]);
      asked = count();
      setTimeout(check, PATIENCE, inputs[0]);
    }
    return inputs;
  };

  new MutationObserver(() => count() > asked && sessionStorage.removeItem(SENT)).observe(document, { subtree: true, childList: true });

  async function check(question) {
    if (sessionStorage.getItem(SENT) !== question) return;
    try {
      await fetch("/healthz");
      setTimeout(check, PATIENCE, question);
    } catch {
      sessionStorage.removeItem(SENT);
      giveBack(question);
    }
  }

  function giveBack(question) {
    if (!box()) setTimeout(giveBack, 200, question);
    else if (!box().value) write(question);
  }

  // A page that is loaded again, as Gradio does when the server is back, brings it along.
  const unsent = sessionStorage.getItem(SENT);
  sessionStorage.removeItem(SENT);
  if (unsent) giveBack(unsent);
})();
