"""One slip in a backward of the page each: its file, what its text becomes, and a kind of model
(of javascript.py's KINDS) that shows it."""

WRONG = {
    "linear, bias": (
        "ops/linear.js", "has_bias ? sum_of_rows(dy)",
        "has_bias ? mapped(sum_of_rows(dy), () => 1)", "cls",
    ),
    "linear, transposed": (
        "ops/linear.js", "product(dy.data, transposed(w.data, columns), columns, inner)",
        "product(dy.data, w.data, columns, inner)", "cls",
    ),
    "layernorm, mean": (
        "ops/layernorm.js", "g_rows[t][j] - along_mean - x_rows", "g_rows[t][j] - x_rows", "cls",
    ),
    "layernorm, spread": (
        "ops/layernorm.js", "- along_mean - x_rows[t][j] * along_x_hat", "- along_mean", "cls",
    ),
    "layernorm, gamma": (
        "ops/layernorm.js", "mapped(dy, (number, i) => number * x_hat.data[i])", "dy", "cls",
    ),
    "softmax": (
        "ops/softmax.js", "p[t][j] * (dp[t][j] - common)", "p[t][j] * dp[t][j]", "cls",
    ),
    "attention, keys": (
        "ops/attention.js", "product(transposed(ds_h, T), q_h, T, K)", "product(ds_h, q_h, T, K)",
        "cls",
    ),
    "attention, scale": (
        "ops/attention.js", "product(ds_h, k_h, T, K).map((number) => number * factor)",
        "product(ds_h, k_h, T, K)", "cls",
    ),
    "attention, values": (
        "ops/attention.js", "product(transposed(p_h, T), dm_h, T, K)", "product(p_h, dm_h, T, K)",
        "cls",
    ),
    "multihead attention": (
        "ops/multihead_attention.js",
        "join_heads(...attention_backward(dmixed, attention, { note }))",
        "join_heads(...attention_backward(dmixed, attention, { note }).reverse())", "cls",
    ),
    "attention branch": (
        "ops/attention_branch.js", "[added(dy, dx_branch), dgamma", "[dx_branch, dgamma", "cls",
    ),
    "mlp branch": (
        "ops/mlp_branch.js", "[added(dy, dx_branch), dgamma", "[dx_branch, dgamma", "cls",
    ),
    "gelu": ("ops/gelu.js", "cdf.data[i] + bounded * normal", "cdf.data[i] + normal", "cls"),
    "gelu, tanh": ("ops/gelu.js", "(1 + 3 * TANH_CUBIC", "(1 + TANH_CUBIC", "no positions"),
    "mlp": ("ops/mlp.js", "const dz = gelu_backward(dh, bend)", "const dz = dh", "cls"),
    "patchify": (
        "ops/patchify.js", "dimages.data[place] += dpatches", "dimages.data[place] = dpatches",
        "overlap",
    ),
    "embed, cls": ("ops/embed.js", "dx.data.slice(0, D)", "dx.data.slice(D, 2 * D)", "cls"),
    "embed, positions": (
        "ops/embed.js", "has_positions ? copied(dx)", "has_positions ? zeros(dx.shape)", "cls",
    ),
    "positions": ("ops/positions.js", "[copied(dy), copied(dy)]", "[copied(dy), zeros(dy.shape)]",
                  "every layer"),
    "positions, shared": (
        "model/trace.js", "before ? added(before, gradient) : gradient", "gradient", "shared",
    ),
    "positions in 2-D": (
        "ops/positions.js", "dcolumns.data[c * half + j] += token[half + j]",
        "dcolumns.data[c * half + j] += token[j]", "2-D, every layer",
    ),
    "sincos positions": (
        "ops/sincos_positions.js", "return copied(dy)", "return mapped(dy, (n) => 2 * n)",
        "flatten with cls",
    ),
    "pool, mean": ("ops/pool.js", "number / patches.length)", "number / cache.shape[0])",
                   "mean beside cls"),
    "pool, sequence": ("ops/pool.js", "row[j] += probs.data[t] * number", "row[j] += number",
                       "sequence"),
    "pre-logits": ("ops/pre_logits.js", "(1 - y.data[i] ** 2)", "(1 - y.data[i])",
                   "norm after pool"),
    "head": ("ops/head.js", "pool_backward(dpooled, pooling, { note })[0]",
             "pool_backward(mapped(dpooled, Math.abs), pooling, { note })[0]", "cls"),
    "cross-entropy": ("ops/cross_entropy.js", "Number(c === label)) * dloss",
                      "Number(c === label) / 2) * dloss", "cls"),
    "mirror order": ("model/vit.js", "for (let i = c.depth - 1; i >= 0; i--)",
                     "for (let i = 0; i < c.depth; i++)", "cls"),
}  # fmt: skip
