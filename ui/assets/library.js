// What the library page does beyond links and a form: the theme, local times, digests that are dropped on it, and news.
(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const main = $("#main");
  const words = JSON.parse(main.dataset.words);
  const lang = main.dataset.lang;
  const fill = (text, blanks) => text.replace(/{(\w+)}/g, (_, name) => blanks[name]);
  const number = (count) => count.toLocaleString("en");
  const pause = (ms) => new Promise((done) => setTimeout(done, ms));
  document.documentElement.classList.add("script");

  // --- theme and times

  $(".theme").addEventListener("click", () => {
    const chosen = document.body.className || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
    document.body.className = chosen === "dark" ? "light" : "dark";
    localStorage.setItem("digest-theme", document.body.className);
  });

  function tellLocalTimes(root) {
    const shape = { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
    const format = new Intl.DateTimeFormat("sv", shape);
    root.querySelectorAll("time").forEach((time) => (time.textContent = format.format(new Date(time.dateTime))));
  }
  tellLocalTimes(document);

  // --- news: what the server says while the page is looked at

  const live = $("#live");
  let version = Number(main.dataset.version);
  let adding = false;

  function say(text, link) {
    const said = live.dataset.said === text;
    live.dataset.said = text;
    if (said) return;
    live.textContent = text;
    if (!text) return;
    if (link) {
      const show = document.createElement("a");
      show.href = location.href;
      show.textContent = link;
      show.addEventListener("click", (event) => {
        event.preventDefault();
        redraw();
      });
      live.append(" ", show);
    } else {
      const dot = document.createElement("span");
      dot.className = "dot";
      live.prepend(dot);
    }
  }

  async function redraw() {
    const response = await fetch(location.href, { headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    tellLocalTimes(page);
    for (const id of ["overview", "papers", "last", "categories", "digests"]) {
      const fresh = page.getElementById(id);
      if (fresh) document.getElementById(id)?.replaceWith(fresh);
    }
    if (Number($("#main", page).dataset.papers)) $("#samples")?.remove();
    version = Number($("#main", page).dataset.version);
    say("");
  }

  async function look() {
    const response = await fetch("/status");
    if (!response.ok) return;
    const status = await response.json();
    if (adding) return say("");
    if (status.ingest) say(fill(words.library_going_on, { papers: number(status.papers) }));
    else if (status.version !== version) say(words.library_grown, words.library_grown_show);
    else say("");
  }

  (async () => {
    for (;;) {
      await pause(2000);
      if (document.visibilityState === "visible") await look().catch(() => {});
    }
  })();

  // --- adding digests

  const list = $("#uploads");
  if (!list) return;
  const drop = $("#drop");
  const files = $("#files");
  const waiting = [];

  const element = (tag, className, text = "") => {
    const made = document.createElement(tag);
    made.className = className;
    made.textContent = text;
    return made;
  };

  function add(name, send) {
    $("#samples")?.remove();
    const item = element("li", "");
    item.append(element("span", "file", name), element("span", "said", words.upload_waiting));
    list.append(item);
    waiting.push({ item, send });
    work();
  }

  function show(item, said, done, total) {
    $(".said", item).textContent = said;
    let bar = $("progress", item);
    if (total === undefined) return bar?.remove();
    if (!bar) {
      bar = document.createElement("progress");
      bar.setAttribute("aria-label", $(".file", item).textContent);
      $(".said", item).before(bar);
    }
    if (total) [bar.max, bar.value] = [total, done];
    else bar.removeAttribute("value");
  }

  function fail(item, said, send) {
    item.className = "failed";
    show(item, said);
    const again = element("button", "", words.upload_again);
    again.type = "button";
    again.addEventListener("click", () => {
      item.remove();
      add($(".file", item).textContent, send);
    });
    item.append(again);
  }

  function end(item, upload) {
    show(item, upload.said);
    if (!upload.wrong.length) return;
    const fold = element("details", "wrong");
    const lines = element("ul", "");
    upload.wrong.forEach((message) => lines.append(element("li", "", message)));
    if (upload.more_wrong) lines.append(element("li", "", fill(words.library_wrong_more, { count: upload.more_wrong })));
    fold.append(element("summary", "", words.library_wrong), lines);
    item.append(fold);
  }

  // One after the other: the server reads one at a time.
  async function work() {
    if (adding) return;
    adding = true;
    let added = false;
    while (waiting.length) {
      const { item, send } = waiting.shift();
      try {
        const upload = await finished(item, await send(item));
        added = true;
        upload.stage === "failed" ? fail(item, upload.said, send) : end(item, upload);
      } catch (error) {
        fail(item, error.said || words.upload_lost, error.final ? undefined : send);
        if (error.final) $("button", item).remove();
      }
    }
    if (added) await redraw().catch(() => {});
    adding = false;
    if (waiting.length) work();
  }

  async function finished(item, upload) {
    while (upload.stage === "arriving" || upload.stage === "reading") {
      show(item, upload.said, upload.found + upload.stored, 2 * upload.papers);
      await pause(400);
      const response = await fetch(`/library/digests/${upload.number}?lang=${lang}`);
      upload = await response.json();
      if (!response.ok) throw { said: upload.error.message, final: true };
    }
    return upload;
  }

  const answered = (status, text) => {
    let said = null;
    try {
      said = JSON.parse(text);
    } catch {
      throw {};
    }
    if (status === 202) return said;
    const tryAgain = status === 409 || status === 408;
    throw { said: said.error?.message, final: !tryAgain };
  };

  const sending = (file) => (item) => {
    const most = Number(drop.dataset.most);
    if (file.size > most * 2 ** 20) return Promise.reject({ said: fill(words.upload_large, { most }), final: true });
    return new Promise((done, failed) => {
      const request = new XMLHttpRequest();
      request.open("POST", `/library/digests?lang=${lang}&name=${encodeURIComponent(file.name)}`);
      request.upload.onprogress = (event) => show(item, words.upload_sending, event.loaded, event.total);
      request.onerror = () => failed({});
      request.onload = () => {
        try {
          done(answered(request.status, request.responseText));
        } catch (error) {
          failed(error);
        }
      };
      show(item, words.upload_sending, 0, file.size);
      request.send(file);
    });
  };

  const sendSamples = async () => {
    const response = await fetch(`/library/samples?lang=${lang}`, { method: "POST", headers: { Accept: "application/json" } });
    return answered(response.status, await response.text());
  };

  const addAll = (chosen) => [...chosen].forEach((file) => add(file.name, sending(file)));

  files.addEventListener("change", () => {
    addAll(files.files);
    files.value = "";
  });

  $("#samples")?.addEventListener("submit", (event) => {
    event.preventDefault();
    add(words.library_sample_digests, sendSamples);
  });

  // Anywhere on the page: a file that misses the field would otherwise open in place of the page.
  const holdsFiles = (event) => event.dataTransfer?.types.includes("Files");
  let inside = 0;
  document.addEventListener("dragenter", (event) => holdsFiles(event) && drop.classList.toggle("over", ++inside > 0));
  document.addEventListener("dragleave", (event) => holdsFiles(event) && drop.classList.toggle("over", --inside > 0));
  document.addEventListener("dragover", (event) => holdsFiles(event) && event.preventDefault());
  document.addEventListener("drop", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    inside = 0;
    drop.classList.remove("over");
    addAll(event.dataTransfer.files);
  });
})();
