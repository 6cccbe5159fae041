// The papers that the words of the page come from.

const PAPERS = {
  vit: "Dosovitskiy et al. 2021, An image is worth 16x16 words (arXiv 2010.11929)",
  transformer: "Vaswani et al. 2017, Attention is all you need (arXiv 1706.03762)",
  resnet: "He et al. 2016, Deep residual learning for image recognition (arXiv 1512.03385)",
  layernorm: "Ba et al. 2016, Layer normalization (arXiv 1607.06450)",
  gelu: "Hendrycks, Gimpel 2016, Gaussian error linear units (arXiv 1606.08415)",
  softmax:
    "Bridle 1990, Probabilistic interpretation of feedforward classification network outputs",
  cct:
    "Hassani et al. 2021, Escaping the big data paradigm with compact transformers",
  backprop:
    "Rumelhart et al. 1986, Learning representations by back-propagating errors",
  vanishing:
    "Bengio et al. 1994, Learning long-term dependencies with gradient descent is difficult",
  shannon: "Shannon 1948, A mathematical theory of communication",
  rollout: "Abnar, Zuidema 2020, Quantifying attention flow in transformers (arXiv 2005.00928)",
  chefer: "Chefer et al. 2021, Generic attention-model explainability (arXiv 2103.15679)",
  saliency: "Simonyan et al. 2014, Deep inside convolutional networks (arXiv 1312.6034)",
  product: "Shrikumar et al. 2016, Not just a black box (arXiv 1605.01713)",
  integrated:
    "Sundararajan et al. 2017, Axiomatic attribution for deep networks (arXiv 1703.01365)",
  occlusion: "Zeiler, Fergus 2014, Visualizing convolutional networks (arXiv 1311.2901)",
  deletion: "Petsiuk et al. 2018, RISE (arXiv 1806.07421)",
  lens: "nostalgebraist 2020, Interpreting GPT: the logit lens",
};
