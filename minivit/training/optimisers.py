"""From a recipe to its optimiser, and which options go with which."""

from collections.abc import Collection, Mapping

from minivit.errors import InputError
from minivit.fields import described_fields, shown
from minivit.optim import SGD, Adam, Muon, Optimiser
from minivit.params import NamedArrays

# The options of each; all of them have a learning rate, a schedule and weight decay.
OPTIMISERS: Mapping[str, tuple[str, ...]] = {
    "adamw": ("beta1", "beta2"),
    "adam": ("beta1", "beta2"),
    "sgd": ("momentum", "nesterov"),
    "muon": ("momentum", "beta1", "beta2"),
}


# What usually goes well with each. A step of sgd is as small as the gradient, so its rate is
# larger, and its decay, which momentum takes along, smaller. Muon's is the recipe `fashion`'s.
USUAL: Mapping[str, dict[str, float]] = {
    "adamw": {"learning_rate": 2e-3, "weight_decay": 0.05},
    "adam": {"learning_rate": 2e-3, "weight_decay": 1e-4},
    "sgd": {"learning_rate": 0.05, "weight_decay": 1e-4},
    "muon": {"learning_rate": 0.01, "weight_decay": 0.05},
}


def new_optimiser(recipe, parameters: NamedArrays, names: Collection[str]) -> Optimiser:
    """The optimiser of a TrainingConfig, for the parameters of these names."""
    decay, momentum = recipe.weight_decay, recipe.momentum
    if recipe.optimiser == "sgd":
        return SGD(parameters, momentum=momentum, nesterov=recipe.nesterov, weight_decay=decay,
                   names=names)  # fmt: skip
    betas = {"beta1": recipe.beta1, "beta2": recipe.beta2}
    if recipe.optimiser == "muon":
        return Muon(parameters, momentum=momentum, weight_decay=decay, names=names, **betas)
    decoupled = recipe.optimiser == "adamw"
    return Adam(parameters, weight_decay=decay, decoupled=decoupled, names=names, **betas)


def check_options(recipe) -> None:
    """InputError for an option of other optimisers that is not as it is by default.

    And for Nesterov's look ahead without momentum.
    """
    chosen = recipe.optimiser
    for field in described_fields(recipe):
        owners = [name for name, options in OPTIMISERS.items() if field.name in options]
        value = getattr(recipe, field.name)
        if owners and chosen not in owners and value != field.default:
            raise InputError(
                f"{field.name} is {shown(value)}, and the optimiser {chosen} has no such option: "
                f"leave it at {shown(field.default)}, or choose {' or '.join(owners)}"
            )
    if recipe.nesterov and not recipe.momentum:
        raise InputError(
            "nesterov looks ahead along the momentum, which is 0: choose a momentum such as 0.9, "
            "or leave nesterov out"
        )


def places(freeze: str | None) -> list[str]:
    """ "embed, blocks.0" -> ["embed", "blocks.0"]; none for None."""
    return [place.strip() for place in (freeze or "").split(",") if place.strip()]
