// What Gradio does not do by itself: citations that open their sentence, keys, copying, sorting, verdicts, the clock of an
// answer, news of the library.
Object.assign(window.digest, { wanted: 0, conversation: "" }); // its words are set before this is run

(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const said = (name, blanks = {}) => window.digest.words[name].replace(/\{(\w+)\}/g, (_, blank) => blanks[blank]);
  const made = (tag, properties) => Object.assign(document.createElement(tag), properties);
  const answerOf = (element) => element.closest(".answer");
  const exchangeOf = (element) => Number(/exchange-(\d+)/.exec(answerOf(element).className)[1]);
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const narrow = matchMedia("(max-width: 900px)");

  // --- sources

  let cameFrom = null; // where the focus goes back to

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
  async function showEvidence(element, byKey) {
    cameFrom = byKey || narrow.matches ? element : null;
    await showExchange(exchangeOf(element));
    const named = element.closest("a.cite") || element.closest(".claim");
    const spots = [...named.classList].filter((name) => name.startsWith("at-")).map((name) => name.slice(3));
    const marks = spots.map((spot) => document.getElementById(spot)).filter(Boolean);
    const id = named.getAttribute("href")?.split("/abs/")[1];
    const card = marks[0]?.closest(".source") || document.getElementById(`source-${id}`);
    if (card) light(card, marks, byKey);
  }

  function light(card, marks, byKey) {
    for (let fold = card.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    $$("#papers .lit").forEach((lit) => lit.classList.remove("lit"));
    [card, ...marks].forEach((element) => element.classList.add("lit"));
    const first = marks[0] || $("h3 a, summary", card);
    first.scrollIntoView({ block: "center", behavior: calm.matches ? "auto" : "smooth" });
    if (byKey || narrow.matches) reach(first);
  }

  // The panel that slides in takes the focus only once it is seen.
  function reach(element, tries = 8) {
    element.focus({ preventScroll: true });
    if (document.activeElement !== element && tries) setTimeout(reach, 50, element, tries - 1);
  }

  async function openSources(button, byKey) {
    cameFrom = button;
    await showExchange(exchangeOf(button));
    const first = $("#papers :is(h3 a, summary)");
    if (first && (byKey || narrow.matches)) reach(first);
  }

  function leaveSources() {
    const reading = $("#sources").contains(document.activeElement);
    $("#sources").classList.remove("reading");
    if (cameFrom?.isConnected && (reading || narrow.matches)) cameFrom.focus();
    cameFrom = null;
    return reading;
  }

  // --- who a chip is about, beside it

  let peek;

  function showPeek(chip) {
    const [title, by] = (chip.title || chip.dataset.told || "").split("\n");
    if (!by) return;
    peek ||= made("div", { id: "peek", ariaHidden: "true" });
    $(".gradio-container").append(peek);
    const set = document.getElementById(`source-${chip.textContent}`)?.querySelector("h3 a"); // its formulas are set there
    const heading = made("strong", set ? {} : { textContent: title });
    if (set) heading.append(...[...set.childNodes].map((node) => node.cloneNode(true)));
    peek.replaceChildren(heading, made("span", { textContent: by }));
    peek.hidden = false;
    const at = chip.getClientRects()[0];
    const below = at.bottom + peek.offsetHeight + 12 < innerHeight;
    peek.style.left = `${Math.max(8, Math.min(at.left, innerWidth - peek.offsetWidth - 8))}px`;
    peek.style.top = `${below ? at.bottom + 6 : at.top - peek.offsetHeight - 6}px`;
  }

  const hidePeek = () => peek && (peek.hidden = true);

  // The browser's own tip would say the same once more.
  document.addEventListener("mouseover", (event) => {
    const chip = event.target instanceof Element && event.target.closest("#chat a.cite");
    if (!chip) return;
    showPeek(chip);
    if (chip.title) [chip.dataset.told, chip.title] = [chip.title, ""];
  });
  document.addEventListener("mouseout", (event) => {
    const chip = event.target instanceof Element && event.target.closest("#chat a.cite");
    if (!chip) return;
    hidePeek();
    if (chip.dataset.told) chip.title = chip.dataset.told;
  });
  document.addEventListener("focusin", (event) => {
    if (event.target.matches("#chat a.cite:focus-visible")) showPeek(event.target);
    else hidePeek();
  });
  document.addEventListener("scroll", hidePeek, true);

  // --- copying: the answer's own Markdown by its button, its own text by hand

  async function copyAnswer(button) {
    const done = await navigator.clipboard?.writeText($(".copied-text", answerOf(button)).textContent).then(
      () => true,
      () => false,
    );
    tell(done ? said("copied") : said("not_copied"));
    if (!done) return notice(answerOf(button), said("not_copied"));
    button.textContent = said("copied");
    setTimeout(() => (button.textContent = said("copy")), 1500);
  }

  document.addEventListener("copy", (event) => {
    const selection = getSelection();
    if (selection.isCollapsed || event.target.matches?.("input, textarea")) return;
    const copy = made("div", { className: "copying" });
    for (let n = 0; n < selection.rangeCount; n++) copy.append(selection.getRangeAt(n).cloneContents());
    if (!$(".katex, .unseen, .copied-text, button", copy)) return;
    $$(".katex", copy).forEach((set) => set.replaceWith(`$${$("annotation", set)?.textContent ?? set.textContent}$`));
    $$(".unseen, .copied-text, button, .clock", copy).forEach((element) => element.remove());
    document.body.append(copy);
    event.clipboardData.setData("text/plain", copy.innerText.replace(/\n{3,}/g, "\n\n").trim());
    copy.remove();
    event.preventDefault();
  });

  // --- asking

  function write(text) {
    const box = $("#box textarea");
    Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value").set.call(box, text);
    box.dispatchEvent(new Event("input", { bubbles: true }));
    box.focus();
    box.setSelectionRange(text.length, text.length);
    return box;
  }

  async function ask(question) {
    const box = write(question);
    await new Promise((done) => setTimeout(done, 60)); // Gradio takes the text in
    box.dispatchEvent(new KeyboardEvent("keypress", { key: "Enter", bubbles: true, cancelable: true }));
  }

  // --- verdicts

  const verdicts = new Map();
  const answered = () => $$("#chat .answer").filter((answer) => $(".searched", answer));
  const turnOf = (answer) => answered().indexOf(answer);
  const keyOf = (answer) => `${window.digest.conversation} ${turnOf(answer)} ${$(".copied-text", answer)?.textContent}`;

  async function judge(thumb) {
    const answer = answerOf(thumb);
    const verdict = thumb.matches(".good") ? "up" : "down";
    if (!(await note(answer, verdict, ""))) return;
    verdicts.set(keyOf(answer), verdict);
    press(answer);
    askWhy(answer, verdict);
  }

  function press(answer) {
    const verdict = verdicts.get(keyOf(answer));
    const pressed = { good: verdict === "up", bad: verdict === "down" };
    for (const thumb of $$(".thumb", answer)) {
      const state = String(pressed[thumb.matches(".good") ? "good" : "bad"]);
      if (thumb.ariaPressed !== state) thumb.ariaPressed = state;
    }
  }

  async function note(answer, verdict, comment) {
    const noted = { conversation: window.digest.conversation, turn: turnOf(answer), verdict, comment };
    const headers = { "Content-Type": "application/json" };
    try {
      const reply = await fetch("/feedback", { method: "POST", headers, body: JSON.stringify(noted) });
      if (reply.ok) return true;
      notice(answer, said("not_noted", { error: reply.status }));
    } catch (error) {
      notice(answer, said("not_noted", { error: error.message }));
    }
    return false;
  }

  function askWhy(answer, verdict) {
    $(".comment", answer)?.remove();
    const field = made("input", { type: "text", maxLength: 1000, placeholder: said("comment"), ariaLabel: said("comment") });
    const form = made("form", { className: "comment" });
    form.append(field, made("button", { textContent: said("send") }));
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (field.value.trim() && !(await note(answer, verdict, field.value.trim()))) return;
      notice(answer, said("noted"));
      $(`.thumb.${verdict === "up" ? "good" : "bad"}`, answer)?.focus();
      form.remove();
    });
    $(".actions", answer).after(form);
    field.focus();
  }

  function notice(answer, text) {
    $(".told", answer)?.remove();
    $(".actions", answer).after(made("p", { className: "told", textContent: text }));
    tell(text);
  }

  // --- tables

  const NUMBER = /^[-+]?[\d\s,]*\.?\d+\s*%?$/;
  const cell = (row, column) => row.cells[column].innerText.trim();
  const number = (text) => parseFloat(text.replace(/[\s,%]/g, "")) || 0;

  function sort(head) {
    const table = head.closest("table");
    const up = head.ariaSort !== "ascending";
    const rows = [...table.tBodies[0].rows];
    const column = head.cellIndex;
    const numeric = rows.every((row) => NUMBER.test(cell(row, column)) || !cell(row, column));
    const inWords = new Intl.Collator(document.documentElement.lang, { numeric: true, sensitivity: "base" });
    const order = numeric ? (a, b) => number(a) - number(b) : inWords.compare;
    rows.sort((a, b) => (up ? 1 : -1) * order(cell(a, column), cell(b, column)));
    $$("th", table.tHead).forEach((other) => (other.ariaSort = "none"));
    head.ariaSort = up ? "ascending" : "descending";
    table.tBodies[0].append(...rows);
  }

  // --- clicks and keys

  const withoutModifier = (event) => event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey;

  const clicks = {
    "#chat a.cite": showEvidence,
    ".stand": (mark, byKey) => showEvidence(mark, byKey),
    ".claim[class*=at-]": (claim) => String(getSelection()) || showEvidence(claim),
    "a.ask-this": (link) => ask(link.textContent.trim()),
    ".to-sources": openSources,
    ".copy": copyAnswer,
    ".thumb": judge,
    ".sort": (button) => sort(button.closest("th")),
    ".unfold": unfold,
    ".close-sources": leaveSources,
    ".theme": switchTheme,
    ".show-keys": showKeys,
    "a.skip": () => $("#box textarea").focus(),
  };

  document.addEventListener(
    "click",
    (event) => {
      if (!(event.target instanceof Element) || !withoutModifier(event)) return;
      const wanted = event.target.closest(Object.keys(clicks).join());
      if (!wanted || wanted.matches(".legend .stand")) return;
      event.preventDefault();
      event.stopPropagation();
      hidePeek();
      clicks[Object.keys(clicks).find((selector) => wanted.matches(selector))](wanted, event.detail === 0);
    },
    true,
  );

  function unfold(button) {
    const card = button.closest(".source");
    card.classList.add("whole");
    $("h3 a, summary", card).focus({ preventScroll: true });
  }

  function showKeys() {
    if (!$("#keys").open) $("#keys").showModal();
  }

  const isWriting = (element) => element.matches?.("input, textarea, select, [contenteditable=true]");

  document.addEventListener(
    "keydown",
    (event) => {
      if (event.isComposing || event.keyCode === 229 || event.ctrlKey || event.metaKey || event.altKey) return;
      const box = $("#box textarea");
      if (event.key === "Escape") escape_(event);
      if (event.key === "ArrowUp" && event.target === box && !box.value) bringBack(event);
      if (isWriting(event.target) || $("dialog[open]")) return;
      if (event.key === "/") {
        event.preventDefault();
        box.focus();
      }
      if (event.key === "?") showKeys();
    },
    true,
  );

  function escape_(event) {
    if ($("dialog[open]") || event.target.closest?.("#conversations")) return;
    hidePeek();
    if ($("#sources").contains(event.target) && cameFrom && leaveSources()) return;
    const stop = $("#box .stop-button");
    stop ? stop.click() : leaveSources();
  }

  function bringBack(event) {
    const last = $$("#chat [data-testid=user]").pop();
    if (!last) return;
    event.preventDefault();
    write(last.innerText.trim());
  }

  // --- theme, language and link

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

  function addressed(link, id) {
    const address = new URL(link.href);
    id ? address.searchParams.set("conversation", id) : address.searchParams.delete("conversation");
    if (link.href !== address.href) link.href = address.href;
  }

  window.digest.keep = (id) => {
    const address = new URL(location.href);
    address.searchParams.delete("q");
    id ? address.searchParams.set("conversation", id) : address.searchParams.delete("conversation");
    history.replaceState(null, "", address);
    window.digest.conversation = id || "";
    document.dispatchEvent(new CustomEvent("digest:kept", { detail: id || "" }));
    dress();
  };

  // --- what is happening

  // To who cannot see it. Gradio empties the page when it starts, so this is not there from the beginning.
  function tell(text) {
    const told = $("#told") || document.body.appendChild(made("div", { id: "told", className: "unseen", role: "status" }));
    setTimeout(() => (told.textContent = text), 50);
  }

  const SLOW = 10; // seconds
  let begun = { busy: null, at: 0 };

  function tick() {
    const busy = $("#chat .busy");
    if (!busy) return (begun = { busy: null, at: 0 });
    const exchange = exchangeOf(busy);
    if (begun.busy !== exchange) begun = { busy: exchange, at: performance.now() };
    const seconds = Math.floor((performance.now() - begun.at) / 1000);
    const model = $("#footer [data-model]")?.dataset.model;
    const slow = seconds >= SLOW && model && busy.matches(".begins");
    const text = `${slow ? ` · ${said("slow_model", { name: model })}` : ""} · ${said("seconds", { count: seconds })}`;
    const clock = $(".clock", busy);
    if (seconds >= 2 && clock.textContent !== text) clock.textContent = text;
  }

  setInterval(tick, 250);

  // --- what a change of the thread calls for

  let questions = 0;
  let running = false;
  let sitting = false;
  let complete = 0;
  let ending = null;

  function dress() {
    // Gradio names an answer by its source for screen readers; its text is enough. A log would be read out with each word.
    $$("[data-testid=bot][aria-label]").forEach((bot) => bot.removeAttribute("aria-label"));
    $$("#chat [role=log][aria-live=polite]").forEach((log) => (log.ariaLive = "off"));
    $$("#chat .examples[role=list]").forEach((examples) => (examples.role = "group")); // its buttons are no items of a list
    $$("#header a.switch").forEach((link) => addressed(link, window.digest.conversation));
    $$("#chat .wide.sortable th[scope=col]:not([aria-sort])").forEach(sortable);
    $$("#chat .wide:not([role])").forEach(reachable);
    if (verdicts.size) $$("#chat .answer:has(.thumb)").forEach(press);
    $$(":is(.answer, .sources) .katex:not(.measured)").forEach(measure);
    if ($("#sources") && !$("#sources").role) Object.assign($("#sources"), { role: "region", ariaLabel: said("sources") });
  }

  // What scrolls within itself is scrolled by keys once it can have the focus.
  const reachable = (wide) => Object.assign(wide, { role: "group", ariaLabel: said("table"), tabIndex: 0 });

  function measure(formula) {
    const room = formula.closest("p, li, td, th, h3, h4, summary")?.clientWidth;
    if (!room) return; // not shown yet
    formula.classList.add("measured");
    formula.classList.toggle("broad", formula.getBoundingClientRect().width > room);
  }

  function sortable(head) {
    head.ariaSort = "none";
    const button = made("button", { type: "button", className: "sort", title: said("sort_by") });
    button.append(...head.childNodes);
    head.append(button);
  }

  new MutationObserver(() => {
    dress();
    const rows = $$("#chat .user-row");
    const busy = Boolean($("#chat .busy"));
    const stoppable = Boolean($("#box .stop-button"));
    // A new question goes to the top, and stays there while its answer grows below it.
    if (rows.length > questions || (busy && !running)) rows[rows.length - 1]?.scrollIntoView({ block: "start" });
    if (busy !== running) tick();
    const whole = answered().length;
    // The box may be given back before the answer is drawn, or both so fast that it was never taken.
    if ((sitting && !stoppable) || whole > complete) {
      clearTimeout(ending);
      ending = setTimeout(ended, 150);
    }
    [questions, running, sitting, complete] = [rows.length, busy, stoppable, whole];
  }).observe(document, { subtree: true, childList: true, attributeFilter: ["aria-label"] });

  // The box is given back once the answer is saved; what is drawn may come a little later, and is told once.
  let reported = "";

  function ended(tries = 10) {
    if ($("#box .stop-button")) return;
    const last = $$("#chat .answer").pop();
    const drawn = last ? `${last.className} ${last.textContent}` : "";
    if (drawn === reported || $(".busy", last ?? document)) return tries && (ending = setTimeout(ended, 150, tries - 1));
    reported = drawn;
    if (last) tell($(".problem, .stopped", last)?.innerText || said("answer_ready"));
    document.dispatchEvent(new CustomEvent("digest:answered"));
  }

  // --- news of the library, and whether the server is there

  const EVERY = 20_000;
  const SOON = 3_000;
  let papers = null;
  let looking = null;

  async function look() {
    clearTimeout(looking);
    if (document.hidden) return;
    let reply = null;
    try {
      reply = await fetch("/status", { headers: { Accept: "application/json" } });
    } catch {
      // said below
    }
    banner(Boolean(reply));
    if (reply?.ok) show(await reply.json());
    if (!reply || reply.ok || reply.status >= 500) looking = setTimeout(look, reply ? EVERY : SOON);
  }

  function banner(there) {
    const shown = $("#unreachable");
    if (there) shown?.remove();
    else if (!shown) $("#desk").before(made("p", { id: "unreachable", role: "status", textContent: said("unreachable") }));
  }

  function show(status) {
    const link = $("#header .library a");
    if (!link) return;
    papers ??= Number(link.dataset.papers);
    const { papers: count, first, last, ingest } = status;
    if (count) link.textContent = said("library", { papers: count.toLocaleString("en-US"), first, last });
    const news = [];
    if (ingest) news.push(said("reading_digests", { count: ingest.stored ?? 0 }));
    if (count > papers) news.push(said("new_papers", { count: count - papers }), made("a", { className: "ask-this", href: "#box", textContent: said("whats_new") }));
    const joined = news.flatMap((part, n) => (n ? [" · ", part] : [part]));
    if ($("#news").textContent !== joined.map((part) => part.textContent ?? part).join("")) $("#news").replaceChildren(...joined);
  }

  document.addEventListener("visibilitychange", look);
  looking = setTimeout(look, EVERY);
})();
