"""The command line: one function a command. Errors become one clear line, never a traceback.

stdout carries the result (with --json exactly one JSON document); progress and messages go to stderr.
Exit codes: 0 done, 2 wrong use, 3 library unusable, 1 a bug of ours.
"""

from __future__ import annotations

import argparse
import errno
import json
import logging
import os
import sys
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from app import copies
from app.settings import SETTINGS, load_settings
from indexes.errors import FolioscopeError, LibraryError
from indexes.records import voiced

if TYPE_CHECKING:
    from app.assistant import Assistant
    from pipelines.records import Result

STATUSES = ("indexed", "draft", "partial", "waiting", "skipped", "failed", "removed")

Command = Callable[[Any, argparse.Namespace], None]
"""Given the assistant, or the settings where a command makes the library itself."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code."""
    options = build_parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO if options.verbose else logging.ERROR, format="%(message)s")
    try:
        from app.assistant import Assistant

        named = {name: getattr(options, name, None) for name in ("library", "host", "port")}
        settings = load_settings(named)
        if options.alone:
            options.run(settings, options)
            return 0
        assistant = Assistant(settings, create=options.creates)
        try:
            options.run(assistant, options)
        finally:
            assistant.close()
    except LibraryError as error:
        print(f"folioscope: {error}", file=sys.stderr)
        return 3
    except FolioscopeError as error:
        print(f"folioscope: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("folioscope: stopped. What was finished is kept.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if options.verbose:
            raise
        if type(error).__module__ == "sqlite3":  # its home is the catalogue; here it only means damage or a full disk
            reason = f"the library's catalogue cannot be used: {error}. See: python -m app doctor"
            print(f"folioscope: {reason}", file=sys.stderr)
            return 3
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS):
            print(f"folioscope: {error.filename or 'a file'} cannot be written: {error.strerror}.", file=sys.stderr)
            return 3
        print(f"folioscope: a bug: {type(error).__name__}: {error}. Run again with --verbose.", file=sys.stderr)
        return 1
    return 0


