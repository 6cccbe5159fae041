"""The well-known sets: where others put them, how they are fetched, and the sums of their files.

The SHA-256 sums are of files whose MD5 sums are those that torchvision checks; those of
Fashion-MNIST, of CIFAR's archives and of mnist.npz are also those that Keras checks. The MD5 sums
are torchvision's.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class Archive(NamedTuple):
    """A file that is fetched."""

    name: str
    size: int  # bytes
    checksum: str  # "md5:" or "sha256:" and hexadecimal digits


class Known(NamedTuple):
    """A set that people have, or can get."""

    title: str
    class_names: tuple[str, ...]
    preprocessing: dict  # how its pictures were made
    places: tuple[str, ...]  # below a folder with data sets, the first one torchvision's
    labels_sum: int | None  # CRC-32 of the training labels, a byte each: tells which set it is
    archives: tuple[Archive, ...]  # all that is fetched
    mirrors: tuple[str, ...]
    unpacked: tuple[str, ...] = ()  # what is taken out of an archive, into its own folder
    sums: Mapping[str, str] = MappingProxyType({})  # of further files, as they lie unpacked


WITHOUT_FILES = ("digits", "fashion-small", "shapes", "shapes-by-colour", "shapes-by-pair")
DIGITS = tuple("0123456789")
CLOTHES = (
    "T-shirt/top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag",
    "ankle boot",
)  # fmt: skip
THINGS = (
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
)  # fmt: skip
HUNDRED = tuple(
    "apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus "
    "butterfly camel can castle caterpillar cattle chair chimpanzee clock cloud cockroach couch "
    "crab crocodile cup dinosaur dolphin elephant flatfish forest fox girl hamster house kangaroo "
    "keyboard lamp lawn_mower leopard lion lizard lobster man maple_tree motorcycle mountain mouse "
    "mushroom oak_tree orange orchid otter palm_tree pear pickup_truck pine_tree plain plate poppy "
    "porcupine possum rabbit raccoon ray road rocket rose sea seal shark shrew skunk skyscraper "
    "snail snake spider squirrel streetcar sunflower sweet_pepper table tank telephone television "
    "tiger tractor train trout tulip turtle wardrobe whale willow_tree wolf woman worm".split()
)
TORONTO = "https://www.cs.toronto.edu/~kriz/"

KNOWN = {
    "mnist": Known(
        "MNIST: 60,000 + 10,000 handwritten digits, 28x28 grey",
        DIGITS,
        {"ink": "bright", "framing": "centre"},
        ("MNIST/raw", "MNIST", "mnist", "mnist.npz"),
        3121080559,
        (
            Archive("train-images-idx3-ubyte.gz", 9912422,
                    "sha256:440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"),
            Archive("train-labels-idx1-ubyte.gz", 28881,
                    "sha256:3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"),
            Archive("t10k-images-idx3-ubyte.gz", 1648877,
                    "sha256:8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"),
            Archive("t10k-labels-idx1-ubyte.gz", 4542,
                    "sha256:f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"),
        ),
        ("https://ossci-datasets.s3.amazonaws.com/mnist/",
         "https://storage.googleapis.com/cvdf-datasets/mnist/"),
        sums={
            "train-images-idx3-ubyte":
                "sha256:ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            "train-labels-idx1-ubyte":
                "sha256:65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
            "t10k-images-idx3-ubyte":
                "sha256:0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            "t10k-labels-idx1-ubyte":
                "sha256:ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
            "mnist.npz": "sha256:731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1",
        },
    ),
    "fashion": Known(
        "Fashion-MNIST: 60,000 + 10,000 articles of clothing, 28x28 grey",
        CLOTHES,
        {},
        ("FashionMNIST/raw", "FashionMNIST", "fashion-mnist", "fashion"),
        785835114,
        (
            Archive("train-images-idx3-ubyte.gz", 26421880,
                    "sha256:3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"),
            Archive("train-labels-idx1-ubyte.gz", 29515,
                    "sha256:a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
            Archive("t10k-images-idx3-ubyte.gz", 4422102,
                    "sha256:346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"),
            Archive("t10k-labels-idx1-ubyte.gz", 5148,
                    "sha256:67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"),
        ),
        ("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
         "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"),
        sums={
            "train-images-idx3-ubyte":
                "sha256:c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
            "train-labels-idx1-ubyte":
                "sha256:bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
            "t10k-images-idx3-ubyte":
                "sha256:5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
            "t10k-labels-idx1-ubyte":
                "sha256:0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
        },
    ),
    "cifar10": Known(
        "CIFAR-10: 50,000 + 10,000 photographs of 10 kinds of things, 32x32 colour",
        THINGS,
        {},
        ("cifar-10-batches-py", "cifar-10-batches-bin", "cifar10",
         "cifar-10-batches-py-target/cifar-10-batches-py"),
        None,
        (
            Archive("cifar-10-python.tar.gz", 170498071,
                    "sha256:6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce"),
        ),
        (TORONTO,),
        (*(f"data_batch_{i}" for i in range(1, 6)), "test_batch", "batches.meta"),
        {
            "data_batch_1": "md5:c99cafc152244af753f735de768cd75f",
            "data_batch_2": "md5:d4bba439e000b95fd0a9bffe97cbabec",
            "data_batch_3": "md5:54ebc095f3ab1f0389bbae665268c751",
            "data_batch_4": "md5:634d18415352ddfa80567beed471001a",
            "data_batch_5": "md5:482c414d41f54cd18b22e5b47cb7c3cb",
            "test_batch": "md5:40351d587109b95175f43aff81a1287e",
        },
    ),
    "cifar100": Known(
        "CIFAR-100: 50,000 + 10,000 photographs of 100 kinds of things, 32x32 colour",
        HUNDRED,
        {},
        ("cifar-100-python", "cifar-100-binary", "cifar100",
         "cifar-100-python-target/cifar-100-python"),
        None,
        (
            Archive("cifar-100-python.tar.gz", 169001437,
                    "sha256:85cd44d02ba6437773c5bbd22e183051d648de2e7d6b014e1ef29b855ba677a7"),
        ),
        (TORONTO,),
        ("train", "test", "meta"),
        {
            "train": "md5:16019d7e3df5f24257cddd939b257f8d",
            "test": "md5:f0ef6b0ae62326f3e7ffdfab6717acfc",
            "meta": "md5:7973b15100ade9c7d40fb424638fde48",
        },
    ),
}  # fmt: skip
