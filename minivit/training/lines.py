"""A training in lines: a heading, and a row for every epoch; they fit 80 columns."""


def heading(measured_on: str) -> str:
    """Over the rows; `measured_on` are the images that tell how good the model is."""
    return f"    epoch  train loss  accuracy  {measured_on:>8} loss  accuracy  seconds"


def epoch_line(epochs: int, row: dict, seconds: float) -> str:
    """One row of the history, of a training with so many epochs."""
    measured = "held_out" if "held_out_loss" in row else "test"
    return (
        f"{row['epoch']:>{8 - len(str(epochs))}}/{epochs}  "
        f"{row['train_loss']:10.3f}  {row['train_accuracy']:8.1%}  "
        f"{row[f'{measured}_loss']:13.3f}  {row[f'{measured}_accuracy']:8.1%}  {seconds:7.2f}"
    )
