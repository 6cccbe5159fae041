"""The data sets: which there are, where each is looked for, whether its files are whole.

`minivit data` lists them; `minivit data get mnist` fetches one; `minivit data check PATH` reads all
of one. Nothing is ever fetched without being asked for. (Fetching was tried with a server on the
same machine, not with the mirrors themselves.)
"""

import argparse
from pathlib import Path

from minivit.cli.printing import complain, one_line
from minivit.errors import InputError
from minivit.files import typed
from minivit.nearest import nearest

HELP = "list, check and fetch data sets"
ACTIONS = ("list", "get", "check")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "action", nargs="?", default="list", metavar="list|get|check",
        help="list all sets, get one from its mirrors, or check one: read all its images "
        "(default: list)",
    )  # fmt: skip
    parser.add_argument(
        "name", nargs="?", metavar="NAME|PATH",
        help="to get: mnist, fashion, cifar10, cifar100; to check: a name or a path",
    )  # fmt: skip
    parser.add_argument(
        "--to", metavar="DIR",
        help="fetch into this folder, laid out as torchvision does it (default: MINIVIT_DATA if it "
        "is set, else ./data)",
    )  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    """0 all is well, 1 a file is damaged, 2 nothing could be done, 130 interrupted."""
    action, name = arguments.action, arguments.name
    if action not in ACTIONS:
        raise InputError(f"data can't {action}{nearest(action, ACTIONS)}: list, get or check")
    if action != "get" and arguments.to is not None:
        raise InputError("--to says where to fetch into: it goes with get")
    if action == "list":
        if name is not None:
            raise InputError(f"list takes no name; to read {name}, use `minivit data check {name}`")
        return list_sets()
    if name is None:
        raise InputError(f"{action} needs a name, e.g. `minivit data {action} mnist`")
    return get(name, arguments.to) if action == "get" else check(name)


def list_sets() -> int:
    """All sets by name; of those in files where they lie, or where they were looked for."""
    from minivit.data import DATASETS
    from minivit.data.finding import found, places, roots
    from minivit.data.known import KNOWN

    titles = {
        "digits": "1,437 + 360 handwritten digits, 8x8 grey (UCI); part of minivit",
        "fashion-small": "5,000 + 1,000 images of Fashion-MNIST, 28x28 grey; part of minivit",
        "shapes": "6,000 + 1,000 images of 8 shapes in 8 colours, 32x32; drawn when needed",
        "shapes-by-colour": "the same images; their class is the colour",
        "shapes-by-pair": "the same images; their class is both, as in `red star`: 64 classes",
    }
    all_right = True
    for name in DATASETS:
        print(f"{name:<17} {titles[name] if name in titles else KNOWN[name].title}")
        if name in KNOWN:
            place = found(name)
            if place is None:
                print(f"{'':<17} not found; `minivit data get {name}` fetches it")
            else:
                found_in, right = state(name, place)
                print(f"{'':<17} in {one_line(str(place))}: {found_in}")
                all_right &= right
    folders = ", ".join(f"{r.title} ({r.folder})" for r in roots())
    print(f"\nLooked in {one_line(folders)}, e.g. for")
    print(f"  {one_line(', '.join(map(str, places('mnist')[:4])))}")
    print("Data of your own: --data PATH, a folder per class of pictures, IDX files, CIFAR's "
          "batches,\nor an .npz file with images and labels.")  # fmt: skip
    return 0 if all_right else 1


def state(name: str, place: Path) -> tuple[str, bool]:
    """How many of a set's files have the known checksum, in words, and whether none is wrong."""
    from minivit.data.finding import checked_files

    sums = checked_files(name, place)
    wrong = [path.name for path, right in sums.items() if right is False]
    if wrong:
        return f"{', '.join(wrong)} differ{'s' * (len(wrong) == 1)} from the original", False
    known = sum(right is True for right in sums.values())
    return f"{known} files have the right checksum" if known else "no checksum is known", True


def get(name: str, to: str | None) -> int:
    """Fetch a set, with a bar for every file."""
    from tqdm import tqdm

    from minivit.cli.progress import on_terminal
    from minivit.data.fetching import fetch
    from minivit.data.known import KNOWN

    if name not in KNOWN:
        raise InputError(
            f"{name!r} can't be fetched{nearest(name, KNOWN)}: there are {', '.join(KNOWN)}"
        )
    bars = []

    def begin(archive):
        bars.append(tqdm(total=archive.size, unit="B", unit_scale=True, desc=archive.name,
                         disable=not on_terminal(), dynamic_ncols=True))  # fmt: skip
        return bars[-1].update

    try:
        folder = fetch(name, to, begin=begin)
    except KeyboardInterrupt:
        complain("interrupted; what has arrived is kept: run the same command again to go on")
        return 130
    finally:
        for bar in bars:
            bar.close()
    print(
        f"{name} lies in {one_line(str(folder))}, and its checksums are right. To train on it, run"
    )
    print(f"  minivit train --data {name}" if to is None else
          f"  minivit train --data {typed(folder)}")  # fmt: skip
    return 0


def check(name: str) -> int:
    """Read a whole set; every picture that is damaged is named."""
    import numpy as np

    from minivit.cli.progress import origin
    from minivit.cli.tables import table
    from minivit.data import load_dataset

    data = load_dataset(name)
    print(f"{one_line(repr(data))}\n{origin(data)}")
    counts = [np.bincount(split.labels, minlength=len(data.class_names))
              for split in (data.train, data.test)]  # fmt: skip
    rows = zip(data.class_names, *([str(n) for n in count] for count in counts), strict=True)
    print(table([("class", "to train", "to test"), *rows]))
    damaged = [reason for split in (data.train, data.test) for reason in faults(split.images)]
    for reason in damaged:
        print(one_line(reason))
    print(f"\n{len(damaged)} images can't be read." if damaged else "\nAll images can be read.")
    return 1 if damaged else 0


def faults(images):
    """Why images can't be read, one by one."""
    from minivit.data import ImageSource

    if isinstance(images, ImageSource):
        for start in range(0, len(images), 256):
            try:
                images[start : start + 256]
            except (InputError, OSError):
                yield from faults_of_each(images, range(start, min(start + 256, len(images))))


def faults_of_each(images, indices):
    from minivit.cli.sentences import sentence

    for index in indices:
        try:
            images[index : index + 1]
        except InputError as error:
            yield str(error)
        except OSError as error:
            yield sentence(error)
