// What a pass through the model costs.   (minivit/models/cost.py)

// The multiplications of the matrix products of a forward; a backward has twice as many.
function multiplications(c) {
  const { tokens: T, width: D, mlp: M, depth, patch, channels } = c;
  const HK = c.heads * c.head_width;
  const of_embedding = c.patches * patch[0] * patch[1] * channels * D;
  const of_attention = 4 * T * D * HK + 2 * T * T * HK; // q, k, v and out; scores and mixed
  return of_embedding + depth * (of_attention + 2 * T * D * M) + D * c.classes;
}
