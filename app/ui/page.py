"""The page's layout and wiring. What happens on an event is in `chat` and `library`, how things look in `render`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from app.settings import PROJECT
from app.ui import render
from app.ui.chat import PLACEHOLDER, Chat, View
from app.ui.library import STATUSES, LibraryTab
from app.ui.steps import AT_ONCE, Past

if TYPE_CHECKING:
    from app.assistant import Assistant
    from app.jobs import Jobs

SAMPLES = PROJECT / "samples"
EXAMPLES = (
    "How thick is the wall of the watch room?",
    "What broke pane No. 7 of the lantern in November 1911?",
    "When does the ship with the stones arrive?",
    "When does the balloon drift past?",
    "Show me the lighthouse at dusk",
)
_HERE = Path(__file__).parent
_TICK = 1.5  # seconds between two looks at the library
_FONT = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "sans-serif")
_MONO = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace")

# The table's buttons say which file, or which leaf of the table, is meant.
_TABLE_EVENTS = """
element.addEventListener('click', (event) => {
  const button = event.target.closest('button[data-open], button[data-leaf]');
  if (!button) return;
  if (button.dataset.open !== undefined) trigger('open_file', { ledger: button.dataset.open });
  else trigger('turn_leaf', { leaf: Number(button.dataset.leaf) });
});
"""

_BAR_EVENTS = """
element.addEventListener('click', (event) => {
  if (event.target.closest('[data-drawer]')) trigger('toggle');
});
watch('value', () => folioscope.remember(element.querySelector('[data-conversation]')));
"""

# A thumb keeps what it was last set to; the same again takes it back.
_ANSWER_EVENTS = """
element.addEventListener('click', (event) => {
  const button = event.target.closest('button[data-thumb], button[data-length]');
  if (!button) return;
  const { again, length } = button.dataset;
  if (length) return void trigger('again', { of: Number(again), length });
  const value = button.ariaPressed === 'true' ? 0 : Number(button.dataset.thumb);
  for (const each of button.parentElement.children) each.ariaPressed = String(value === Number(each.dataset.thumb));
  trigger('thumb', { turn: Number(button.dataset.turn), value });
});
"""

_DRAWER_EVENTS = """
const rename = (from) => {
  const part = from.closest('.fs-change');
  const of = part.querySelector('[data-rename]').dataset.rename;
  trigger('rename', { of, title: part.querySelector('input').value });
};
element.addEventListener('click', (event) => {
  const button = event.target.closest('button');
  if (!button) return;
  const { open, rename: renamed, delete: deleted, clear } = button.dataset;
  if (open !== undefined) trigger('open_past', { of: open });
  else if (renamed !== undefined) rename(button);
  else if (deleted !== undefined) trigger('delete', { of: deleted });
  else if (clear !== undefined) trigger('delete', { of: '' });
});
element.addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && event.target.matches('input')) rename(event.target);
  if (event.key === 'Escape') folioscope.shut();
});
watch('value', () => folioscope.opened(element));
"""


def build_page(assistant: Assistant, jobs: Jobs) -> tuple[gr.Blocks, dict[str, Any]]:
    """The page, and what `gr.mount_gradio_app` is to be told about its look: theme, css, head."""
    library = LibraryTab(assistant, jobs)
    with gr.Blocks(title="Folioscope", fill_width=True, analytics_enabled=False, delete_cache=(3600, 86400)) as page:
        with gr.Row(elem_id="fs-header"):
            _html('<h1 class="fs-title">Folioscope</h1>', elem_id="fs-title")
            status = _html("", elem_id="fs-status")
        clock = gr.Timer(_TICK)  # outside of the tabs: what is in a tab that was never opened does not run
        with gr.Tabs(elem_id="fs-tabs"):
            with gr.Tab("Chat", id="chat"):
                _chat_tab(assistant, Chat(assistant, jobs), page)
            with gr.Tab("Library", id="library") as library_tab:
                _library_tab(library, library_tab, page, status, clock)
            with gr.Tab("Settings", id="settings") as settings_tab:
                settings = _html("")
        settings_tab.select(library.settings, None, settings, **_QUIET)
    return page, {"theme": _theme(), "css_paths": _HERE / "style.css", "head": _head()}


def _html(value: str, **options: Any) -> gr.HTML:
    # Never a callable: Gradio would load it through the queue, and a question that is sent while the queue's stream
    # ends is answered to nobody.
    return gr.HTML(value, apply_default_css=False, **options)


_QUIET: dict[str, Any] = {"show_progress": "hidden", "queue": False, "api_visibility": "private"}
_SAYING: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}  # messages come by the queue only
# What a drawn button says of itself comes with the event. Gradio drops an event while the one before it is answered
# ("once"), or repeats the one before it ("always_last"). Each of these counts, and the queue keeps their order.
_EACH: dict[str, Any] = {**_SAYING, "trigger_mode": "multiple"}


def _chat_tab(assistant: Assistant, chat: Chat, page: gr.Blocks) -> None:
    past, conversation = gr.State(()), gr.State("")
    with gr.Row(elem_id="fs-chat"):
        with gr.Column(scale=6, min_width=300, elem_id="fs-left"):
            with gr.Row(elem_id="fs-over"):
                topic = _html(chat.topic(""), js_on_load=_BAR_EVENTS, elem_id="fs-topic")
                new = gr.Button("New", size="sm", scale=0, min_width=64, elem_id="fs-new")
            drawer = _html("", js_on_load=_DRAWER_EVENTS, elem_id="fs-drawer")
            with gr.Column(elem_id="fs-conversation"):
                with gr.Column(elem_id="fs-intro") as intro:
                    welcome = _html(render.welcome(True))
                    with gr.Row(elem_id="fs-examples") as examples:
                        buttons = [gr.Button(text, size="sm", elem_classes="fs-example") for text in EXAMPLES]
                earlier = _html("", js_on_load=_ANSWER_EVENTS)
                current = _html("", js_on_load=_ANSWER_EVENTS, elem_id="fs-current")
            with gr.Row(elem_id="fs-ask"):
                box = gr.MultimodalTextbox(
                    show_label=False,
                    container=False,
                    placeholder=PLACEHOLDER,
                    file_count="multiple",
                    sources=["upload"],
                    max_plain_text_length=4000,
                    max_lines=6,
                    autofocus=True,
                    scale=1,
                    elem_id="fs-box",
                )
        with gr.Column(scale=5, min_width=300, elem_id="fs-right"):
            panel = _html(render.panel(()), elem_id="fs-evidence")

    view = [box, intro, earlier, current, panel, past, conversation, topic, drawer]
    streaming: dict[str, Any] = {"show_progress": "hidden", "concurrency_limit": AT_ONCE, "api_visibility": "private"}
    box.submit(chat.send, [box, past, conversation], view, **streaming)
    for button in buttons:
        button.click(chat.ask_example, [button, past, conversation], view, **streaming)
    box.stop(chat.stop, None, None, **_QUIET)
    new.click(chat.clear, None, view, **_QUIET)

    def open_past(event: gr.EventData, request: gr.Request) -> Any:
        return chat.open(str(event.of), request)

    def rename(conversation: str, event: gr.EventData) -> Any:
        return chat.rename(str(event.of), str(event.title), conversation)

    def delete(conversation: str, event: gr.EventData, request: gr.Request) -> Any:
        return chat.delete(str(event.of), conversation, request)

    def thumb(event: gr.EventData) -> None:
        chat.thumb(int(event.turn), int(event.value))

    def again(past: Past, conversation: str, event: gr.EventData, request: gr.Request) -> Iterator[View]:
        yield from chat.again(int(event.of), str(event.length), past, conversation, request)

    topic.toggle(chat.toggle, [drawer, conversation], drawer, **_QUIET)
    drawer.open_past(open_past, None, view, **_EACH)
    drawer.rename(rename, conversation, view, **_EACH)
    drawer.delete(delete, conversation, view, **_EACH)
    for shown in (earlier, current):
        shown.thumb(thumb, None, None, **_EACH)
        shown.again(again, [past, conversation], view, **streaming)
    remembered = gr.Textbox(visible=False)
    page.load(chat.open, remembered, view, js="() => folioscope.remembered()", **_QUIET)

    def greet() -> tuple[str, dict[str, Any]]:
        files = assistant.library.catalogue.files()
        return render.welcome(not files), gr.update(visible=any(Path(f.path).is_relative_to(SAMPLES) for f in files))

    page.load(greet, None, [welcome, examples], **_QUIET)


def _library_tab(library: LibraryTab, tab: gr.Tab, page: gr.Blocks, header: gr.HTML, clock: gr.Timer) -> None:
    seen, opened, leaf = gr.State(""), gr.State(""), gr.State(0)
    with gr.Row(elem_id="fs-add"):
        folder = gr.Textbox(
            show_label=False,
            container=False,
            placeholder="Path of a folder or file on this computer, e.g. /home/me/Documents",
            scale=5,
            min_width=200,
            elem_id="fs-folder",
            html_attributes=gr.InputHTMLAttributes(spellcheck=False, autocapitalize="off"),
        )
        add = gr.Button("Add folder", variant="primary", size="md", scale=0, min_width=120, elem_id="fs-add-folder")
        upload = gr.UploadButton(
            "Upload files", file_count="multiple", size="md", scale=0, min_width=120, elem_id="fs-upload"
        )
    with gr.Row(elem_id="fs-progress"):
        progress = _html("")
        running = gr.Button("Stop", size="sm", scale=0, min_width=80, visible=False, elem_id="fs-stop-reading")
    with gr.Row(elem_id="fs-filter"):
        search = gr.Textbox(
            show_label=False,
            container=False,
            placeholder="Search names, folders, reasons",
            scale=5,
            min_width=200,
            elem_id="fs-search",
        )
        status = gr.Dropdown(
            list(STATUSES),
            value="all",
            show_label=False,
            container=False,
            scale=0,
            min_width=140,
            filterable=False,
            elem_id="fs-status-filter",
        )
        retry_failed = gr.Button("Retry failed", size="sm", scale=0, min_width=110, elem_id="fs-retry-failed")
    with gr.Column(visible=False, elem_id="fs-window") as window:
        detail = _html("")
        with gr.Row(elem_id="fs-window-buttons"):
            close = gr.Button("Close", size="sm", scale=0, min_width=90)
            retry = gr.Button("Read again", size="sm", scale=0, min_width=110, elem_id="fs-retry")
            ask = gr.Button("Forget …", size="sm", scale=0, min_width=90, elem_id="fs-forget")
        with gr.Row(visible=False, elem_id="fs-confirm") as confirm:
            _html("<p>Forget this file? The file itself stays on disk; a copy that was uploaded is deleted.</p>")
            forget = gr.Button("Forget it", size="sm", variant="stop", scale=0, min_width=110, elem_id="fs-forget-it")
            keep = gr.Button("Keep it", size="sm", scale=0, min_width=90)
    table = _html("", js_on_load=_TABLE_EVENTS, elem_id="fs-table")

    view = [search, status, leaf]
    pulse = [header, progress, running, table, seen]
    gr.on([page.load, clock.tick], library.pulse, [seen, *view], pulse, **_QUIET)
    tab.select(library.table, view, table, **_QUIET)
    gr.on([search.change, status.change], library.filtered, [search, status], [table, leaf], **_QUIET)

    def turn(search: str | None, status: str, event: gr.EventData) -> tuple[str, int]:
        return library.table(search, status, int(event.leaf)), int(event.leaf)

    def open_file(event: gr.EventData) -> Any:
        return library.open(str(event.ledger))

    window_parts = [opened, window, detail, confirm]
    table.turn_leaf(turn, [search, status], [table, leaf], **_EACH)
    table.open_file(open_file, None, window_parts, **_EACH)
    close.click(library.close, None, window_parts, **_QUIET)
    ask.click(lambda: gr.update(visible=True), None, confirm, **_QUIET)
    keep.click(lambda: gr.update(visible=False), None, confirm, **_QUIET)
    forget.click(library.forget, opened, window_parts, **_SAYING)

    gr.on([add.click, folder.submit], library.add_folder, folder, folder, **_SAYING)
    upload.upload(library.upload, upload, upload, **_SAYING)
    retry.click(library.retry, opened, None, **_SAYING)
    retry_failed.click(library.retry_failed, None, None, **_SAYING)
    running.click(library.stop, None, None, **_QUIET)


def _theme() -> gr.themes.Base:
    theme = gr.themes.Base(
        primary_hue="teal", neutral_hue="stone", text_size="md", radius_size="md", font=_FONT, font_mono=_MONO
    )
    return theme.set(
        body_background_fill="*neutral_50",
        body_background_fill_dark="*neutral_950",
        button_primary_background_fill="*primary_700",
        button_primary_background_fill_hover="*primary_800",
        button_primary_text_color="white",
        input_background_fill="white",
        input_border_color="*neutral_300",
        input_border_width="1px",
        block_border_width="0px",
        body_text_color_subdued="*neutral_500",
        body_text_color_subdued_dark="*neutral_400",
        link_text_color="*primary_700",
        link_text_color_dark="*primary_300",
    )


def _head() -> str:
    scripts = (
        (_HERE / name).read_text(encoding="utf-8")
        for name in ("page.js", "conversations.js", "transcript.js", "waveform.js", "player.js")
    )
    return "".join(f"<script>{script}</script>" for script in scripts)
