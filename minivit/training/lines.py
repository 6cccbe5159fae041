"""A training in lines: a heading, and a row for every epoch; they fit 80 columns."""


def heading(measured_on: str, *, averaged: bool = False) -> str:
    """Over the rows; `measured_on` are the images that tell how good the model is.

    With `averaged` there is a column for the accuracy of the averaged weights on them.
    """
    more = "  averaged" * averaged
    return f"    epoch  train loss  accuracy  {measured_on:>8} loss  accuracy{more}  seconds"


def epoch_line(epochs: int, row: dict, seconds: float) -> str:
    """One row of the history, of a training with so many epochs."""
    measured = "held_out" if "held_out_loss" in row else "test"
    more = f"  {share(row, f'averaged_{measured}')}" if f"averaged_{measured}_loss" in row else ""
    return (
        f"{row['epoch']:>{8 - len(str(epochs))}}/{epochs}  {row['train_loss']:10.3f}  "
        f"{share(row, 'train')}  {row[f'{measured}_loss']:13.3f}  "
        f"{share(row, measured)}{more}  {seconds:7.2f}"
    )


def share(row: dict, name: str) -> str:
    """An accuracy of a row; a dash where nothing can be right or wrong, as of pixels."""
    accuracy = row.get(f"{name}_accuracy")
    return f"{'-':>8}" if accuracy is None else f"{accuracy:8.1%}"