def build_parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--library", metavar="DIR", help="folder of the library (default: the setting)")
    common.add_argument("--json", action="store_true", help="one JSON document on stdout")
    common.add_argument("--verbose", action="store_true", help="log what happens; tracebacks")
    parser = argparse.ArgumentParser(
        prog="python -m app",
        description="Ask your documents, pictures, recordings and videos. Every answer shows its page or its second.",
        epilog="Settings (folioscope.toml, or FOLIOSCOPE_NAME in the environment): "
        + "; ".join(f"{name} = {help}" for name, _, help in SETTINGS),
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def command(
        name: str, run: Command, help: str, creates: bool = False, alone: bool = False
    ) -> argparse.ArgumentParser:
        added = commands.add_parser(name, parents=[common], help=help, description=help)
        added.set_defaults(run=run, creates=creates, alone=alone)
        return added

    index = command("index", _index, "add, update, and forget what vanished below PATH", creates=True)
    index.add_argument("paths", nargs="+", metavar="PATH")
    index.add_argument("--watch", action="store_true", help="stay, and index again what changes")

    retry = command("retry", _retry, "read again what failed, of all files or below PATH")
    retry.add_argument("path", nargs="?", metavar="PATH")

    search = command("search", _search, "find passages and pictures by words and meaning, or by a picture")
    search.add_argument("text", nargs="?", metavar="TEXT")
    search.add_argument("--image", metavar="FILE", help="find what looks like this picture")
    search.add_argument("-k", type=int, default=10, metavar="N", help="how many hits (default: 10)")
    search.add_argument("--modality", choices=["document", "image", "audio", "video"])
    search.add_argument("--source", metavar="GLOB", help="only in files whose path matches")

    ask = command("ask", _ask, "answer a question from the library, with citations")
    ask.add_argument("text", metavar="TEXT")
    ask.add_argument("--source", metavar="GLOB", help="only from files whose path matches")
    ask.add_argument(
        "--length", choices=["short", "list", "detailed"], default="", help="what kind of answer is wanted"
    )
    ask.add_argument("--explain", action="store_true", help="also say how the answer came about")
    ask.add_argument(
        "--conversation",
        metavar="ID",
        help="keep the answer in a conversation, and go on with it: its id, new, or last (default: nothing is kept)",
    )

    evaluate = command("eval", _eval, "measure search and answers on a set of questions, or make such a set")
    evaluate.add_argument("file", nargs="?", metavar="FILE", help="question set, JSONL (docs/evaluation.md)")
    evaluate.add_argument("--against", metavar="RUN.json", help="an earlier run to compare with")
    evaluate.add_argument("--output", metavar="DIR", help="where the run goes (default: evaluations in the library)")
    evaluate.add_argument("-k", type=int, default=10, metavar="N", help="how many hits are looked at (default: 10)")
    evaluate.add_argument("--search-only", action="store_true", help="no answers, only what is found")
    evaluate.add_argument("--limit", type=int, metavar="N", help="only the first N questions")
    evaluate.add_argument("--make", metavar="NEW", help="write a new set over the library with the chat model")
    evaluate.add_argument("--count", type=int, default=50, metavar="N", help="of how many questions (default: 50)")
    evaluate.add_argument("--grow", metavar="FILE", help="add the questions whose answers were given a thumb")

    export = command("export", _export, "print what the library read in one source, with its places")
    export.add_argument("source", metavar="SOURCE", help="path, glob or id")
    export.add_argument("--format", choices=["srt", "vtt", "txt", "json"], default="txt")

    speakers = command("speakers", _speakers, "who speaks in a recording; give them names")
    speakers.add_argument("source", metavar="SOURCE", help="path, glob or id")
    speakers.add_argument(
        "names", nargs="*", metavar="HEARD=NAME", help="as in 'Speaker 2=Anna'; without NAME it is taken back"
    )

    status = command("status", _status, "what the library holds, and what became of each file")
    status.add_argument("--only", metavar="STATUS", choices=STATUSES, help=f"only files that are {', '.join(STATUSES)}")
    status.add_argument("--csv", action="store_true", help="the files as CSV")

    forget = command("forget", _forget, "remove a file, or everything below a folder, from the library")
    forget.add_argument("path", metavar="PATH")

    doctor = command("doctor", _doctor, "prove that catalogue, words and vectors agree, and mend them")
    doctor.add_argument("--repair", action="store_true", help="rebuild what does not agree; no model is run")
    doctor.add_argument(
        "--reembed",
        action="store_true",
        help="make vectors with the models now set, beside those in use; goes on where it was stopped",
    )

    backup = command("backup", copies.back_up, "copy the library, also while it is in use; the copy is a library")
    backup.add_argument("place", metavar="FOLDER", help="a new folder, or NAME.sqlite for the catalogue alone")

    bundle = command("bundle", copies.bundle, "put the library into one file, with uploads and conversations")
    bundle.add_argument("file", metavar="FILE", help="a new file; your own files do not go into it")

    unbundle = command("unbundle", copies.unbundle, "make a new library (--library DIR) of a bundle", alone=True)
    unbundle.add_argument("file", metavar="FILE")

    models = command("models", _models, "which models are in use, and from where", creates=True)
    models.add_argument(
        "--prepare", action="store_true", help="put the built-in weights together and measure the chat model, now"
    )

    serve = command("serve", _serve, "serve the page and the API", creates=True)
    serve.add_argument("--host", metavar="ADDRESS")
    serve.add_argument("--port", type=int, metavar="N")
    serve.add_argument("--samples", metavar="DIR", help="index this folder first if the library is empty")
    return parser


def print_json(document: Any) -> None:
    print(json.dumps(document, ensure_ascii=False, indent=2))


def _index(assistant: Assistant, options: argparse.Namespace) -> None:
    from app.progress import index_with_progress, print_index_summary
    from app.schemas import index_json

    paths = options.paths
    if options.watch:
        from app.watching import watch, watchable

        paths = watchable(paths)
    began = time.monotonic()
    ignored: dict[str, int] = {}
    records = index_with_progress(assistant.index(paths), ignored)
    seconds = time.monotonic() - began
    if options.json:
        print_json(index_json(records, seconds, ignored))
    else:
        print_index_summary(records, seconds, ignored=ignored)
    if options.watch:
        watch(assistant, paths, sys.stderr if options.json else sys.stdout)


def _retry(assistant: Assistant, options: argparse.Namespace) -> None:
    from app.progress import index_with_progress, print_index_summary
    from app.schemas import index_json

    began = time.monotonic()
    records = index_with_progress(assistant.index(assistant.failed(options.path), again=True))
    if options.json:
        print_json(index_json(records, time.monotonic() - began))
    else:
        print_index_summary(records, time.monotonic() - began)


def _search(assistant: Assistant, options: argparse.Namespace) -> None:
    from app.schemas import search_json
    from indexes.errors import UsageError

    if (options.text is None) == (options.image is None):
        raise UsageError("Name either a text or --image FILE to search for.")
    began = time.monotonic()
    narrow = {"modality": options.modality, "source": options.source}
    if options.image:
        results = assistant.search_picture(options.image, options.k, **narrow)
    else:
        results = assistant.search(options.text, options.k, **narrow)
    seconds = time.monotonic() - began
    tell_growths(assistant)
    if options.json:
        print_json(search_json(options.text or options.image, results, seconds))
        return
    for result in results:
        place = result.place.label()
        print(
            f"{result.rank:>3}. {result.source.path}{f' ({place})' if place else ''}  [{' + '.join(result.found_by)}]"
        )
        for path in sorted({copy.source.path for copy in result.copies} - {result.source.path}):
            print(f"     also in {path}")
        if result.why:
            print("     " + ", ".join(f"{modality} {fits:.2f}" for modality, fits in result.why.items()))
        print("     " + " ".join(_from(result).split())[:200])
    if not results:
        print("Nothing found.")


def tell_growths(assistant: Assistant) -> None:
    """On stderr, whether another model answers than is set, and how to change that."""
    for growth in assistant.growths():
        meanwhile = "" if growth.missing else f"; {growth.before} answers meanwhile"
        print(f"folioscope: {growth.says}{meanwhile}. To go on: python -m app doctor --reembed", file=sys.stderr)


def _ask(assistant: Assistant, options: argparse.Namespace) -> None:
    from app.asking import ask_in_terminal

    ask_in_terminal(assistant, options)
    tell_growths(assistant)


def _eval(assistant: Assistant, options: argparse.Namespace) -> None:
    from app.evaluation.command import evaluation

    evaluation(assistant, options)


def _from(result: Result) -> str:
    """A recording's text from the sentence on that was found; other texts whole."""
    start = result.place.start or 0.0
    return " ".join(voiced([cue for cue in result.segment.cues if cue.end > start])) or result.segment.text


def _export(assistant: Assistant, options: argparse.Namespace) -> None:
    from app.exporting import export_text
    from app.schemas import export_json

    source, segments = assistant.export(options.source)
    _, unread = assistant.library.catalogue.partial(source.id)
    if options.json or options.format == "json":
        print_json(export_json(source, segments, assistant.library.speakers(source.id), unread))
        return
    print(export_text(source, segments, options.format))
    if unread:
        print(f"{source.path} was read in part. {unread}", file=sys.stderr)


def _speakers(assistant: Assistant, options: argparse.Namespace) -> None:
    from app.schemas import speakers_json
    from indexes.errors import UsageError

    wrong = next((each for each in options.names if "=" not in each), None)
    if wrong is not None:
        raise UsageError(f"{wrong!r} gives nobody a name. Write it as 'Speaker 2=Anna'.")
    names = {heard.strip(): name for heard, _, name in (each.partition("=") for each in options.names)}
    source = assistant.source(options.source)
    found = assistant.library.name_speakers(source.id, names) if names else assistant.library.speakers(source.id)
    if options.json:
        print_json({"source": source.path, "speakers": speakers_json(found)})
        return
    print(
        "\n".join(f"{each.heard}{f' = {each.name}' if each.name else ''}" for each in found) or "Nobody is told apart."
    )


def _status(assistant: Assistant, options: argparse.Namespace) -> None:
    from app.exporting import ledger_csv
    from app.schemas import coverage, file_json

    status = assistant.status()
    ledger = [record for record in status.pop("ledger") if options.only in (None, record.status)]
    if options.csv:
        print(ledger_csv(ledger), end="")
        return
    if options.json:
        print_json({**status, "files": [file_json(record) for record in ledger]})
        return
    print(f"{status['library']}: {status['sources']} sources, {status['segments']} segments, {status['bytes']:,} bytes")
    print(f"  {coverage(status['statuses'])}")
    for space in status["spaces"]:
        print(
            f"  {space['name']:<6} {space['vectors']:>8} vectors of {space['dimension']} dimensions by {space['model']}"
        )
    for growth in status["growing"]:
        print(f"  {growth['says']} ({growth['vectors']} of {growth['of']} by {growth['model']})")
    for record in ledger:
        print(f"  {record.status:<9} {record.path}{f'  ({record.reason})' if record.reason else ''}")


def _forget(assistant: Assistant, options: argparse.Namespace) -> None:
    from app.forgetting import forget

    forgotten = forget(assistant, options.path)
    if options.json:
        print_json({"forgotten": [record.path for record in forgotten]})
    else:
        print("\n".join(f"forgotten: {record.path}" for record in forgotten))


def _doctor(assistant: Assistant, options: argparse.Namespace) -> None:
    from app.doctor import doctor

    doctor(assistant, options)


def _models(assistant: Assistant, options: argparse.Namespace) -> None:
    if options.prepare:
        from app.progress import report_preparation

        report_preparation(assistant.shelf)
        assistant.measure_chat()
    infos = assistant.models()
    if options.json:
        print_json({"models": [info.as_dict() for info in infos]})
        return
    for info in infos:
        size = f"{info.bytes / 1e6:,.0f} MB" if info.bytes else "size unknown"
        loaded = "loaded" if info.loaded else "not loaded"
        print(f"{info.role:<6} {info.model}\n       {info.origin}; {info.licence}; {size}; {info.device}; {loaded}")
        if info.ability:
            print(f"       trusted with: {info.ability}")


def _serve(assistant: Assistant, options: argparse.Namespace) -> None:
    from app.server import serve

    serve(assistant, samples=options.samples)
