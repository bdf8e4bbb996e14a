// What Gradio does not do by itself: citation chips that open their sentence, keys, copying, the link of a conversation.
window.digest = { wanted: 0 };

(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const exchangeOf = (element) => Number(/exchange-(\d+)/.exec(element.closest(".answer").className)[1]);

  // --- sources

  async function showExchange(number) {
    if (!$(`#papers .of-${number}`)) {
      window.digest.wanted = number;
      $("#show-exchange").click();
      for (let tries = 0; tries < 60 && !$(`#papers .of-${number}`); tries++) {
        await new Promise((done) => setTimeout(done, 50));
      }
    }
    $("#sources").classList.add("reading");
  }

  // A chip and a claim say in their class names which marks among the sources they stand on.
  async function showEvidence(element) {
    await showExchange(exchangeOf(element));
    const spots = [...element.classList].filter((name) => name.startsWith("at-")).map((name) => name.slice(3));
    const marks = spots.map((spot) => document.getElementById(spot)).filter(Boolean);
    const id = element.getAttribute("href")?.split("/abs/")[1];
    const card = marks[0]?.closest(".source") || document.getElementById(`source-${id}`);
    if (card) light(card, marks);
  }

  function light(card, marks) {
    for (let fold = card.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    document.querySelectorAll("#papers .lit").forEach((lit) => lit.classList.remove("lit"));
    [card, ...marks].forEach((element) => element.classList.add("lit"));
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    (marks[0] || card).scrollIntoView({ block: "center", behavior: calm ? "auto" : "smooth" });
  }

  const hideSources = () => $("#sources").classList.remove("reading");

  // --- copying: the answer's own Markdown

  async function copyAnswer(link) {
    await navigator.clipboard.writeText($(".copied-text", link.closest(".answer")).textContent);
    const label = link.textContent;
    link.textContent = link.title;
    setTimeout(() => (link.textContent = label), 1500);
  }

  // --- clicks and keys

  const withoutModifier = (event) => event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey;

  document.addEventListener(
    "click",
    (event) => {
      const target = event.target instanceof Element ? event.target : null;
      const link = target?.closest("a.cite, .claim[class*=at-], a.to-sources, a.copy, .theme, .close-sources");
      if (!link || !withoutModifier(event) || String(getSelection())) return;
      event.preventDefault();
      event.stopPropagation();
      if (link.matches("a.cite, .claim")) showEvidence(link);
      else if (link.matches("a.to-sources")) showExchange(exchangeOf(link));
      else if (link.matches("a.copy")) copyAnswer(link);
      else if (link.matches(".close-sources")) hideSources();
      else switchTheme();
    },
    true,
  );

  document.addEventListener(
    "keydown",
    (event) => {
      if (event.key === "Escape" && !event.isComposing) {
        const stop = $("#box .stop-button");
        stop ? stop.click() : hideSources();
      }
      if (event.key === "/" && !event.target.matches("input, textarea, select")) {
        event.preventDefault();
        $("#box textarea").focus();
      }
    },
    true,
  );

  // --- theme and link

  function switchTheme() {
    const dark = document.body.classList.toggle("dark");
    localStorage.setItem("digest-theme", dark ? "dark" : "light");
  }

  document.addEventListener("DOMContentLoaded", () => {
    const kept = localStorage.getItem("digest-theme");
    const keepTheme = () => kept && document.body.classList.toggle("dark", kept === "dark");
    keepTheme();
    setTimeout(keepTheme, 500);
  });

  // --- what a change of the thread calls for

  let questions = 0;
  let running = false;

  new MutationObserver(() => {
    // Gradio names an answer by its source for screen readers; its text is enough.
    document.querySelectorAll("[data-testid=bot][aria-label]").forEach((bot) => bot.removeAttribute("aria-label"));
    const rows = document.querySelectorAll("#chat .user-row");
    const busy = Boolean($("#chat .busy"));
    // A new question goes to the top, and stays there while its answer grows below it.
    if (rows.length > questions || (busy && !running)) rows[rows.length - 1]?.scrollIntoView({ block: "start" });
    [questions, running] = [rows.length, busy];
  }).observe(document, { subtree: true, childList: true, attributeFilter: ["aria-label"] });

  window.digest.keep = (id) => {
    const address = new URL(location.href);
    address.searchParams.delete("q");
    id ? address.searchParams.set("conversation", id) : address.searchParams.delete("conversation");
    history.replaceState(null, "", address);
  };
})();
