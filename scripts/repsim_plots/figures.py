"""Turns the paths on the command line into pictures: recognises each input and calls its drawer."""

import json
import pathlib

from . import judged, page, sweep, trace, units, words
from .output import NO_METADATA, BadInput, Pictures, read_json_lines, read_text


def draw(arguments):
    """Draws everything, then writes everything; returns the pictures' paths."""
    page.ask(arguments.width, arguments.font_size)
    paths = [pathlib.Path(p) for p in arguments.paths]
    for path in paths:
        if not path.exists():
            raise BadInput(f"{path}: no such file or folder")
    folders = [p for p in paths if p.is_dir()]
    if folders and len(folders) < len(paths):
        raise BadInput("draw sweeps (folders) and traces (files) in separate calls")
    if folders:
        return draw_sweeps(folders, arguments)
    if arguments.measure or arguments.baseline:
        raise BadInput(f"--{'measure' if arguments.measure else 'baseline'} is for sweeps")
    written = []
    for path in paths:
        written += draw_lines(path, arguments)
    return written


def formats_of(arguments):
    wanted = tuple(dict.fromkeys(name.strip().lower() for name in arguments.format.split(",")))
    unknown = [name for name in wanted if name not in NO_METADATA]
    if unknown:
        raise BadInput(f"--format {arguments.format}: expected some of {', '.join(NO_METADATA)}, with commas "
                       f"between them; found \"{words.short(unknown[0])}\"")
    return wanted


def draw_sweeps(folders, arguments):
    if arguments.begin or arguments.end:
        raise BadInput("--from and --to are for traces")
    from . import advice_figure
    default = folders[0] if len(folders) == 1 else "plots"
    pictures = Pictures(arguments.out or default, formats_of(arguments))
    if any(map(advice_figure.is_advice, folders)):
        if len(folders) > 1:
            raise BadInput("draw one advice at a time")
        advice_figure.draw(pictures, folders[0])
        return pictures.write()
    if any(is_rare(folder) for folder in folders):
        return draw_rare(pictures, folders, arguments)
    sweeps = [sweep.load(folder) for folder in folders]
    if not sweeps[0].is_list() or len(sweeps) > 1 or arguments.measure:
        sweep.choose_axis(sweeps)
    if arguments.baseline and (len(sweeps) > 1 or arguments.measure):
        raise BadInput("--baseline is for one sweep, and not for --measure")
    if len(sweeps) == 1 and not arguments.measure:
        draw_sweep(pictures, sweeps[0], arguments.baseline)
    else:
        from . import sweep_figures  # matplotlib comes after the checks: bad input is refused at once
        sweep_figures.draw(pictures, sweeps, arguments.measure)
    return pictures.write()


def draw_sweep(pictures, one, baseline):
    """Draws every figure that fits a sweep: compares listed points, puts a varied parameter on an axis."""
    from . import cdf, comparison, differences, distribution, heat_map, multiples, scatter, sweep_figures
    apart = one.is_list() and distribution.draw(pictures, one)
    if scatter.fits(one):
        scatter.draw(pictures, one)
    elif not one.is_list():
        sweep_figures.draw(pictures, [one])
    elif not apart or one.serves():
        comparison.draw(pictures, one)
        multiples.draw_spreads(pictures, one)
    heat_map.draw(pictures, one)
    differences.draw(pictures, one, baseline)
    cdf.draw(pictures, one, skip=("failover",) if apart else ())
    if not pictures.files:
        raise BadInput(f"{one.folder}: nothing to draw: no measure has data, or there are too many points")


def is_rare(folder):
    return (folder / "rare.json").exists()


def draw_rare(pictures, folders, arguments):
    """One folder of `repsim rare`; sweeps given with it are the plain sampling beside it."""
    rare = [folder for folder in folders if is_rare(folder)]
    if len(rare) > 1 or arguments.measure:
        raise BadInput("one folder of `repsim rare` at a time, without --measure")
    from . import rare_figure
    pictures.folder = pathlib.Path(arguments.out or rare[0])
    rare_figure.draw(pictures, rare_figure.read(rare[0]),
                     [sweep.load(folder) for folder in folders if folder not in rare])
    return pictures.write()


def draw_lines(path, arguments):
    """A trace or a history; its first line says which, or it's a history in another format."""
    begin, end = (window_bound(name, text) for name,
                  text in (("--from", arguments.begin), ("--to", arguments.end)))
    pictures = Pictures(arguments.out or path.parent, formats_of(arguments))
    refuse_scenario(path)
    ours = judged.is_json_lines(path) or path.suffix == ".jsonl"
    lines = read_json_lines(path) if ours else None
    kind = lines[0].get("repsim") if ours else "history"
    if kind == "trace":
        run = trace.read(path, lines)
        from . import spacetime
        spacetime.draw(pictures, path.stem, run, begin, end)
    elif kind == "history":
        draw_history(pictures, path, lines, begin, end, arguments)
    else:
        raise BadInput(neither(path, lines[0]))
    return pictures.write()


def refuse_scenario(path):
    """A scenario is what one has at hand first; it says what is to be run, and isn't a result."""
    try:
        found = json.loads(read_text(path))
    except (ValueError, RecursionError):
        return
    if isinstance(found, dict) and {"protocol", "network", "sweep", "duration", "faults"} & found.keys():
        if "repsim" in found:  # a trace of one line
            return
        command = f"repsim sweep {path} --out DIR" if "sweep" in found else f"repsim run {path} --trace FILE"
        raise BadInput(f"{path}: is a scenario: `{command}` runs it, and leaves what can be drawn")


def neither(path, first):
    return (f"{path}:1: neither a trace nor a history (expected \"repsim\": \"trace\" or \"history\", found "
            f"{words.short(json.dumps(first), 60)})")


def draw_history(pictures, path, lines, begin, end, arguments):
    from . import history_figure
    if arguments.verdict:
        verdict = history_figure.read_verdict(arguments.verdict, path)
    else:
        line, as_read = judged.judge(arguments.repsim, path)
        verdict = history_figure.verdict_of(line) if line else None
        lines = lines or as_read
    if lines is None:
        raise BadInput(f"{path}: --verdict goes with a history as JSON lines")
    if lines[0].get("times") == "lines":
        judged.add_nemesis(path, lines[0])
        if begin is not None or end is not None:
            raise BadInput(f"{path}: --from and --to are times, and this history has none")
    history_figure.draw(pictures, path.stem, path, lines, begin, end, verdict)


def window_bound(option, text):
    if text is None:
        return None
    ns = units.duration_ns(text)
    if ns is None:
        raise BadInput(f"{option} {text}: expected a time with its unit, such as 4.9s or 120ms")
    return ns
