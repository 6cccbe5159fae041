"""Other people's checkpoints: each layout is a table of names, read and written by the same rows.

Begin with one of the tables.

    google.py        Google's .npz files, in their spellings
    google_hybrid.py the convolutions in front of a hybrid, in these
    timm.py          timm's safetensors
    huggingface.py   Hugging Face's safetensors
    timm_config.py, huggingface_config.py   what the config.json beside these tells

    table.py         what a row of a table says; all rows of a model, in both directions
    patterns.py      how one array lies in another: "(y x c) D -> D c y x"
    layouts.py       all layouts; which of them a file has
    family.py        what a layout is, and what it can't express
    reading.py       a file's arrays under our names, after all keys and shapes were compared
    writing.py       a model as files of a layout
    sizes.py         what the shapes tell, and what a config.json or the user must
    beside.py        the JSON files beside the weights
    pictures.py      how a picture becomes an input, in our words and in theirs
    arrays.py        arrays that are made when they are needed, and those of an .npz file
    imagenet.py      what the 1000 classes are called
"""
