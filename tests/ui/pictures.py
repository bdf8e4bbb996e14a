"""The pictures of docs/: `python -m tests.ui.pictures docs` takes them of the real chat over the sample digests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import click
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.ui.browsers import FLAGS, browser_on_this_machine
from tests.ui.crowd import digest_chat, library_of

_SIZE, _PHONE = (1360, 860), (390, 800)


@dataclass(frozen=True, slots=True)
class Picture:
    """A page as it looks after some questions, with the sentence of its `shown`-th citation shown among the sources."""

    name: str
    questions: Sequence[str] = ()
    path: str = "/"
    size: tuple[int, int] = _SIZE
    locale: str = "en-US"
    dark: bool = False
    shown: int | None = None


_SURVEY = "Which papers use diffusion for video editing?"
PICTURES = (
    Picture("chat-light", (_SURVEY,), shown=1),
    Picture("chat-dark", ("How does ResNet make very deep networks trainable?",), dark=True, shown=0),
    Picture("chat-zh", ("哪些论文用扩散模型做视频编辑？",), locale="zh-CN", shown=1),
    Picture("chat-phone", (_SURVEY,), size=_PHONE),
    Picture("chat-phone-zh", ("比较 DDPM 和潜在扩散模型",), size=_PHONE, locale="zh-CN"),
    Picture("start", ()),
    Picture("survey", ("Which papers are about language models?",)),
    Picture("comparison", ("Compare DDPM and latent diffusion",)),
    Picture("refusal", ("Which papers study quantum gravity?",)),
    Picture("conversations", (_SURVEY, "Compare the first two", "Which of them needs no training?")),
    Picture("library", path="/library"),
)


def take(browser: Browser, address: str, picture: Picture, folder: Path) -> None:
    """One picture into the folder, as `<name>.png`."""
    width, height = picture.size
    context = browser.new_context(
        viewport={"width": width, "height": height},
        locale=picture.locale,
        color_scheme="dark" if picture.dark else "light",
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.goto(address.rstrip("/") + picture.path)
    page.locator("html[data-ready], body:not(:has(gradio-app))").first.wait_for()
    for number, question in enumerate(picture.questions):
        _ask(page, question, number)
    if picture.shown is not None:
        page.locator(".answer a.cite").nth(picture.shown).click()
    page.wait_for_timeout(1500)  # what is suggested next, what moves
    page.screenshot(path=folder / f"{picture.name}.png")
    context.close()


def _ask(page: Page, question: str, number: int) -> None:
    page.locator("#box textarea").fill(question)
    page.locator("#box textarea").press("Enter")
    expect(page.locator(f".exchange-{number} .searched").first).to_be_visible(timeout=30_000)


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--only", multiple=True, help="Names of pictures.")
def main(folder: Path, only: tuple[str, ...]) -> None:
    """Takes the pictures of the documentation into FOLDER."""
    wanted = [picture for picture in PICTURES if not only or picture.name in only]
    with TemporaryDirectory() as home, digest_chat(library_of(Path(home))) as served, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=browser_on_this_machine(), args=FLAGS)
        for picture in wanted:
            take(browser, served.address, picture, folder)
            click.echo(picture.name)
        browser.close()


if __name__ == "__main__":
    main()
