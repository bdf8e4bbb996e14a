// What the server is told by hidden buttons: a conversation to open in place, a kept question to take back.
(() => {
  const press = (id, wanted) => {
    window.digest.wanted = String(wanted);
    document.getElementById(id).click();
  };

  window.digest.open = (id) => press("open-conversation", id);

  // The box is emptied here and at once: by the time the server does it, the next question may stand in it.
  window.digest.sent = (...inputs) => {
    const box = document.querySelector("#box textarea");
    setTimeout(() => {
      if (box.value === inputs[0]) {
        box.value = "";
        box.dispatchEvent(new Event("input", { bubbles: true }));
      }
    });
    return inputs;
  };

  document.addEventListener("click", (event) => {
    const drop = event.target instanceof Element && event.target.closest("#waiting .drop");
    if (drop) press("drop-kept", drop.value);
    const fresh = event.target instanceof Element && event.target.closest("#header a.new");
    if (fresh && event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      window.digest.open("");
    }
  });
})();
