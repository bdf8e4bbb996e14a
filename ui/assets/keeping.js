// The list of conversations: found, opened, renamed, deleted, exported. Titles are strangers' text: they are set as text only.
(() => {
  const root = document.documentElement;
  const $ = (selector, from = document) => from.querySelector(selector);
  const said = (name, blanks = {}) => window.digest.words[name].replace(/\{(\w+)\}/g, (_, blank) => blanks[blank]);
  const overlaid = matchMedia("(max-width: 1199px)");
  const FORMATS = { md: "Markdown", bib: "BibTeX", ris: "RIS", csv: "CSV" };
  const SHOWN = "digest-conversations"; // in local storage, for a wide window
  const TYPING = 200; // milliseconds until what was typed is searched for

  function made(tag, properties = {}, ...children) {
    const { attributes = {}, ...own } = properties;
    const element = Object.assign(document.createElement(tag), own);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  }

  const button = (className, text, click, attributes = {}) =>
    made("button", { type: "button", className, textContent: text, onclick: click, attributes });

  // --- open and closed

  let parts = null; // of the panel, once there is one

  const isOpen = () => Boolean(parts?.aside.classList.contains("open"));
  const toggles = () => document.querySelectorAll(".toggle-conversations");

  // Over the thread it is a dialog of its own: what lies below cannot be reached, and the focus comes back.
  function show(open, byHand) {
    const covering = open && overlaid.matches;
    parts.aside.classList.toggle("open", open);
    for (const id of ["top", "thread", "sources"]) document.getElementById(id)?.toggleAttribute("inert", covering);
    if (byHand && !overlaid.matches) localStorage.setItem(SHOWN, open ? "open" : "closed");
    if (open) load();
    label();
    if (!byHand) return;
    if (covering) $("#conversations .close").focus();
    else if (!open) $(".toggle-conversations")?.focus();
  }

  // The header is drawn anew when the library is known.
  function label() {
    for (const toggle of toggles()) {
      if (toggle.ariaExpanded !== String(isOpen())) toggle.ariaExpanded = String(isOpen());
    }
  }

  const openAtFirst = () => !overlaid.matches && localStorage.getItem(SHOWN) !== "closed";
  overlaid.addEventListener("change", () => parts && show(openAtFirst(), false));

  // --- the panel

  function build(aside) {
    const search = made("input", {
      type: "search",
      placeholder: said("keeping_search"),
      ariaLabel: said("keeping_search"),
      maxLength: 200,
      autocomplete: "off",
    });
    search.addEventListener("input", () => load(TYPING));
    const heading = made("h2", { id: "conversations-heading", textContent: said("conversations") });
    const close = button("close", "×", () => show(false, true), { "aria-label": said("close"), title: said("close") });
    const fresh = made("a", { className: "fresh", href: location.pathname, textContent: said("new"), onclick: open });
    const list = made("nav", { attributes: { "aria-labelledby": heading.id } });
    const files = made("div", { className: "files", hidden: true });
    const told = made("p", { className: "unseen", role: "status" });
    aside.setAttribute("aria-labelledby", heading.id);
    aside.replaceChildren(made("div", { className: "head" }, heading, close), fresh, search, list, files, told);
    parts = { aside, search, list, files, told };
    show(openAtFirst(), false);
  }

  // Gradio draws the page some time after this is run.
  new MutationObserver(() => {
    const aside = document.getElementById("conversations");
    if (aside && parts?.aside !== aside) build(aside);
    label();
  }).observe(document, { subtree: true, childList: true });

  // --- what is kept

  let rows = [];
  let more = false;
  let failed = false;
  let current = new URL(location.href).searchParams.get("conversation") || "";
  let changing = null; // the row that is being renamed or deleted
  let loading = null;
  let asked = 0;

  function load(soon = 0) {
    clearTimeout(loading);
    loading = setTimeout(loadNow, soon);
  }

  async function loadNow() {
    if (!parts || !isOpen()) return;
    const question = ++asked;
    const wanted = parts.search.value.trim();
    const found = await sent(`?containing=${encodeURIComponent(wanted)}`);
    if (question !== asked) return; // a later one is on its way
    failed = !found;
    [rows, more] = found ? [found.conversations, found.more] : [rows, more];
    if (!changing) draw();
    if (found && wanted) tell(said("keeping_found", { count: rows.length }));
  }

  // The answer's object, true where it has none, null where there is no good answer.
  async function sent(path, method = "GET", fields = null) {
    try {
      const headers = { Accept: "application/json", ...(fields && { "Content-Type": "application/json" }) };
      const reply = await fetch(`/conversations${path}`, { method, headers, body: fields && JSON.stringify(fields) });
      if (!reply.ok) return null;
      return reply.status === 204 ? true : await reply.json();
    } catch {
      return null;
    }
  }

  function tell(text) {
    parts.told.textContent = text;
  }

  // --- the list

  function draw() {
    const focus = focused();
    parts.list.replaceChildren(...(failed ? failure() : rows.length ? groups() : [empty()]));
    drawFiles();
    if (focus) find(focus.id, focus.part)?.focus({ preventScroll: true });
  }

  const focused = () => {
    const row = document.activeElement?.closest("#conversations li");
    return row && { id: row.dataset.id, part: document.activeElement.matches(".more") ? ".more" : "a" };
  };

  const rowOf = (id) => $(`#conversations li[data-id="${CSS.escape(id)}"]`);
  const find = (id, part) => rowOf(id) && $(part, rowOf(id));

  const failure = () => [
    made("p", { className: "problem", textContent: said("keeping_failed") }),
    button("again", said("keeping_again"), () => load()),
  ];

  const empty = () =>
    made("p", { className: "quiet", textContent: said(parts.search.value.trim() ? "keeping_no_match" : "keeping_none") });

  function groups() {
    const drawn = [];
    let before = null;
    for (const row of rows) {
      const name = groupOf(new Date(row.updated_at));
      if (name !== before) drawn.push(made("h3", { textContent: name }), made("ul"));
      drawn[drawn.length - 1].append(line(row));
      before = name;
    }
    const note = said("keeping_newest", { count: rows.length });
    return more ? [...drawn, made("p", { className: "quiet", textContent: note })] : drawn;
  }

  const startOf = (day, days = 0) => new Date(day.getFullYear(), day.getMonth(), day.getDate() - days);

  function groupOf(time) {
    const now = new Date();
    if (time >= startOf(now)) return said("keeping_today");
    if (time >= startOf(now, 1)) return said("keeping_yesterday");
    if (time >= startOf(now, (now.getDay() + 6) % 7)) return said("keeping_week"); // since Monday
    if (time >= new Date(now.getFullYear(), now.getMonth(), 1)) return said("keeping_month");
    return MONTH.format(time);
  }

  const calendar = (how) => new Intl.DateTimeFormat(root.lang, how); // made once: making one takes as long as a row
  const DAY = calendar({ month: "short", day: "numeric" });
  const HOUR = calendar({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const MONTH = calendar({ year: "numeric", month: "long" });
  const WHOLE = calendar({ dateStyle: "full", timeStyle: "short" });
  const when = (time) => (time >= startOf(new Date(), 1) ? HOUR : DAY).format(time);

  function line(row) {
    const time = new Date(row.updated_at);
    const whole = `${row.title}\n${WHOLE.format(time)}`;
    const title = made("span", { className: "title", textContent: row.title, dir: "auto" });
    const stamp = made("time", { dateTime: row.updated_at, textContent: when(time) });
    const href = `?conversation=${encodeURIComponent(row.id)}`;
    const link = made("a", { href, title: whole, onclick: open }, title, stamp);
    const name = said("keeping_more", { title: row.title });
    const unfold = button("more", "⋯", () => menu(row), { "aria-label": name, "aria-expanded": "false", title: name });
    const li = made("li", { attributes: { "data-id": row.id } }, made("div", { className: "line" }, link, unfold));
    if (row.id === current) link.setAttribute("aria-current", "page");
    return li;
  }

  const plainly = (event) => event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;

  // In place by a plain click; any other click is the browser's own.
  function open(event) {
    if (!plainly(event) || !window.digest.open) return;
    event.preventDefault();
    window.digest.open(this.closest("li")?.dataset.id || "");
    if (overlaid.matches) show(false, true);
  }

  // The files of the open conversation, where it is one of the owner's.
  function drawFiles() {
    const href = (ending) => `/conversations/${encodeURIComponent(current)}/export.${ending}?lang=${root.lang}`;
    const link = ([ending, name]) => made("a", { href: href(ending), textContent: name, download: "" });
    parts.files.hidden = !rows.some((row) => row.id === current);
    if (parts.files.hidden) return;
    const heading = made("h3", { id: "conversations-files", textContent: said("keeping_export") });
    parts.files.replaceChildren(heading, made("div", {}, ...Object.entries(FORMATS).map(link)));
  }

  // --- one conversation's menu

  function menu(row) {
    const li = rowOf(row.id);
    const wasOpen = changing === row.id;
    if (changing) settle();
    if (wasOpen) return find(row.id, ".more").focus();
    changing = row.id;
    li.classList.add("changing");
    $(".more", li).ariaExpanded = "true";
    const rename = button("", said("keeping_rename"), () => renaming(row));
    const remove = button("delete", said("keeping_delete"), () => deleting(row));
    li.append(made("div", { className: "menu" }, rename, remove));
    rename.focus();
  }

  function replaceMenu(row, ...children) {
    $(".menu, form", rowOf(row.id))?.remove();
    rowOf(row.id).append(...children);
  }

  function renaming(row) {
    const field = made("input", { type: "text", value: row.title, maxLength: 200, ariaLabel: said("keeping_title") });
    const save = made("button", { type: "submit", textContent: said("keeping_save") });
    const cancel = button("", said("keeping_cancel"), () => leave(row.id));
    const form = made("form", { className: "menu" }, field, save, cancel);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      rename(row, field.value.trim());
    });
    rowOf(row.id).classList.add("renaming");
    replaceMenu(row, form);
    field.select();
    field.focus();
  }

  async function rename(row, title) {
    if (!title || title === row.title) return leave(row.id);
    const renamed = await sent(`/${encodeURIComponent(row.id)}`, "PATCH", { title });
    if (!renamed) return complain(row);
    row.title = renamed.title;
    tell(said("keeping_renamed"));
    leave(row.id);
  }

  function deleting(row) {
    const sure = made("p", { textContent: said("keeping_sure") });
    const remove = button("delete", said("keeping_delete"), () => remove_(row));
    const cancel = button("", said("keeping_cancel"), () => leave(row.id));
    replaceMenu(row, made("div", { className: "menu" }, sure, remove, cancel));
    cancel.focus();
  }

  async function remove_(row) {
    if (!(await sent(`/${encodeURIComponent(row.id)}`, "DELETE"))) return complain(row);
    const next = rows[rows.indexOf(row) + 1] || rows[rows.indexOf(row) - 1];
    rows = rows.filter((other) => other !== row);
    if (row.id === current) window.digest.open?.("");
    tell(said("keeping_deleted"));
    leave(next?.id);
    if (!next) parts.search.focus();
  }

  function complain(row) {
    const problem = made("p", { className: "problem", textContent: said("keeping_not_done") });
    const done = button("", said("close"), () => leave(row.id));
    replaceMenu(row, made("div", { className: "menu" }, problem, done));
    tell(said("keeping_not_done"));
    done.focus();
  }

  function settle() {
    changing = null;
    draw();
    load();
  }

  function leave(id) {
    settle();
    if (id) find(id, "a")?.focus();
  }

  // --- keys, clicks beside it, news

  function step(event, by) {
    const links = [...parts.list.querySelectorAll("li a")];
    const at = links.indexOf(document.activeElement);
    if (at < 0 && document.activeElement !== parts.search) return;
    event.preventDefault();
    (links[at + by] || (at + by < 0 ? parts.search : links[at]))?.focus();
  }

  document.addEventListener("keydown", (event) => {
    if (!event.target.closest?.("#conversations") || event.isComposing) return;
    if (event.key === "ArrowDown") step(event, 1);
    if (event.key === "ArrowUp") step(event, -1);
    if (event.key === "Escape") back();
  });

  // Out of the innermost of what is open.
  function back() {
    if (changing) return leave(changing);
    if (!parts.search.value) return overlaid.matches && show(false, true);
    parts.search.value = "";
    load();
  }

  document.addEventListener("click", (event) => {
    if (!(event.target instanceof Element)) return;
    if (event.target.closest(".toggle-conversations")) parts && show(!isOpen(), true);
    else if (overlaid.matches && isOpen() && event.target.closest("#shelf") && !event.target.closest("#conversations")) {
      if (event.target.isConnected) show(false, true);
    }
  });

  document.addEventListener("digest:kept", (event) => {
    if (current === event.detail) return;
    current = event.detail;
    if (parts && !changing) draw();
    load();
  });
  document.addEventListener("digest:answered", () => load());
  document.addEventListener("visibilitychange", () => document.hidden || load());
})();
